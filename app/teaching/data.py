"""What teaching hands to pages and to other packages: frozen values without ORM objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.teaching.domain.steps import StepKind


@dataclass(frozen=True, slots=True)
class StepDraft:
    """One step as an instructor sets it; ``need`` >= 1."""

    kind: StepKind
    need: int = 1


@dataclass(frozen=True, slots=True)
class ResourceDraft:
    """One resource as an instructor sets it.

    id: of the stored resource, None for a new one. body: an address (http…, or a path of this site) or a
    text. data: bytes of a new file, with its checked name. must_read: makes reading it a step.
    """

    title: str
    body: str = ""
    data: bytes | None = None
    file_name: str = ""
    must_read: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task as an instructor fills it in; ``deadline_wall_at`` is aware wall time."""

    title: str
    intro: str
    deadline_wall_at: datetime
    steps: tuple[StepDraft, ...]
    resources: tuple[ResourceDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a task, ready to show. place: where it is done, a path."""

    id: int
    kind: StepKind
    need: int
    words: str
    short: str
    unit: str
    place: str
    place_words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One trainee × one step: how much they have, of how much, done since when (wall time)."""

    step: StepView
    have: int
    need: int
    done: bool
    done_wall_at: datetime | None


@dataclass(frozen=True, slots=True)
class TraineeRow:
    """How one trainee stands in one task.

    stuck: not ready though the deadline has passed, or begun and without a new step for a day.
    """

    account_id: int
    number: int
    name: str
    cells: tuple[Cell, ...]
    last_wall_at: datetime | None
    stuck: bool

    @property
    def done(self) -> int:
        return sum(cell.done for cell in self.cells)

    @property
    def ready(self) -> bool:
        return self.done == len(self.cells)

    @property
    def next(self) -> Cell | None:
        """The first step that is still to be done."""
        return next((cell for cell in self.cells if not cell.done), None)


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task of a class in figures: trainees of the class, how many are ready, under way, stuck."""

    id: int
    title: str
    state: str
    deadline_wall_at: datetime
    created_wall_at: datetime
    steps: int
    trainees: int
    ready: int
    started: int
    stuck: int

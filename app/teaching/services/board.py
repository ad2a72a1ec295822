"""The live board: who stands where in a task. Reads only; a fixed number of queries per board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.teaching.access import tasks_of
from app.teaching.data import Cell, StepView, TaskSummary, TraineeRow
from app.teaching.domain.steps import RULES, StepKind, TraineeFacts, reached
from app.teaching.models import Step, StepDone, Task
from app.teaching.services.facts import facts_of
from app.training.api import roster
from app.training.data import ClassInfo, RosterEntry

STUCK_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Board:
    """One task: its steps, one row per trainee by roster number, and the moment it was made."""

    steps: tuple[StepView, ...]
    rows: tuple[TraineeRow, ...]
    at: datetime

    @property
    def ready(self) -> int:
        return sum(row.ready for row in self.rows)

    @property
    def under_way(self) -> int:
        return sum(bool(row.done) and not row.ready for row in self.rows)

    @property
    def not_started(self) -> int:
        return sum(not row.done for row in self.rows)

    @property
    def stuck(self) -> int:
        return sum(row.stuck for row in self.rows)

    @property
    def reached_by_step(self) -> tuple[int, ...]:
        """How many trainees have reached each step."""
        return tuple(sum(row.cells[index].done for row in self.rows) for index in range(len(self.steps)))


def show_step(step: Step) -> StepView:
    """Return a step with its words and the place where it is done."""
    if step.kind is StepKind.RESOURCE_READ:
        title = step.resource.title if step.resource else ""
        return StepView(
            step.id, step.kind, 1, f"阅读《{title}》", "读资料", "", f"#resource-{step.resource_id}", "去阅读"
        )
    rule = RULES[step.kind]
    return StepView(
        step.id,
        step.kind,
        step.need,
        rule.sentence(step.need),
        rule.short,
        rule.unit,
        rule.place,
        rule.place_words,
    )


def task_board(group: ClassInfo, task: Task) -> Board:
    """Return how every trainee of the class stands in the task."""
    return _boards(group, [task], roster(group.scope_id))[task.id]


def own_rows(group: ClassInfo, tasks: Sequence[Task], account_id: int, name: str) -> dict[int, TraineeRow]:
    """Return how one trainee stands in each of the tasks, by task id."""
    me = RosterEntry(
        account_id=account_id, number=0, name=name, login="", phone_masked="", signed_in=True, joined_at=clock.now()
    )
    return {key: board.rows[0] for key, board in _boards(group, tasks, [me]).items()}


def summaries(group: ClassInfo, tasks: Sequence[Task]) -> list[TaskSummary]:
    """Return the tasks in figures, in the order given."""
    boards = _boards(group, tasks, roster(group.scope_id))
    return [
        TaskSummary(
            id=task.id,
            title=task.title,
            state=task.state,
            deadline_wall_at=task.deadline_wall_at,
            created_wall_at=task.created_wall_at,
            steps=len(board.steps),
            trainees=len(board.rows),
            ready=board.ready,
            started=board.under_way,
            stuck=board.stuck,
        )
        for task, board in ((task, boards[task.id]) for task in tasks)
    ]


def open_summaries(group: ClassInfo) -> list[TaskSummary]:
    """Return the open tasks of the class in figures, next deadline first."""
    return summaries(group, tasks_of(group.scope_id))


def boards_of(group: ClassInfo, tasks: Sequence[Task]) -> dict[int, Board]:
    """Return the boards of several tasks by task id, with one look at the facts."""
    return _boards(group, tasks, roster(group.scope_id))


def _boards(group: ClassInfo, tasks: Sequence[Task], members: Sequence[RosterEntry]) -> dict[int, Board]:
    ids = [member.account_id for member in members]
    facts = facts_of(group.world_id, group.scope_id, ids) if tasks else {}
    step_ids = [step.id for task in tasks for step in task.steps]
    done = {
        (row.step_id, row.account_id): row.done_wall_at
        for row in db.session.execute(
            sa.select(StepDone.step_id, StepDone.account_id, StepDone.done_wall_at).where(
                StepDone.step_id.in_(step_ids), StepDone.account_id.in_(ids)
            )
        )
    }
    now = clock.now()
    boards = {}
    for task in tasks:
        steps = tuple(show_step(step) for step in task.steps)
        rows = tuple(_row(task, steps, member, (facts[member.account_id], done), now) for member in members)
        boards[task.id] = Board(steps, rows, now)
    return boards


def _row(
    task: Task,
    steps: Sequence[StepView],
    member: RosterEntry,
    known: tuple[TraineeFacts, dict[tuple[int, int], datetime]],
    now: datetime,
) -> TraineeRow:
    facts, done = known
    cells = []
    for step in steps:
        since = done.get((step.id, member.account_id))
        have, there = reached(step.kind, step.need, facts, read=since is not None)
        kept = there or since is not None
        cells.append(Cell(step, step.need if kept else have, step.need, kept, since))
    last = max((cell.done_wall_at for cell in cells if cell.done_wall_at), default=None)
    ready = all(cell.done for cell in cells)
    quiet = any(cell.done for cell in cells) and (last or task.created_wall_at) < now - STUCK_AFTER
    return TraineeRow(
        account_id=member.account_id,
        number=member.number,
        name=member.name,
        cells=tuple(cells),
        last_wall_at=last,
        stuck=not ready and (quiet or task.deadline_wall_at < now),
    )

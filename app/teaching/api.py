"""What other packages may ask teaching."""

from __future__ import annotations

from dataclasses import dataclass

from app.teaching.access import tasks_of
from app.teaching.data import TaskSummary
from app.teaching.services.board import boards_of, open_summaries, own_rows
from app.training.api import class_of_scope
from app.training.data import ClassInfo

__all__ = ["OwnTask", "StuckPerson", "TaskSummary", "own_tasks", "stuck_people", "task_summary"]


@dataclass(frozen=True, slots=True)
class OwnTask:
    """One open task as its trainee stands in it; steps done of steps."""

    id: int
    title: str
    done: int
    steps: int


@dataclass(frozen=True, slots=True)
class StuckPerson:
    """A trainee who does not get on with a task, and the step they stand before."""

    account_id: int
    name: str
    task_id: int
    task_title: str
    next_words: str


def task_summary(scope_id: int) -> list[TaskSummary]:
    """Return the open tasks of the class in figures, next deadline first; [] when there is no such class."""
    group = class_of_scope(scope_id)
    return open_summaries(group) if group else []


def own_tasks(group: ClassInfo, account_id: int, name: str) -> list[OwnTask]:
    """Return the open tasks of the class as this trainee stands in them, next deadline first."""
    tasks = tasks_of(group.scope_id)
    rows = own_rows(group, tasks, account_id, name)
    return [OwnTask(task.id, task.title, rows[task.id].done, len(rows[task.id].cells)) for task in tasks]


def stuck_people(group: ClassInfo, limit: int) -> list[StuckPerson]:
    """Return trainees who are stuck, each once, those with the fewest steps first."""
    tasks = tasks_of(group.scope_id)
    boards = boards_of(group, tasks)
    found: dict[int, tuple[int, StuckPerson]] = {}
    for task in tasks:
        for row in boards[task.id].rows:
            if row.stuck and row.next and row.account_id not in found:
                person = StuckPerson(row.account_id, row.name, task.id, task.title, row.next.step.words)
                found[row.account_id] = (row.done, person)
    return [person for _, person in sorted(found.values(), key=lambda pair: (pair[0], pair[1].account_id))[:limit]]

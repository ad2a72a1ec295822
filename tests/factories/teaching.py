"""Tasks for tests, and classes whose trainees have traded."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.teaching.data import ResourceDraft, StepDraft, TaskDraft
from app.teaching.domain.steps import StepKind
from app.teaching.models import StepDone, Task
from app.teaching.services.assigning import assign_task
from app.training.models import TrainingClass
from tests.factories import training

STEMS = "甲乙丙丁戊己庚辛"
_count = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Room:
    """A class with a teacher and trainees."""

    row: TrainingClass
    code: str
    scope_id: int
    world_id: int
    teacher: Actor
    trainees: tuple[Actor, ...]
    school: training.School
    region_id: int
    institution_id: int  # its scope
    clerk: Actor


def make_room(trainees: int = 2, school: training.School | None = None, name: str = "网创一班") -> Room:
    """Create a class of an institution with a teacher and so many trainees."""
    school = school or training.make_school()
    row = training.make_class(school, name)
    teacher = training.make_instructor(row)
    people = tuple(training.make_trainee(row, f"学员{STEMS[number]}") for number in range(trainees))
    region_id, institution_id = school.region.id, school.institution.scope_id
    return Room(
        row, row.code, row.scope_id, row.world_id, teacher, people, school, region_id, institution_id, school.clerk
    )


def draft(
    *steps: tuple[StepKind, int],
    title: str = "开好店铺",
    resources: tuple[ResourceDraft, ...] = (),
    deadline: datetime | None = None,
) -> TaskDraft:
    """Return a task as an instructor fills it in; due in three days unless told otherwise."""
    return TaskDraft(
        title,
        "先想清楚卖给谁。",
        deadline or clock.now() + timedelta(days=3),
        tuple(StepDraft(kind, need) for kind, need in steps),
        resources,
    )


def make_task(room: Room, *steps: tuple[StepKind, int], **changes: object) -> Task:
    """Assign a task to the class."""
    with unit_of_work():
        task_id = assign_task(room.teacher, room.code, draft(*steps, **changes), f"task-{next(_count)}")  # type: ignore[arg-type]
    return db.session.get_one(Task, task_id)


def done_steps(task: Task, account_id: int) -> set[StepKind]:
    """Return which kinds of steps are written down as reached."""
    reached = {row.step_id for row in db.session.query(StepDone).filter(StepDone.account_id == account_id)}
    return {step.kind for step in task.steps if step.id in reached}

"""Look-ups by id: answers once whether this person may have the task."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.files import StoredFile
from app.core.permissions import Permission
from app.teaching.domain.task_flow import TaskState
from app.teaching.models import Resource, Task
from app.training.api import class_by_code
from app.training.data import ClassInfo


@dataclass(frozen=True, slots=True)
class InClass:
    """A task and the class it belongs to, as this actor may see them."""

    group: ClassInfo
    task: Task


def get_task(actor: Actor, code: str, task_id: int) -> InClass:
    """Return the task of the class. Raises NotFound for other classes and, for trainees, archived tasks."""
    group = class_by_code(actor, code)
    task = db.session.get(Task, task_id)
    if task is None or task.scope_id != group.scope_id:
        raise NotFound
    if actor.may(Permission.TASK_DO) and not actor.is_system and task.state is not TaskState.OPEN:
        raise NotFound
    return InClass(group, task)


def get_resource(actor: Actor, code: str, task_id: int, resource_id: int) -> tuple[InClass, Resource]:
    """Return the resource of the task. Raises NotFound."""
    found = get_task(actor, code, task_id)
    resource = next((x for x in found.task.resources if x.id == resource_id), None)
    if resource is None:
        raise NotFound
    return found, resource


def tasks_of(scope_id: int, *, archived: bool = False) -> list[Task]:
    """Return the tasks of a class, the next deadline first; archived ones newest first."""
    order = Task.created_wall_at.desc() if archived else Task.deadline_wall_at
    state = TaskState.ARCHIVED if archived else TaskState.OPEN
    query = sa.select(Task).where(Task.scope_id == scope_id, Task.state == state).order_by(order, Task.id)
    return list(db.session.scalars(query))


def file_of(resource: Resource) -> StoredFile | None:
    """Return the stored file of a resource, None when it is a link or a text."""
    return db.session.get(StoredFile, resource.file_id) if resource.file_id else None

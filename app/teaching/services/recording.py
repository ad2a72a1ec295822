"""Recording who has reached which step: after facts changed, in a unit of work of its own."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import audit, clock
from app.core.actor import Actor, system
from app.core.db import add_missing, db
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.core.uow import after_commit, current, unit_of_work
from app.teaching.access import get_resource
from app.teaching.domain.steps import StepKind, reached
from app.teaching.domain.task_flow import TaskState
from app.teaching.models import Step, StepDone, Task
from app.teaching.services.facts import facts_of
from app.training.api import class_of_scope, roster


def record_later(scope_id: int, account_ids: frozenset[int] | None = None) -> None:
    """Look again at these trainees (None: the whole class) once the open unit of work has committed.

    Asked several times in one unit of work, it looks once.
    """
    asked: dict[int, set[int] | None] = current().notes.setdefault("teaching.record", {})
    if not asked:
        after_commit(_record, asked)
    before = asked.get(scope_id, set())
    asked[scope_id] = None if before is None or account_ids is None else before | account_ids


def _record(asked: dict[int, set[int] | None]) -> None:
    for scope_id, account_ids in asked.items():
        record_progress(scope_id, None if account_ids is None else frozenset(account_ids))


def record_progress(scope_id: int, account_ids: frozenset[int] | None = None) -> int:
    """Write down the steps that trainees of the class have newly reached; return how many.

    Steps once written down stay, whatever happens to the facts later.
    """
    steps = list(
        db.session.scalars(
            sa.select(Step)
            .join(Task)
            .where(Task.scope_id == scope_id, Task.state == TaskState.OPEN, Step.kind != StepKind.RESOURCE_READ)
            .order_by(Step.id)
        )
    )
    group = class_of_scope(scope_id) if steps else None
    if group is None:
        return 0
    members = frozenset(entry.account_id for entry in roster(scope_id))
    wanted = members if account_ids is None else account_ids & members
    done = {
        (row.step_id, row.account_id)
        for row in db.session.scalars(
            sa.select(StepDone).where(
                StepDone.step_id.in_([step.id for step in steps]), StepDone.account_id.in_(wanted)
            )
        )
    }
    waiting = {account_id for account_id in wanted if any((step.id, account_id) not in done for step in steps)}
    if not waiting:
        return 0
    facts = facts_of(group.world_id, scope_id, sorted(waiting))
    news = [
        (step, account_id)
        for account_id in sorted(waiting)
        for step in steps
        if (step.id, account_id) not in done and reached(step.kind, step.need, facts[account_id])[1]
    ]
    if news:
        with unit_of_work():
            for step, account_id in news:
                _write(system(group.world_id, scope_id), scope_id, step, account_id)
    return len(news)


def mark_read(actor: Actor, code: str, task_id: int, resource_id: int) -> None:
    """Write down that the trainee has read a resource; a second time changes nothing."""
    actor.require(Permission.TASK_DO)
    found, resource = get_resource(actor, code, task_id, resource_id)
    step = next((x for x in found.task.steps if x.resource_id == resource.id), None)
    if step is None:
        raise NotFound
    _write(actor, found.group.scope_id, step, actor.person())


def _write(actor: Actor, scope_id: int, step: Step, account_id: int) -> None:
    if add_missing(StepDone, step_id=step.id, account_id=account_id, done_wall_at=clock.now()):
        audit.record(
            actor,
            "task.step_reached",
            f"task:{step.task_id}",
            {"account": account_id, "step": step.kind, "need": step.need},
            scope_id=scope_id,
        )

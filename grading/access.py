"""The only row look-ups of grading: they answer once who may have what; the refusal is always the same 404."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.scopes import covers, descendants
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Permission
from grading.domain.flows import INACTIVE, AssignmentState, BatchState, PaperState
from grading.models.batch import Assignment, Batch, BatchClass, Paper, RubricVersion
from grading.models.outcome import Outcome, Result
from grading.models.plan import Plan, PlanPrint, PlanVersion

Row = TypeVar("Row")


def class_scope(actor: Actor) -> int:
    """Return the class of a trainee's hat. Raises NotFound without one."""
    if actor.scope_id is None:
        raise NotFound("当前身份不属于任何班级，请先切换到班级身份。")
    return actor.scope_id


def get_under(actor: Actor, model: type[Row], row_id: int) -> Row:
    """Return the row of a class (scope_id) that the actor's hat covers. Raises NotFound."""
    row: Any = db.session.get(model, row_id) if row_id < 2**31 else None
    if row is None or not covers(actor.scope_id, row.scope_id):
        raise NotFound
    return row  # type: ignore[no-any-return]


def own_outcome(actor: Actor) -> Outcome | None:
    """Return the trainee's latest outcome in the class of the hat, or None."""
    return db.session.scalars(
        sa.select(Outcome)
        .where(Outcome.account_id == actor.person(), Outcome.scope_id == class_scope(actor))
        .order_by(Outcome.attempt.desc())
        .limit(1)
    ).one_or_none()


def own_plan(actor: Actor) -> Plan | None:
    """Return the trainee's plan in the class of the hat, or None."""
    return db.session.scalars(
        sa.select(Plan).where(Plan.account_id == actor.person(), Plan.scope_id == class_scope(actor))
    ).one_or_none()


def plan_version(plan_id: int, version: int) -> PlanVersion:
    """Return one version of a plan. Raises NotFound."""
    row = db.session.scalars(
        sa.select(PlanVersion).where(PlanVersion.plan_id == plan_id, PlanVersion.version == min(version, 2**31 - 1))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def plan_versions(plan_id: int, limit: int = 20) -> list[PlanVersion]:
    """Return the newest versions of a plan, without their text."""
    return list(
        db.session.scalars(
            sa.select(PlanVersion)
            .options(orm.defer(PlanVersion.content))
            .where(PlanVersion.plan_id == plan_id)
            .order_by(PlanVersion.version.desc())
            .limit(limit)
        )
    )


def plan_print(plan: Plan) -> PlanPrint | None:
    """Return the print of the plan as it stands now (version, complete or not), or None."""
    return db.session.scalars(
        sa.select(PlanPrint).where(
            PlanPrint.plan_id == plan.id, PlanPrint.version == plan.version, PlanPrint.complete == plan.complete
        )
    ).one_or_none()


def own_result(actor: Actor) -> Result | None:
    """Return the trainee's latest released result in the class of the hat, or None."""
    return db.session.scalars(
        sa.select(Result)
        .where(
            Result.account_id == actor.person(),
            Result.scope_id == class_scope(actor),
            Result.withdrawn_at.is_(None),
        )
        .order_by(Result.id.desc())
        .limit(1)
    ).one_or_none()


def get_batch(actor: Actor, batch_id: int) -> Batch:
    """Return a batch of a class below the actor's scope. Raises NotFound for any other.

    Whoever manages batches must cover every class in it; others see their own class's papers there.
    """
    batch = db.session.get(Batch, batch_id) if batch_id < 2**31 else None
    if batch is None:
        raise NotFound
    if not actor.is_system:
        inside, own = set(batch_classes(batch.id)), own_classes(actor, batch.id)
        if not own or (actor.may(Permission.GRADING_BATCH_MANAGE) and own != inside):
            raise NotFound
    return batch


def batch_classes(batch_id: int) -> list[int]:
    """Return the classes whose papers are in the batch, by id."""
    query = sa.select(BatchClass.scope_id).where(BatchClass.batch_id == batch_id)
    return list(db.session.scalars(query.order_by(BatchClass.scope_id)))


def own_classes(actor: Actor, batch_id: int) -> set[int]:
    """Return the classes of the batch that the actor's hat covers."""
    if actor.scope_id is None:
        return set()
    query = sa.select(BatchClass.scope_id).where(BatchClass.batch_id == batch_id)
    return set(db.session.scalars(query.where(BatchClass.scope_id.in_(descendants(actor.scope_id)))))


def batches(actor: Actor) -> list[Batch]:
    """Return the batches of the classes below the actor's scope, newest first, without those merged into others."""
    if actor.scope_id is None:
        return []
    below = descendants(actor.scope_id)
    mine = sa.select(BatchClass.batch_id).where(BatchClass.scope_id.in_(below))
    query = sa.select(Batch).where(Batch.id.in_(mine), Batch.state != BatchState.MERGED)
    if actor.may(Permission.GRADING_BATCH_MANAGE):
        query = query.where(Batch.id.not_in(sa.select(BatchClass.batch_id).where(BatchClass.scope_id.not_in(below))))
    return list(db.session.scalars(query.order_by(Batch.id.desc())))


def papers(batch_id: int) -> list[Paper]:
    """Return the papers of a batch by code, without their content and without the withdrawn ones."""
    return list(
        db.session.scalars(
            sa.select(Paper)
            .options(orm.defer(Paper.content))
            .where(Paper.batch_id == batch_id, Paper.state != PaperState.WITHDRAWN)
            .order_by(Paper.code)
        )
    )


def paper_by_code(batch_id: int, code: str) -> Paper:
    """Return a paper of the batch. Raises NotFound."""
    paper = db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id, Paper.code == code)).one_or_none()
    if paper is None:
        raise NotFound
    return paper


def lock_paper(paper_id: int) -> Paper:
    """Return the paper, locked for the rest of the unit of work."""
    return db.session.scalars(
        sa.select(Paper).where(Paper.id == paper_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def assignments(paper_ids: list[int]) -> list[Assignment]:
    """Return all work on these papers, by paper and slot, recused ones last."""
    return list(
        db.session.scalars(
            sa.select(Assignment)
            .where(Assignment.paper_id.in_(paper_ids))
            .order_by(Assignment.paper_id, Assignment.slot, Assignment.id)
        )
    )


def active(paper_id: int) -> list[Assignment]:
    """Return the work on a paper that counts, open and completed, by slot."""
    return list(
        db.session.scalars(
            sa.select(Assignment)
            .where(Assignment.paper_id == paper_id, Assignment.state.not_in(INACTIVE))
            .order_by(Assignment.slot)
            .execution_options(populate_existing=True)
        )
    )


def superseded(paper_id: int, slot: int) -> Assignment | None:
    """Return the newest work at this place that was put aside when the rubric was corrected, or None."""
    return db.session.scalars(
        sa.select(Assignment)
        .where(
            Assignment.paper_id == paper_id,
            Assignment.slot == slot,
            Assignment.state == AssignmentState.SUPERSEDED,
        )
        .order_by(Assignment.id.desc())
        .limit(1)
    ).one_or_none()


def completed(paper_id: int) -> list[Assignment]:
    """Return the completed marks of a paper by slot."""
    return list(
        db.session.scalars(
            sa.select(Assignment)
            .where(Assignment.paper_id == paper_id, Assignment.state == AssignmentState.COMPLETED)
            .order_by(Assignment.slot)
        )
    )


def my_paper(actor: Actor, code: str) -> tuple[Assignment, Paper, RubricVersion]:
    """Return the assessor's own work under the code. Raises NotFound, the same for "not yours" and "not there"."""
    row = db.session.execute(
        sa.select(Assignment, Paper, RubricVersion)
        .join(Paper, Paper.id == Assignment.paper_id)
        .join(RubricVersion, RubricVersion.id == Paper.rubric_id)
        .where(
            Paper.code == code,
            Paper.state != PaperState.WITHDRAWN,
            Assignment.account_id == actor.person(),
            Assignment.state.not_in(INACTIVE),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def my_queue(actor: Actor) -> list[tuple[str, AssignmentState]]:
    """Return code and state of the assessor's papers, open work first, each part in the drawn order."""
    done = sa.case((Assignment.state == AssignmentState.COMPLETED, 1), else_=0)
    rows = db.session.execute(
        sa.select(Paper.code, Assignment.state)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(Assignment.account_id == actor.person(), Assignment.state.not_in(INACTIVE))
        .order_by(done, Assignment.place, Assignment.id)
    )
    return [(row[0], row[1]) for row in rows]


def own_withdrawn(actor: Actor, outcome_id: int | None = None) -> list[Result]:
    """Return the versions of the trainee's result that were taken back, newest first, of this attempt or the latest.

    Empty when the latest result of all still holds and no attempt is asked for.
    """
    rows = list(
        db.session.scalars(
            sa.select(Result)
            .where(Result.account_id == actor.person(), Result.scope_id == class_scope(actor))
            .order_by(Result.id.desc())
        )
    )
    if outcome_id is None and (not rows or rows[0].withdrawn_at is None):
        return []
    wanted = rows[0].outcome_id if outcome_id is None else outcome_id
    return [row for row in rows if row.outcome_id == wanted and row.withdrawn_at is not None]

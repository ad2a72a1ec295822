"""Work that changes hands: leases that ran out, papers moved, marks reopened, conflicts that became known late."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain.deadlines import LEASE_HOURS, after_work_hours
from grading.domain.flows import (
    ASSIGNMENT_FLOW,
    INACTIVE,
    PAPER_FLOW,
    UNSCORED,
    AssignmentState,
    BatchState,
    PaperState,
)
from grading.models.batch import Assignment, Batch, Conflict, Paper
from grading.services import draws, pool

MINIMUM_REASON = 4
OPEN = (AssignmentState.ASSIGNED, AssignmentState.OPENED, AssignmentState.DRAFT)


def _reason(reason: str) -> str:
    if len(reason) < MINIMUM_REASON:
        raise InvalidInput(f"请写明理由（至少 {MINIMUM_REASON} 个字），理由会记入审计。", field="reason")
    return reason[:500]


def _work(actor: Actor, batch_id: int, code: str, slot: int) -> tuple[Batch, Paper, Assignment]:
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    paper = access.lock_paper(access.paper_by_code(batch.id, code).id)
    work = next((one for one in access.active(paper.id) if one.slot == slot), None)
    if work is None:
        raise NotFound("这个评审名额现在没有人，请刷新页面。")
    return batch, paper, work


def reassign(actor: Actor, batch_id: int, code: str, slot: int, version: int, reason: str, key: str) -> bool:
    """Take an open paper from its assessor and draw another; return whether somebody was left to draw.

    Finished marks stay. Raises Refused or Conflict when it was completed in the same second: one of the two wins.
    """

    def carry_out() -> bool:
        batch, paper, work = _work(actor, batch_id, code, slot)
        if work.version != version:
            raise Refused("这份评分刚刚有了变化，没有调走；请刷新页面查看最新状态。", code="stale_sheet")
        fire(ASSIGNMENT_FLOW, work, "revoke", actor, values={"recusal": _reason(reason)})
        audit.record(actor, "mark.revoked", f"paper:{code}", {"slot": slot, "reason": reason}, scope_id=batch.scope_id)
        return draws.draw_one(batch, paper, slot, "replacement")

    drawn: bool = idempotency.once(actor, key, "grading.reassign", [batch_id, code, slot, version, reason], carry_out)
    return drawn


def reopen(actor: Actor, batch_id: int, code: str, slot: int, reason: str) -> None:
    """Give a completed mark back to its assessor for correction, before release; the final score is open again."""
    batch, paper, work = _work(actor, batch_id, code, slot)
    if paper.state not in {*UNSCORED, PaperState.SCORED}:
        raise Refused("成绩已经发布，评分不能再退回修改；需要更正请先撤回发布。")
    values = {"total": None, "lease_until": after_work_hours(clock.now(), LEASE_HOURS)}
    fire(ASSIGNMENT_FLOW, work, "reopen", actor, note={"reason": _reason(reason)}, values=values)
    _back_to_marking(actor, paper)
    audit.record(actor, "mark.reopened", f"paper:{code}", {"slot": slot, "reason": reason}, scope_id=batch.scope_id)


def _back_to_marking(actor: Actor, paper: Paper) -> None:
    if paper.state != PaperState.MARKING:
        cleared = {"final_numerator": None, "final_denominator": None, "method": ""}
        fire(PAPER_FLOW, paper, "reopen", actor, values=cleared)


@dataclass(frozen=True, slots=True)
class Recheck:
    """What a recheck of conflicts changed: open work moved, completed marks voided."""

    moved: int
    voided: int


def recheck(actor: Actor, batch_id: int) -> Recheck:
    """Ask again who may not mark in this batch; move open work, void completed marks, draw replacements (case 3)."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    if batch.state != BatchState.MARKING:
        raise Refused("只有评审中的批次可以重新核对利害关系。")
    pool.refresh_conflicts(batch)
    rows = db.session.execute(
        sa.select(Conflict.account_id, Conflict.paper_id, Conflict.kind).where(
            Conflict.batch_id == batch.id, Conflict.kind != "recused"
        )
    )
    barred = {(row[0], row[1]): row[2] for row in rows}
    moved = voided = 0
    for paper in access.papers(batch.id):
        for work in access.active(paper.id):
            kind = barred.get((work.account_id, None)) or barred.get((work.account_id, paper.id))
            if kind is None:
                continue
            locked = access.lock_paper(paper.id)
            done = work.state == AssignmentState.COMPLETED
            fire(ASSIGNMENT_FLOW, work, "void" if done else "revoke", actor, values={"recusal": f"conflict: {kind}"})
            if done:
                _back_to_marking(actor, locked)
            voided, moved = voided + done, moved + (not done)
            data = {"slot": work.slot, "kind": kind}
            name = "mark.voided" if done else "mark.revoked"
            audit.record(actor, name, f"paper:{paper.code}", data, scope_id=batch.scope_id)
            draws.draw_one(batch, locked, work.slot, "replacement")
    return Recheck(moved, voided)


def expire(actor: Actor, batch_id: int) -> int:
    """Take back open work of a batch whose lease ran out, draw others, and return how many were taken back."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    return _expire(actor, batch)


def _expire(actor: Actor, batch: Batch) -> int:
    rows = db.session.execute(
        sa.select(Assignment, Paper)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(
            Paper.batch_id == batch.id,
            Assignment.state.in_(OPEN),
            Assignment.lease_until < clock.now(),
        )
        .order_by(Assignment.id)
    ).all()
    for work, paper in rows:
        locked = access.lock_paper(paper.id)
        fire(ASSIGNMENT_FLOW, work, "expire", actor)
        audit.record(actor, "mark.expired", f"paper:{paper.code}", {"slot": work.slot}, scope_id=batch.scope_id)
        draws.draw_one(batch, locked, work.slot, "replacement")
    return len(rows)


def expire_all(actor: Actor) -> int:
    """Take back everything that ran out, in all batches (the command, by the system)."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    running = db.session.scalars(sa.select(Batch).where(Batch.state == BatchState.MARKING).order_by(Batch.id)).all()
    return sum(_expire(actor, batch) for batch in running)


def overdue(batch: Batch) -> int:
    """Return how many open places of the batch are past their lease."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(Assignment.id))
            .join(Paper, Paper.id == Assignment.paper_id)
            .where(
                Paper.batch_id == batch.id,
                Assignment.state.in_(OPEN),
                Assignment.state.not_in(INACTIVE),
                Assignment.lease_until < clock.now(),
            )
        )
        or 0
    )

"""Papers that change their batch: small batches are merged (hard case 10), unfinished papers split off (case 11).

With few papers an assessor may guess the author; with papers of several classes in one batch that is harder.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain.flows import BATCH_FLOW, UNSCORED, BatchState, PaperState
from grading.models.batch import Batch, BatchClass, Conflict, Paper
from grading.services import intake, results


@dataclass(frozen=True, slots=True)
class Partner:
    """Another open batch that may be merged into this one."""

    id: int
    number: int
    class_name: str
    papers: int


def _fits(batch: Batch, other: Batch) -> bool:
    same_pool = other.pool_scope_id == batch.pool_scope_id and other.rubric_id == batch.rubric_id
    return other.id != batch.id and other.state == BatchState.OPEN and same_pool


def partners(actor: Actor, batch: Batch) -> list[Partner]:
    """Return the open batches with the same rubric and pool, oldest first; none once the batch is drawn."""
    if batch.state != BatchState.OPEN or not actor.may(Permission.GRADING_BATCH_MANAGE):
        return []
    found = sorted((one for one in access.batches(actor) if _fits(batch, one)), key=lambda one: one.id)
    if not found:
        return []
    counts = db.session.execute(
        sa.select(Paper.batch_id, sa.func.count())
        .where(Paper.batch_id.in_([one.id for one in found]), Paper.state != PaperState.WITHDRAWN)
        .group_by(Paper.batch_id)
    )
    held, names = {row[0]: row[1] for row in counts}, results.class_names([one.id for one in found])
    return [Partner(one.id, one.number, names[one.id], held.get(one.id, 0)) for one in found]


def merge_batch(actor: Actor, batch_id: int, other_id: int, key: str) -> int:
    """Put the papers of another open batch into this one, under their codes; return how many.

    Each author's conflicts stay with their papers. Raises Refused when one is drawn already, or rubrics differ.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch, other = access.get_batch(actor, batch_id), access.get_batch(actor, other_id)

    def carry_out() -> int:
        if batch.state != BatchState.OPEN:
            raise Refused("这一批已经抽取，不能再并入其他批次。")
        if other.id == batch.id or other.pool_scope_id != batch.pool_scope_id:
            raise Refused("请选择同一评审库里的另一个批次。")
        if other.rubric_id != batch.rubric_id:
            raise Refused("两个批次的评分标准不同，不能合并评审。")
        fire(BATCH_FLOW, other, "merge", actor, values={"merged_into": batch.id})
        known = set(access.batch_classes(batch.id))
        added = [scope_id for scope_id in access.batch_classes(other.id) if scope_id not in known]
        db.session.add_all(BatchClass(batch_id=batch.id, scope_id=scope_id) for scope_id in added)
        db.session.flush()
        codes = intake.move_papers(access.papers(other.id), batch)
        data = {"into": batch.id, "from": other.id, "codes": codes}
        for scope_id in sorted({batch.scope_id, other.scope_id}):
            audit.record(actor, "batch.merged", f"batch:{other.id}", data, scope_id=scope_id)
        return len(codes)

    moved: int = idempotency.once(actor, key, "grading.merge", [batch_id, other_id], carry_out)
    return moved


def split_batch(actor: Actor, batch_id: int, key: str) -> int:
    """Put the papers that are not yet scored into a batch of their own, so the rest can be released; return its id.

    Marks, leases and conflicts stay as they are. Raises Refused when nothing or everything is scored.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    made: int = idempotency.once(actor, key, "grading.split", batch_id, lambda: _split(actor, batch))
    return made


def _split(actor: Actor, batch: Batch) -> int:
    papers = [access.lock_paper(paper.id) for paper in access.papers(batch.id)]
    waiting = [paper for paper in papers if paper.state in UNSCORED]
    if batch.state != BatchState.MARKING or not waiting or len(waiting) == len(papers):
        raise Refused("只有评审中、部分已评定的批次可以把没有评完的拆出去。")
    last = db.session.scalar(sa.select(sa.func.max(Batch.number)).where(Batch.scope_id == batch.scope_id)) or 0
    same = (
        "scope_id",
        "pool_scope_id",
        "rubric_id",
        "opened_by",
        "opened_at",
        "third_gap",
        "open_scoring",
        "calibrate",
    )
    rest = Batch(number=last + 1, state=BatchState.OPEN, **{name: getattr(batch, name) for name in same})
    db.session.add(rest)
    db.session.flush()
    db.session.add_all(BatchClass(batch_id=rest.id, scope_id=one) for one in access.batch_classes(batch.id))
    fire(BATCH_FLOW, rest, "draw", actor, note={"split": batch.id}, values={"drawn_at": batch.drawn_at or clock.now()})
    codes = intake.move_papers(waiting, rest)
    ids = {paper.id for paper in waiting}
    rows = db.session.scalars(sa.select(Conflict).where(Conflict.batch_id == batch.id).order_by(Conflict.id)).all()
    for row in rows:
        if row.paper_id in ids:
            row.batch_id = rest.id
        elif row.paper_id is None:
            db.session.add(
                Conflict(batch_id=rest.id, account_id=row.account_id, kind=row.kind, created_at=row.created_at)
            )
    db.session.flush()
    data = {"into": rest.id, "from": batch.id, "codes": codes}
    audit.record(actor, "batch.split", f"batch:{batch.id}", data, scope_id=batch.scope_id)
    return rest.id

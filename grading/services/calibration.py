"""Calibration (校准): assessors mark anchor papers with agreed points before their queue opens, or as training.

Nothing here touches a score: a deviation is shown, and a far one asks for another look at the anchor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.scopes import ancestors, descendants
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Permission
from grading.data import BlindPaper
from grading.domain.rubric import Entry
from grading.domain.scoring import MOST_DEVIATION
from grading.models.anchor import Anchor, AnchorMark
from grading.models.batch import Assignment, Batch, Conflict, Paper, RubricVersion
from grading.services.blind import blind_paper, check_paper
from grading.services.deciding import read_entries, refuse_bad, write_entries


def far(total: int, reference: int) -> bool:
    """Say whether a mark is so far from the agreed points that the anchor should be looked at again."""
    return abs(total - reference) > MOST_DEVIATION


@dataclass(frozen=True, slots=True)
class AnchorItem:
    """An anchor paper in an assessor's list. deviation: own points less the agreed ones, last attempt."""

    code: str
    programme: str
    attempts: int
    deviation: int | None

    @property
    def done(self) -> bool:
        return self.deviation is not None and abs(self.deviation) <= MOST_DEVIATION


def _open_to(account_id: int) -> sa.Select[Anchor]:
    """Select the anchors in force whose author this person may judge: no conflict then, no work on that paper."""
    barred = sa.exists().where(
        Conflict.batch_id == Paper.batch_id,
        Conflict.account_id == account_id,
        sa.or_(Conflict.paper_id.is_(None), Conflict.paper_id == Paper.id),
    )
    worked = sa.exists().where(Assignment.paper_id == Paper.id, Assignment.account_id == account_id)
    return (
        sa.select(Anchor)
        .join(Paper, Paper.id == Anchor.source_paper_id)
        .where(Anchor.retired_at.is_(None), Anchor.reference_total.is_not(None), ~barred, ~worked)
        .order_by(Anchor.code)
    )


def _mine(actor: Actor) -> sa.Select[Anchor]:
    if actor.scope_id is None:
        raise NotFound
    near = sa.or_(
        Anchor.pool_scope_id.in_(ancestors(actor.scope_id)), Anchor.pool_scope_id.in_(descendants(actor.scope_id))
    )
    return _open_to(actor.person()).where(near)


def _last_marks(account_id: int, anchor_ids: list[int]) -> dict[int, AnchorMark]:
    rows = db.session.scalars(
        sa.select(AnchorMark)
        .where(AnchorMark.account_id == account_id, AnchorMark.anchor_id.in_(anchor_ids))
        .order_by(AnchorMark.attempt)
    )
    return {row.anchor_id: row for row in rows}


def items(actor: Actor) -> list[AnchorItem]:
    """Return the anchor papers of the assessor's pools, as training or as a duty before the queue opens."""
    actor.require(Permission.GRADING_PAPER_MARK)
    if actor.scope_id is None:
        return []
    query = _mine(actor).add_columns(RubricVersion.programme).join(RubricVersion, RubricVersion.id == Anchor.rubric_id)
    rows = db.session.execute(query.options(sa.orm.defer(Anchor.content))).all()
    last = _last_marks(actor.person(), [row[0].id for row in rows])
    return [_item(anchor, programme, last.get(anchor.id)) for anchor, programme in rows]


def _item(anchor: Anchor, programme: str, mark: AnchorMark | None) -> AnchorItem:
    deviation = None if mark is None else mark.total - (anchor.reference_total or 0)
    return AnchorItem(anchor.code, programme, 0 if mark is None else mark.attempt, deviation)


def outstanding(account_id: int, batch: Batch) -> list[str]:
    """Return the codes of the anchors that the assessor still owes before papers of this batch may be opened."""
    if not batch.calibrate:
        return []
    due = list(
        db.session.scalars(
            _open_to(account_id)
            .where(Anchor.pool_scope_id == batch.pool_scope_id, Anchor.rubric_id == batch.rubric_id)
            .options(sa.orm.defer(Anchor.content))
        )
    )
    last = _last_marks(account_id, [anchor.id for anchor in due])
    return [
        anchor.code
        for anchor in due
        if anchor.id not in last or far(last[anchor.id].total, anchor.reference_total or 0)
    ]


def require_done(actor: Actor, batch: Batch) -> None:
    """Raise Refused while anchors of the batch are owed."""
    codes = outstanding(actor.person(), batch)
    if codes:
        raise Refused(
            f"这一批要先校准：请先在“我的评审”里评完校准件 {'、'.join(codes)}，再开始评审。", code="not_calibrated"
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """An anchor paper at the assessor's desk; reference is told after the first attempt."""

    paper: BlindPaper
    attempts: tuple[Mapping[str, Entry], ...]
    totals: tuple[int, ...]
    reference: Mapping[str, Entry]
    reference_total: int | None

    @property
    def deviation(self) -> int | None:
        return None if self.reference_total is None else self.totals[-1] - self.reference_total

    @property
    def done(self) -> bool:
        return self.deviation is not None and abs(self.deviation) <= MOST_DEVIATION


def my_anchor(actor: Actor, code: str) -> Anchor:
    """Return an anchor that this assessor may mark. Raises NotFound for any other code."""
    actor.require(Permission.GRADING_PAPER_MARK)
    anchor = db.session.scalars(_mine(actor).where(Anchor.code == code)).one_or_none()
    if anchor is None:
        raise NotFound
    return anchor


def trial(actor: Actor, code: str) -> Trial:
    """Return an anchor paper with the own attempts. Raises NotFound, the same for "not yours" and "not there"."""
    anchor = my_anchor(actor, code)
    check_paper(anchor)
    rows = list(
        db.session.scalars(
            sa.select(AnchorMark)
            .where(AnchorMark.anchor_id == anchor.id, AnchorMark.account_id == actor.person())
            .order_by(AnchorMark.attempt)
        )
    )
    return Trial(
        blind_paper(anchor.code, anchor.content, db.session.get_one(RubricVersion, anchor.rubric_id)),
        tuple(read_entries(row.entries) for row in rows),
        tuple(row.total for row in rows),
        read_entries(anchor.reference) if rows else {},
        anchor.reference_total if rows else None,
    )


def submit_trial(actor: Actor, code: str, entries: Mapping[str, Entry], key: str) -> int:
    """Keep an attempt at an anchor paper; return its deviation from the agreed points."""
    anchor = my_anchor(actor, code)

    def carry_out() -> int:
        now = trial(actor, code)
        if now.done:
            raise Refused("这份校准件已经通过，不用再评。", code="wrong_state")
        refuse_bad(now.paper.rubric, entries, complete=True, suggested=now.paper.suggested())
        total = sum(entry.points or 0 for entry in entries.values())
        attempt = len(now.totals) + 1
        db.session.add(
            AnchorMark(
                anchor_id=anchor.id,
                account_id=actor.person(),
                attempt=attempt,
                entries=write_entries(entries),
                total=total,
                made_at=clock.now(),
            )
        )
        db.session.flush()
        deviation = total - (anchor.reference_total or 0)
        data = {"attempt": attempt, "total": total, "deviation": deviation}
        audit.record(actor, "anchor.marked", f"anchor:{code}", data, scope_id=anchor.pool_scope_id)
        return deviation

    body = [code, {name: [x.points, x.comment] for name, x in entries.items()}]
    deviation: int = idempotency.once(actor, key, "grading.submit_trial", body, carry_out)
    return deviation

"""Anchor papers (校准件) as the centre keeps them: chosen from released papers, marked once, shown with deviations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.models import Scope
from app.accounts.scopes import account_names, descendants
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from grading import access
from grading.data import BlindPaper
from grading.domain import scoring
from grading.domain.codes import new_code
from grading.domain.flows import BatchState, PaperState
from grading.domain.rubric import Entry
from grading.models.anchor import Anchor, AnchorMark
from grading.models.batch import Batch, Paper, RubricVersion
from grading.services import deciding, intake
from grading.services.blind import blind_paper, check_paper
from grading.services.calibration import far
from grading.services.deciding import read_entries, refuse_bad, write_entries

MOST_ANCHORS, ADVISED = 5, 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an assessor made of an anchor: first and last deviation, number of attempts."""

    name: str
    first: int
    last: int
    attempts: int

    @property
    def far(self) -> bool:
        return far(self.last, 0)


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One anchor in the centre's list."""

    id: int
    code: str
    programme: str
    version: str
    reference_total: int | None
    made_at: datetime
    retired: bool
    attempts: tuple[Attempt, ...] = field(default=())


def list_anchors(actor: Actor) -> list[AnchorRow]:
    """Return the pool's anchors, those in force first, with everybody's deviations."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    rows = db.session.execute(
        sa.select(Anchor, RubricVersion.programme, RubricVersion.version)
        .join(RubricVersion, RubricVersion.id == Anchor.rubric_id)
        .options(orm.defer(Anchor.content))
        .where(Anchor.pool_scope_id == actor.scope_id)
        .order_by(Anchor.retired_at.is_not(None), Anchor.id.desc())
    ).all()
    marks = list(
        db.session.scalars(
            sa.select(AnchorMark)
            .options(orm.defer(AnchorMark.entries))
            .where(AnchorMark.anchor_id.in_([row[0].id for row in rows]))
            .order_by(AnchorMark.attempt)
        )
    )
    names = account_names({mark.account_id for mark in marks})
    totals: dict[tuple[int, int], list[int]] = defaultdict(list)
    for mark in marks:
        totals[mark.anchor_id, mark.account_id].append(mark.total)
    found: dict[int, list[Attempt]] = defaultdict(list)
    references = {row[0].id: row[0].reference_total or 0 for row in rows}
    for (anchor_id, account_id), made in totals.items():
        agreed = references[anchor_id]
        found[anchor_id].append(Attempt(names[account_id], made[0] - agreed, made[-1] - agreed, len(made)))
    return [
        AnchorRow(
            anchor.id,
            anchor.code,
            programme,
            version,
            anchor.reference_total,
            anchor.made_at,
            anchor.retired_at is not None,
            tuple(sorted(found[anchor.id], key=lambda one: one.name)),
        )
        for anchor, programme, version in rows
    ]


@dataclass(frozen=True, slots=True)
class Source:
    """A released paper that may become an anchor."""

    paper_id: int
    code: str
    class_name: str
    final: str


def sources(actor: Actor, limit: int = 60) -> list[Source]:
    """Return released papers below the actor's scope that are no anchor yet, newest batches first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    used = sa.select(Anchor.source_paper_id).where(Anchor.pool_scope_id == actor.scope_id)
    rows = db.session.execute(
        sa.select(Paper.id, Paper.code, Scope.name, Paper.final_numerator, Paper.final_denominator)
        .join(Batch, Batch.id == Paper.batch_id)
        .join(Scope, Scope.id == Batch.scope_id)
        .where(
            Batch.scope_id.in_(descendants(actor.scope_id)),
            Paper.state == PaperState.RELEASED,
            Paper.id.not_in(used),
        )
        .order_by(Batch.id.desc(), Paper.code)
        .limit(limit)
    )
    return [
        Source(paper_id, code, name, scoring.shown(Fraction(top or 0, bottom or 1)))
        for paper_id, code, name, top, bottom in rows
    ]


def make_anchor(actor: Actor, paper_id: int) -> int:
    """Copy a released paper as an anchor under a new code; return its id.

    Raises NotFound for a paper outside the actor's scope, Refused for one that is not released or used already.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    paper = db.session.get(Paper, paper_id) if 0 < paper_id < 2**31 else None
    if paper is None:
        raise NotFound
    batch = access.get_batch(actor, paper.batch_id)
    if paper.state != PaperState.RELEASED:
        raise Refused("只有已发布成绩的评审件可以用作校准件。")
    check_paper(paper)
    scope_id = actor.scope_id or batch.pool_scope_id
    mine = sa.select(Anchor).options(orm.defer(Anchor.content)).where(Anchor.pool_scope_id == scope_id)
    if db.session.scalars(mine.where(Anchor.source_paper_id == paper.id)).one_or_none() is not None:
        raise Refused("这份评审件已经是校准件。")
    _room(scope_id, paper.rubric_id)
    anchor = Anchor(
        pool_scope_id=scope_id,
        rubric_id=paper.rubric_id,
        source_paper_id=paper.id,
        code=_free_code(),
        content=paper.content,
        content_hash=paper.content_hash,
        reference="{}",
        made_by=actor.account_id,
        made_at=clock.now(),
    )
    db.session.add(anchor)
    db.session.flush()
    audit.record(actor, "anchor.made", f"anchor:{anchor.code}", {"paper": paper.code}, scope_id=scope_id)
    return anchor.id


def _in_force(scope_id: int, rubric_id: int, *, ready: bool = False) -> int:
    query = sa.select(sa.func.count(Anchor.id)).where(
        Anchor.pool_scope_id == scope_id, Anchor.rubric_id == rubric_id, Anchor.retired_at.is_(None)
    )
    return db.session.scalar(query.where(Anchor.reference_total.is_not(None)) if ready else query) or 0


def _room(scope_id: int, rubric_id: int) -> None:
    if _in_force(scope_id, rubric_id) >= MOST_ANCHORS:
        raise Refused(f"同一版评分标准最多 {MOST_ANCHORS} 份校准件，请先停用不用的。")


def _free_code() -> str:
    while True:
        code = new_code()
        known = sa.union(sa.select(Paper.id).where(Paper.code == code), sa.select(Anchor.id).where(Anchor.code == code))
        if db.session.execute(known).first() is None:
            return code


def _get(actor: Actor, anchor_id: int) -> Anchor:
    actor.require(Permission.GRADING_BATCH_MANAGE)
    anchor = db.session.get(Anchor, anchor_id) if 0 < anchor_id < 2**31 else None
    if anchor is None or anchor.pool_scope_id != actor.scope_id:
        raise NotFound
    return anchor


@dataclass(frozen=True, slots=True)
class AnchorView:
    """An anchor at the centre's desk. entries: the agreed points, or those of the released result to begin with."""

    anchor: Anchor
    paper: BlindPaper
    entries: Mapping[str, Entry]
    marked: int


def view_anchor(actor: Actor, anchor_id: int) -> AnchorView:
    """Return an anchor with its agreed points. Raises NotFound."""
    anchor = _get(actor, anchor_id)
    check_paper(anchor)
    paper = blind_paper(anchor.code, anchor.content, db.session.get_one(RubricVersion, anchor.rubric_id))
    entries = read_entries(anchor.reference)
    if anchor.reference_total is None:
        source = db.session.get_one(Paper, anchor.source_paper_id)
        if source.state == PaperState.RELEASED and source.rubric_id == anchor.rubric_id:  # else it is marked again
            works = access.completed(source.id)
            decided = scoring.decide({work.slot: deciding.marked(work) for work in works})
            entries = {name: Entry(int(points + Fraction(1, 2))) for name, points in decided.points.items()}
    return AnchorView(anchor, paper, entries, _marked(anchor.id))


def _marked(anchor_id: int) -> int:
    query = sa.select(sa.func.count(sa.distinct(AnchorMark.account_id))).where(AnchorMark.anchor_id == anchor_id)
    return db.session.scalar(query) or 0


def set_reference(actor: Actor, anchor_id: int, entries: Mapping[str, Entry]) -> int:
    """Agree on an anchor's points, with a reason for each criterion; return the total.

    Raises Refused once an assessor has marked it: everybody is compared with the same points.
    """
    view = view_anchor(actor, anchor_id)
    anchor = db.session.scalars(sa.select(Anchor).where(Anchor.id == anchor_id).with_for_update()).one()
    if _marked(anchor.id):
        raise Refused("已经有评审讲师评过这份校准件，参考分不能再改；需要更正请停用它，另选一份。")
    refuse_bad(view.paper.rubric, entries, complete=True)
    silent = [one for one in view.paper.rubric.criteria if not entries[one.key].comment]
    if silent:
        raise InvalidInput(
            f"请给“{silent[0].title}”写出参考理由，评审讲师评完后会看到。", field=f"comment-{silent[0].key}"
        )
    for one in view.paper.rubric.criteria:
        if intake.names_somebody(anchor.source_paper_id, entries[one.key].comment):
            message = f"“{one.title}”的参考理由里有能认出作者的内容（姓名、店铺、班级或号码），评审讲师会看到，请改写。"
            raise InvalidInput(message, field=f"comment-{one.key}")
    anchor.reference = write_entries(entries)
    anchor.reference_total = sum(entry.points or 0 for entry in entries.values())
    data = {"total": anchor.reference_total}
    audit.record(actor, "anchor.agreed", f"anchor:{anchor.code}", data, scope_id=anchor.pool_scope_id)
    return anchor.reference_total


def retire(actor: Actor, anchor_id: int) -> None:
    """Take an anchor out of use; what was marked stays on file."""
    anchor = _get(actor, anchor_id)
    if anchor.retired_at is None:
        anchor.retired_at = clock.now()
        audit.record(actor, "anchor.retired", f"anchor:{anchor.code}", {}, scope_id=anchor.pool_scope_id)


def ready_for(batch: Batch) -> int:
    """Return how many anchors in force fit the batch's rubric."""
    return _in_force(batch.pool_scope_id, batch.rubric_id, ready=True)


def set_calibration(actor: Actor, batch_id: int, wanted: bool) -> None:
    """Ask assessors of a batch for the anchors first, or no longer. Raises Refused when there is none to mark."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    if batch.state == BatchState.RELEASED:
        raise Refused("成绩已经发布，不再需要校准。")
    if wanted and not ready_for(batch):
        raise Refused("还没有适用这一版评分标准的校准件，请先选出校准件并给出参考分。")
    batch.calibrate = wanted
    audit.record(actor, "batch.calibration", f"batch:{batch.id}", {"wanted": wanted}, scope_id=batch.scope_id)

"""A batch whose rubric was wrong (hard case 13): re-opened with the version in force, both versions kept.

Criteria that are the same keep their points; the others are marked again by the same assessors. Marks that only
followed from disagreement (third, arbiter) wait aside and are called back when they are needed again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core import audit, clock, events, idempotency
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain import rubric_change, scoring
from grading.domain.canonical import canonical
from grading.domain.deadlines import LEASE_HOURS, after_work_hours
from grading.domain.flows import ASSIGNMENT_FLOW, BATCH_FLOW, PAPER_FLOW, AssignmentState, BatchState, PaperState
from grading.domain.rubric import Rubric, parse_rubric
from grading.events import ResultsWithdrawn
from grading.models.batch import Assignment, Batch, Paper, RubricVersion
from grading.models.correction import EarlierMark, RubricCorrection
from grading.services import anchors, appeals, deciding, intake, reveal, rubric_desk
from grading.services.blind import rubric_from

MINIMUM_REASON = 4
MOST_REASON = 200
ALWAYS = (1, 2)  # the places that every paper needs


@dataclass(frozen=True, slots=True)
class Before:
    """A paper as it stood before a correction: its final score, its marks as (评委甲, points)."""

    code: str
    score: str
    marks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction that was made."""

    at: datetime
    by: str
    old: str
    new: str
    reason: str
    papers: tuple[Before, ...]


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What a correction would change. new: None while the batch already has the version in force."""

    batch: Batch
    old: Rubric
    new: Rubric | None
    new_hash: str
    differences: tuple[rubric_change.Difference, ...]
    papers: int
    again: int
    history: tuple[CorrectionRow, ...]


def view_correction(actor: Actor, batch_id: int) -> CorrectionView:
    """Return the batch's rubric beside the one in force, what would be marked again, and earlier corrections."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    row = db.session.get_one(RubricVersion, batch.rubric_id)
    text, hash_ = rubric_desk.text_and_hash(row.programme, batch.pool_scope_id)
    old, new = rubric_from(row), parse_rubric(json.loads(text))
    differences = rubric_change.compare(old, new)
    papers = access.papers(batch.id)
    work = access.assignments([paper.id for paper in papers])
    given = sum(one.state == AssignmentState.COMPLETED and one.slot in ALWAYS for one in work)
    return CorrectionView(
        batch,
        old,
        None if hash_ == row.hash else new,
        hash_,
        differences,
        len(papers),
        given if rubric_change.marked_again(differences) else 0,
        tuple(history(batch)),
    )


def history(batch: Batch) -> list[CorrectionRow]:
    """Return the corrections of a batch, newest first, with the marks as they stood before."""
    rows = list(
        db.session.scalars(
            sa.select(RubricCorrection)
            .where(RubricCorrection.batch_id == batch.id)
            .order_by(RubricCorrection.id.desc())
        )
    )
    if not rows:
        return []
    rubrics = {row_id for row in rows for row_id in (row.old_rubric_id, row.new_rubric_id)}
    versions = {
        row.id: row.version for row in db.session.scalars(sa.select(RubricVersion).where(RubricVersion.id.in_(rubrics)))
    }
    marks = db.session.execute(
        sa.select(EarlierMark.correction_id, Paper.code, Assignment.slot, EarlierMark.total)
        .join(Assignment, Assignment.id == EarlierMark.assignment_id)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(EarlierMark.correction_id.in_([row.id for row in rows]), EarlierMark.total.is_not(None))
        .order_by(Paper.code, Assignment.slot)
    ).all()
    names = account_names({row.corrected_by for row in rows if row.corrected_by is not None})
    found = []
    for row in rows:
        given: dict[str, list[tuple[str, int]]] = {}
        for correction_id, code, slot, total in marks:
            if correction_id == row.id:
                given.setdefault(code, []).append((f"评委{'甲乙丙丁戊'[slot - 1]}", total or 0))
        finals = json.loads(row.before)
        papers = tuple(
            Before(
                code,
                scoring.shown(Fraction(*finals[code])) if code in finals else "—",
                tuple(given.get(code, ())),
            )
            for code in sorted({*finals, *given})
        )
        found.append(
            CorrectionRow(
                row.corrected_at,
                names.get(row.corrected_by or 0, "系统"),
                versions[row.old_rubric_id],
                versions[row.new_rubric_id],
                row.reason,
                papers,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction did: papers, marks to be given again, released results taken back."""

    papers: int
    again: int
    taken_back: int


def correct_rubric(actor: Actor, batch_id: int, seen_hash: str, reason: str, key: str) -> Corrected:
    """Put the rubric in force into a batch that was opened with a wrong one; return what that changed.

    Released results are taken back, and trainees read the reason; appeals end, because all is decided anew. With the
    same criteria the scores are computed again at once, otherwise the assessors mark again what changed. Raises
    Refused when there is no other version, Conflict when it is not the one with ``seen_hash``.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)

    def carry_out() -> list[int]:
        if not MINIMUM_REASON <= len(reason) <= MOST_REASON:
            raise InvalidInput(
                f"请写明更正的理由（{MINIMUM_REASON} 到 {MOST_REASON} 字），学员会看到。", field="reason"
            )
        made = _correct(actor, batch, seen_hash, reason)
        return [made.papers, made.again, made.taken_back]

    body = [batch_id, seen_hash, reason]
    return Corrected(*idempotency.once(actor, key, "grading.correct_rubric", body, carry_out))


def _correct(actor: Actor, batch: Batch, seen_hash: str, reason: str) -> Corrected:
    papers = [access.lock_paper(paper.id) for paper in access.papers(batch.id)]
    old = db.session.get_one(RubricVersion, batch.rubric_id)
    new = rubric_desk.frozen(old.programme, batch.pool_scope_id)
    if new.id == old.id:
        raise Refused("这一批用的就是现行的评分标准。请先在“评分标准”里保存更正后的新版本，再回到这里。")
    if new.hash != seen_hash:
        raise Conflict("评分标准刚刚又有了新版本，请刷新页面核对后再更正。", code="stale_rubric")
    rubric = rubric_from(new)
    again = rubric_change.marked_again(rubric_change.compare(rubric_from(old), rubric))
    row = RubricCorrection(
        batch_id=batch.id,
        old_rubric_id=old.id,
        new_rubric_id=new.id,
        reason=reason,
        before=canonical({paper.code: list(final) for paper in papers if (final := _final(paper))}),
        corrected_by=actor.account_id,
        corrected_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    taken_back = _take_back(actor, batch, f"评分标准由 {old.version} 更正为 {new.version}：{reason}")
    _change_batch(batch, old, new)
    marks = 0
    for paper in papers:
        works = access.active(paper.id)
        _keep(row, works)
        marks += _again(actor, works, again, rubric) if again else 0
        paper.rubric_id = new.id
        if paper.state not in {PaperState.IN_DRAW, PaperState.MARKING}:
            cleared = {"final_numerator": None, "final_denominator": None, "method": ""}
            fire(PAPER_FLOW, paper, "correct", actor, note={"reason": reason}, values=cleared)
    db.session.flush()
    data = {"old": old.hash, "new": new.hash, "reason": reason, "again": sorted(again), "marks": marks}
    for scope_id in access.batch_classes(batch.id):
        audit.record(actor, "batch.rubric_corrected", f"batch:{batch.id}", data, scope_id=scope_id)
    for paper in papers:
        if paper.state != PaperState.IN_DRAW:
            deciding.advance(paper, rubric)
    return Corrected(len(papers), marks, taken_back)


def _final(paper: Paper) -> tuple[int, int] | None:
    if paper.final_numerator is None or paper.final_denominator is None:
        return None
    return paper.final_numerator, paper.final_denominator


def _take_back(actor: Actor, batch: Batch, reason: str) -> int:
    """End the appeals of the batch, and take released results back; return how many."""
    appeals.end_by_correction(actor, [outcome.id for outcome in intake.outcomes_of(batch.id).values()], reason)
    if batch.state != BatchState.RELEASED:
        return 0
    fire(BATCH_FLOW, batch, "unrelease", actor, note={"reason": reason}, values={"released_at": None})
    count = reveal.take_back_results(actor, batch, reason[:300])
    for scope_id in access.batch_classes(batch.id):
        events.publish(ResultsWithdrawn(scope_id, batch.id))
    return count


def _change_batch(batch: Batch, old: RubricVersion, new: RubricVersion) -> None:
    changed = db.session.execute(
        sa.update(Batch).where(Batch.id == batch.id, Batch.rubric_id == old.id).values(rubric_id=new.id)
    )
    if matched(changed) != 1:
        raise Conflict("这一批的评分标准刚刚被更正过，请刷新页面。", code="stale_rubric")
    db.session.refresh(batch)
    if batch.calibrate and not anchors.ready_for(batch):  # the anchors' points were agreed on by the other version
        batch.calibrate = False


def _keep(row: RubricCorrection, works: Sequence[Assignment]) -> None:
    db.session.add_all(
        EarlierMark(
            correction_id=row.id,
            assignment_id=work.id,
            entries=work.entries,
            total=work.total,
            flag=work.flag,
            flag_note=work.flag_note,
            completed_at=work.completed_at,
        )
        for work in works
        if work.entries != "{}"
    )
    db.session.flush()


def _again(actor: Actor, works: Sequence[Assignment], again: frozenset[str], rubric: Rubric) -> int:
    """Open marks again with the points that still hold; put aside what only followed from them. Return how many."""
    opened = 0
    lease = after_work_hours(clock.now(), LEASE_HOURS)
    for work in works:
        entries = canonical(rubric_change.keep_entries(json.loads(work.entries), again, rubric))
        values: dict[str, object] = {"entries": entries, "total": None, "lease_until": lease}
        if work.slot not in ALWAYS:
            fire(ASSIGNMENT_FLOW, work, "supersede", actor, values=values)
        elif work.state == AssignmentState.COMPLETED:
            fire(ASSIGNMENT_FLOW, work, "reopen", actor, values=values)
            opened += 1
        else:  # an open desk shows the old version: its next save is refused, and the page loads the new one
            _change_draft(work, entries)
    return opened


def _change_draft(work: Assignment, entries: str) -> None:
    changed = db.session.execute(
        sa.update(Assignment)
        .where(Assignment.id == work.id, Assignment.version == work.version, Assignment.state == work.state)
        .values(entries=entries, version=work.version + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict("有评审讲师刚刚保存了评分，请再试一次。", code="stale_sheet")
    db.session.refresh(work)


def changed_for(work: Assignment, rubric: Rubric) -> tuple[str, ...]:
    """Return what an assessor is told of the last correction: the criteria to mark again, with the old points."""
    found = db.session.execute(
        sa.select(EarlierMark.entries, RubricVersion)
        .join(RubricCorrection, RubricCorrection.id == EarlierMark.correction_id)
        .join(RubricVersion, RubricVersion.id == RubricCorrection.old_rubric_id)
        .where(EarlierMark.assignment_id == work.id)
        .order_by(EarlierMark.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return ()
    before: Mapping[str, Mapping[str, object]] = json.loads(found[0])
    lines = []
    for one in rubric_change.compare(rubric_from(found[1]), rubric):
        if not one.again or one.after is None:
            continue
        given = before.get(one.key, {}).get("points")
        old = f"，原评 {given} / {one.before} 分" if given is not None and one.before is not None else ""
        lines.append(f"{one.title}（{'、'.join(one.what)}有更正{old}）")
    return tuple(lines)

"""Marking (评分) by drawn assessors. Everything shown here is made from a ``BlindPaper``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.data import Desk, OtherMark, QueueItem, Sheet
from grading.domain import scoring
from grading.domain.deadlines import LEASE_HOURS, after_work_hours
from grading.domain.flows import ASSIGNMENT_FLOW, AssignmentState
from grading.domain.rubric import Entry
from grading.models.batch import Assignment, Batch, Paper
from grading.models.batch import Conflict as ConflictRow
from grading.services import calibration, correcting, deciding, draws
from grading.services.blind import blind_paper, check_paper, rubric_from
from grading.services.deciding import read_entries, refuse_bad, write_entries

MINIMUM_REASON = 4
MOST_NOTE = 500
FLAGS = {"doubt": "有疑点，需要再看", "veto": "疑似否决情形（无店铺、抄袭、违禁、刷单）"}
OPEN_STATES = frozenset({AssignmentState.ASSIGNED, AssignmentState.OPENED, AssignmentState.DRAFT})


def queue(actor: Actor) -> list[QueueItem]:
    """Return the assessor's own queue: code and state, nothing else."""
    actor.require(Permission.GRADING_PAPER_MARK)
    return [QueueItem(code, state) for code, state in access.my_queue(actor)]


def next_code(actor: Actor, after: str | None = None) -> str | None:
    """Return the code of the next paper with open work, other than ``after``."""
    return next((item.code for item in queue(actor) if item.state in OPEN_STATES and item.code != after), None)


def desk(actor: Actor, code: str) -> Desk:
    """Return the marking desk of one of the assessor's papers. Raises NotFound for any other code."""
    actor.require(Permission.GRADING_PAPER_MARK)
    work, paper, row = access.my_paper(actor, code)
    sheet = Sheet(
        work.state,
        work.version,
        read_entries(work.entries),
        work.flag,
        work.flag_note,
        work.lease_until,
        work.slot,
        work.opened_at,
    )
    check_paper(paper)
    others = []
    if work.slot == scoring.ARBITER_SLOT:
        others = [
            OtherMark(
                f"评委{'甲乙丙'[one.slot - 1]}", read_entries(one.entries), one.total or 0, one.flag, one.flag_note
            )
            for one in access.completed(paper.id)
            if one.slot < scoring.ARBITER_SLOT
        ]
    blind = blind_paper(paper.code, paper.content, row)
    again = correcting.changed_for(work, blind.rubric) if work.state == AssignmentState.DRAFT else ()
    return Desk(blind, sheet, next_code(actor, after=code), tuple(others), again)


def _lease() -> datetime:
    return after_work_hours(clock.now(), LEASE_HOURS)


def _batch(paper: Paper) -> Batch:
    return db.session.get_one(Batch, paper.batch_id)


def open_paper(actor: Actor, code: str) -> None:
    """Begin marking: from here on the rubric is shown. Opening an opened paper changes nothing."""
    actor.require(Permission.GRADING_PAPER_MARK)
    work, paper, _ = access.my_paper(actor, code)
    if work.state != AssignmentState.ASSIGNED:
        return
    check_paper(paper)
    calibration.require_done(actor, _batch(paper))
    fire(ASSIGNMENT_FLOW, work, "open", actor, values={"opened_at": clock.now(), "lease_until": _lease()})
    audit.record(actor, "paper.opened", f"paper:{code}", {}, scope_id=_batch(paper).scope_id)


def save_draft(actor: Actor, code: str, version: int, entries: Mapping[str, Entry]) -> int:
    """Keep points and comments typed so far; return the new version of the sheet.

    Raises Conflict when another tab has saved since ``version``, InvalidInput for points out of range.
    """
    actor.require(Permission.GRADING_PAPER_MARK)
    work, paper, row = access.my_paper(actor, code)
    check_paper(paper)
    _same_version(work, version)
    refuse_bad(rubric_from(row), entries, complete=False)
    text = write_entries(entries)
    if work.state != AssignmentState.DRAFT:
        fire(ASSIGNMENT_FLOW, work, "save", actor, values={"entries": text, "lease_until": _lease()})
        return work.version
    changed = db.session.execute(
        sa.update(Assignment)
        .where(Assignment.id == work.id, Assignment.version == version, Assignment.state == AssignmentState.DRAFT)
        .values(entries=text, version=version + 1, lease_until=_lease())
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise _stale()
    db.session.refresh(work)
    return work.version


def _stale() -> Conflict:
    message = "这份评分在别处有了变化（另一个窗口，或评分标准的更正），这里的内容没有保存。请刷新页面后继续。"
    return Conflict(message, code="stale_sheet")


def _same_version(work: Assignment, version: int) -> None:
    if work.version != version:
        raise _stale()


def submit_marks(
    actor: Actor, code: str, version: int, entries: Mapping[str, Entry], key: str, flag: str = "", note: str = ""
) -> int:
    """Complete the marking of a paper and return the total points.

    All criteria need points, and a comment below 60 % or above 90 % of a criterion. When it was the last
    mark needed, the paper gets its final score, or a third assessor.
    """
    actor.require(Permission.GRADING_PAPER_MARK)
    work, paper, row = access.my_paper(actor, code)

    def carry_out() -> int:
        check_paper(paper)
        blind = blind_paper(paper.code, paper.content, row)
        rubric, suggested = blind.rubric, blind.suggested()
        if work.state in OPEN_STATES:
            _same_version(work, version)
            refuse_bad(rubric, entries, complete=True, suggested=suggested)
            _check_flag(flag, note)
        access.lock_paper(paper.id)
        total = sum(entry.points or 0 for entry in entries.values())
        values = {
            "entries": write_entries(entries, suggested),
            "total": total,
            "completed_at": clock.now(),
            "flag": flag,
            "flag_note": note,
        }
        fire(ASSIGNMENT_FLOW, work, "complete", actor, values=values)
        audit.record(
            actor,
            "mark.completed",
            f"paper:{code}",
            {"slot": work.slot, "total": total, "points": {k: x.points for k, x in entries.items()}, "flag": flag},
            scope_id=_batch(paper).scope_id,
        )
        deciding.advance(paper, rubric)
        return total

    body = [code, version, {k: [x.points, x.comment] for k, x in entries.items()}, flag, note]
    total: int = idempotency.once(actor, key, "grading.submit_marks", body, carry_out)
    return total


def _check_flag(flag: str, note: str) -> None:
    if flag not in {"", *FLAGS}:
        raise InvalidInput("请重新选择疑点的类型。", field="flag")
    if flag and len(note) < MINIMUM_REASON:
        raise InvalidInput("请写明疑点在哪里，其他评审讲师会独立再看。", field="flag_note")
    if len(note) > MOST_NOTE:
        raise InvalidInput(f"疑点说明最多 {MOST_NOTE} 字。", field="flag_note")


def recuse(actor: Actor, code: str, reason: str, key: str) -> bool:
    """Step back from a paper for good; return whether a replacement was drawn at once.

    Free before points are entered; afterwards a reason is asked and the points are discarded.
    """
    actor.require(Permission.GRADING_PAPER_MARK)

    def carry_out() -> bool:
        work, paper, _ = access.my_paper(actor, code)
        if work.state == AssignmentState.DRAFT and len(reason) < MINIMUM_REASON:
            raise InvalidInput("已经开始打分，请写明回避的理由；已打的分数会作废。", field="reason")
        access.lock_paper(paper.id)
        had_points = bool(read_entries(work.entries))
        fire(ASSIGNMENT_FLOW, work, "recuse", actor, values={"entries": "{}", "recusal": reason[:500]})
        batch = _batch(paper)
        db.session.add(
            ConflictRow(
                batch_id=batch.id,
                paper_id=paper.id,
                account_id=actor.person(),
                kind="recused",
                created_at=clock.now(),
            )
        )
        db.session.flush()
        audit.record(
            actor,
            "mark.recused",
            f"paper:{code}",
            {"slot": work.slot, "reason": reason, "points_discarded": had_points},
            scope_id=batch.scope_id,
        )
        return draws.draw_one(batch, paper, work.slot, "replacement")

    drawn: bool = idempotency.once(actor, key, "grading.recuse", [code, reason], carry_out)
    return drawn

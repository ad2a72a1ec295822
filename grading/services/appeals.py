"""Appeals (申诉): once per attempt, within five working days; a new assessor decides, up or down, finally (3.10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.scopes import descendants
from app.core import audit, clock, idempotency
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain.canonical import canonical
from grading.domain.deadlines import APPEAL_DAYS, after_work_days
from grading.domain.flows import APPEAL_FLOW, PAPER_FLOW, AppealState
from grading.domain.rubric import Rubric
from grading.domain.scoring import APPEAL_SLOT, decide, shown
from grading.models.batch import Batch, Paper
from grading.models.correction import RubricCorrection
from grading.models.outcome import Appeal, Outcome, Result
from grading.services import deciding, draws, intake, pool, reveal

MINIMUM_REASON = 10
MOST_REASON = 1000


def deadline(result: Result) -> datetime:
    """Return until when the result may be appealed against."""
    return after_work_days(result.released_at, APPEAL_DAYS)


def own_appeals(actor: Actor, outcome_id: int) -> list[Appeal]:
    """Return the trainee's appeals of this attempt, newest first: one, and one more after a corrected rubric."""
    return list(
        db.session.scalars(
            sa.select(Appeal)
            .where(Appeal.outcome_id == outcome_id, Appeal.account_id == actor.person())
            .order_by(Appeal.round.desc())
        )
    )


def current_round(outcome_id: int) -> int:
    """Return how often the rubric behind this attempt has been corrected."""
    batch = intake.batch_of(outcome_id)
    query = sa.select(sa.func.count(RubricCorrection.id)).where(RubricCorrection.batch_id == batch.id)
    return db.session.scalar(query) or 0


def file_appeal(actor: Actor, reasons: Mapping[str, str], confirmed: bool, key: str) -> int:
    """Appeal against the own released result, naming the criteria; return the appeal's id.

    reasons: by criterion title. The trainee confirms that the result may also go down.
    """
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)

    def carry_out() -> int:
        result = access.own_result(actor)
        if result is None:
            raise Refused("成绩还没有发布，不能申诉。")
        round_ = current_round(result.outcome_id)
        if any(row.round == round_ for row in own_appeals(actor, result.outcome_id)):
            raise Refused("每次提交只能申诉一次，你已经申诉过了。")
        if clock.now() > deadline(result):
            raise Refused(f"申诉期是发布后 {APPEAL_DAYS} 个工作日，已经过了。")
        titles = {part["title"] for part in json.loads(result.breakdown)}
        given = {title: text for title, text in reasons.items() if title in titles and text}
        if not given:
            raise InvalidInput("请至少选择一项，写明申诉理由。", field="reasons")
        for title, text in given.items():
            if not MINIMUM_REASON <= len(text) <= MOST_REASON:
                raise InvalidInput(f"“{title}”的理由应有 {MINIMUM_REASON} 到 {MOST_REASON} 字。", field="reasons")
        if not confirmed:
            raise InvalidInput("请确认你知道：复评的分数可能更高，也可能更低，并且是最终结果。", field="confirmed")
        row = Appeal(
            outcome_id=result.outcome_id,
            round=round_,
            account_id=actor.person(),
            scope_id=result.scope_id,
            state=AppealState.FILED,
            reasons=canonical(given),
            filed_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "appeal.filed", f"appeal:{row.id}", {"criteria": sorted(given)}, scope_id=row.scope_id)
        return row.id

    made: int = idempotency.once(actor, key, "grading.appeal", [dict(reasons), confirmed], carry_out)
    return made


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One appeal as the centre sees it: by the code of its paper."""

    id: int
    code: str
    batch_id: int
    state: AppealState
    reasons: Mapping[str, str]
    score: str
    filed_at: datetime
    answer: str


def list_appeals(actor: Actor, batch_id: int | None = None) -> list[AppealRow]:
    """Return the appeals of the classes below the actor's scope, open ones first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    rows = db.session.scalars(
        sa.select(Appeal)
        .where(Appeal.scope_id.in_(descendants(actor.scope_id)))
        .order_by(sa.case((Appeal.state.in_([AppealState.FILED, AppealState.REMARKING]), 0), else_=1), Appeal.id)
    ).all()
    papers = intake.papers_of([row.outcome_id for row in rows])
    found = []
    for row in rows:
        paper = papers[row.outcome_id]
        if batch_id is not None and paper.batch_id != batch_id:
            continue
        score = Fraction(paper.final_numerator or 0, paper.final_denominator or 1)
        found.append(
            AppealRow(
                row.id,
                paper.code,
                paper.batch_id,
                row.state,
                json.loads(row.reasons),
                shown(score),
                row.filed_at,
                row.answer,
            )
        )
    return found


def _get(actor: Actor, appeal_id: int) -> tuple[Appeal, Paper, Batch]:
    actor.require(Permission.GRADING_BATCH_MANAGE)
    row = db.session.get(Appeal, appeal_id) if 0 < appeal_id < 2**31 else None
    if row is None:
        raise NotFound
    paper = intake.paper_of(row.outcome_id)
    return row, paper, access.get_batch(actor, paper.batch_id)


def answer_appeal(actor: Actor, appeal_id: int, accept: bool, answer: str, key: str) -> bool:
    """Do the formal check (sums, missing evidence, wrong file): refuse with a reason, or have it marked anew.

    Returns whether a new assessor was drawn; when nobody is left, the place stays open for ``补抽``.
    """

    def carry_out() -> bool:
        row, paper, batch = _get(actor, appeal_id)
        if len(answer) < 4:
            raise InvalidInput("请写明形式审查的结论，学员会看到。", field="answer")
        event = "accept" if accept else "reject"
        fire(APPEAL_FLOW, row, event, actor, values={"answer": answer[:1000]})
        audit.record(actor, f"appeal.{event}ed", f"appeal:{row.id}", {"answer": answer}, scope_id=row.scope_id)
        if not accept:
            row.decided_at = clock.now()
            return False
        fire(PAPER_FLOW, access.lock_paper(paper.id), "appeal", actor)
        pool.refresh_conflicts(batch)
        return draws.draw_one(batch, access.lock_paper(paper.id), APPEAL_SLOT, "appeal")

    drawn: bool = idempotency.once(actor, key, "grading.answer_appeal", [appeal_id, accept, answer], carry_out)
    return drawn


def settle(paper: Paper, rubric: Rubric, batch: Batch) -> None:
    """End an appeal with the new mark: a new version of the result, up or down, final."""
    from grading.services.releasing import decision_of

    decided = decide(deciding.marks_of(paper))
    values = {
        "final_numerator": decided.final.numerator,
        "final_denominator": decided.final.denominator,
        "method": decided.method,
    }
    before = [paper.final_numerator, paper.final_denominator]
    fire(PAPER_FLOW, paper, "settle_appeal", system(), values=values)
    outcome: Outcome = intake.outcome_of(paper.id)
    waiting = sa.select(Appeal).where(Appeal.outcome_id == outcome.id, Appeal.state == AppealState.REMARKING)
    row = db.session.scalars(waiting).one()
    fire(APPEAL_FLOW, row, "decide", system(), values={"decided_at": clock.now()})
    reveal.replace_result(outcome, decision_of(paper, rubric), "申诉复评")
    after = [decided.final.numerator, decided.final.denominator]
    audit.record(
        system(), "appeal.decided", f"appeal:{row.id}", {"before": before, "after": after}, scope_id=batch.scope_id
    )


def end_by_correction(actor: Actor, outcome_ids: list[int], reason: str) -> int:
    """End the open appeals of these attempts because everything is marked by a corrected rubric; return how many."""
    rows = db.session.scalars(
        sa.select(Appeal)
        .where(Appeal.outcome_id.in_(outcome_ids), Appeal.state.in_([AppealState.FILED, AppealState.REMARKING]))
        .order_by(Appeal.id)
    ).all()
    for row in rows:
        answer = f"{reason}。全批重新评定，重新发布后可以再次申诉。"
        fire(APPEAL_FLOW, row, "correct", actor, values={"answer": answer[:1000], "decided_at": clock.now()})
        audit.record(actor, "appeal.corrected", f"appeal:{row.id}", {"reason": reason}, scope_id=row.scope_id)
    return len(rows)

"""Release of a batch's results, all together, and taking them back with a reason."""

from __future__ import annotations

import json

from app.core import audit, clock, events, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain import scoring
from grading.domain.canonical import canonical
from grading.domain.flows import BATCH_FLOW, PAPER_FLOW, UNSCORED, PaperState
from grading.domain.rubric import Rubric, parse_rubric
from grading.events import ResultsReleased, ResultsWithdrawn
from grading.models.batch import Batch, Paper, RubricVersion
from grading.services import deciding, intake, reveal
from grading.services.blind import check_paper

ASSESSOR_LETTERS = "甲乙丙丁戊"
MINIMUM_REASON = 4


def rubric_of(batch: Batch) -> Rubric:
    """Return the rubric that the batch froze."""
    return parse_rubric(json.loads(db.session.get_one(RubricVersion, batch.rubric_id).content))


def release_batch(actor: Actor, batch_id: int, key: str) -> int:
    """Release all results of a batch together and return how many.

    Raises Refused, naming the codes, while a paper has no final score.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    made: int = idempotency.once(actor, key, "grading.release", batch_id, lambda: _release(actor, batch))
    return made


def _release(actor: Actor, batch: Batch) -> int:
    papers = [access.lock_paper(paper.id) for paper in access.papers(batch.id)]
    waiting = [paper.code for paper in papers if paper.state in UNSCORED]
    if waiting:
        raise Refused(f"还有 {len(waiting)} 份评审件没有评完：{'、'.join(waiting)}。全部评完后才能一起发布。")
    fire(BATCH_FLOW, batch, "release", actor, values={"released_at": clock.now()})
    rubric = rubric_of(batch)
    decisions = {}
    for paper in papers:
        check_paper(paper)
        fire(PAPER_FLOW, paper, "release", actor)
        decisions[paper.id] = decision_of(paper, rubric)
    reveal.hand_back(actor, batch, decisions)
    for scope_id, inside in _by_class(batch, papers).items():
        data = {paper.code: [paper.final_numerator, paper.final_denominator] for paper in inside}
        audit.record(actor, "batch.released", f"batch:{batch.id}", data, scope_id=scope_id)
        events.publish(ResultsReleased(scope_id, batch.id, tuple(sorted(data))))
    return len(papers)


def _by_class(batch: Batch, papers: list[Paper]) -> dict[int, list[Paper]]:
    """Return the papers of each class in the batch."""
    classes = access.batch_classes(batch.id)
    where = intake.classes_by_paper(batch.id) if len(classes) > 1 else {}
    return {
        scope_id: [paper for paper in papers if where.get(paper.id, batch.scope_id) == scope_id] for scope_id in classes
    }


def decision_of(paper: Paper, rubric: Rubric) -> reveal.Decision:
    """Return what is released: the final score anew from the marks, points per criterion, comments.

    Raises Refused when it is not the score that the paper was settled with.
    """
    works = access.completed(paper.id)
    decided = scoring.decide({work.slot: deciding.marked(work) for work in works})
    if (decided.final.numerator, decided.final.denominator) != (paper.final_numerator, paper.final_denominator):
        raise Refused(f"评审件 {paper.code} 的成绩与评分记录不符，成绩没有发布，请联系管理员核查。")
    sheets = [(ASSESSOR_LETTERS[work.slot - 1], deciding.read_entries(work.entries)) for work in works]
    breakdown = [
        {
            "title": criterion.title,
            "maximum": criterion.maximum,
            "numerator": decided.points[criterion.key].numerator,
            "denominator": decided.points[criterion.key].denominator,
            "comments": [
                [f"评委{letter}", entries[criterion.key].comment]
                for letter, entries in sheets
                if entries[criterion.key].comment
            ],
        }
        for criterion in rubric.criteria
    ]
    return reveal.Decision(
        final=decided.final,
        passed=scoring.passes(decided.final, rubric.pass_line),
        method=decided.method,
        breakdown=canonical(breakdown),
        rubric_label=f"{rubric.programme} {rubric.version}（{rubric.label}）",
    )


def withdraw_release(actor: Actor, batch_id: int, reason: str, key: str) -> int:
    """Take a release back with a reason; the next release is a new version. Return how many results.

    Results stay on file as withdrawn, and trainees read the reason. Refused while an appeal is open.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)

    def carry_out() -> int:
        if len(reason) < MINIMUM_REASON:
            raise InvalidInput("请写明撤回发布的理由，学员会看到。", field="reason")
        papers = [access.lock_paper(paper.id) for paper in access.papers(batch.id)]
        appealed = [paper.code for paper in papers if paper.state == PaperState.APPEALED]
        if appealed:
            raise Refused(f"还有申诉正在复评：{'、'.join(appealed)}。裁定后才能撤回发布。")
        fire(BATCH_FLOW, batch, "unrelease", actor, note={"reason": reason}, values={"released_at": None})
        for paper in papers:
            fire(PAPER_FLOW, paper, "unrelease", actor)
        count = reveal.take_back_results(actor, batch, reason[:300])
        for scope_id in access.batch_classes(batch.id):
            audit.record(actor, "batch.unreleased", f"batch:{batch.id}", {"reason": reason}, scope_id=scope_id)
            events.publish(ResultsWithdrawn(scope_id, batch.id))
        return count

    made: int = idempotency.once(actor, key, "grading.unrelease", [batch_id, reason], carry_out)
    return made

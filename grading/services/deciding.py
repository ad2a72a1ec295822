"""What follows from completed marks: a third assessor, an arbiter, the final score, the end of an appeal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.core import audit, clock
from app.core.actor import system
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.flow import fire
from grading import access
from grading.domain import scoring
from grading.domain.canonical import canonical
from grading.domain.deadlines import LEASE_HOURS, after_work_hours
from grading.domain.flows import ASSIGNMENT_FLOW, PAPER_FLOW, AssignmentState, PaperState
from grading.domain.rubric import Entry, Rubric, check_entries
from grading.models.batch import Assignment, Batch, Paper
from grading.services import draws

METHODS = {
    "mean": "两位评审讲师独立评分的平均分",
    "median": "三位评审讲师独立评分的中位数",
    "arbiter": "仲裁评审讲师裁定的分数",
    "appeal": "申诉复评的分数（最终）",
}


def read_entries(text: str) -> dict[str, Entry]:
    """Return the stored entries by criterion."""
    return {key: Entry(value["points"], value["comment"]) for key, value in json.loads(text).items()}


def write_entries(entries: Mapping[str, Entry], suggested: Mapping[str, int] | None = None) -> str:
    """Return entries as they are stored; ``suggested``: the automatic points at that time."""
    rows: dict[str, Any] = {key: {"points": x.points, "comment": x.comment} for key, x in entries.items()}
    for key, points in (suggested or {}).items():
        if key in rows:
            rows[key]["auto"] = points
    return canonical(rows)


def refuse_bad(
    rubric: Rubric, entries: Mapping[str, Entry], *, complete: bool, suggested: Mapping[str, int] | None = None
) -> None:
    """Raise InvalidInput with everything that is wrong with the entries."""
    issues = check_entries(rubric, entries, complete=complete, suggested=suggested)
    if issues:
        raise InvalidInput(
            issues[0].message if len(issues) == 1 else f"还有 {len(issues)} 处需要补充或修改。",
            field=issues[0].field,
            issues=issues,
        )


def policy_of(batch: Batch, rubric: Rubric) -> scoring.Policy:
    """Return by what the batch decides."""
    return scoring.Policy({one.key: one.maximum for one in rubric.criteria}, batch.third_gap, rubric.pass_line)


def marked(work: Assignment) -> scoring.Marked:
    """Return a completed mark as the rules see it."""
    return scoring.Marked({key: entry.points or 0 for key, entry in read_entries(work.entries).items()}, work.flag)


def marks_of(paper: Paper) -> dict[int, scoring.Marked]:
    """Return the completed marks of a paper by place."""
    return {work.slot: marked(work) for work in access.completed(paper.id)}


def advance(paper: Paper, rubric: Rubric) -> None:
    """Move the paper on after a mark was completed; ``paper`` is locked."""
    batch = db.session.get_one(Batch, paper.batch_id)
    marks = marks_of(paper)
    if paper.state == PaperState.APPEALED:
        if scoring.APPEAL_SLOT in marks:
            from grading.services import appeals

            appeals.settle(paper, rubric, batch)
        return
    policy = policy_of(batch, rubric)
    while True:
        step = scoring.next_step(marks, policy)
        if step.step == "third" and paper.state == PaperState.MARKING:
            _call(batch, paper, "call_third", 3, "third", step.reasons)
        elif step.step == "arbiter" and paper.state == PaperState.MARKING:
            fire(PAPER_FLOW, paper, "call_third", system())  # a reopened mark: the third is there already
            continue
        elif step.step == "arbiter" and paper.state == PaperState.THIRD:
            _call(batch, paper, "call_arbiter", scoring.ARBITER_SLOT, "arbiter", step.reasons)
        elif step.step == "settle":
            _settle(batch, paper, marks)
        return


def _call(batch: Batch, paper: Paper, event: str, slot: int, reason: str, why: tuple[str, ...]) -> None:
    fire(PAPER_FLOW, paper, event, system(), note={"why": list(why)})
    audit.record(system(), f"paper.{reason}_called", f"paper:{paper.code}", {"why": list(why)}, scope_id=batch.scope_id)
    if all(work.slot != slot for work in access.active(paper.id)) and not _recall(batch, paper, slot):
        draws.draw_one(batch, paper, slot, reason)


def _recall(batch: Batch, paper: Paper, slot: int) -> bool:
    """Call back whoever held the place before the rubric was corrected; False when there is nobody."""
    work = access.superseded(paper.id, slot)
    if work is None:
        return False
    fire(ASSIGNMENT_FLOW, work, "recall", system(), values={"lease_until": after_work_hours(clock.now(), LEASE_HOURS)})
    audit.record(system(), "mark.recalled", f"paper:{paper.code}", {"slot": slot}, scope_id=batch.scope_id)
    return True


def _settle(batch: Batch, paper: Paper, marks: dict[int, scoring.Marked]) -> None:
    decided = scoring.decide(marks)
    totals = [marks[slot].total for slot in sorted(marks)]
    for work in access.active(paper.id):
        if work.state != AssignmentState.COMPLETED:  # a third called before a mark was voided or reopened
            fire(ASSIGNMENT_FLOW, work, "revoke", system(), values={"recusal": "no longer needed"})
    fire(
        PAPER_FLOW,
        paper,
        "settle",
        system(),
        note={"totals": totals},
        values={
            "final_numerator": decided.final.numerator,
            "final_denominator": decided.final.denominator,
            "method": decided.method,
        },
    )
    audit.record(
        system(),
        "paper.scored",
        f"paper:{paper.code}",
        {
            "totals": totals,
            "final": [decided.final.numerator, decided.final.denominator],
            "method": decided.method,
        },
        scope_id=batch.scope_id,
    )

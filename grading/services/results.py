"""Batches as the centre sees them, release of results, results as the trainee sees them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.scopes import account_names, get_scope
from app.core import audit, clock, events, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.data import CriterionResult
from grading.domain import scoring
from grading.domain.canonical import canonical
from grading.domain.flows import (
    BATCH_FLOW,
    PAPER_FLOW,
    AssignmentState,
    BatchState,
    PaperState,
)
from grading.domain.rubric import Rubric, parse_rubric
from grading.events import ResultsReleased
from grading.models.batch import Assignment, Batch, Draw, Paper, RubricVersion
from grading.services import draws, marking, reveal

SMALL_BATCH = 10
ASSESSOR_LETTERS = "甲乙丙"


@dataclass(frozen=True, slots=True)
class Slot:
    """One assessor's place on a paper, as the batch table shows it."""

    assessor: str
    state: AssignmentState
    total: int | None


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One line of the batch table."""

    code: str
    state: PaperState
    slots: tuple[Slot, ...]
    missing: int
    final: str | None
    passed: bool | None
    name: str | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One line of the list of batches."""

    id: int
    number: int
    class_name: str
    state: BatchState
    papers: int
    scored: int
    opened_at: object
    released_at: object


@dataclass(frozen=True, slots=True)
class BatchView:
    """The page of one batch."""

    batch: Batch
    class_name: str
    rubric: Rubric
    rubric_hash: str
    rows: list[PaperRow]
    loads: list[tuple[str, int, int]]  # assessor, papers, completed
    draws: list[tuple[Draw, bool]]  # draw, comes out again
    missing: int

    @property
    def open_codes(self) -> list[str]:
        return [row.code for row in self.rows if row.state not in {PaperState.SCORED, PaperState.RELEASED}]

    @property
    def small(self) -> bool:
        return len(self.rows) < SMALL_BATCH

    @property
    def pass_count(self) -> int:
        return sum(row.passed is True for row in self.rows)


def list_batches(actor: Actor) -> list[BatchRow]:
    """Return the batches of the classes below the actor's scope, newest first, with how far each is."""
    actor.require(Permission.GRADING_BATCH_READ)
    found = access.batches(actor)
    counts: Counter[tuple[int, bool]] = Counter()
    query = (
        sa.select(Paper.batch_id, Paper.state, sa.func.count())
        .where(Paper.batch_id.in_([batch.id for batch in found]), Paper.state != PaperState.WITHDRAWN)
        .group_by(Paper.batch_id, Paper.state)
    )
    for batch_id, state, count in db.session.execute(query):
        counts[batch_id, state in {PaperState.SCORED, PaperState.RELEASED}] += count
    names = scope_names({batch.scope_id for batch in found})
    return [
        BatchRow(
            batch.id,
            batch.number,
            names[batch.scope_id],
            batch.state,
            counts[batch.id, True] + counts[batch.id, False],
            counts[batch.id, True],
            batch.opened_at,
            batch.released_at,
        )
        for batch in found
    ]


def scope_names(scope_ids: set[int]) -> dict[int, str]:
    """Return the names of scopes by id."""
    from app.accounts.models import Scope

    rows = db.session.execute(sa.select(Scope.id, Scope.name).where(Scope.id.in_(scope_ids)))
    return {row[0]: row[1] for row in rows}


def view_batch(actor: Actor, batch_id: int) -> BatchView:
    """Return a batch with its papers by code; totals before release only for whoever manages it."""
    actor.require(Permission.GRADING_BATCH_READ)
    batch = access.get_batch(actor, batch_id)
    papers = access.papers(batch.id)
    work = access.assignments([paper.id for paper in papers])
    manages = actor.may(Permission.GRADING_BATCH_MANAGE)
    names = account_names({row.account_id for row in work}) if manages else {}
    revealed = reveal.revealed_names(actor, batch.id)
    missing = Counter(paper.id for paper, _ in draws.open_slots(batch)) if batch.state == BatchState.MARKING else {}
    show_points = manages or batch.state == BatchState.RELEASED
    by_paper: dict[int, list[Assignment]] = {}
    for row in work:
        if row.state != AssignmentState.RECUSED:
            by_paper.setdefault(row.paper_id, []).append(row)
    rubric_row = db.session.get_one(RubricVersion, batch.rubric_id)
    return BatchView(
        batch=batch,
        class_name=get_scope(batch.scope_id).name,
        rubric=parse_rubric(json.loads(rubric_row.content)),
        rubric_hash=rubric_row.hash,
        rows=[
            _paper_row(
                paper, by_paper.get(paper.id, []), missing.get(paper.id, 0), names, revealed.get(paper.id), show_points
            )
            for paper in papers
        ],
        loads=_loads(work, names),
        draws=[(row, draws.verify_draw(row)) for row in draws.draws_of(batch.id)],
        missing=sum(missing.values()),
    )


def _paper_row(
    paper: Paper, work: list[Assignment], missing: int, names: dict[int, str], name: str | None, show_points: bool
) -> PaperRow:
    final = _final(paper) if show_points else None
    return PaperRow(
        code=paper.code,
        state=paper.state,
        slots=tuple(
            Slot(
                names.get(row.account_id, f"评委{ASSESSOR_LETTERS[row.slot - 1]}"),
                row.state,
                row.total if show_points else None,
            )
            for row in work
        ),
        missing=missing,
        final=None if final is None else scoring.shown(final),
        passed=None if final is None else scoring.passes(final),
        name=name,
    )


def _final(paper: Paper) -> Fraction | None:
    if paper.final_numerator is None or paper.final_denominator is None:
        return None
    return Fraction(paper.final_numerator, paper.final_denominator)


def _loads(work: list[Assignment], names: dict[int, str]) -> list[tuple[str, int, int]]:
    held: Counter[int] = Counter()
    done: Counter[int] = Counter()
    for row in work:
        if row.state != AssignmentState.RECUSED:
            held[row.account_id] += 1
            done[row.account_id] += row.state == AssignmentState.COMPLETED
    return [(names[who], held[who], done[who]) for who in sorted(held) if who in names]


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
    waiting = [paper.code for paper in papers if paper.state in {PaperState.MARKING, PaperState.THIRD}]
    if waiting:
        raise Refused(f"还有 {len(waiting)} 份评审件没有评完：{'、'.join(waiting)}。全部评完后才能一起发布。")
    fire(BATCH_FLOW, batch, "release", actor, values={"released_at": clock.now()})
    rubric = parse_rubric(json.loads(db.session.get_one(RubricVersion, batch.rubric_id).content))
    decisions = {}
    for paper in papers:
        marking.check_paper(paper)
        fire(PAPER_FLOW, paper, "release", actor)
        decisions[paper.id] = _decide(paper, rubric)
    reveal.hand_back(actor, batch, decisions)
    codes = tuple(sorted(paper.code for paper in papers))
    audit.record(
        actor,
        "batch.released",
        f"batch:{batch.id}",
        {paper.code: [paper.final_numerator, paper.final_denominator] for paper in papers},
        scope_id=batch.scope_id,
    )
    events.publish(ResultsReleased(batch.scope_id, batch.id, codes))
    return len(codes)


def _decide(paper: Paper, rubric: Rubric) -> reveal.Decision:
    """Return what is released: the final score anew from the marks, points per criterion, comments."""
    marks = [marking.read_entries(work.entries) for work in access.completed(paper.id)]
    points = [{key: entry.points or 0 for key, entry in mark.items()} for mark in marks]
    final = scoring.final_score([sum(mark.values()) for mark in points])
    if final != _final(paper):
        raise Refused(f"评审件 {paper.code} 的成绩与评分记录不符，成绩没有发布，请联系管理员核查。")
    exact = scoring.criterion_points(points)
    breakdown = [
        {
            "title": criterion.title,
            "maximum": criterion.maximum,
            "numerator": exact[criterion.key].numerator,
            "denominator": exact[criterion.key].denominator,
            "comments": [
                [f"评委{letter}", mark[criterion.key].comment]
                for letter, mark in zip(ASSESSOR_LETTERS, marks, strict=False)
                if mark[criterion.key].comment
            ],
        }
        for criterion in rubric.criteria
    ]
    return reveal.Decision(
        final=final,
        passed=scoring.passes(final, rubric.pass_line),
        method="mean" if len(marks) == 2 else "median",
        breakdown=canonical(breakdown),
        rubric_label=f"{rubric.programme} {rubric.version}（{rubric.label}）",
    )


@dataclass(frozen=True, slots=True)
class TraineeResult:
    """A released result as its owner sees it."""

    score: str
    final: Fraction
    passed: bool
    method: str
    criteria: tuple[CriterionResult, ...]
    rubric_label: str
    released_at: object

    @property
    def bar(self) -> float:
        """Return the score for drawing a bar."""
        return float(self.final)


def my_result(actor: Actor) -> TraineeResult | None:
    """Return the trainee's own released result, or None: nothing provisional is read here."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    row = access.own_result(actor)
    if row is None:
        return None
    final = Fraction(row.final_numerator, row.final_denominator)
    return TraineeResult(
        score=scoring.shown(final),
        final=final,
        passed=row.passed,
        method=row.method,
        criteria=tuple(
            CriterionResult(
                part["title"],
                part["maximum"],
                part["numerator"],
                part["denominator"],
                tuple((who, text) for who, text in part["comments"]),
            )
            for part in json.loads(row.breakdown)
        ),
        rubric_label=row.rubric_label,
        released_at=row.released_at,
    )

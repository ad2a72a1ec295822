"""Batches as the centre sees them, release of results, results as the trainee sees them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from grading import access
from grading.data import CriterionResult
from grading.domain import scoring
from grading.domain.flows import INACTIVE, UNSCORED, AssignmentState, BatchState, PaperState
from grading.domain.rubric import Rubric, parse_rubric
from grading.models.batch import Assignment, Batch, BatchClass, Draw, Paper, RubricVersion
from grading.models.correction import RubricCorrection
from grading.models.outcome import Appeal, Coaching, Result
from grading.services import appeals, coaching, draws, intake, lifted, reveal
from grading.services.releasing import ASSESSOR_LETTERS

SETTLED = {PaperState.SCORED, PaperState.RELEASED, PaperState.APPEALED}


@dataclass(frozen=True, slots=True)
class Slot:
    """One assessor's place on a paper, as the batch table shows it."""

    assessor: str
    state: AssignmentState
    total: int | None
    number: int = 1
    version: int = 1
    flag: str = ""
    flag_note: str = ""
    late: bool = False


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
    screening: str = "clear"
    method: str = ""


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
    corrections: int = 0  # of the rubric
    lifted: tuple[lifted.Lifted, ...] = ()

    @property
    def open_codes(self) -> list[str]:
        return [row.code for row in self.rows if row.state in UNSCORED]

    @property
    def small(self) -> bool:
        return len(self.rows) < scoring.SMALL_BATCH

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
        counts[batch_id, state in SETTLED] += count
    names = class_names([batch.id for batch in found])
    return [
        BatchRow(
            batch.id,
            batch.number,
            names[batch.id],
            batch.state,
            counts[batch.id, True] + counts[batch.id, False],
            counts[batch.id, True],
            batch.opened_at,
            batch.released_at,
        )
        for batch in found
    ]


def class_names(batch_ids: list[int]) -> dict[int, str]:
    """Return the names of the classes in each batch, joined, by batch."""
    from app.accounts.models import Scope

    found: dict[int, str] = {}
    rows = db.session.execute(
        sa.select(BatchClass.batch_id, Scope.name)
        .join(Scope, Scope.id == BatchClass.scope_id)
        .where(BatchClass.batch_id.in_(batch_ids))
        .order_by(BatchClass.batch_id, Scope.id)
    )
    for batch_id, name in rows:
        found[batch_id] = f"{found[batch_id]}、{name}" if batch_id in found else name
    return found


def view_batch(actor: Actor, batch_id: int) -> BatchView:
    """Return a batch with its papers by code; totals before release only for whoever manages it."""
    actor.require(Permission.GRADING_BATCH_READ)
    batch = access.get_batch(actor, batch_id)
    papers = _papers_for(actor, batch)
    work = access.assignments([paper.id for paper in papers])
    manages = actor.may(Permission.GRADING_BATCH_MANAGE)
    names = account_names({row.account_id for row in work}) if manages else {}
    revealed = reveal.revealed_names(actor, batch.id)
    missing = Counter(paper.id for paper, _ in draws.open_slots(batch)) if batch.state != BatchState.OPEN else Counter()
    show_points = manages or batch.state == BatchState.RELEASED
    by_paper: dict[int, list[Assignment]] = {}
    for row in work:
        if row.state not in INACTIVE:
            by_paper.setdefault(row.paper_id, []).append(row)
    rubric_row = db.session.get_one(RubricVersion, batch.rubric_id)
    return BatchView(
        batch=batch,
        class_name=class_names([batch.id])[batch.id],
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
        corrections=_corrections(batch),
        lifted=tuple(lifted.lifted_in(batch)),
    )


def _corrections(batch: Batch) -> int:
    query = sa.select(sa.func.count(RubricCorrection.id)).where(RubricCorrection.batch_id == batch.id)
    return db.session.scalar(query) or 0


def _papers_for(actor: Actor, batch: Batch) -> list[Paper]:
    """Return the papers of a batch; in one of several classes only those of classes that the actor's hat covers."""
    papers = access.papers(batch.id)
    if actor.is_system or actor.may(Permission.GRADING_BATCH_MANAGE):
        return papers
    own = access.own_classes(actor, batch.id)
    if own == set(access.batch_classes(batch.id)):
        return papers
    where = intake.classes_by_paper(batch.id)
    return [paper for paper in papers if where[paper.id] in own]


def _paper_row(
    paper: Paper, work: list[Assignment], missing: int, names: dict[int, str], name: str | None, show_points: bool
) -> PaperRow:
    final, now = (_final(paper) if show_points else None), clock.now()
    return PaperRow(
        code=paper.code,
        state=paper.state,
        slots=tuple(
            Slot(
                names.get(row.account_id, f"评委{ASSESSOR_LETTERS[row.slot - 1]}"),
                row.state,
                row.total if show_points else None,
                row.slot,
                row.version,
                row.flag if show_points else "",
                row.flag_note if show_points else "",
                row.state != AssignmentState.COMPLETED and row.lease_until is not None and row.lease_until < now,
            )
            for row in work
        ),
        missing=missing,
        final=None if final is None else scoring.shown(final),
        passed=None if final is None else scoring.passes(final),
        name=name,
        screening=paper.screening,
        method=paper.method if show_points else "",
    )


def _final(paper: Paper) -> Fraction | None:
    if paper.final_numerator is None or paper.final_denominator is None:
        return None
    return Fraction(paper.final_numerator, paper.final_denominator)


def _loads(work: list[Assignment], names: dict[int, str]) -> list[tuple[str, int, int]]:
    held: Counter[int] = Counter()
    done: Counter[int] = Counter()
    for row in work:
        if row.state not in INACTIVE:
            held[row.account_id] += 1
            done[row.account_id] += row.state == AssignmentState.COMPLETED
    return [(names[who], held[who], done[who]) for who in sorted(held) if who in names]


@dataclass(frozen=True, slots=True)
class TraineeResult:
    """A released result as its owner sees it."""

    score: str
    final: Fraction
    passed: bool
    method: str
    criteria: tuple[CriterionResult, ...]
    rubric_label: str
    released_at: datetime
    outcome_id: int = 0
    version: int = 1

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
        outcome_id=row.outcome_id,
        version=row.version,
    )


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a trainee can do about a result, and what happened since.

    appeals: newest first. withdrawn: why a release was taken back. earlier: released before and taken back.
    open_scoring: the batch was so small that anonymity was limited.
    """

    appeals: tuple[Appeal, ...] = ()
    appeal_until: datetime | None = None
    may_appeal: bool = False
    coachings: tuple[tuple[Coaching, str], ...] = ()
    may_start: bool = False
    withdrawn: str = ""
    earlier: tuple[EarlierResult, ...] = ()
    open_scoring: bool = False


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """A version of a result that no longer holds, and why."""

    version: int
    score: str
    passed: bool
    rubric_label: str
    released_at: datetime
    withdrawn_at: datetime
    reason: str


def aftermath(actor: Actor, found: TraineeResult | None) -> Aftermath:
    """Return what follows for the trainee from the released result (None: perhaps it was taken back)."""
    if found is None:
        taken = access.own_withdrawn(actor)
        if not taken:
            return Aftermath()
        past = tuple(appeals.own_appeals(actor, taken[0].outcome_id))
        return Aftermath(appeals=past, withdrawn=taken[0].withdrawn_reason, earlier=_earlier(taken))
    row = access.own_result(actor)
    last = access.own_outcome(actor)
    until = None if row is None else appeals.deadline(row)
    filed = tuple(appeals.own_appeals(actor, found.outcome_id))
    may_appeal = until is not None and clock.now() <= until
    if may_appeal and filed:
        may_appeal = filed[0].round != appeals.current_round(found.outcome_id)
    talks = tuple(coaching.own_coachings(actor, found.outcome_id)) if not found.passed else ()
    return Aftermath(
        appeals=filed,
        appeal_until=until,
        may_appeal=may_appeal,
        coachings=talks,
        may_start=not found.passed
        and last is not None
        and last.id == found.outcome_id
        and any(talk.confirmed_at for talk, _ in talks),
        earlier=_earlier(access.own_withdrawn(actor, found.outcome_id)),
        open_scoring=intake.batch_of(found.outcome_id).open_scoring,
    )


def _earlier(rows: list[Result]) -> tuple[EarlierResult, ...]:
    return tuple(
        EarlierResult(
            row.version,
            scoring.shown(Fraction(row.final_numerator, row.final_denominator)),
            row.passed,
            row.rubric_label,
            row.released_at,
            row.withdrawn_at,
            row.withdrawn_reason,
        )
        for row in rows
        if row.withdrawn_at is not None
    )

"""Statistics of a batch (3.11): what the marks say of themselves. Scores are never adjusted by them."""

from __future__ import annotations

import statistics as plain
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from grading import access
from grading.domain.flows import AssignmentState, PaperState
from grading.domain.reliability import Mark, Statistics, statistics
from grading.domain.scoring import PASS_LINE
from grading.models.batch import Assignment, Batch, Paper
from grading.services.lifted import Lifted, lifted_in

FEWEST = 5  # papers: below, figures would point at persons
SMALL = 30  # papers: below, they are rough
SEVERE, ENOUGH = 5.0, 10
BANDS = ((0, 40), (40, 50), (50, 60), (60, 70), (70, 80), (80, 90), (90, 101))


@dataclass(frozen=True, slots=True)
class AssessorFigures:
    """One assessor in one batch. minutes: median from opening to submitting."""

    name: str
    n: int
    severity: float | None
    standard_error: float | None
    spread: float | None
    minutes: float | None
    multiples_of_five: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """Everything the page shows; ``enough`` False: too few papers for anything."""

    batch: Batch
    papers: int
    enough: bool
    small: bool
    figures: Statistics
    bands: tuple[tuple[str, int], ...]
    third_rate: float | None
    assessors: tuple[AssessorFigures, ...]
    lifted: tuple[Lifted, ...] = ()


def batch_figures(actor: Actor, batch_id: int) -> BatchFigures:
    """Return the statistics of a batch's completed first, second and third marks."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    rows = db.session.execute(
        sa.select(
            Paper.code,
            Assignment.account_id,
            Assignment.total,
            Assignment.slot,
            Assignment.opened_at,
            Assignment.completed_at,
        )
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(
            Paper.batch_id == batch.id,
            Paper.state != PaperState.WITHDRAWN,
            Assignment.state == AssignmentState.COMPLETED,
            Assignment.slot <= 3,
        )
        .order_by(Paper.code, Assignment.slot)
    ).all()
    finals = [
        Fraction(row[0] or 0, row[1] or 1)
        for row in db.session.execute(
            sa.select(Paper.final_numerator, Paper.final_denominator).where(
                Paper.batch_id == batch.id, Paper.final_numerator.is_not(None)
            )
        )
    ]
    marks = [Mark(row.code, row.account_id, Fraction(row.total or 0)) for row in rows]
    codes = {row.code for row in rows}
    thirds = {row.code for row in rows if row.slot == 3}
    found = statistics(marks, Fraction(PASS_LINE))
    times: dict[int, list[float]] = defaultdict(list)
    totals: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        totals[row.account_id].append(row.total or 0)
        if row.opened_at and row.completed_at:
            times[row.account_id].append((row.completed_at - row.opened_at).total_seconds() / 60)
    everything = [row.total or 0 for row in rows]
    spread = plain.pstdev(everything) if len(everything) > 1 else 0.0
    names = account_names(set(totals))
    people = []
    for who in sorted(totals, key=lambda one: names[one]):
        one = found.severity[who]
        people.append(
            AssessorFigures(
                names[who],
                one.n,
                one.value,
                one.standard_error,
                plain.pstdev(totals[who]) / spread if spread and len(totals[who]) > 1 else None,
                plain.median(times[who]) if times[who] else None,
                sum(total % 5 == 0 for total in totals[who]) / len(totals[who]),
                one.value is not None and abs(one.value) > SEVERE and one.n >= ENOUGH,
            )
        )
    bands = Counter(next(at for at, (low, high) in enumerate(BANDS) if low <= final < high) for final in finals)
    return BatchFigures(
        batch=batch,
        papers=len(codes),
        enough=len(codes) >= FEWEST,
        small=len(codes) < SMALL,
        figures=found,
        bands=tuple((f"{low}–{min(high, 100)}", bands[at]) for at, (low, high) in enumerate(BANDS)),
        third_rate=len(thirds) / len(codes) if codes else None,
        assessors=tuple(people),
        lifted=tuple(lifted_in(batch)),
    )

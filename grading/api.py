"""What other packages may ask of grading, and the commands that the demo data is made with."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from grading.data import GradingProgress, ReportText, ResultInfo
from grading.domain.flows import OutcomeState
from grading.domain.forecast import Product
from grading.domain.plan_content import PlanContent
from grading.domain.rubric import Entry
from grading.models.outcome import Outcome, Result
from grading.models.plan import Plan
from grading.services.draws import run_draw
from grading.services.intake import open_batch
from grading.services.marking import desk, open_paper, queue, submit_marks
from grading.services.outcomes import EDITABLE, save_report, submit_outcome
from grading.services.plans import complete_plan, save_plan
from grading.services.releasing import release_batch

__all__ = [
    "Entry",
    "PlanContent",
    "Product",
    "ReportText",
    "complete_plan",
    "desk",
    "open_batch",
    "open_paper",
    "progress",
    "queue",
    "release_batch",
    "results",
    "run_draw",
    "save_plan",
    "save_report",
    "submit_marks",
    "submit_outcome",
]


def results(scope_id: int) -> list[ResultInfo]:
    """Return the latest released result of each trainee of a class, by account; without one: not in the list."""
    current = (
        sa.select(sa.func.max(Result.id))
        .where(Result.scope_id == scope_id, Result.withdrawn_at.is_(None))
        .group_by(Result.account_id)
    )
    rows = db.session.scalars(sa.select(Result).where(Result.id.in_(current)).order_by(Result.account_id))
    return [
        ResultInfo(
            row.account_id,
            str(OutcomeState.RELEASED),
            row.final_numerator,
            row.final_denominator,
            row.passed,
            row.released_at,
        )
        for row in rows
    ]


def progress(scope_id: int, account_ids: list[int]) -> dict[int, GradingProgress]:
    """Return for each of the accounts how far it is with outcome, plan and result."""
    states = (
        sa.select(Outcome.account_id, Outcome.state)
        .where(Outcome.scope_id == scope_id, Outcome.account_id.in_(account_ids))
        .order_by(Outcome.attempt)
    )
    outcomes = {row[0]: row[1] for row in db.session.execute(states)}
    complete = set(
        db.session.scalars(
            sa.select(Plan.account_id).where(
                Plan.scope_id == scope_id,
                Plan.account_id.in_(account_ids),
                Plan.version > 0,
                Plan.complete_version == Plan.version,
            )
        )
    )
    passed = {row.account_id: row.passed for row in results(scope_id)}
    return {
        account_id: GradingProgress(
            outcome_submitted=outcomes.get(account_id, OutcomeState.DRAFT) not in EDITABLE,
            plan_complete=account_id in complete,
            released=account_id in passed,
            passed=passed.get(account_id),
        )
        for account_id in account_ids
    }

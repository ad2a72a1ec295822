"""What the home page asks of grading: what is to be done now."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.scopes import descendants
from app.core.actor import Actor
from app.core.db import db
from grading import access
from grading.domain.flows import AppealState, BatchState, OutcomeState
from grading.models.outcome import Appeal
from grading.services import intake, results


def trainee(actor: Actor) -> tuple[OutcomeState, bool, bool]:
    """Return the state of the trainee's outcome, whether the plan is complete, and whether a result was taken back."""
    outcome, plan = access.own_outcome(actor), access.own_plan(actor)
    state = outcome.state if outcome else OutcomeState.DRAFT
    taken_back = state == OutcomeState.MARKING and bool(access.own_withdrawn(actor))
    return state, plan is not None and plan.complete, taken_back


def waiting_outcomes(actor: Actor) -> int:
    """Return how many submitted outcomes below the actor's scope are in no batch."""
    return sum(candidate.waiting for candidate in intake.candidates(actor))


def batches_at(actor: Actor, state: BatchState) -> list[results.BatchRow]:
    """Return the actor's batches in this state."""
    return [row for row in results.list_batches(actor) if row.state == state]


def waiting_appeals(actor: Actor) -> int:
    """Return how many appeals below the actor's scope wait for the formal check."""
    if actor.scope_id is None:
        return 0
    query = sa.select(sa.func.count(Appeal.id)).where(
        Appeal.scope_id.in_(descendants(actor.scope_id)), Appeal.state == AppealState.FILED
    )
    return db.session.scalar(query) or 0

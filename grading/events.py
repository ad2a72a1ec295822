"""Facts that grading tells others. Results carry codes of papers, never persons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutcomeSubmitted:
    """A trainee's practice outcome was frozen."""

    scope_id: int
    account_id: int
    outcome_id: int


@dataclass(frozen=True, slots=True)
class OutcomeWithdrawn:
    """A trainee took the outcome back before the draw."""

    scope_id: int
    account_id: int
    outcome_id: int


@dataclass(frozen=True, slots=True)
class PlanCompleted:
    """A trainee marked a version of the plan as complete."""

    scope_id: int
    account_id: int
    plan_id: int
    version: int


@dataclass(frozen=True, slots=True)
class ResultsWithdrawn:
    """The released results of a batch were taken back, with a reason."""

    scope_id: int
    batch_id: int


@dataclass(frozen=True, slots=True)
class ResultsReleased:
    """The results of a whole batch were released together."""

    scope_id: int
    batch_id: int
    codes: tuple[str, ...]

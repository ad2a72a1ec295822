"""What training tells others, inside the transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraineeEnrolled:
    """A trainee joined a class and its world; the start capital is in the wallet."""

    world_id: int
    scope_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class TraineeWithdrawn:
    """A trainee left a class."""

    world_id: int
    scope_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class InstructorAppointed:
    """A person began to teach a class."""

    scope_id: int
    account_id: int

"""What happened in the live rooms: facts in the past tense, published inside the transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveStarted:
    """A room went on air for the first time."""

    world_id: int
    room_id: int
    shop_id: int
    host_id: int


@dataclass(frozen=True, slots=True)
class LiveEnded:
    """A show is over. seconds: on air, in wall time."""

    world_id: int
    room_id: int
    shop_id: int
    host_id: int
    seconds: int

"""The life of a room as a table."""

from __future__ import annotations

import pytest

from app.core.actor import Actor
from app.core.permissions import Role
from sim_livestream.domain.room_flow import FLOW, RoomState

HOST = Actor(1, "主播", Role.TRAINEE, 1, 1)
TEACHER = Actor(2, "讲师", Role.INSTRUCTOR, 1, 1)

LEADS = {
    ("draft", "schedule"): "scheduled",
    ("draft", "start"): "live",
    ("scheduled", "start"): "live",
    ("live", "pause"): "paused",
    ("paused", "resume"): "live",
    ("live", "end"): "ended",
    ("paused", "end"): "ended",
}


@pytest.mark.parametrize("state", list(RoomState))
@pytest.mark.parametrize("event", ["schedule", "start", "pause", "resume", "end"])
def test_every_state_and_event(state: RoomState, event: str) -> None:
    transition = FLOW.find(state, event)
    assert (transition.target if transition else None) == LEADS.get((str(state), event))
    assert FLOW.allows(state, event, HOST) is (transition is not None)
    assert FLOW.allows(state, event, TEACHER) is (transition is not None and event in {"pause", "resume", "end"})


def test_the_machine_is_whole() -> None:
    assert FLOW.unreachable() == set()
    assert FLOW.dead_ends() == set()

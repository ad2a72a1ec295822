"""What a process remembers of its rooms, so that ten thousand people coming in ask the database little.

What is told of a room is kept under the seq at which it was true; the next event makes it void.
"""

from __future__ import annotations

from typing import Any

from flask import current_app

Events = list[tuple[str, dict[str, Any]]]
MOST_REPLAYS = 64  # of one room, for as many different places at which viewers were cut off


class Memory:
    """Snapshots and replays of the rooms of one process."""

    def __init__(self) -> None:
        self._snapshots: dict[int, tuple[int, dict[str, Any]]] = {}
        self._thawed: dict[int, float] = {}
        self._replays: dict[int, tuple[int, dict[int, Events | None]]] = {}

    def snapshot(self, room_id: int, seq: int) -> dict[str, Any] | None:
        """Return the snapshot of the room at this seq, when it is remembered."""
        kept = self._snapshots.get(room_id)
        return kept[1] if kept is not None and kept[0] == seq else None

    def keep_snapshot(self, room_id: int, seq: int, body: dict[str, Any]) -> None:
        """Remember a snapshot instead of the one before."""
        self._snapshots[room_id] = (seq, body)

    def thawed(self, world_id: int, since: float) -> bool:
        """Say whether the world was found to be not frozen since that moment (of the monotonic clock)."""
        return self._thawed.get(world_id, since) > since

    def keep_thawed(self, world_id: int, now: float) -> None:
        """Remember that the world is not frozen."""
        self._thawed[world_id] = now

    def replays(self, room_id: int, seq: int) -> dict[int, Events | None]:
        """Return what is remembered of the events up to ``seq``, by the seq after which they were missed."""
        kept = self._replays.get(room_id)
        if kept is None or kept[0] != seq or len(kept[1]) >= MOST_REPLAYS:
            kept = self._replays[room_id] = (seq, {})
        return kept[1]


def memory() -> Memory:
    """Return the memory of the running application."""
    found: Memory = current_app.extensions["live_memory"]
    return found

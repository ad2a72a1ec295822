"""How fast people may write and like, and how much a room says at once (直播间节奏)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

COMMENT_LENGTH = 100  # characters of one message
COMMENTS = 3  # messages of one person ...
COMMENT_WINDOW = timedelta(seconds=2)  # ... in this time
LIKES = 20  # likes of one person accepted per second
TICK = timedelta(milliseconds=500)  # a room speaks twice a second at the most
COMMENTS_IN_TICK = 60  # newest win
NAMES_IN_TICK = 3  # buyers of an item and people coming in, named beside the figures
REPLAY = 500  # missed events that are played again; beyond it a snapshot
HISTORY = 50  # messages in a snapshot
BEAT = timedelta(seconds=15)  # a process says this often who is still there
GONE = timedelta(seconds=45)  # who was not confirmed for so long has left
SLOW_SECONDS = (0, 5, 10, 30, 60)  # between two messages of a viewer; 0: slow mode is off
MUTE_MINUTES = (1, 5, 10, 60, 0)  # 0: as long as the room exists


@dataclass(slots=True)
class LikeAllowance:
    """Likes of one person: at most LIKES within each second of a clock that counts seconds."""

    second: int = -1
    taken: int = 0

    def take(self, wanted: int, now: float) -> int:
        """Return how many of ``wanted`` likes count at ``now`` (seconds)."""
        if int(now) != self.second:
            self.second, self.taken = int(now), 0
        granted = max(0, min(wanted, LIKES - self.taken))
        self.taken += granted
        return granted

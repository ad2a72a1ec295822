"""How fast people may write and like, and how much a room says at once (直播间节奏)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

COMMENT_LENGTH = 100  # characters of one message
COMMENTS = 3  # messages of one person ...
COMMENT_WINDOW = timedelta(seconds=2)  # ... in this time
LIKES = 20  # likes of one person accepted per second
GATHER = 0.2  # seconds of messages that are written together while many write
USHER = 0.05  # seconds of people who are shown in together while many come
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
class Turns:
    """When somebody spoke last in a room: the last three messages, the oldest first; None: not so often yet."""

    first: datetime | None = None
    second: datetime | None = None
    third: datetime | None = None
    taken: bool = False

    def take(self, now: datetime, slow: int) -> bool:
        """Speak at ``now`` if that is not too fast: not the fourth within two seconds, nor within slow mode's pause.

        slow: seconds between two messages, 0 for none.
        """
        if self.first is not None and self.first > now - COMMENT_WINDOW:
            return False
        if slow and self.third is not None and self.third > now - timedelta(seconds=slow):
            return False
        self.first, self.second, self.third, self.taken = self.second, self.third, now, True
        return True


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

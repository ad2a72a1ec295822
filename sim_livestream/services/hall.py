"""The hall: who sits in which room through this process, and what they did since it was last written down.

Joining, liking and looking at an item happen in memory and are written in batches (see ``presence``), so
that ten thousand people coming back at once are a few transactions and not ten thousand.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from app.core import clock
from sim_livestream.domain.pace import NAMES_IN_TICK, LikeAllowance

OPENED_AT_ONCE = 500  # stays written in one transaction
BEATEN_AT_ONCE = 1_000  # stays of which one transaction says that they go on: 30,000 within a beat
Key = tuple[int, int]  # room, account


@dataclass(frozen=True, slots=True)
class Seat:
    """One connection in one room. counted: a viewer; the host in the studio is none."""

    world_id: int
    room_id: int
    account_id: int
    name: str
    counted: bool

    @property
    def key(self) -> Key:
        return (self.room_id, self.account_id)


@dataclass(frozen=True, slots=True)
class Deed:
    """A share, or a look at an item."""

    world_id: int
    room_id: int
    account_id: int
    kind: str
    item_id: int | None
    wall_at: datetime


@dataclass(slots=True)
class Batch:
    """What happened since the last writing: stays to open and to close, likes, deeds.

    strangers: who liked without a stay of their own, the host or somebody who came this moment.
    """

    opened: list[Seat] = field(default_factory=list)
    closed: dict[Key, int] = field(default_factory=dict)
    likes: Counter[Key] = field(default_factory=Counter)
    worlds: dict[int, int] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    strangers: set[Key] = field(default_factory=set)

    @property
    def moved(self) -> set[int]:
        """The rooms into which or out of which somebody went."""
        return {seat.room_id for seat in self.opened} | {room_id for room_id, _account in self.closed}

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.likes or self.deeds)


class Hall:
    """The seats of one process; all methods are safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seats: dict[str, Seat] = {}
        self._crowd: dict[Key, dict[str, Seat]] = {}
        self._rooms: Counter[int] = Counter()
        self._stays: dict[Key, int] = {}
        self._beats: dict[int, float] = {}  # stay → when it was last written of, in that order
        self._touched: dict[Key, None] = {}
        self._likes: Counter[Key] = Counter()
        self._worlds: dict[int, int] = {}
        self._allowances: dict[Key, LikeAllowance] = {}
        self._deeds: list[Deed] = []
        self._entered: dict[int, list[str]] = {}

    def enter(self, sid: str, seat: Seat) -> None:
        """Let the connection sit down; it leaves the room it sat in before."""
        with self._lock:
            self._stand_up(sid)
            self._seats[sid] = seat
            self._rooms[seat.room_id] += 1
            self._worlds[seat.room_id] = seat.world_id
            if seat.counted:
                self._crowd.setdefault(seat.key, {})[sid] = seat
                self._touched[seat.key] = None

    def leave(self, sid: str) -> Seat | None:
        """Let the connection go; return the seat it had."""
        with self._lock:
            return self._stand_up(sid)

    def _stand_up(self, sid: str) -> Seat | None:
        seat = self._seats.pop(sid, None)
        if seat is None:
            return None
        self._rooms[seat.room_id] -= 1
        if self._rooms[seat.room_id] <= 0:
            del self._rooms[seat.room_id]
        tabs = self._crowd.get(seat.key)
        if tabs is not None:
            tabs.pop(sid, None)
            if not tabs:
                del self._crowd[seat.key]
                self._allowances.pop(seat.key, None)
                self._touched[seat.key] = None
        return seat

    def seat_of(self, sid: str) -> Seat | None:
        """Return where the connection sits."""
        return self._seats.get(sid)

    def sids_of(self, room_id: int, account_id: int) -> list[str]:
        """Return the connections of one person in one room through this process."""
        with self._lock:
            return [sid for sid, seat in self._seats.items() if seat.key == (room_id, account_id)]

    def rooms(self) -> list[int]:
        """Return the rooms somebody sits in through this process, ascending."""
        with self._lock:
            return sorted(self._rooms)

    def like(self, seat: Seat, wanted: int) -> int:
        """Count likes of a viewer; return how many were within the allowance."""
        with self._lock:
            allowance = self._allowances.setdefault(seat.key, LikeAllowance())
            granted = allowance.take(wanted, clock.monotonic())
            if granted:
                self._likes[seat.key] += granted
            return granted

    def note(self, seat: Seat, kind: str, item_id: int | None = None) -> None:
        """Note a share or a look at an item."""
        with self._lock:
            self._deeds.append(Deed(seat.world_id, seat.room_id, seat.account_id, kind, item_id, clock.now()))

    def drain(self) -> Batch:
        """Take what is to be written now; ``settle`` or ``restore`` follows."""
        with self._lock:
            batch = Batch(likes=self._likes, deeds=self._deeds, worlds=dict(self._worlds))
            batch.strangers = {key for key in self._likes if key not in self._stays}
            self._likes, self._deeds = Counter(), []
            for key in list(self._touched):
                tabs, stay = self._crowd.get(key), self._stays.get(key)
                if tabs and stay is None:
                    if len(batch.opened) >= OPENED_AT_ONCE:
                        continue
                    batch.opened.append(next(iter(tabs.values())))
                elif not tabs and stay is not None:
                    batch.closed[key] = stay
                del self._touched[key]
            return batch

    def settle(self, batch: Batch, stays: dict[Key, int]) -> None:
        """The batch was written; ``stays`` are the ids of the stays it opened."""
        with self._lock:
            for key in batch.closed:
                self._beats.pop(self._stays.pop(key, 0), None)
            self._stays.update(stays)
            self._beats.update(dict.fromkeys(stays.values(), clock.monotonic()))
            for seat in batch.opened:
                names = self._entered.setdefault(seat.room_id, [])
                names.append(seat.name)
                del names[:-NAMES_IN_TICK]
            for key in stays:
                if key not in self._crowd:  # gone while it was written
                    self._touched[key] = None

    def restore(self, batch: Batch) -> None:
        """The batch could not be written: it is part of the next one."""
        with self._lock:
            self._likes.update(batch.likes)
            self._deeds = batch.deeds + self._deeds
            for key in (*(seat.key for seat in batch.opened), *batch.closed):
                self._touched[key] = None

    def due(self, seconds: float) -> list[int]:
        """Return the ids of the stays that nothing was written of for so long, the longest first; a slice of them.

        ``beaten`` follows when they were written.
        """
        with self._lock:
            before = clock.monotonic() - seconds
            overdue = itertools.takewhile(lambda stay: self._beats[stay] <= before, self._beats)
            return list(itertools.islice(overdue, BEATEN_AT_ONCE))

    def beaten(self, stay_ids: Iterable[int]) -> None:
        """It was written that these stays go on."""
        with self._lock:
            for stay in stay_ids:
                if self._beats.pop(stay, None) is not None:
                    self._beats[stay] = clock.monotonic()

    def entered(self, room_id: int) -> list[str]:
        """Return the names of the last people who came in since the room was last told."""
        with self._lock:
            return list(self._entered.get(room_id, ()))

    def forget_entered(self, room_id: int) -> None:
        """The room was told who came in."""
        with self._lock:
            self._entered.pop(room_id, None)


def hall() -> Hall:
    """Return the hall of the running application."""
    found: Hall = current_app.extensions["live_hall"]
    return found

"""The demo class's past, played at its own moments: the wall clock is frozen there, the world's clock follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from app.core import clock
from app.core.uow import unit_of_work
from app.worlds.clock import get_world
from app.worlds.models import World
from app.worlds.ticker import run_due

DAY = timedelta(days=1)


class Timeline:
    """Moments of a class from its first day to ``end``; only forward.

    The world was made at 09:00 of the first day with rate 1, so that simulated and wall time agree.
    """

    def __init__(self, first_day: date, end: datetime) -> None:
        self.first_day = first_day
        self.end = end
        self.world_id = 0
        self._held: World | None = None  # so that the session need not read its row again and again
        self._last = datetime.combine(first_day, time(0), clock.SHANGHAI).astimezone(UTC)

    def moment(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Return a moment of the class's day (0 is the first) by Shanghai time."""
        local = datetime.combine(self.first_day + day * DAY, time(hour, minute), clock.SHANGHAI)
        return local.astimezone(UTC)

    @property
    def days(self) -> int:
        """How many days lie between the first day and the end."""
        return (clock.local(self.end).date() - self.first_day).days

    def past(self, moment: datetime) -> bool:
        """Say whether the moment lies before the end."""
        return moment <= self.end

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Stand at the moment, never before the last one: fire what fell due, then open one unit of work."""
        moment = max(min(moment, self.end), self._last + timedelta(seconds=1))
        self._last = moment
        with clock.frozen(moment):
            if self.world_id:
                with unit_of_work():
                    self._held = get_world(self.world_id)
                    run_due(self.world_id)
            with unit_of_work():
                self._held = get_world(self.world_id) if self.world_id else None
                yield

"""Wall clock: the only place that reads the machine's time.

Tests freeze it with ``frozen(moment)``. Simulated time lives in ``app.worlds``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("frozen_wall_clock", default=None)


def now() -> datetime:
    """Return the wall time, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring durations."""
    return time.monotonic()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let the wall clock stand at ``moment`` (aware) inside the block."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def local(moment: datetime) -> datetime:
    """Return the moment in Asia/Shanghai, as people read it."""
    return moment.astimezone(SHANGHAI)

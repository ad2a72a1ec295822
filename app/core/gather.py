"""Group commit: what many connections want written within a moment is written in one transaction.

Whoever hands something in waits until it was written, so an answer still means that the row is there. The
first one leads: while the last writing is fresh it waits for others, then it writes for all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

from app.core import clock
from app.core.errors import DomainError, NotReady
from app.core.uow import BUSY

log = structlog.get_logger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MOST = 500  # written in one transaction


class _Waiting(Generic[T, R]):
    """One thing that waits to be written, and what became of it."""

    __slots__ = ("answer", "error", "wish", "written")

    def __init__(self, wish: T) -> None:
        self.wish = wish
        self.written = threading.Event()
        self.answer: R | None = None
        self.error: Exception | None = None


class Gather(Generic[T, R]):
    """Collects wishes of one kind for one process.

    write: writes all in one unit of work and returns an answer for each, or the refusal of each; what it raises
    holds for all of them. seconds: from one writing to the next while wishes keep coming in.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R | DomainError]], seconds: float) -> None:
        self._write = write
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[T, R]] = []
        self._led = False
        self._begun_at = clock.monotonic() - seconds

    def hand_in(self, wish: T) -> R:
        """Return the answer once the wish was written; raise its refusal, or what went wrong."""
        one: _Waiting[T, R] = _Waiting(wish)
        with self._lock:
            self._waiting.append(one)
            leads, self._led = not self._led, True
        if leads:
            self._lead()
        else:
            one.written.wait()
        if one.error is not None:
            raise one.error
        return one.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        try:
            rest = self._begun_at + self._seconds - clock.monotonic()
            if rest > 0:
                time.sleep(rest)  # others come meanwhile
        finally:
            with self._lock:
                taken, self._waiting, self._led = self._waiting, [], False
            self._begun_at = clock.monotonic()
            self._write_all(taken)

    def _write_all(self, taken: list[_Waiting[T, R]]) -> None:
        try:
            for start in range(0, len(taken), MOST):
                self._write_together(taken[start : start + MOST])
        finally:
            for one in taken:
                if not one.written.is_set():  # this greenlet was ended: nobody may wait for ever
                    one.error = NotReady(BUSY)
                    one.written.set()

    def _write_together(self, together: Sequence[_Waiting[T, R]]) -> None:
        """Write and answer; one by one when together they could not be written."""
        try:
            answers = self._write([one.wish for one in together])
        except Exception as failed:  # noqa: BLE001 - whoever waits for it raises it
            if len(together) > 1 and not isinstance(failed, NotReady):
                log.warning("written_one_by_one", count=len(together), error=str(failed))
                for one in together:
                    self._write_together([one])
                return
            for one in together:
                one.error = failed
                one.written.set()
            return
        for one, answer in zip(together, answers, strict=True):
            if isinstance(answer, DomainError):
                one.error = answer
            else:
                one.answer = answer
            one.written.set()

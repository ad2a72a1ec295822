"""Group commit: what many connections want within a moment is done at once, in one transaction or query.

Whoever hands something in waits until it was done, so an answer still means that the row is there. The
first one leads: while the last time is fresh it waits for others, then it works for all.
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

MOST = 500  # done at once


class _Waiting(Generic[T, R]):
    """One wish, and what became of it."""

    __slots__ = ("answer", "done", "error", "wish")

    def __init__(self, wish: T) -> None:
        self.wish = wish
        self.done = threading.Event()
        self.answer: R | None = None
        self.error: Exception | None = None


class Gather(Generic[T, R]):
    """Collects wishes of one kind for one process.

    work: fulfils all of them and returns an answer or a refusal for each; when it raises, they are tried one by one.
    seconds: from one time to the next while wishes keep coming in; without a loop that others use meanwhile
    nobody waits for company.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R | DomainError]], seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[T, R]] = []
        self._led = False
        self._begun_at = clock.monotonic() - seconds

    def hand_in(self, wish: T) -> R:
        """Return the answer once the wish was fulfilled; raise its refusal, or what went wrong."""
        one: _Waiting[T, R] = _Waiting(wish)
        with self._lock:
            self._waiting.append(one)
            leads, self._led = not self._led, True
        if leads:
            self._lead()
        else:
            one.done.wait()
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
            self._do_all(taken)

    def _do_all(self, taken: list[_Waiting[T, R]]) -> None:
        try:
            for start in range(0, len(taken), MOST):
                self._do_together(taken[start : start + MOST])
        finally:
            for one in taken:
                if not one.done.is_set():  # this greenlet was ended: nobody may wait for ever
                    one.error = NotReady(BUSY)
                    one.done.set()

    def _do_together(self, together: Sequence[_Waiting[T, R]]) -> None:
        """Work and answer; one by one when together it went wrong."""
        try:
            answers = self._work([one.wish for one in together])
        except Exception as failed:  # noqa: BLE001 - whoever waits for it raises it
            if len(together) > 1 and not isinstance(failed, NotReady):
                log.warning("done_one_by_one", count=len(together), error=str(failed))
                for one in together:
                    self._do_together([one])
                return
            for one in together:
                one.error = failed
                one.done.set()
            return
        for one, answer in zip(together, answers, strict=True):
            if isinstance(answer, DomainError):
                one.error = answer
            else:
                one.answer = answer
            one.done.set()

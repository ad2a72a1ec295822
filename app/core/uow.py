"""Unit of work: one transaction around one business action, and what happens after its commit.

``with unit_of_work():`` opens the transaction; inner ones join; the outermost commits and then runs
the after-commit queue. Only this module commits. On SQLite the outermost one takes the process's
write lock (green under gevent) before BEGIN IMMEDIATE and gives it back after commit or rollback.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.db import WRITE_OPTION, db
from app.core.errors import Conflict, NotReady

log = structlog.get_logger(__name__)

_write_lock = threading.Lock()
_KEY = "unit_of_work"
BUSY = "系统正忙，请稍候几秒再试。"


@dataclass(slots=True)
class UnitOfWork:
    """What one open unit of work has promised: steps before the commit, calls after it."""

    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[tuple[Callable[[Any], None], Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    doomed: bool = False  # an inner one failed: the whole may no longer commit


def current() -> UnitOfWork:
    """Return the open unit of work. Raises RuntimeError outside one: writes need one."""
    work = db.session.info.get(_KEY)
    if work is None:
        raise RuntimeError("no unit of work is open")
    return work  # type: ignore[no-any-return]


def is_open() -> bool:
    """Say whether a unit of work is open in this application context."""
    return db.session.info.get(_KEY) is not None


def after_commit(call: Callable[[Any], None], payload: Any) -> None:
    """Run ``call(payload)`` once the outermost unit of work has committed; never after a rollback.

    The payload is a frozen value, not a row. The call opens a unit of work of its own when it writes.
    A failing call is logged and does not touch the others.
    """
    current().after.append((call, payload))


def before_commit(step: Callable[[], None]) -> None:
    """Run ``step()`` inside the transaction, as late as possible (the audit chain uses it)."""
    current().before.append(step)


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Open the transaction of one business action, or join the open one.

    Raises Conflict when the database refused an impossible or a duplicate row, NotReady when the
    database stayed busy for five seconds.
    """
    joined = db.session.info.get(_KEY)
    if joined is not None:
        try:
            yield joined
        except BaseException:
            joined.doomed = True
            raise
        return
    work = UnitOfWork()
    _let_go()
    with _writing(), _refusals_in_words(), _transaction(work):
        yield work
    _run_after_commit(work)


def _let_go() -> None:
    """Give back the connection that the request has read with, before it waits for its turn to write.

    A read snapshot must not be written upon; and readers that wait for the turn with a connection in their hands
    would leave none for the one whose turn it is.
    """
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a unit of work")
    session.rollback()


@contextmanager
def _writing() -> Iterator[None]:
    """Hold the process's write lock on SQLite; PostgreSQL locks rows itself."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    with _write_lock:
        yield


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    """Turn what the database refuses into domain errors."""
    try:
        yield
    except IntegrityError as error:
        log.warning("integrity_refused", error=str(error.orig))
        raise Conflict("数据刚刚被别人改动，或这条记录已经存在，请刷新后重试。") from error
    except OperationalError as error:
        if "locked" in str(error) or "deadlock" in str(error):
            raise NotReady(BUSY) from error
        raise


@contextmanager
def _transaction(work: UnitOfWork) -> Iterator[None]:
    """Begin, run the block and the steps before the commit, commit; roll back on any error."""
    session = db.session
    session.info[_KEY] = work
    try:
        session.connection(execution_options={WRITE_OPTION: True})
        yield
        if work.doomed:
            raise RuntimeError("an inner unit of work failed and was ignored: nothing may be half-written")
        while work.before:
            work.before.pop(0)()
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_KEY, None)


def _run_after_commit(work: UnitOfWork) -> None:
    """Make the promised calls; one that fails is logged and does not touch the others."""
    for call, payload in work.after:
        try:
            call(payload)
        except Exception:
            log.exception("after_commit_failed", call=f"{call.__module__}.{call.__qualname__}")

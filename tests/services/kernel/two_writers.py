"""A process under gevent with two writers, one of which yields inside its transaction; prints what it saw.

Run by test_writers.py: ``python -m tests.services.kernel.two_writers DATABASE_URL FOLDER``.
"""

# ruff: noqa: E402 - the patch comes before everything that sleeps or locks
from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json
import sys
import time
from pathlib import Path

import gevent
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Scope, ScopeKind
from app.core.db import db
from app.core.uow import unit_of_work
from app.factory import create_app
from tests.conftest import test_settings

BEAT = 0.005


def write(app: Flask, code: str, pause: float) -> None:
    """Write one row and yield inside the transaction."""
    with app.app_context(), unit_of_work():
        db.session.add(Scope(kind=ScopeKind.REGION, name=code, code=code))
        db.session.flush()
        gevent.sleep(pause)


def hold_from_outside(path: str, seconds: float) -> None:
    """Hold SQLite's write lock as another process would."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    gevent.sleep(seconds)
    connection.execute("ROLLBACK")
    connection.close()


def main(url: str, folder: str) -> None:
    """Run the writers beside a heartbeat and print rows and the longest stall in milliseconds."""
    app = create_app(test_settings(url, Path(folder)))
    gevent.joinall([gevent.spawn(write, app, f"warm{n}", 0.1) for n in range(7)], raise_error=True)
    stalls: list[float] = []

    def heartbeat() -> None:
        while True:
            before = time.perf_counter()
            gevent.sleep(BEAT)
            stalls.append(time.perf_counter() - before - BEAT)

    heart = gevent.spawn(heartbeat)
    gevent.sleep(0.05)
    stalls.clear()
    jobs = [gevent.spawn(write, app, "first", 0.4), gevent.spawn_later(0.02, write, app, "second", 0.0)]
    jobs += [gevent.spawn_later(0.03 + n / 100, write, app, f"more{n}", 0.01) for n in range(5)]
    gevent.joinall(jobs, timeout=20, raise_error=True)
    if url.startswith("sqlite"):
        outside = gevent.spawn(hold_from_outside, url.removeprefix("sqlite:///"), 0.4)
        inside = gevent.spawn_later(0.05, write, app, "after-other-process", 0.0)
        gevent.joinall([outside, inside], timeout=20, raise_error=True)
    heart.kill()
    with app.app_context():
        query = sa.select(Scope.code).where(sa.not_(Scope.code.startswith("warm"))).order_by(Scope.code)
        codes = list(db.session.scalars(query))
    print(json.dumps({"codes": codes, "stall_ms": round(max(stalls) * 1000)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

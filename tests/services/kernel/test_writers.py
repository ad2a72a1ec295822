"""Many writers in one process: all commit, under gevent the loop never stands still, nobody starves."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Scope, ScopeKind
from app.accounts.scopes import create_scope, scope_by_code
from app.core.db import db
from app.core.uow import unit_of_work

ROOT = Path(__file__).resolve().parents[3]
LONGEST_STALL_MS = 200


def test_a_writer_that_yields_blocks_neither_the_other_nor_the_loop(database_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.kernel.two_writers", database_url, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    expected = ["first", *(f"more{n}" for n in range(5)), "second"]
    if database_url.startswith("sqlite"):
        expected = ["after-other-process", *expected]
    assert seen["codes"] == expected
    assert seen["stall_ms"] < LONGEST_STALL_MS


def test_readers_that_want_to_write_leave_a_connection_for_whose_turn_it_is(app: Flask) -> None:
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    connections = options["pool_size"] + options.get("max_overflow", 10)
    people, failed = connections + 10, list[BaseException]()
    with app.app_context(), unit_of_work():
        create_scope(ScopeKind.REGION, "某市", "R1")

    def read_then_write(number: int) -> None:
        with app.app_context():
            try:
                assert scope_by_code("R1") is not None
                with unit_of_work():
                    create_scope(ScopeKind.REGION, f"某区{number}", f"R1-{number}")
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test names it
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=read_then_write, args=(number,)) for number in range(people)]
    with app.app_context():
        with unit_of_work():  # somebody writes while all of them come
            create_scope(ScopeKind.REGION, "某区", "R2")
            for thread in threads:
                thread.start()
            time.sleep(1)
            held = db.engine.pool.checkedout()  # type: ignore[attr-defined]
        for thread in threads:
            thread.join()
        assert failed == []
        assert held < connections or not app.config["SETTINGS"].is_sqlite
        assert db.session.scalar(sa.select(sa.func.count(Scope.id))) == people + 2

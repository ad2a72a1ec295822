"""What the web process does between requests: the ticker, the outbox, lost jobs.

Started once per web process by the server's configuration; commands, jobs and tests never start it.
Under gevent the loops are greenlets, elsewhere daemon threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask

from app.core import jobs, outbox
from app.core.db import db
from app.core.sockets import socketio
from app.worlds import ticker

log = structlog.get_logger(__name__)

TICK_SECONDS = 0.5
OUTBOX_SECONDS = 0.25
RECOVER_SECONDS = 30.0
FORGET_SECONDS = 600.0


def _forever(app: Flask, name: str, seconds: float, step: Callable[[], object]) -> None:
    """Run ``step`` again and again; an error is logged and never ends the loop."""

    def loop() -> None:
        while True:
            time.sleep(seconds)
            try:
                with app.app_context():
                    step()
                    db.session.remove()
            except Exception:
                log.exception("background_failed", loop=name)

    threading.Thread(target=loop, name=name, daemon=True).start()


def start(app: Flask) -> None:
    """Start the loops of this process; the clock's and the outbox's only where the setting TICKER is on."""
    for name, (seconds, step) in app.extensions["every_process"].items():
        _forever(app, name, seconds, step)
    if not app.config["SETTINGS"].ticker:
        return
    holder = ticker.holder_name()
    pump = outbox.Pump()

    def push(namespace: str, room: str, event: str, body: dict[str, object]) -> None:
        socketio.emit(event, body, namespace=namespace, to=room)

    _forever(app, "ticker", TICK_SECONDS, lambda: ticker.tick(holder))
    _forever(app, "outbox", OUTBOX_SECONDS, lambda: pump.drain(push))
    _forever(app, "recover", RECOVER_SECONDS, jobs.recover)
    for name, (seconds, step) in app.extensions["periodic"].items():
        _forever(app, name, seconds, step)
    _forever(app, "forget", FORGET_SECONDS, outbox.forget_old)

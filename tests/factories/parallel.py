"""Calls in the same instant: real threads, each with an application context and a transaction of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask

from app.core.db import db
from app.core.errors import DomainError
from app.core.uow import unit_of_work


def at_once(app: Flask, calls: Sequence[Callable[[], Any]], width: int = 16) -> Counter[str]:
    """Run the calls in threads, ``width`` at a time, and count the answers: 'ok' or the refusal's code."""
    answers: list[str] = []
    gate, slots = threading.Barrier(min(width, len(calls))), threading.Semaphore(width)
    waiting = iter(range(len(calls)))
    guard = threading.Lock()

    def work(call: Callable[[], Any], position: int) -> None:
        with slots, app.app_context():
            if position < gate.parties:
                gate.wait(30)
            try:
                with unit_of_work():
                    call()
                answer = "ok"
            except DomainError as error:
                answer = error.code
            finally:
                db.session.remove()
            with guard:
                answers.append(answer)

    threads = [threading.Thread(target=work, args=(call, next(waiting))) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == len(calls)
    return Counter(answers)

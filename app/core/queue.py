"""The bell of the job queue: huey on a SQLite file or on Redis, or inline in tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask, current_app

from app.config import Settings
from app.core import jobs


def make_huey(settings: Settings) -> Any:
    """Return the huey instance that the settings ask for."""
    from huey import RedisHuey, SqliteHuey

    if settings.redis_url:
        return RedisHuey("jobs", url=settings.redis_url)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("jobs", filename=str(settings.var_dir / "queue.db"))


class HueyBell:
    """Rings the worker process. huey is loaded when first needed: commands that ring nothing start faster."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @property
    def huey(self) -> Any:
        """The queue that the worker process consumes."""
        return self._queue[0]

    def __call__(self, job_id: int) -> None:
        self._queue[1](job_id)

    @cached_property
    def _queue(self) -> tuple[Any, Callable[[int], object]]:
        huey = make_huey(self._app.config["SETTINGS"])

        @huey.task(name="run_job")  # type: ignore[untyped-decorator]
        def run_job(job_id: int) -> None:
            with self._app.app_context():
                jobs.run(job_id)

        return huey, run_job


def connect_queue(app: Flask) -> None:
    """Give the application its bell; ``app.extensions['job_bell'].huey`` is what the worker process consumes."""
    settings: Settings = app.config["SETTINGS"]
    app.extensions["job_bell"] = jobs.run if settings.jobs_inline else HueyBell(app)


def queue_works() -> bool:
    """Say whether the queue answers (for /readyz)."""
    bell = current_app.extensions["job_bell"]
    return not isinstance(bell, HueyBell) or bell.huey.storage.queue_size() >= 0

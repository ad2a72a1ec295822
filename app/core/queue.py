"""The bell of the job queue: huey on a SQLite file or on Redis, or inline in tests."""

from __future__ import annotations

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


def connect_queue(app: Flask) -> None:
    """Give the application its bell; ``app.extensions['huey']`` is what the worker process consumes."""
    settings: Settings = app.config["SETTINGS"]
    if settings.jobs_inline:
        app.extensions["job_bell"] = jobs.run
        return
    huey = make_huey(settings)

    @huey.task(name="run_job")  # type: ignore[untyped-decorator]
    def run_job(job_id: int) -> None:
        with app.app_context():
            jobs.run(job_id)

    app.extensions["huey"] = huey
    app.extensions["job_bell"] = run_job


def queue_works() -> bool:
    """Say whether the queue answers (for /readyz)."""
    huey = current_app.extensions.get("huey")
    return huey is None or huey.storage.queue_size() >= 0

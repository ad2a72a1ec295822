"""The job worker: ``huey_consumer app.worker.huey -k process -w 2``."""

from __future__ import annotations

from app.factory import create_app

app = create_app()
huey = app.extensions["huey"]

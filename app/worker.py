"""The job worker: ``huey_consumer app.worker.huey -k process -w 2``."""

from __future__ import annotations

from app.wsgi import app

huey = app.extensions["job_bell"].huey

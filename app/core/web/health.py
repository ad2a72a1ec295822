"""/healthz, /readyz and /metrics: for monitoring, not for people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.core.db import db, is_migrated
from app.core.errors import NotFound
from app.core.files import store_works
from app.core.queue import queue_works
from app.core.web.access import public

log = structlog.get_logger(__name__)
blueprint = Blueprint("health", __name__)
LOCAL = {"127.0.0.1", "::1"}


@blueprint.get("/healthz")
@public
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def _database() -> bool:
    return db.session.scalar(sa.text("SELECT 1")) == 1


@blueprint.get("/readyz")
@public
def ready() -> tuple[dict[str, Any], int]:
    """Everything that a request needs answers: database, migrations, queue, storage."""
    checks = {"database": _database, "migrations": is_migrated, "queue": queue_works, "storage": store_works}
    result: dict[str, str] = {}
    for name, check in checks.items():
        try:
            result[name] = "ok" if check() else "failed"
        except Exception as error:  # noqa: BLE001 - whatever fails, the answer is "not ready"
            log.warning("not_ready", check=name, error=str(error))
            result[name] = "failed"
    good = all(value == "ok" for value in result.values())
    return {"status": "ok" if good else "failed", "checks": result}, 200 if good else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus figures, for scraping from this machine only."""
    if request.remote_addr not in LOCAL:
        raise NotFound
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

"""Long rosters as jobs of the worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.accounts.sessions import actor_in
from app.core.actor import Actor
from app.core.jobs import Handler, Progress
from app.core.permissions import Role
from app.training.services import roster_check, roster_commit


def _as_job(step: Callable[[Actor, str, int, Progress], None]) -> Handler:
    def handle(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        actor = actor_in(payload["account_id"], Role(payload["role"]), payload["scope_id"])
        step(actor, payload["code"], payload["import_id"], progress)
        return {}

    return handle


JOBS: dict[str, Handler] = {
    "training.roster_check": _as_job(roster_check.run_check),
    "training.roster_commit": _as_job(roster_commit.run_commit),
    "training.roster_undo": _as_job(roster_commit.run_undo),
}

"""What teaching brings along."""

from __future__ import annotations

from typing import Any

from app.accounts.models import ScopeKind
from app.accounts.scopes import get_scope
from app.core.actor import Actor
from app.core.feature import Feature, MenuItem
from app.core.permissions import Permission
from app.teaching import models, views
from app.teaching.domain.task_flow import TASK_FLOW
from app.teaching.services.cards import task_cards
from app.teaching.subscribers import SUBSCRIBERS

TABLES = (models.Task, models.Resource, models.Step, models.StepDone)


def _own_class(actor: Actor) -> dict[str, Any] | None:
    """The code of the class of the hat; None for hats of institutions and regions: they come from the class list."""
    scope = get_scope(actor.scope_id) if actor.scope_id else None
    return {"code": scope.code} if scope is not None and scope.kind is ScopeKind.CLASS else None


FEATURE = Feature(
    name="teaching",
    blueprints=[views.blueprint],
    menu=[
        MenuItem("home", "任务", "teaching.index", "checklist", Permission.TASK_READ, order=20, arguments=_own_class)
    ],
    subscribers=SUBSCRIBERS,
    home_cards=[task_cards],
    flows=[TASK_FLOW],
)

"""What the supply system and the open platform add to the stage of the permission table."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from sim_mall.data import ShopInfo
from sim_mall.models.platform import PushMessage
from sim_mall.services import platform_apps
from tests.factories import mall, platform


def furnish_platform(owner: Actor, mate: Actor, shop: ShopInfo, sku_id: int) -> dict[str, object]:
    """Make an app with a grant and a message in the owner's class; return the ids of its routes."""
    caller = platform.make_app(current_app._get_current_object(), owner)  # type: ignore[attr-defined]
    grant_id = platform.grant(owner, caller)
    with unit_of_work():
        platform_apps.set_push(owner, caller.id, "inbox", broken=True)
    mall.buy(mate, [(sku_id, 1)])
    message = db.session.scalars(sa.select(sa.func.max(PushMessage.id)).where(PushMessage.app_id == caller.id)).one()
    return {
        "platform_app_id": caller.id,
        "platform_grant_id": grant_id,
        "message_id": message,
        "step": "secret",
    }

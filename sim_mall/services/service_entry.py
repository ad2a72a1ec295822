"""Who may open a connection to the chat, and who may still stay."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import session

from app.accounts import sessions
from app.accounts.models import Account, Grant, SignedInDevice
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission


def enter(_auth: dict[str, Any], _notes: dict[str, Any]) -> Actor | None:
    """Return who opens this connection, by the browser's sign-in; None for somebody who neither buys nor sells."""
    token = session.get("_user_id")
    actor = sessions.actor_of_token(token) if isinstance(token, str) else None
    return actor if actor is not None and actor.may(Permission.MALL_BUY) else None


def still(actor: Actor) -> bool:
    """Say whether device, account and hat of a connection are all still good; one query."""
    found = db.session.scalar(
        sa.select(SignedInDevice.id)
        .join(Account, Account.id == SignedInDevice.account_id)
        .join(Grant, Grant.account_id == Account.id)
        .where(
            SignedInDevice.id == actor.session_id,
            SignedInDevice.account_id == actor.account_id,
            SignedInDevice.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Grant.role == actor.role,
            Grant.scope_id == actor.scope_id,
            Grant.ended_at.is_(None),
        )
        .limit(1)
    )
    return found is not None

"""Who may open a connection: the browser's sign-in, or a ticket that needs no database to verify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask import current_app, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.accounts import sessions
from app.accounts.models import Account, Grant, SignedInDevice
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission, Role
from app.core.sockets import TICKET
from sim_livestream import access

TICKET_SECONDS = 120

_STILL = (  # built once: it is asked for every message of every viewer
    sa.select(SignedInDevice.id, SignedInDevice.account_id, Grant.role, Grant.scope_id)
    .join(Account, Account.id == SignedInDevice.account_id)
    .join(Grant, Grant.account_id == Account.id)
    .where(
        SignedInDevice.id.in_(sa.bindparam("devices", expanding=True)),
        SignedInDevice.ended_at.is_(None),
        Account.disabled_at.is_(None),
        Grant.ended_at.is_(None),
    )
)
Seal = tuple[int | None, int | None, Role | None, int | None]  # device, account, hat


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="live-ticket")


def issue_ticket(actor: Actor, number: int) -> str:
    """Return a signed ticket into one room, good for two minutes. Raises NotFound for a room out of reach."""
    access.stand(actor, number)
    role = None if actor.role is None else str(actor.role)
    body = [number, actor.person(), actor.name, role, actor.scope_id, actor.world_id, actor.session_id]
    ticket = _serializer().dumps(body)
    return ticket if isinstance(ticket, str) else ticket.decode()


def read_ticket(ticket: str) -> tuple[Actor, int] | None:
    """Return who may come in and into which room; None for a ticket that is forged or too old."""
    try:
        number, account_id, name, role, scope_id, world_id, session_id = _serializer().loads(
            ticket, max_age=TICKET_SECONDS
        )
    except BadSignature:
        return None
    hat = None if role is None else Role(role)
    return Actor(account_id, name, hat, scope_id, world_id, session_id), number


def enter(auth: dict[str, Any], notes: dict[str, Any]) -> Actor | None:
    """Return who opens this connection: by the ticket when one is shown, else by the browser's cookie."""
    if TICKET in auth:
        ticket = auth[TICKET]
        found = read_ticket(ticket) if isinstance(ticket, str) else None
        if found is None:
            return None
        notes["room"] = found[1]
        return found[0]
    token = session.get("_user_id")
    actor = sessions.actor_of_token(token) if isinstance(token, str) else None
    return actor if actor is not None and actor.may(Permission.LIVE_ROOM_VIEW) else None


def still(actor: Actor) -> bool:
    """Say whether device, account and hat of a connection are all still good; one query."""
    return seal(actor) in good_seals([actor])


def seal(actor: Actor) -> Seal:
    """Return what must still be good of somebody who came in."""
    return (actor.session_id, actor.account_id, actor.role, actor.scope_id)


def good_seals(actors: Iterable[Actor]) -> set[Seal]:
    """Return the seals that are good, of the devices of these people; one query for all."""
    devices = sorted({actor.session_id for actor in actors if actor.session_id is not None})
    return {
        (device, account, role, scope)
        for device, account, role, scope in db.session.execute(_STILL, {"devices": devices})
    }

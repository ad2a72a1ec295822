"""Row look-ups by id of the rules and of customer service: who may have a violation or a conversation."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from sim_mall import access
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.rules import Violation
from sim_mall.models.service import ServiceThread


def one(query: sa.Select[Any]) -> Any:
    """Return the row of the query. Raises NotFound."""
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def get_own_violation(actor: Actor, violation_id: int) -> Violation:
    """Return a violation of a shop that the actor runs with the power to see it."""
    query = sa.select(Violation).where(
        Violation.id == violation_id,
        Violation.world_id == actor.world(),
        Violation.shop_id.in_(access.shops_run_by(actor)),
    )
    row: Violation = one(query.options(orm.joinedload(Violation.shop)))
    access.require_power(actor, row.shop_id, ShopPower.VIOLATIONS)
    return row


def get_violation(actor: Actor, violation_id: int) -> Violation:
    """Return a violation of the actor's world, for its instructor."""
    query = sa.select(Violation).where(Violation.id == violation_id, Violation.world_id == actor.world())
    return one(query.options(orm.joinedload(Violation.shop)))


def get_bought_thread(actor: Actor, thread_id: int) -> ServiceThread:
    """Return a conversation that the actor has with a shop, as the buyer."""
    query = sa.select(ServiceThread).where(
        ServiceThread.id == thread_id,
        ServiceThread.world_id == actor.world(),
        ServiceThread.buyer_id == actor.person(),
    )
    return one(query.options(orm.joinedload(ServiceThread.shop)))


def get_sold_thread(actor: Actor, thread_id: int) -> ServiceThread:
    """Return a conversation of a shop that the actor runs with the power to answer buyers."""
    query = sa.select(ServiceThread).where(
        ServiceThread.id == thread_id,
        ServiceThread.world_id == actor.world(),
        ServiceThread.shop_id.in_(access.shops_run_by(actor)),
    )
    thread: ServiceThread = one(query.options(orm.joinedload(ServiceThread.shop)))
    access.require_power(actor, thread.shop_id, ShopPower.CHAT)
    return thread

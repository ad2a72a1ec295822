"""Incremental fetching of orders (增量抓取), as the open platform offers it. Rules: ``domain.increment``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, running_now
from sim_mall import access
from sim_mall.data import OrderInfo
from sim_mall.domain.increment import MAX_PAGE_SIZE, latest_end, page_count, window_problem
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.trade import Order
from sim_mall.services.orders import order_info, with_lines


@dataclass(frozen=True, slots=True)
class Increment:
    """One page of changed orders, oldest change first. total and pages: None with use_has_next."""

    orders: tuple[OrderInfo, ...]
    has_next: bool
    total: int | None
    pages: int | None


def fetchable_to(world_id: int) -> datetime:
    """Return up to which simulated moment changes may be fetched: three minutes back, and only what is settled.

    After a jump of the clock the tasks on the way act at their own time; until they have, that past is open.
    """
    now = running_now(get_world(world_id))
    waiting = due.next_due(world_id, now)
    return latest_end(now, waiting.due_at if waiting else None)


def increment_orders(
    actor: Actor,
    shop_id: int,
    modified_from: datetime,
    modified_to: datetime,
    *,
    page_no: int = 1,
    page_size: int = 50,
    use_has_next: bool = False,
    states: Sequence[str] = (),
) -> Increment:
    """Return one page of the shop's orders changed in [from, to), by change time.

    Raises InvalidInput (window_too_long, window_too_new) for a window that the rules do not allow.
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.ORDERS)
    if problem := window_problem(modified_from, modified_to, fetchable_to(shop.world_id)):
        raise InvalidInput(problem[2], code=problem[0], field=problem[1])
    if not 1 <= page_size <= MAX_PAGE_SIZE or page_no < 1:
        raise InvalidInput(f"page_size 应在 1 到 {MAX_PAGE_SIZE} 之间，page_no 从 1 开始。", field="page_size")
    chosen = [OrderState(state) for state in states] or list(OrderState)
    where = (
        Order.shop_id == shop.id,
        Order.modified_at >= modified_from,
        Order.modified_at < modified_to,
        Order.state.in_(chosen),
    )
    query = sa.select(Order).where(*where).order_by(Order.modified_at, Order.id)
    one_more = with_lines(query.limit(page_size + 1).offset((page_no - 1) * page_size))
    rows = list(db.session.scalars(one_more))
    total = pages = None
    if not use_has_next:
        total = db.session.scalar(sa.select(sa.func.count()).select_from(Order).where(*where)) or 0
        pages = page_count(total, page_size)
    found = tuple(order_info(order) for order in rows[:page_size])
    return Increment(found, len(rows) > page_size, total, pages)


def order_versions(
    actor: Actor, shop_id: int, modified_from: datetime, modified_to: datetime, states: Sequence[str]
) -> dict[int, datetime]:
    """Return order id → change time of the shop's orders changed in [from, to] (simulated time), oldest change first.

    Orders of a group that is not full yet are left out: it may still fail.
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id)
    query = (
        sa.select(Order.id, Order.modified_at)
        .where(
            Order.shop_id == shop.id,
            Order.modified_at >= modified_from,
            Order.modified_at <= modified_to,
            Order.forming.is_(False),
            Order.state.in_([OrderState(state) for state in states]),
        )
        .order_by(Order.modified_at, Order.id)
    )
    return {row.id: row.modified_at for row in db.session.execute(query)}


def sold_orders(actor: Actor, shop_id: int, ids: Sequence[int]) -> list[OrderInfo]:
    """Return these orders of a shop that the actor runs, as they stand now, by id; others are left out."""
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id)
    query = sa.select(Order).where(Order.shop_id == shop.id, Order.id.in_(sorted(set(ids)))).order_by(Order.id)
    return [order_info(order) for order in db.session.scalars(with_lines(query))]

"""Incremental fetching (增量抓取) by the mall's protocol: cursor, three minutes of overlap, pages from the last one.

An order is written again only when the mall's version is newer. The lab switch of a shop reads pages forward, to
show on real orders what gets lost when they change meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply import mall_client
from sim_supply.data import FetchReport
from sim_supply.domain.paging import Direction, read_window
from sim_supply.models.orders import SupplyShop
from sim_supply.services.fetching import lock_shop, open_shop, take_orders

AUTO_DUE = "supply.auto_fetch"
WINDOW = timedelta(minutes=30)
OVERLAP = timedelta(minutes=3)
PAGE_SIZE = 50
MOST_WINDOWS = 400  # eight days at once; the rest comes with the next fetch
MOST_ORDERS = 100  # after so many a fetch ends at the window that it stands in, and the next one goes on
CATCH_UP_MINUTES = 1
FIRST_LOOK = timedelta(days=2)


def fetch_increment(actor: Actor, key: str) -> FetchReport:
    """Fetch what changed since the cursor, window by window, and push new purchase orders."""
    actor.require(Permission.SUPPLY_USE)
    shop = open_shop(actor)
    answer = once(actor, key, "supply.fetch_increment", shop.id, lambda: asdict(_fetch(actor, shop)))
    return FetchReport(**answer)


def _fetch(actor: Actor, shop: mall_client.ShopInfo) -> FetchReport:
    row = lock_shop(shop)
    end = mall_client.fetchable_to(shop.world_id)
    position = row.cursor_at - OVERLAP if row.cursor_at else end - FIRST_LOOK
    direction = Direction.FORWARD if row.forward else Direction.BACKWARD
    newest: dict[int, mall_client.OrderInfo] = {}
    for _ in range(MOST_WINDOWS):
        if position >= end:
            break
        stop = min(position + WINDOW, end)
        for order in read_orders(shop.world_id, shop.id, position, stop, direction):
            known = newest.get(order.id)
            if known is None or order.modified_at > known.modified_at:
                newest[order.id] = order
        position = stop
        if len(newest) >= MOST_ORDERS:
            break
    report = take_orders(actor, shop, list(newest.values())).plus(FetchReport(more=position < end))
    row.cursor_at = max(position, row.cursor_at) if row.cursor_at else position
    if report.new or report.updated:
        facts = {**asdict(report), "direction": direction}
        scope_id = scope_of_world(shop.world_id)
        audit.record(actor, "orders.fetched_by_increment", f"shop:{shop.id}", facts, scope_id=scope_id)
    return report


def read_orders(
    world_id: int, shop_id: int, start: datetime, stop: datetime, direction: Direction, size: int = PAGE_SIZE
) -> list[mall_client.OrderInfo]:
    """Return the orders of one window as the pages gave them."""

    def count() -> int:
        return mall_client.increment(world_id, shop_id, start, stop, 1, size, use_has_next=False).total or 0

    def page(number: int) -> Sequence[mall_client.OrderInfo]:
        return mall_client.increment(world_id, shop_id, start, stop, number, size, use_has_next=True).orders

    return [order for _, orders in read_window(count, page, size, direction) for order in orders]


def set_automatic(actor: Actor, minutes: int, *, forward: bool) -> None:
    """Fetch by itself every so many simulated minutes (0: never); forward: the lab switch."""
    actor.require(Permission.SUPPLY_USE)
    if not 0 <= minutes <= 1440:
        raise InvalidInput("自动抓取间隔应在 0 到 1440 个模拟分钟之间，0 表示不自动抓取。", field="auto_minutes")
    shop = open_shop(actor)
    row = lock_shop(shop)
    row.auto_minutes, row.forward = minutes, forward
    due.withdraw(AUTO_DUE, row.id)
    if minutes:
        due.schedule(shop.world_id, sim_now(shop.world_id) + timedelta(minutes=minutes), AUTO_DUE, row.id)
    facts = {"minutes": minutes, "forward": forward}
    audit.record(actor, "fetching.set", f"shop:{shop.id}", facts, scope_id=scope_of_world(shop.world_id))


def fetch_automatically(world_id: int, row_id: int) -> None:
    """Fetch for a shop whose interval is over, and set the next time; nothing while the shop is closed.

    What one fetch leaves is fetched a minute later, so that a busy shop catches up.
    """
    row = db.session.scalars(sa.select(SupplyShop).where(SupplyShop.id == row_id)).one()
    if not row.auto_minutes:
        return
    actor = system(world_id, scope_of_world(world_id))
    shop = mall_client.shop_by_id(world_id, row.shop_id)
    more = shop.state in mall_client.WORKING and _fetch(actor, shop).more
    minutes = CATCH_UP_MINUTES if more else row.auto_minutes
    due.schedule(world_id, sim_now(world_id) + timedelta(minutes=minutes), AUTO_DUE, row_id)

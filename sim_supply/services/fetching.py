"""Order fetching (抓取订单): paid orders come over by change time, once, and are split by supplier.

The window runs from the last cursor, three minutes earlier, to now; an order is written again only when the
mall says that it is newer. Source: commerce model 3.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import add_missing, db
from app.core.errors import Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.ledger import book
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply import access, mall_client
from sim_supply.data import FetchReport
from sim_supply.domain.cooperation import cost_for
from sim_supply.domain.order_flow import OrderState
from sim_supply.models.catalogue import Supplier
from sim_supply.models.orders import (
    FetchedLine,
    FetchedOrder,
    Mapping,
    MappingPart,
    PurchaseLine,
    PurchaseOrder,
    Route,
    SupplyShop,
)
from sim_supply.services import cooperations, own_stock, sync
from sim_supply.services.orders import SHORT_OF_MONEY, amount_due, copy_order, push_order

OVERLAP = timedelta(minutes=3)
CHUNK = 500
NO_SHOP = "请先注册店铺并缴纳保证金，开店后再使用供货系统。"


def open_shop(actor: Actor) -> mall_client.ShopInfo:
    """Return the actor's shop once it has opened. Raises Refused (code no_shop) before, and after its closing."""
    shop = mall_client.my_shop(actor)
    if shop is None:
        mall_client.refuse_role(actor)
    if shop is None or shop.state not in mall_client.WORKING:
        raise Refused(NO_SHOP, code="no_shop")
    return shop


def lock_shop(shop: mall_client.ShopInfo) -> SupplyShop:
    """Return the supply system's row of the shop, made on first use, locked for the rest of the unit of work."""
    add_missing(SupplyShop, world_id=shop.world_id, shop_id=shop.id, owner_id=shop.owner_id)
    query = sa.select(SupplyShop).where(SupplyShop.shop_id == shop.id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def horizon_of(world_id: int) -> datetime:
    """Return up to when the past is settled: a due task still waiting may write an earlier change time."""
    now = sim_now(world_id)
    waiting = due.next_due(world_id, now)
    return min(now, waiting.due_at) if waiting else now


def fetch_orders(actor: Actor, key: str) -> FetchReport:
    """Fetch the shop's orders to ship, split new ones by supplier and push them.

    A line is bought once, however often its order is fetched. Purchase orders that the wallet cannot pay
    stay behind with the reason. Raises Refused without an open shop.
    """
    actor.require(Permission.SUPPLY_USE)
    shop = open_shop(actor)
    answer = once(actor, key, "supply.fetch_orders", shop.id, lambda: asdict(fetch_now(actor, shop)))
    return FetchReport(**answer)


def unfetched(actor: Actor, shop: mall_client.ShopInfo) -> int:
    """Return how many orders to ship wait in the mall that were never fetched."""
    versions, known = _versions(actor, shop, access.find_shop(shop.id))
    return len(versions.keys() - known.keys())


def _start(row: SupplyShop | None) -> datetime:
    return row.fetched_to_at - OVERLAP if row and row.fetched_to_at else mall_client.BEGINNING


def _versions(
    actor: Actor, shop: mall_client.ShopInfo, row: SupplyShop | None
) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """Return mall order id → change time as the mall says and as it was fetched, since the last fetch."""
    versions = mall_client.order_versions(actor, shop.id, _start(row), sim_now(shop.world_id))
    known: dict[int, datetime] = {}
    ids = sorted(versions)
    for start in range(0, len(ids), CHUNK):
        query = sa.select(FetchedOrder.mall_order_id, FetchedOrder.modified_at)
        rows = db.session.execute(query.where(FetchedOrder.mall_order_id.in_(ids[start : start + CHUNK])))
        known.update((row.mall_order_id, row.modified_at) for row in rows)
    return versions, known


def changed_ids(actor: Actor, shop: mall_client.ShopInfo) -> list[int]:
    """Return the mall's orders to ship that are new or newer than what was fetched, oldest change first."""
    versions, known = _versions(actor, shop, access.find_shop(shop.id))
    return [order_id for order_id, at in versions.items() if order_id not in known or known[order_id] < at]


def fetch_now(actor: Actor, shop: mall_client.ShopInfo) -> FetchReport:
    """Fetch what changed of an open shop inside the open unit of work."""
    row = lock_shop(shop)
    horizon = horizon_of(shop.world_id)
    report = FetchReport()
    ids = changed_ids(actor, shop)
    for start in range(0, len(ids), CHUNK):
        found = mall_client.sold_orders(actor, shop.id, ids[start : start + CHUNK])
        report = report.plus(take_orders(actor, shop, found))
    note_fetched(actor, row, report, horizon)
    return report


def note_fetched(actor: Actor, row: SupplyShop, report: FetchReport, horizon: datetime) -> None:
    """Write down how far a shop has fetched, and what came of it."""
    row.fetched_to_at = max(horizon, row.fetched_to_at) if row.fetched_to_at else horizon
    row.fetched_wall_at = clock.now()
    if report.new or report.updated:
        audit.record(
            actor, "orders.fetched", f"shop:{row.shop_id}", asdict(report), scope_id=scope_of_world(row.world_id)
        )


def take_orders(actor: Actor, shop: mall_client.ShopInfo, orders: Sequence[mall_client.OrderInfo]) -> FetchReport:
    """Write orders of a locked shop down: known ones when the mall's version is newer, new ones that are to be
    shipped with their purchase orders, which are pushed as far as the wallet pays them."""
    now = sim_now(shop.world_id)
    known = {
        found.mall_order_id: found
        for found in db.session.scalars(
            sa.select(FetchedOrder).where(FetchedOrder.mall_order_id.in_([order.id for order in orders]))
        )
    }
    made: list[PurchaseOrder] = []
    new = updated = own = 0
    for order in sorted(orders, key=lambda o: o.id):
        if order.id in known:
            updated += copy_order(known[order.id], order)
            continue
        if order.state not in mall_client.TO_SHIP:
            continue
        fetched, purchases = _take_in(shop, order, now)
        new += 1
        own += sum(1 for line in fetched.lines if line.route is Route.OWN)
        made += purchases
    db.session.flush()
    pushed, waiting = _push_all(actor, made)
    return FetchReport(new=new, updated=updated, pushed=pushed, waiting=waiting, own_lines=own)


def _take_in(
    shop: mall_client.ShopInfo, order: mall_client.OrderInfo, now: datetime
) -> tuple[FetchedOrder, list[PurchaseOrder]]:
    """Write a new order down, decide who ships each line, and make one purchase order per supplier."""
    fetched = FetchedOrder(
        world_id=shop.world_id,
        shop_id=shop.id,
        owner_id=shop.owner_id,
        mall_order_id=order.id,
        number=order.number,
        fetched_at=now,
    )
    copy_order(fetched, order)
    db.session.add(fetched)
    db.session.flush()
    mappings = _mappings([line.sku_id for line in order.lines])
    own_left = _own_left(mappings.values())
    discounts = cooperations.discounts(shop.id)
    bought: dict[int, list[tuple[FetchedLine, Mapping, int]]] = {}
    for told in order.lines:
        mapping = mappings.get(told.sku_id)
        units = told.quantity - told.shipped - told.refunded
        line = FetchedLine(
            order_id=fetched.id,
            mall_line_id=told.id,
            mall_sku_id=told.sku_id,
            title=told.title,
            spec=told.spec,
            quantity=told.quantity,
            route=Route.SUPPLIER,
            shipped=told.shipped,
            closed=units <= 0,
            payable=told.payable,
        )
        fetched.lines.append(line)
        if units <= 0 or mapping is None:
            line.route = Route.OWN
        elif all(own_left[sku_id] >= units * factor for sku_id, factor in sync.parts_of(mapping)):
            for sku_id, factor in sync.parts_of(mapping):
                own_left[sku_id] -= units * factor
            line.route, line.from_own_stock = Route.OWN, True
        else:
            bought.setdefault(mapping.product.supplier_id, []).append((line, mapping, units))
    db.session.flush()
    return fetched, [
        _make_purchase(fetched, supplier_id, lines, index, now, discounts.get(supplier_id, 0))
        for index, (supplier_id, lines) in enumerate(sorted(bought.items()), 1)
    ]


def _mappings(mall_sku_ids: Sequence[int]) -> dict[int, Mapping]:
    query = (
        sa.select(Mapping)
        .options(
            orm.joinedload(Mapping.product),
            orm.joinedload(Mapping.sku),
            orm.selectinload(Mapping.more).joinedload(MappingPart.sku),
        )
        .where(Mapping.mall_sku_id.in_(mall_sku_ids))
        .execution_options(populate_existing=True)
    )
    return {mapping.mall_sku_id: mapping for mapping in db.session.scalars(query)}


def _own_left(mappings: Iterable[Mapping]) -> dict[int, int]:
    """Return per supply SKU the units of the shop's own stock that no fetched line has claimed yet."""
    found = list(mappings)
    if not found:
        return {}
    wanted = {sku_id for mapping in found for sku_id, _ in sync.parts_of(mapping)}
    shop_id = found[0].shop_id
    left = {sku_id: own_stock.units_of([shop_id], [sku_id]).get((shop_id, sku_id), 0) for sku_id in wanted}
    if not any(left.values()):
        return left
    claimed = db.session.execute(
        sa.select(FetchedLine.mall_sku_id, sa.func.sum(FetchedLine.quantity - FetchedLine.shipped))
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(
            FetchedOrder.shop_id == shop_id,
            FetchedLine.from_own_stock.is_(True),
            FetchedLine.closed.is_(False),
        )
        .group_by(FetchedLine.mall_sku_id)
    ).all()
    holders = _mappings([mall_sku_id for mall_sku_id, _ in claimed])
    for mall_sku_id, units in claimed:
        for sku_id, factor in sync.parts_of(holders[mall_sku_id]) if mall_sku_id in holders else ():
            if sku_id in left:
                left[sku_id] -= int(units) * factor
    return left


def _make_purchase(
    fetched: FetchedOrder,
    supplier_id: int,
    lines: Sequence[tuple[FetchedLine, Mapping, int]],
    index: int,
    now: datetime,
    discount_bp: int,
) -> PurchaseOrder:
    supplier = db.session.get_one(Supplier, supplier_id)
    charged = any(mapping.product.freight_by == "distributor" for _, mapping, _ in lines)
    order = PurchaseOrder(
        state=OrderState.CREATED,
        world_id=fetched.world_id,
        shop_id=fetched.shop_id,
        owner_id=fetched.owner_id,
        supplier_id=supplier_id,
        fetched_order_id=fetched.id,
        number=f"CG{fetched.number}-{index}",
        freight=supplier.freight if charged else 0,
        created_at=now,
        lines=[
            PurchaseLine(
                fetched_line_id=line.id,
                sku_id=sku.id,
                factor=factor,
                quantity=units * factor,
                cost=cost_for(sku.cost, discount_bp),
            )
            for line, mapping, units in lines
            for sku, factor in [(mapping.sku, mapping.factor), *((part.sku, part.factor) for part in mapping.more)]
        ],
    )
    db.session.add(order)
    db.session.flush()
    return order


def _push_all(actor: Actor, orders: Sequence[PurchaseOrder]) -> tuple[int, int]:
    """Push what the wallet can pay, oldest first; return how many went and how many stayed."""
    pushed = waiting = 0
    for order in orders:
        have = book.balance(order.world_id, book.wallet(order.owner_id))
        if have < amount_due(order):
            order.note = SHORT_OF_MONEY
            waiting += 1
        else:
            push_order(actor, order.id)
            pushed += 1
    return pushed, waiting


def push_many(actor: Actor, order_ids: Sequence[int]) -> int:
    """Push several purchase orders; all of them or, with the reason of the first that cannot go, none."""
    actor.require(Permission.SUPPLY_USE)
    for order_id in sorted(set(order_ids)):
        push_order(actor, access.get_order(actor, order_id).id)
    return len(set(order_ids))

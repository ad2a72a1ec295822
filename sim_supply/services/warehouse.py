"""The trainee plays the warehouse (自有仓库发货): pick list, packing check, waybill, label; and the delivery risks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from sim_supply import mall_client
from sim_supply.domain.order_flow import OPEN
from sim_supply.domain.waybill import make_own_waybill
from sim_supply.models.orders import FetchedLine, FetchedOrder, PurchaseOrder, Route
from sim_supply.models.orders import Mapping as GoodsMapping
from sim_supply.services import troubles
from sim_supply.services.orders import follow_mall_order

SOON = timedelta(hours=6)
NOT_COLLECTED = timedelta(hours=24)
LONG_WAY = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Pick:
    """One row of the pick list: what to take from the shelf, how many, for which orders."""

    code: str
    title: str
    spec: str
    units: int
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """One order that the shop packs itself, with its open lines."""

    order: FetchedOrder
    lines: tuple[FetchedLine, ...]
    codes: Mapping[int, str]


def _open_orders(actor: Actor) -> list[FetchedOrder]:
    query = (
        sa.select(FetchedOrder)
        .join(FetchedLine, FetchedLine.order_id == FetchedOrder.id)
        .options(orm.selectinload(FetchedOrder.lines))
        .where(
            FetchedOrder.world_id == actor.world(),
            FetchedOrder.owner_id == mall_client.keeper(actor),
            FetchedOrder.mall_state.in_(mall_client.TO_SHIP),
            FetchedLine.route == Route.OWN,
            FetchedLine.closed.is_(False),
        )
        .distinct()
        .order_by(FetchedOrder.id)
        .limit(200)
    )
    return list(db.session.scalars(query))


def _packed_here(order: FetchedOrder) -> tuple[FetchedLine, ...]:
    return tuple(line for line in order.lines if line.route is Route.OWN and not line.closed)


def _codes(mall_sku_ids: set[int]) -> dict[int, str]:
    rows = db.session.scalars(
        sa.select(GoodsMapping)
        .options(orm.joinedload(GoodsMapping.sku))
        .where(GoodsMapping.mall_sku_id.in_(sorted(mall_sku_ids)))
    )
    known = {row.mall_sku_id: row.sku.code for row in rows}
    return {sku_id: known.get(sku_id, f"SKU{sku_id}") for sku_id in mall_sku_ids}


def packages(actor: Actor) -> list[Package]:
    """Return the orders that the shop is to pack, oldest first."""
    actor.require(Permission.SUPPLY_USE)
    orders = _open_orders(actor)
    codes = _codes({line.mall_sku_id for order in orders for line in _packed_here(order)})
    return [Package(order, _packed_here(order), codes) for order in orders]


def pick_list(found: list[Package]) -> list[Pick]:
    """Return what to take from the shelves for these packages, by code."""
    rows: dict[int, list[tuple[FetchedLine, str]]] = {}
    for package in found:
        for line in package.lines:
            rows.setdefault(line.mall_sku_id, []).append((line, package.order.number))
    picks = [
        Pick(
            found[0].codes.get(sku_id, ""),
            lines[0][0].title,
            lines[0][0].spec,
            sum(line.quantity - line.shipped for line, _ in lines),
            tuple(dict.fromkeys(number for _, number in lines)),
        )
        for sku_id, lines in rows.items()
    ]
    return sorted(picks, key=lambda pick: pick.code)


def get_package(actor: Actor, fetched_id: int) -> Package:
    """Return one order that the shop packs or has packed itself. Raises NotFound."""
    query = (
        sa.select(FetchedOrder)
        .options(orm.selectinload(FetchedOrder.lines))
        .where(
            FetchedOrder.id == fetched_id,
            FetchedOrder.world_id == actor.world(),
            FetchedOrder.owner_id == mall_client.keeper(actor),
        )
    )
    order = db.session.scalars(query).one_or_none()
    if order is None:
        raise NotFound
    lines = _packed_here(order)
    return Package(order, lines, _codes({line.mall_sku_id for line in lines}))


def suggested_waybill(order: FetchedOrder, carrier: str) -> str:
    """Return a number in the carrier's form for the order's label, the same each time."""
    return make_own_waybill(Chance(get_world(order.world_id).seed, "own-waybill", order.number), carrier, order.id)


def pack_and_ship(
    actor: Actor, fetched_id: int, scanned: Mapping[str, int], carrier: str, waybill: str, key: str
) -> mall_client.ParcelInfo:
    """Check what was scanned into the box against the order, then ship it. scanned: code → units.

    Raises InvalidInput naming what is missing or does not belong into the box.
    """
    actor.require(Permission.SUPPLY_USE)
    package = get_package(actor, fetched_id)
    if not package.lines:
        raise Refused("这笔订单没有要自己发的商品了，请刷新页面。", code="nothing_to_ship")
    wanted: dict[str, int] = {}
    for line in package.lines:
        code = package.codes[line.mall_sku_id]
        wanted[code] = wanted.get(code, 0) + line.quantity - line.shipped
    for code in sorted(set(wanted) | set(scanned)):
        need, have = wanted.get(code, 0), scanned.get(code, 0)
        if need != have:
            word = f"编码 {code} 应装 {need} 件，扫描到 {have} 件"
            raise InvalidInput(f"复核不通过：{word}，请核对后再打包。", field="scanned")
    current = mall_client.get_order(actor.world(), package.order.mall_order_id)
    shippable = {line.id: line.shippable for line in current.lines}
    units = {line.mall_line_id: line.quantity - line.shipped for line in package.lines}
    if any(shippable.get(line_id, 0) < count for line_id, count in units.items()):
        raise Refused("买家正在申请退款或数量有变化，请先处理售后，再打包发货。", code="refund_open")
    parcel = mall_client.ship_own(actor, current.id, units, carrier, waybill, key)
    follow_mall_order(actor.world(), package.order.id)
    return parcel


@dataclass(frozen=True, slots=True)
class Risk:
    """One order whose delivery is in danger. tone: warn or bad; by: the moment it is about."""

    order: FetchedOrder
    kind: str
    text: str
    tone: str
    by: datetime | None


def risks(actor: Actor) -> list[Risk]:
    """Return what is in danger of coming late, getting lost or coming back, worst first."""
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    if shop is None:
        return []
    now = sim_now(actor.world())
    query = (
        sa.select(FetchedOrder)
        .where(
            FetchedOrder.world_id == actor.world(),
            FetchedOrder.owner_id == mall_client.keeper(actor),
            FetchedOrder.mall_state.in_((*mall_client.TO_SHIP, "shipped")),
        )
        .order_by(FetchedOrder.id.desc())
        .limit(300)
    )
    orders = {order.mall_order_id: order for order in db.session.scalars(query)}
    found = [
        risk
        for order in orders.values()
        if order.mall_state in mall_client.TO_SHIP and (risk := _shipping_risk(order, now))
    ]
    told = {trouble.purchase.waybill for trouble in troubles.list_open(actor)}  # shown with what is to be done
    for parcel in mall_client.parcels(actor, shop.id, list(orders)):
        if parcel.waybill in told:
            continue
        risk = _parcel_risk(orders[parcel.order_id], parcel, now)
        if risk:
            found.append(risk)
    return sorted(found, key=lambda risk: (risk.tone != "bad", risk.by or now))


def _shipping_risk(order: FetchedOrder, now: datetime) -> Risk | None:
    if order.ship_by is None or order.ship_by - now > SOON:
        return None
    if order.ship_by < now:
        return Risk(order, "已超时未发", "已超过承诺发货时间，会被判延迟发货", "bad", order.ship_by)
    return Risk(order, "即将超时", "不到 6 小时就要超过承诺发货时间", "warn", order.ship_by)


def _parcel_risk(order: FetchedOrder, parcel: mall_client.ParcelInfo, now: datetime) -> Risk | None:
    name = mall_client.carrier_name(parcel.carrier)
    words = f"{name} {parcel.waybill}"
    if parcel.state == "lost":
        return Risk(order, "包裹丢失", f"{words} 已丢失，请补寄或退款，并向快递索赔", "bad", parcel.shipped_at)
    if parcel.state in ("refused", "returning", "returned"):
        return Risk(order, "买家拒收", f"{words} 被拒收，货物退回中，联系买家处理售后", "bad", parcel.shipped_at)
    if parcel.state == "shipped" and now - parcel.shipped_at > NOT_COLLECTED:
        return Risk(order, "发货未揽收", f"{words} 超过 24 小时没有揽收，可能被判虚假发货", "bad", parcel.shipped_at)
    if parcel.state != "signed" and now - parcel.shipped_at > LONG_WAY:
        return Risk(order, "运输超时", f"{words} 发出超过 5 天还没有签收，请催促快递", "warn", parcel.shipped_at)
    return None


def oversold(actor: Actor) -> list[PurchaseOrder]:
    """Return the purchase orders that a supplier rejected for want of stock: the lesson of overselling."""
    actor.require(Permission.SUPPLY_USE)
    rejected = (
        sa.select(PurchaseOrder)
        .options(orm.joinedload(PurchaseOrder.fetched), orm.joinedload(PurchaseOrder.supplier))
        .where(
            PurchaseOrder.world_id == actor.world(),
            PurchaseOrder.owner_id == mall_client.keeper(actor),
            PurchaseOrder.note.like("供应商缺货%"),
            PurchaseOrder.state.not_in(OPEN),
        )
        .order_by(PurchaseOrder.id.desc())
        .limit(20)
    )
    return list(db.session.scalars(rejected))

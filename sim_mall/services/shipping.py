"""Shipping (发货): parcels with carrier and waybill, whole or in part, and their way in simulated time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import ParcelInfo
from sim_mall.domain.aftersale_flow import OPEN_STATES
from sim_mall.domain.order_flow import ORDER_FLOW, OrderState
from sim_mall.domain.parcel_flow import COLLECT_WITHIN, NEXT_LEG, ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import carrier_name, waybill_problem
from sim_mall.events import OrderShipped
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine, Parcel, ParcelLine
from sim_mall.services import stock
from sim_mall.services.notices import note, notify
from sim_mall.services.orders import facts_of, refuse_unpaid

PARCEL = "mall.parcel"
COLLECT_LATE = "mall.collect_late"
RECEIVE = "mall.receive"


def parcel_info(parcel: Parcel) -> ParcelInfo:
    """Return a parcel as plain data."""
    return ParcelInfo(parcel.id, parcel.order_id, parcel.carrier, parcel.waybill, str(parcel.state), parcel.shipped_at)


def ship_order(
    actor: Actor,
    order_id: int,
    units: Mapping[int, int],
    carrier: str,
    waybill: str,
    key: str,
    *,
    with_carrier: bool = True,
) -> ParcelInfo:
    """Send units of an order's lines in one parcel; units: line id → how many, empty for all that can go.

    with_carrier: the carrier has the goods; without, the parcel stands until it is handed over, and counts as
    虚假发货 after a day. The shop's owner or the world's system. Raises InvalidInput for carrier or number,
    Refused for units that were sent, cancelled, or are asked back by an open refund.
    """
    actor.require(Permission.MALL_SELL)
    waybill = waybill.strip().upper()
    body = [order_id, sorted((int(k), int(v)) for k, v in units.items()), carrier, waybill]
    body += [] if with_carrier else ["later"]
    parcel_id = once(
        actor, key, "order.ship", body, lambda: _ship(actor, order_id, units, carrier, waybill, with_carrier)
    )
    return parcel_info(db.session.get_one(Parcel, parcel_id))


def _ship(actor: Actor, order_id: int, units: Mapping[int, int], carrier: str, waybill: str, with_carrier: bool) -> int:
    order = access.get_sold_order(actor, order_id, ShopPower.SHIP, lock=True)
    refuse_unpaid(order)
    if problem := waybill_problem(carrier, waybill):
        raise InvalidInput(problem[1], field=problem[0])
    lines = {line.id: line for line in access.lines_of(order)}
    chosen = _choose(lines, units)
    _refuse_used(order, carrier, waybill)
    now = sim_now(order.world_id)
    for line_id in sorted(chosen):
        _count_shipped(lines[line_id], chosen[line_id])
    stock.send({i: (lines[i].sku_id, n) for i, n in chosen.items()}, now, f"order:{order.id}")
    parcel = Parcel(
        state=ParcelState.SHIPPED,
        world_id=order.world_id,
        order_id=order.id,
        carrier=carrier,
        waybill=waybill,
        shipped_at=now,
        with_carrier=with_carrier,
    )
    db.session.add(parcel)
    db.session.flush()
    db.session.add_all(ParcelLine(parcel_id=parcel.id, line_id=i, quantity=n) for i, n in sorted(chosen.items()))
    rest = sum(line.quantity - line.shipped - line.cancelled for line in access.lines_of(order))
    event = "ship_part" if rest else "ship_all"
    values = {"modified_at": now, **({} if rest else {"shipped_at": now})}
    facts = {"parcel": parcel.id, "carrier": carrier, "waybill": waybill}
    fire(ORDER_FLOW, order, event, actor, sim_at=now, values=values, note=facts)
    if not rest:
        start_receipt(order)
    if with_carrier:
        due.schedule(order.world_id, now + NEXT_LEG[ParcelState.SHIPPED].after, PARCEL, parcel.id, ParcelState.SHIPPED)
    due.schedule(order.world_id, now + COLLECT_WITHIN, COLLECT_LATE, parcel.id, ParcelState.SHIPPED)
    note(actor, order.world_id, "order.shipped", f"order:{order.id}", {**facts, "rest": rest})
    notify(
        order.world_id,
        order.buyer_id,
        "order",
        "商品已发货" if not rest else "部分商品已发货",
        f"{order.shop_name} 已通过{carrier_name(carrier)}发出，运单号 {waybill}。",
        f"/mall/orders/{order.id}",
    )
    publish(OrderShipped(*facts_of(order)))
    return parcel.id


def _choose(lines: Mapping[int, OrderLine], units: Mapping[int, int]) -> dict[int, int]:
    """Return how many units of which line go; refuses what is not there."""
    if not units:
        chosen = {line.id: line.shippable for line in lines.values() if line.shippable}
        if not chosen:
            asked = any(line.applying_unshipped for line in lines.values())
            raise Refused(
                "买家申请了退款，请先处理售后再发货。" if asked else "没有可以发货的商品。",
                code="refund_open" if asked else "nothing_to_ship",
            )
        return chosen
    if not set(units) <= set(lines):
        raise InvalidInput("发货商品不属于这笔订单，请刷新页面。", field="units")
    chosen = {line_id: count for line_id, count in units.items() if count}
    if not chosen or any(count < 0 for count in chosen.values()):
        raise InvalidInput("请填写要发货的数量。", field="units")
    for line_id, count in sorted(chosen.items()):
        line = lines[line_id]
        if count > line.shippable:
            if line.applying_unshipped:
                raise Refused(
                    f"“{line.title}”有 {line.applying_unshipped} 件正在申请退款，请先处理售后再发货。",
                    code="refund_open",
                )
            raise Refused(f"“{line.title}”最多还能发 {line.shippable} 件。", code="too_many_units")
    return chosen


def _is_used(world_id: int, carrier: str, waybill: str) -> bool:
    used = sa.select(Parcel.id).where(Parcel.world_id == world_id, Parcel.carrier == carrier, Parcel.waybill == waybill)
    return db.session.scalars(used).first() is not None


_USED = "这个运单号已经用过了，请检查后填写新的运单号。"


def _refuse_used(order: Order, carrier: str, waybill: str) -> None:
    if _is_used(order.world_id, carrier, waybill):
        raise Refused(_USED, code="waybill_used", field="waybill")


def waybill_trouble(world_id: int, carrier: str, waybill: str) -> str:
    """Return what is wrong with a new waybill, '' when it can be used."""
    problem = waybill_problem(carrier, waybill)
    if problem:
        return problem[1]
    return _USED if _is_used(world_id, carrier, waybill) else ""


def _count_shipped(line: OrderLine, count: int) -> None:
    changed = db.session.execute(
        sa.update(OrderLine)
        .where(
            OrderLine.id == line.id,
            OrderLine.quantity - OrderLine.shipped - OrderLine.cancelled - OrderLine.applying_unshipped >= count,
        )
        .values(shipped=OrderLine.shipped + count)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused(f"“{line.title}”的可发数量刚刚变动，请刷新后重试。", code="too_many_units")


def has_open_ticket(order_id: int) -> bool:
    """Say whether an after-sale of the order is open."""
    query = sa.select(AfterSale.id).where(AfterSale.order_id == order_id, AfterSale.state.in_(OPEN_STATES)).limit(1)
    return db.session.scalars(query).first() is not None


def start_receipt(order: Order) -> None:
    """Start the clock of the automatic receipt; it stands while an after-sale is open."""
    days = setting(get_world(order.world_id), "receive_days")
    if has_open_ticket(order.id):
        order.receive_by, order.receive_left = None, days * 86_400
        return
    order.receive_by, order.receive_left = sim_now(order.world_id) + timedelta(days=days), None
    due.schedule(order.world_id, order.receive_by, RECEIVE, order.id, OrderState.SHIPPED)


def pause_receipt(order: Order) -> None:
    """Stop the clock of the automatic receipt, remembering what was left."""
    if order.state != OrderState.SHIPPED or order.receive_by is None:
        return
    left = int((order.receive_by - sim_now(order.world_id)).total_seconds())
    order.receive_by, order.receive_left = None, max(left, 0)
    due.withdraw(RECEIVE, order.id)


def extend_receipt(actor: Actor, order_id: int) -> Order:
    """Give the buyer more time before the automatic receipt (延长收货), once per order."""
    actor.require(Permission.MALL_BUY)
    order = access.get_bought_order(actor, order_id, lock=True)
    if order.state != OrderState.SHIPPED:
        raise Refused("只有待收货的订单可以延长收货。", code="not_extendable")
    if order.extended_at is not None:
        raise Refused("每笔订单只能延长一次收货。", code="extended")
    more = timedelta(days=setting(get_world(order.world_id), "extend_days"))
    now = sim_now(order.world_id)
    order.extended_at, order.modified_at = now, now
    if order.receive_by is None:
        order.receive_left = (order.receive_left or 0) + int(more.total_seconds())
    else:
        due.withdraw(RECEIVE, order.id)
        order.receive_by += more
        due.schedule(order.world_id, order.receive_by, RECEIVE, order.id, OrderState.SHIPPED)
    note(actor, order.world_id, "order.receipt_extended", f"order:{order.id}", {"days": more.days})
    return order


def resume_receipt(order: Order) -> None:
    """Let the clock run on with what was left, once no after-sale is open."""
    if order.state != OrderState.SHIPPED or order.receive_left is None or has_open_ticket(order.id):
        return
    order.receive_by = sim_now(order.world_id) + timedelta(seconds=order.receive_left)
    order.receive_left = None
    due.schedule(order.world_id, order.receive_by, RECEIVE, order.id, OrderState.SHIPPED)

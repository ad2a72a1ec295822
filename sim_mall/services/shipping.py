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
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import ParcelInfo
from sim_mall.domain.aftersale_flow import OPEN_STATES
from sim_mall.domain.order_flow import ORDER_FLOW, OrderState
from sim_mall.domain.parcel_flow import NEXT_LEG, PARCEL_FLOW, ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import carrier_name, waybill_problem
from sim_mall.events import OrderShipped
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine, Parcel, ParcelLine
from sim_mall.services import stock
from sim_mall.services.notices import note, notify
from sim_mall.services.orders import facts_of, refuse_unpaid
from sim_mall.services.shops import system_of

PARCEL = "mall.parcel"
RECEIVE = "mall.receive"


def parcel_info(parcel: Parcel) -> ParcelInfo:
    """Return a parcel as plain data."""
    return ParcelInfo(parcel.id, parcel.order_id, parcel.carrier, parcel.waybill, str(parcel.state), parcel.shipped_at)


def ship_order(
    actor: Actor, order_id: int, units: Mapping[int, int], carrier: str, waybill: str, key: str
) -> ParcelInfo:
    """Send units of an order's lines in one parcel; units: line id → how many, empty for all that can go.

    The shop's owner or the world's system. Raises InvalidInput for carrier or number, Refused for units that
    were sent, cancelled, or are asked back by an open refund.
    """
    actor.require(Permission.MALL_SELL)
    waybill = waybill.strip().upper()
    body = [order_id, sorted((int(k), int(v)) for k, v in units.items()), carrier, waybill]
    parcel_id = once(actor, key, "order.ship", body, lambda: _ship(actor, order_id, units, carrier, waybill))
    return parcel_info(db.session.get_one(Parcel, parcel_id))


def _ship(actor: Actor, order_id: int, units: Mapping[int, int], carrier: str, waybill: str) -> int:
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
    due.schedule(order.world_id, now + NEXT_LEG[ParcelState.SHIPPED].after, PARCEL, parcel.id, ParcelState.SHIPPED)
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


def _refuse_used(order: Order, carrier: str, waybill: str) -> None:
    used = sa.select(Parcel.id).where(
        Parcel.world_id == order.world_id, Parcel.carrier == carrier, Parcel.waybill == waybill
    )
    if db.session.scalars(used).first() is not None:
        raise Refused("这个运单号已经用过了，请检查后填写新的运单号。", code="waybill_used", field="waybill")


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


def resume_receipt(order: Order) -> None:
    """Let the clock run on with what was left, once no after-sale is open."""
    if order.state != OrderState.SHIPPED or order.receive_left is None or has_open_ticket(order.id):
        return
    order.receive_by = sim_now(order.world_id) + timedelta(seconds=order.receive_left)
    order.receive_left = None
    due.schedule(order.world_id, order.receive_by, RECEIVE, order.id, OrderState.SHIPPED)


def on_parcel(task: DueTask) -> None:
    """Move a parcel one leg on its way."""
    actor = system_of(task.world_id)
    parcel = db.session.get(Parcel, task.target_id)
    if parcel is None or str(parcel.state) != task.expected:
        return
    now = sim_now(task.world_id)
    event = NEXT_LEG[parcel.state].event
    values = {"signed_at": now} if event == "sign" else None
    fire(PARCEL_FLOW, parcel, event, actor, sim_at=now, values=values)
    leg = NEXT_LEG.get(parcel.state)
    if leg is not None:
        due.schedule(task.world_id, now + leg.after, PARCEL, parcel.id, parcel.state)
        return
    order = access.get_order_of_world(actor, parcel.order_id)
    text = f"{order.shop_name} 的包裹已签收，确认无误后请确认收货。"
    notify(task.world_id, order.buyer_id, "order", "包裹已签收", text, f"/mall/orders/{order.id}")

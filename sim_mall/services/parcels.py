"""Way of parcels (包裹) in simulated time: collected, carried, signed; stopped, refused, or lost."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import OPEN_STATES, AfterSaleKind, AfterSaleStage, AfterSaleState, Reason
from sim_mall.domain.parcel_flow import INTERCEPT_BP, NEXT_LEG, PARCEL_FLOW, UNSIGNED, ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import ParcelNotCollected
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine, Parcel, ParcelLine
from sim_mall.services import applying, refunds, tickets
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.shipping import PARCEL
from sim_mall.services.shops import system_of
from sim_mall.services.tickets import GIVE_UP, RECEIVE_BACK, Until


def _get(world_id: int, parcel_id: int) -> Parcel:
    parcel = db.session.get(Parcel, parcel_id, populate_existing=True)
    if parcel is None or parcel.world_id != world_id:
        raise NotFound
    return parcel


def hand_over(actor: Actor, parcel_id: int) -> Parcel:
    """Give a parcel to the carrier that was reported as sent before it was: it is collected a few hours later."""
    actor.require(Permission.MALL_SELL)
    parcel = _get(actor.world(), parcel_id)
    access.get_sold_order(actor, parcel.order_id, ShopPower.SHIP, lock=True)
    db.session.refresh(parcel)
    if parcel.with_carrier or parcel.state != ParcelState.SHIPPED:
        raise Refused("这个包裹已经交给快递了。", code="handed_over")
    parcel.with_carrier = True
    _next_leg(parcel)
    note(actor, parcel.world_id, "parcel.handed_over", f"parcel:{parcel.id}")
    return parcel


def _next_leg(parcel: Parcel) -> None:
    leg = NEXT_LEG.get(parcel.state)
    if leg is not None:
        now = sim_now(parcel.world_id)
        due.schedule(parcel.world_id, now + leg.after, PARCEL, parcel.id, parcel.state)


def on_parcel(task: DueTask) -> None:
    """Move a parcel one leg on its way."""
    actor = system_of(task.world_id)
    parcel = db.session.get(Parcel, task.target_id)
    if parcel is None or str(parcel.state) != task.expected:
        return
    order = access.get_order_of_world(actor, parcel.order_id, lock=True)
    db.session.refresh(parcel)
    if str(parcel.state) != task.expected:
        return
    now = sim_now(task.world_id)
    event = NEXT_LEG[parcel.state].event
    if event == "deliver" and _is_lost(parcel):
        event = "lose"
    values = {"sign": {"signed_at": now}, "collect": {"collected_at": now}}.get(event)
    fire(PARCEL_FLOW, parcel, event, actor, sim_at=now, values=values)
    _next_leg(parcel)
    if parcel.state == ParcelState.SIGNED:
        text = f"{order.shop_name} 的包裹已签收，确认无误后请确认收货。"
        notify(task.world_id, order.buyer_id, "order", "包裹已签收", text, f"/mall/orders/{order.id}")
    elif parcel.state == ParcelState.RETURNED:
        _came_back(parcel, order)
    elif parcel.state == ParcelState.LOST:
        apply_for_lost(parcel, order)


def _is_lost(parcel: Parcel) -> bool:
    world = get_world(parcel.world_id)
    return Chance(world.seed, "parcel-lost", parcel.waybill).happens(setting(world, "parcel_lost_bp"))


def on_collect_late(task: DueTask) -> None:
    """Tell the seller, and whoever watches the rules, that a waybill has no goods (虚假发货)."""
    actor = system_of(task.world_id)
    parcel = db.session.get(Parcel, task.target_id)
    if parcel is None or parcel.state != ParcelState.SHIPPED:
        return
    order = access.get_order_of_world(actor, parcel.order_id)
    note(actor, task.world_id, "parcel.not_collected", f"parcel:{parcel.id}", {"order": order.id})
    text = f"订单 {order.number} 的运单 {parcel.waybill} 已 24 小时没有揽收，会被认定为虚假发货，请尽快把包裹交给快递。"
    path = f"/seller/orders/{order.id}"
    notify_shop(task.world_id, order.shop_id, ShopPower.SHIP, "order", "包裹没有揽收", text, path)
    publish(ParcelNotCollected(task.world_id, order.id, parcel.id, order.shop_id, order.buyer_id))


def stop_parcel(ticket: AfterSale, order: Order) -> None:
    """Try to stop the parcel of an agreed refund (拦截): it comes back, or the buyer has to apply anew."""
    actor = system_of(ticket.world_id)
    parcel = _get(ticket.world_id, ticket.parcel_id or 0)
    world = get_world(ticket.world_id)
    if parcel.state in (ParcelState.REFUSED, ParcelState.RETURNING, ParcelState.RETURNED):
        _goes_back(ticket, parcel, order)
        return
    if parcel.state == ParcelState.LOST:
        tickets.move(ticket, "agree_refund", actor)
        refunds.pay_refund(ticket, order)
        return
    going = parcel.state in UNSIGNED
    luck = not parcel.with_carrier or Chance(world.seed, "intercept", parcel.waybill).happens(INTERCEPT_BP)
    if going and luck:
        now = sim_now(ticket.world_id)
        fire(PARCEL_FLOW, parcel, "intercept", actor, sim_at=now, note={"ticket": ticket.id})
        _next_leg(parcel)
        _goes_back(ticket, parcel, order)
        tickets.tell_buyer(ticket, "包裹已拦截", "包裹正在退回卖家，卖家验收后退款。")
        return
    reason = "包裹拦截失败，会继续派送" if going else "包裹已经签收，不能拦截"
    until = Until(GIVE_UP, tickets.days(ticket, "buyer_answer_days"))
    tickets.move(ticket, "intercept_failed", actor, until, reject_reason=f"{reason}；收到后可以改为退货退款。")
    tickets.tell_buyer(ticket, "包裹拦截失败", f"{reason}；可以拒收，或收到后把申请改为退货退款。")


def _goes_back(ticket: AfterSale, parcel: Parcel, order: Order) -> None:
    """Let a ticket wait for the goods of a parcel that turns back."""
    way = {"carrier": parcel.carrier, "waybill": parcel.waybill, "parcel_id": parcel.id}
    tickets.move(ticket, "intercepted", system_of(ticket.world_id), None, **way)
    if parcel.state == ParcelState.RETURNED:
        _came_back(parcel, order)


def refuse_parcel(actor: Actor, parcel_id: int) -> list[AfterSale]:
    """Refuse a parcel at the door (拒收): it goes back, and its goods are refunded when the seller has them."""
    actor.require(Permission.MALL_BUY)
    parcel = _get(actor.world(), parcel_id)
    order = access.get_bought_order(actor, parcel.order_id, lock=True)
    db.session.refresh(parcel)
    lines = [row.line_id for row in _rows(parcel)]
    query = sa.select(AfterSale).where(AfterSale.line_id.in_(lines), AfterSale.state.in_(OPEN_STATES))
    asked = list(db.session.scalars(query.order_by(AfterSale.id)))
    if any(ticket.parcel_id != parcel.id for ticket in asked):
        raise Refused("这个包裹里的商品有售后正在处理，请先完成或撤销售后再拒收。", code="refund_open")
    fire(PARCEL_FLOW, parcel, "refuse", actor, sim_at=sim_now(order.world_id))
    _next_leg(parcel)
    opened = [*asked, *_open_for(parcel, order, Reason.REFUSED, "买家拒收包裹")]
    for ticket in opened:
        if ticket.state == AfterSaleState.APPLIED:
            _goes_back(ticket, parcel, order)
    return opened


def _rows(parcel: Parcel) -> list[ParcelLine]:
    query = sa.select(ParcelLine).where(ParcelLine.parcel_id == parcel.id).order_by(ParcelLine.line_id)
    return list(db.session.scalars(query))


def apply_for_lost(parcel: Parcel, order: Order) -> None:
    """Apply for the buyer's money when the carrier has lost a parcel."""
    _open_for(parcel, order, Reason.LOST, "快递确认包裹丢失，平台代买家申请退款")
    text = f"{order.shop_name} 的包裹在运输中丢失，平台已代你申请退款。"
    notify(order.world_id, order.buyer_id, "order", "包裹丢失", text, f"/mall/orders/{order.id}")


def _open_for(parcel: Parcel, order: Order, reason: Reason, text: str) -> list[AfterSale]:
    """Open a ticket for every line of a parcel, for what of it is neither refunded nor asked back."""
    actor = system_of(order.world_id)
    opened = []
    for row in _rows(parcel):
        line: OrderLine = next(line for line in access.lines_of(order) if line.id == row.line_id)
        units = min(row.quantity, line.returnable)
        if units:
            claim = applying.Claim(AfterSaleKind.REFUND_ONLY, units, reason, text)
            opened.append(applying.open_ticket(actor, order, line, claim, AfterSaleStage.AFTER_SHIP))
    return opened


def _came_back(parcel: Parcel, order: Order) -> None:
    """Start the seller's clock for the goods of a parcel that came back."""
    query = sa.select(AfterSale).where(
        AfterSale.parcel_id == parcel.id, AfterSale.state == AfterSaleState.BUYER_SHIPPED
    )
    now = sim_now(parcel.world_id)
    for ticket in db.session.scalars(query.order_by(AfterSale.id)).all():
        length = tickets.days(ticket, "seller_receive_days")
        ticket.back_signed_at, ticket.deadline_by = now, now + length
        due.schedule(ticket.world_id, now + length, RECEIVE_BACK, ticket.id, AfterSaleState.BUYER_SHIPPED)
        text = f"订单 {order.number} 退回的包裹已送达，请在 {length.days} 天内验收，超时自动退款。"
        tickets.tell_seller(ticket, order, "退回的包裹已送达", text)

"""What a supplier's carrier reports of a parcel (包裹异常): lost, or late; and the seller's word to the buyer."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueState, DueTask
from sim_mall import access
from sim_mall.domain.parcel_flow import PARCEL_FLOW, ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import carrier_name
from sim_mall.models.trade import Order, Parcel
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.parcels import apply_for_lost
from sim_mall.services.shipping import PARCEL

MOST_HOURS = 240


def report_parcel(actor: Actor, order_id: int, carrier: str, waybill: str, *, lost: bool, hours: int) -> bool:
    """Let a parcel on its way get lost, or come so many hours later; say whether it still was on its way."""
    if not actor.is_system:
        raise Forbidden
    if not lost and not 1 <= hours <= MOST_HOURS:
        raise InvalidInput(f"延误应在 1 到 {MOST_HOURS} 小时之间。", field="hours")
    order = access.get_order_of_world(actor, order_id, lock=True)
    query = sa.select(Parcel).where(
        Parcel.order_id == order.id, Parcel.carrier == carrier, Parcel.waybill == waybill.strip().upper()
    )
    parcel = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if parcel is None:
        raise NotFound
    if parcel.state != ParcelState.IN_TRANSIT:
        return False
    if lost:
        _lose(actor, parcel, order)
    else:
        _delay(actor, parcel, order, hours)
    return True


def _lose(actor: Actor, parcel: Parcel, order: Order) -> None:
    due.withdraw(PARCEL, parcel.id)
    fire(PARCEL_FLOW, parcel, "lose", actor, sim_at=sim_now(parcel.world_id))
    note(actor, parcel.world_id, "parcel.lost", f"parcel:{parcel.id}", {"order": order.id})
    apply_for_lost(parcel, order)
    _tell_shop(parcel, order, "包裹丢失", "已丢失，平台已代买家申请退款，请尽快处理。")


def _delay(actor: Actor, parcel: Parcel, order: Order, hours: int) -> None:
    waiting = sa.select(DueTask.due_at).where(
        DueTask.kind == PARCEL, DueTask.target_id == parcel.id, DueTask.status == DueState.WAITING
    )
    at = (db.session.scalars(waiting).first() or sim_now(parcel.world_id)) + timedelta(hours=hours)
    due.withdraw(PARCEL, parcel.id)
    due.schedule(parcel.world_id, at, PARCEL, parcel.id, parcel.state)
    parcel.late_hours += hours
    note(actor, parcel.world_id, "parcel.late", f"parcel:{parcel.id}", {"order": order.id, "hours": hours})
    _tell_shop(parcel, order, "包裹延误", f"预计晚到 {hours} 小时，请告诉买家。")


def _tell_shop(parcel: Parcel, order: Order, title: str, text: str) -> None:
    words = f"订单 {order.number} 的{carrier_name(parcel.carrier)} {parcel.waybill} {text}"
    notify_shop(order.world_id, order.shop_id, ShopPower.SHIP, "order", title, words, f"/seller/orders/{order.id}")


def tell_buyer(actor: Actor, order_id: int, title: str, text: str) -> None:
    """Send the buyer of a sold order a message about it."""
    actor.require(Permission.MALL_SELL)
    order = access.get_sold_order(actor, order_id, ShopPower.ORDERS)
    notify(order.world_id, order.buyer_id, "order", title, f"{order.shop_name}：{text}", f"/mall/orders/{order.id}")
    note(actor, order.world_id, "buyer.told", f"order:{order.id}", {"title": title})

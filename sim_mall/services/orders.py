"""Orders (订单): quote, submit, cancel, close, time out.

One submit may buy from several shops; it becomes one order per shop, all or nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.idempotency import answered, once
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import OrderInfo, OrderLineInfo, Receiver
from sim_mall.domain.order_flow import CloseReason, OrderSource, OrderState
from sim_mall.domain.pricing.terms import PricedLine
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import OrderPlaced
from sim_mall.models.promotions import FlashUnits, LineDiscount, Promotion
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import (
    buy_limits,
    cart,
    coupons,
    flash,
    freight,
    groups,
    live_stock,
    points,
    stock,
    stock_alarm,
    stock_at_payment,
)
from sim_mall.services.addresses import check_receiver
from sim_mall.services.checkout import MAX_LINES, Checkout, Choice, Wanted, check_out, refuse_changed
from sim_mall.services.checkout import key_of as coupon_key
from sim_mall.services.notices import note, notify
from sim_mall.services.offers import GroupChoice
from sim_mall.services.order_closing import PAY_TIMEOUT, close_unpaid
from sim_mall.services.order_facts import facts_of
from sim_mall.services.shops import system_of


@dataclass(frozen=True, slots=True)
class LiveOrigin:
    """The live room and its item that an order came from."""

    room_id: int
    item_id: int


def submit_orders(
    actor: Actor,
    wanted: Sequence[Wanted],
    receiver: Receiver,
    *,
    key: str,
    shown: Mapping[str, Any] | None = None,
    messages: Mapping[int, str] | None = None,
    live_price: Mapping[int, int] | None = None,
    live: LiveOrigin | None = None,
    choice: Choice | None = None,
) -> list[int]:
    """Submit: one order per shop, stock reserved for all lines or for none. Returns the order ids.

    shown: prices that the buyer saw (``Checkout.shown``); a difference raises Conflict (409) with old and new.
    messages: shop id → the buyer's words. choice: coupons and group; without one no coupon is used.
    The same key with the same body returns the first answer.
    """
    actor.require(Permission.MALL_BUY)
    receiver = check_receiver(receiver)
    choice = choice or Choice(coupons=())
    body = {
        "lines": [[line.sku_id, line.quantity] for line in wanted],
        "receiver": [receiver.name, receiver.phone, receiver.region, receiver.detail, receiver.division_code],
        "messages": {str(k): v for k, v in (messages or {}).items()},
        "live": [live.room_id, live.item_id] if live else None,
        "live_price": {str(k): v for k, v in (live_price or {}).items()},
        "coupons": sorted(choice.coupons or ()),
        "points": choice.points,
        "group": [choice.group.promotion_id, choice.group.group_id] if choice.group else None,
    }

    def carry_out() -> list[int]:
        refuse_late(actor, shown)  # who waited for the others' orders is refused before anything is priced
        checkout = check_out(actor, wanted, live_price, receiver.division_code, choice)
        freight.refuse_blocked([line.listing for line in checkout.lines], checkout.blocked, receiver.division_code)
        if shown is not None:
            refuse_changed(shown, checkout)
        return _place(actor, checkout, receiver, messages or {}, live)

    found: list[int] = once(actor, key, "order.submit", body, carry_out)
    return found


def refuse_late(actor: Actor, shown: Mapping[str, Any] | None, key: str = "") -> None:
    """Raise Refused (code flash_gone) for who was shown a flash price of goods that are gone meanwhile.

    Cheap: pages ask it before they open a unit of work. An order that ``key`` has placed already is not late.
    """
    named = (shown or {}).get("flash")
    sku_ids = [one for one in named if isinstance(one, int)] if isinstance(named, list) else []
    if sku_ids and not (key and answered(actor, key)):
        flash.refuse_sold_out(actor.world(), sku_ids[:MAX_LINES])


def _place(
    actor: Actor, checkout: Checkout, receiver: Receiver, messages: Mapping[int, str], live: LiveOrigin | None
) -> list[int]:
    world = get_world(actor.world())
    now = sim_now(world.id)
    batch = _number(now)
    deferred = stock_at_payment.deferred(checkout, live=live is not None)
    held = _take_stock(actor, checkout, batch, live, deferred)
    coupons.lock(actor, checkout.coupons, batch)
    fast = live is not None or bool(checkout.flash)
    pay_by = now + timedelta(minutes=setting(world, "pay_minutes_fast" if fast else "pay_minutes"))
    placed = []
    for shop_id in dict.fromkeys(line.listing.shop_id for line in checkout.lines):
        order = _write_order(actor, checkout, shop_id, receiver, batch, pay_by, live, deferred)
        live_stock.hold(order, held)
        order.message = messages.get(shop_id, "").strip()[:200]
        points.spend(order)
        due.schedule(world.id, pay_by, PAY_TIMEOUT, order.id, OrderState.PENDING_PAY)
        _tell_placed(actor, order)
        placed.append(order.id)
    cart.take_out(actor, sorted({line.sku.id for line in checkout.lines}))
    return placed


def _take_stock(
    actor: Actor, checkout: Checkout, batch: str, live: LiveOrigin | None, deferred: frozenset[int]
) -> dict[int, live_stock.LiveStock]:
    """Count limits and reserve stock for all lines: flash sales and live rooms from what was set aside for them.

    deferred: places of lines whose stock is taken at payment; now it only has to be there. Returns SKU → the live
    stock that its line holds.
    """
    now = sim_now(actor.world())
    usual: dict[int, int] = {}
    aside: dict[int, int] = {}
    later: dict[int, int] = {}
    for place, line in enumerate(checkout.lines):
        demand = later if place in deferred else aside if place in checkout.flash else usual
        demand[line.sku.id] = demand.get(line.sku.id, 0) + line.quantity
    sales: dict[int, tuple[Promotion, dict[int, int]]] = {}
    for place, item in checkout.flash.items():
        _, units = sales.setdefault(item.promotion_id, (item.promotion, {}))
        units[item.id] = units.get(item.id, 0) + checkout.lines[place].quantity
    for promotion_id in sorted(sales):
        flash.take(*sales[promotion_id], actor.person())
    if checkout.group_choice is not None:
        _count_group(actor, checkout, checkout.group_choice)
    held = live_stock.take(actor.world(), live.item_id, usual) if live is not None else {}
    for sku_id in [sku_id for sku_id, row in held.items() if row.open]:
        aside[sku_id] = aside.get(sku_id, 0) + usual.pop(sku_id)
    stock.refuse_missing(later)
    wanted: dict[int, int] = {}
    for line in checkout.lines:
        wanted[line.listing.id] = wanted.get(line.listing.id, 0) + line.quantity
    stock.reserve_aside(aside, now, f"batch:{batch}")
    stock.reserve(usual, now, f"batch:{batch}")
    buy_limits.refuse_beyond(actor, wanted)
    stock_alarm.warn(usual)
    return held


def _count_group(actor: Actor, checkout: Checkout, choice: GroupChoice) -> None:
    if choice.group_id is not None:
        groups.refuse_joining(actor, choice.promotion_id, choice.group_id)
    promotion = next(iter(checkout.group.values())).promotion
    flash.count_quota(promotion, actor.person(), sum(checkout.lines[place].quantity for place in checkout.group))


def _number(now: datetime) -> str:
    return f"{local(now):%y%m%d%H%M}{secrets.randbelow(10**10):010d}"


def _write_order(
    actor: Actor,
    checkout: Checkout,
    shop_id: int,
    receiver: Receiver,
    batch: str,
    pay_by: datetime,
    live: LiveOrigin | None,
    deferred: frozenset[int],
) -> Order:
    now = sim_now(actor.world())
    priced = checkout.quote.of_shop(shop_id)
    goods = sum(line.payable for line in priced)
    way = checkout.quote.freight_of(shop_id)
    usual_promise = setting(get_world(actor.world()), "ship_hours")
    order = Order(
        state=OrderState.PENDING_PAY,
        world_id=actor.world(),
        number=_number(now),
        batch=batch,
        shop_id=shop_id,
        shop_name=checkout.lines[int(priced[0].id)].listing.shop.name,
        insured=checkout.lines[int(priced[0].id)].listing.shop.insures,
        buyer_id=actor.person(),
        source=OrderSource.LIVE if live else OrderSource.MALL,
        room_id=live.room_id if live else None,
        live_item_id=live.item_id if live else None,
        goods_payable=goods,
        freight=way,
        payable=goods + way,
        receiver_name=receiver.name,
        receiver_phone=receiver.phone,
        receiver_region=receiver.region,
        receiver_detail=receiver.detail,
        placed_at=now,
        pay_by=pay_by,
        modified_at=now,
    )
    db.session.add(order)
    db.session.flush()
    for line in priced:
        chosen = checkout.lines[int(line.id)]
        row = OrderLine(
            order=order,
            sku_id=chosen.sku.id,
            listing_id=chosen.listing.id,
            title=chosen.listing.title,
            spec=chosen.sku.spec,
            category=f"{chosen.listing.category.l1} {chosen.listing.category.l2}".strip(),
            picture=chosen.sku.picture or next(iter(chosen.listing.pictures), ""),
            unit_price=line.unit_price,
            quantity=line.qty,
            base=line.base,
            steps=[[step.step, step.id, step.share, step.name] for step in line.steps],
            payable=line.payable,
            seven_day=chosen.listing.seven_day,
            promise_hours=chosen.listing.promise_hours or usual_promise,
            at_payment=int(line.id) in deferred,
        )
        db.session.add(row)
        db.session.flush()
        if not row.at_payment:
            stock.hold(row)
        _keep_discounts(checkout, row, line)
    if checkout.group_choice is not None:
        groups.note_order(order, checkout.group_choice.promotion_id, checkout.group_choice.group_id)
    return order


def _keep_discounts(checkout: Checkout, row: OrderLine, line: PricedLine) -> None:
    """Keep what each activity and coupon took off the line, and the flash units that it holds."""
    by_coupon = {coupon_key(coupon): coupon for coupon in checkout.coupons}
    for step in line.steps:
        coupon = by_coupon.get(str(step.id))
        kind, _, number = str(step.id).partition(":")
        db.session.add(
            LineDiscount(
                order_id=row.order_id,
                line_id=row.id,
                promotion_id=int(number) if kind == "promotion" else None,
                template_id=coupon.template_id if coupon else None,
                coupon_id=coupon.id if coupon else None,
                step=str(step.step),
                share=step.share,
            )
        )
    item = checkout.flash.get(int(line.id))
    if item is not None:
        db.session.add(FlashUnits(line_id=row.id, item_id=item.id, units=row.quantity))


def _tell_placed(actor: Actor, order: Order) -> None:
    note(
        actor,
        order.world_id,
        "order.placed",
        f"order:{order.id}",
        {"number": order.number, "shop": order.shop_id, "payable": order.payable, "source": order.source},
    )
    publish(OrderPlaced(*facts_of(order)))


def cancel_order(actor: Actor, order_id: int) -> Order:
    """Cancel an own unpaid order."""
    actor.require(Permission.MALL_BUY)
    order = access.get_bought_order(actor, order_id, lock=True)
    close_unpaid(order, "cancel", actor, CloseReason.BUYER)
    return order


def close_order(actor: Actor, order_id: int, reason: str) -> Order:
    """Close an unpaid order of the own shop, telling the buyer why."""
    actor.require(Permission.MALL_SELL)
    if not 2 <= len(reason) <= 100:
        raise InvalidInput("请写明关闭原因，2 到 100 个字。", field="reason")
    order = access.get_sold_order(actor, order_id, ShopPower.ORDER_CHANGE, lock=True)
    close_unpaid(order, "seller_close", actor, CloseReason.SELLER, reason)
    notify(
        order.world_id,
        order.buyer_id,
        "order",
        "订单被卖家关闭",
        f"{order.shop_name}：{reason}",
        f"/mall/orders/{order.id}",
    )
    return order


def on_pay_timeout(task: DueTask) -> None:
    """Close an order that was not paid in time; nothing to do when it no longer waits for payment."""
    order = access.get_order_of_world(system_of(task.world_id), task.target_id, lock=True)
    if order.state != OrderState.PENDING_PAY:
        return
    close_unpaid(order, "timeout", system_of(task.world_id), CloseReason.TIMEOUT)
    text = f"订单 {order.number} 超过付款时限，已自动取消。"
    notify(order.world_id, order.buyer_id, "order", "订单已自动取消", text, f"/mall/orders/{order.id}")


def line_info(line: OrderLine) -> OrderLineInfo:
    """Return a line as plain data."""
    return OrderLineInfo(
        id=line.id,
        sku_id=line.sku_id,
        listing_id=line.listing_id,
        title=line.title,
        spec=line.spec,
        quantity=line.quantity,
        unit_price=line.unit_price,
        payable=line.payable,
        shipped=line.shipped,
        applying=line.applying,
        refunded=line.refunded,
        shippable=line.shippable,
    )


def order_info(order: Order) -> OrderInfo:
    """Return an order as plain data."""
    return OrderInfo(
        id=order.id,
        number=order.number,
        world_id=order.world_id,
        shop_id=order.shop_id,
        shop_name=order.shop_name,
        buyer_id=order.buyer_id,
        state=str(order.state),
        source=str(order.source),
        room_id=order.room_id,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        ship_by=order.ship_by,
        modified_at=order.modified_at,
        goods_payable=order.goods_payable,
        freight=order.freight,
        payable=order.payable,
        receiver=Receiver(order.receiver_name, order.receiver_phone, order.receiver_region, order.receiver_detail),
        lines=tuple(line_info(line) for line in order.lines),
    )


def with_lines(query: sa.Select[Order]) -> sa.Select[Order]:
    """Let a query of orders load their lines in one more query."""
    return query.options(orm.selectinload(Order.lines)).execution_options(populate_existing=True)


def orders_of_batch(actor: Actor, batch: str) -> list[Order]:
    """Return the actor's orders that were submitted together. Raises NotFound without any."""
    query = sa.select(Order).where(
        Order.world_id == actor.world(), Order.buyer_id == actor.person(), Order.batch == batch
    )
    found = list(db.session.scalars(with_lines(query.order_by(Order.id))))
    if not found:
        raise NotFound
    return found


def refuse_unpaid(order: Order) -> None:
    """Raise Refused for an order that may not be sent yet: not paid, or its group is not full."""
    if order.state == OrderState.PENDING_PAY:
        raise Refused("买家还没有付款，付款后才能发货。", code="unpaid")
    if order.forming:
        raise Refused("这笔订单还在拼团，成团后才能发货。", code="forming")

"""Buying in the room: the live price holds there and then, the order is the mall's."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.core import audit
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from sim_livestream import access, mall_client
from sim_livestream.data import Bought, BuySheet, SkuChoice
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models import ItemStatus, LiveItem, LiveQuota, LiveRoom, LiveSale, SaleStatus
from sim_mall.data import Receiver

MOST_UNITS = 999


def why_not(actor: Actor, room: LiveRoom, item: LiveItem) -> str:
    """Return why the actor cannot buy the item now, '' when nothing stands against it."""
    if not actor.may(Permission.MALL_BUY):
        return "当前身份不能购买，学员身份可以下单。"
    if access.hosts(actor, room):
        return "这是你自己的店铺，不能购买自己的商品。"
    if room.state is RoomState.PAUSED:
        return "直播暂停中，恢复后才能按直播价购买。"
    if room.state is RoomState.ENDED:
        return "直播已结束，直播价已失效；可以到店铺按店铺价购买。"
    if room.state is not RoomState.LIVE:
        return "还没有开播，直播价在开播后生效。"
    if item.status is ItemStatus.HIDDEN:
        return "这件商品已下架。"
    if item.status is ItemStatus.LOCKED:
        return "主播还没有开放购买，请稍等。"
    return ""


def taken(item_id: int, account_id: int) -> int:
    """Return how many units of the item the person has taken."""
    return (
        db.session.scalar(
            sa.select(LiveQuota.taken).where(LiveQuota.item_id == item_id, LiveQuota.account_id == account_id)
        )
        or 0
    )


def buy_sheet(actor: Actor, number: int, item_id: int) -> BuySheet:
    """Return what the viewer decides on: specifications, live prices, stock, address. Raises NotFound."""
    room = access.get_room(actor, number)
    item = access.get_item(room, item_id)
    if item.status is ItemStatus.HIDDEN and not access.hosts(actor, room):
        raise Refused("这件商品已下架。")
    listing = mall_client.listings(room.world_id, [item.listing_id]).get(item.listing_id)
    on_sale = listing is not None and listing.state == "on_sale"
    stock = {sku.id: sku.saleable for sku in listing.skus} if listing is not None and on_sale else {}
    skus = tuple(
        SkuChoice(price.sku_id, price.spec, price.price, price.shop_price, max(0, stock.get(price.sku_id, 0)))
        for price in item.prices
    )
    refusal = why_not(actor, room, item)
    if not refusal and not on_sale:
        refusal = "这件商品在店铺里已下架。"
    if not refusal and not any(sku.stock for sku in skus):
        refusal = "这件商品已售罄。"
    left = max(0, item.limit - taken(item.id, actor.person())) if item.limit else None
    if not refusal and left == 0:
        refusal = f"每人限购 {item.limit} 件，你已经买满了。"
    receiver = mall_client.default_address(actor) if actor.may(Permission.MALL_BUY) else None
    return BuySheet(item.id, item.title, item.category, str(item.status), skus, left, receiver, refusal)


def buy(
    actor: Actor, number: int, item_id: int, *, sku_id: int, quantity: int, receiver: Receiver | None, key: str
) -> Bought:
    """Order and pay at the live price (支付); all of it or nothing. receiver: None for the default address.

    Raises Refused off air, beyond the limit, without stock or money; Conflict when the key was used otherwise.
    """
    actor.require(Permission.MALL_BUY)
    room = access.get_room(actor, number)
    receiver = receiver or mall_client.default_address(actor)
    if receiver is None:
        raise InvalidInput("请填写收货地址。", field="detail")
    where = receiver

    def carry_out() -> dict[str, object]:
        return asdict(_order_and_pay(actor, room, item_id, sku_id=sku_id, quantity=quantity, receiver=where, key=key))

    body = [number, item_id, sku_id, quantity, asdict(receiver)]
    return Bought(**once(actor, key, "live.buy", body, carry_out))


def _order_and_pay(
    actor: Actor, room: LiveRoom, item_id: int, *, sku_id: int, quantity: int, receiver: Receiver, key: str
) -> Bought:
    room = access.lock(room, shared=True)
    item = access.get_item(room, item_id)
    if reason := why_not(actor, room, item):
        raise Refused(reason)
    if not 1 <= quantity <= MOST_UNITS:
        raise InvalidInput("购买数量应为正整数。", field="quantity")
    price = next((price for price in item.prices if price.sku_id == sku_id), None)
    if price is None:
        raise InvalidInput("请选择规格。", field="sku")
    _take_quota(item, actor.person(), quantity)
    clip = access.open_clip(room.id)
    order = mall_client.place(
        actor,
        room_id=room.id,
        item_id=item.id,
        sku_id=sku_id,
        quantity=quantity,
        live_price=price.price,
        receiver=receiver,
        key=f"{key[:70]}:place",
    )
    db.session.add(
        LiveSale(
            world_id=room.world_id,
            room_id=room.id,
            item_id=item.id,
            clip_id=clip.id if clip is not None and clip.item_id == item.id else None,
            order_id=order.id,
            sku_id=sku_id,
            buyer_id=actor.person(),
            buyer_name=actor.name,
            quantity=quantity,
            payable=order.payable,
            placed_at=order.placed_at,
        )
    )
    db.session.flush()
    paid = mall_client.pay(actor, order.id, f"{key[:70]}:pay")
    audit.record(
        actor,
        "live_order.paid",
        f"order:{order.id}",
        {"room": room.number, "item": item.id, "quantity": quantity, "payable": paid.payable},
        scope_id=scope_of_world(room.world_id),
    )
    return Bought(order.id, order.number, paid.payable)


def _take_quota(item: LiveItem, account_id: int, quantity: int) -> None:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    db.session.execute(
        insert(LiveQuota)
        .values(world_id=item.world_id, item_id=item.id, account_id=account_id, taken=0)
        .on_conflict_do_nothing()
    )
    enough = sa.true() if not item.limit else LiveQuota.taken + quantity <= item.limit
    changed = db.session.execute(
        sa.update(LiveQuota)
        .where(LiveQuota.item_id == item.id, LiveQuota.account_id == account_id, enough)
        .values(taken=LiveQuota.taken + quantity)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused(f"每人限购 {item.limit} 件，你已经买了 {taken(item.id, account_id)} 件。")


def sale_of(order_id: int) -> LiveSale | None:
    """Return the sale of an order that was placed in a room."""
    return db.session.scalars(sa.select(LiveSale).where(LiveSale.order_id == order_id)).one_or_none()


def note_paid(sale: LiveSale, paid_at: datetime) -> None:
    """The order of the sale was paid: it counts as sold."""
    changed = db.session.execute(
        sa.update(LiveSale)
        .where(LiveSale.id == sale.id, LiveSale.status == SaleStatus.PLACED)
        .values(status=SaleStatus.PAID, paid_at=paid_at)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) == 1:
        _add_sold(sale.item_id, sale.quantity)


def _add_sold(item_id: int, quantity: int) -> None:
    db.session.execute(
        sa.update(LiveItem)
        .where(LiveItem.id == item_id)
        .values(sold=LiveItem.sold + quantity)
        .execution_options(synchronize_session=False)
    )


def note_closed(sale: LiveSale) -> None:
    """The order was closed without being paid: its units may be taken again."""
    changed = db.session.execute(
        sa.update(LiveSale)
        .where(LiveSale.id == sale.id, LiveSale.status == SaleStatus.PLACED)
        .values(status=SaleStatus.CLOSED)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) == 1:
        db.session.execute(
            sa.update(LiveQuota)
            .where(LiveQuota.item_id == sale.item_id, LiveQuota.account_id == sale.buyer_id)
            .values(taken=LiveQuota.taken - sale.quantity)
            .execution_options(synchronize_session=False)
        )


def note_refunded(sale: LiveSale, amount: int) -> None:
    """Money of the order went back."""
    db.session.execute(
        sa.update(LiveSale)
        .where(LiveSale.id == sale.id)
        .values(refunded=LiveSale.refunded + amount)
        .execution_options(synchronize_session=False)
    )

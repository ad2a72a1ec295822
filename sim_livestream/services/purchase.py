"""Buying in the room: the live price holds there and then, the order is the mall's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import add_missing, db, matched
from app.core.errors import Conflict, InvalidInput, Refused
from app.core.idempotency import once
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from sim_livestream import access, mall_client
from sim_livestream.data import Bought, BuySheet, SkuChoice
from sim_livestream.domain.room_flow import QUOTE_HOLDS, RoomState
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import ItemStatus, LiveItem, LivePrice, LiveQuota, LiveSale, SaleStatus
from sim_livestream.services.offered import Offered, offered
from sim_mall.data import LiveQuote, Receiver

MOST_UNITS = 999


def why_not(actor: Actor, room: LiveRoom, item: LiveItem, kept: Offered, quoted: Quote | None = None) -> str:
    """Return why the actor cannot buy the item now, '' when nothing stands against it.

    kept: the live stock of the room. quoted: a price that this person was told on air; it holds for fifteen
    minutes after the end.
    """
    if not actor.may(Permission.MALL_BUY):
        return "当前身份不能购买，学员身份可以下单。"
    if actor.world_id != room.world_id:
        return "你是来观摩的，只能在自己班级的市场里购买。"
    if access.hosts(actor, room):
        return "这是你自己的店铺，不能购买自己的商品。"
    if room.state is RoomState.PAUSED:
        return "直播暂停中，恢复后才能按直播价购买。"
    if room.state is RoomState.BANNED:
        return "直播间已被讲师停播，直播价全部失效。"
    if room.state is RoomState.ENDED and not _still_holds(room, item, quoted):
        return "直播已结束，直播价已失效；可以到店铺按店铺价购买。"
    if room.state not in {RoomState.LIVE, RoomState.ENDED}:
        return "还没有开播，直播价在开播后生效。"
    if item.status is ItemStatus.HIDDEN:
        return "这件商品已下架。"
    if item.status is ItemStatus.LOCKED:
        return "还没有开抢，倒计时结束后可以购买。" if item.opens_wall_at else "主播还没有开放购买，请稍等。"
    if kept.left(item) == 0:
        return "直播间的名额已经抢完了。"
    return ""


def _still_holds(room: LiveRoom, item: LiveItem, quoted: Quote | None) -> bool:
    return (
        quoted is not None
        and quoted.item_id == item.id
        and room.ended_wall_at is not None
        and quoted.at <= room.ended_wall_at
        and wall.now() <= room.ended_wall_at + QUOTE_HOLDS
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """What one person was told about one item while the room was on air. prices: sku → fen."""

    item_id: int
    at: datetime
    prices: dict[int, int]


def _quotes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="live-quote")


def _write_quote(actor: Actor, room: LiveRoom, item: LiveItem) -> str:
    if room.state is not RoomState.LIVE:
        return ""
    prices = [[price.sku_id, price.price] for price in item.prices]
    token = _quotes().dumps([actor.person(), item.id, wall.now().timestamp(), prices])
    return token if isinstance(token, str) else token.decode()


def read_quote(actor: Actor, token: str) -> Quote | None:
    """Return the quote that this person was given; None for none, a forged one, or somebody else's."""
    try:
        account_id, item_id, at, prices = _quotes().loads(token)
    except BadSignature:
        return None
    if account_id != actor.account_id:
        return None
    return Quote(item_id, datetime.fromtimestamp(at, UTC), {int(sku): int(fen) for sku, fen in prices})


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
    kept = offered(room)
    skus = tuple(
        SkuChoice(
            price.sku_id,
            price.spec,
            price.price,
            price.shop_price,
            kept.can_sell(item.id, price.sku_id, stock.get(price.sku_id, 0)) if on_sale else 0,
        )
        for price in item.prices
    )
    refusal = why_not(actor, room, item, kept)
    if not refusal and not on_sale:
        refusal = "这件商品在店铺里已下架。"
    if not refusal and not any(sku.stock for sku in skus):
        refusal = "这件商品已售罄。"
    left = max(0, item.limit - taken(item.id, actor.person())) if item.limit else None
    if not refusal and left == 0:
        refusal = f"每人限购 {item.limit} 件，你已经买满了。"
    receiver = mall_client.default_address(actor) if actor.may(Permission.MALL_BUY) else None
    return BuySheet(
        item.id,
        item.title,
        item.category,
        str(item.status),
        skus,
        left,
        receiver,
        refusal,
        _write_quote(actor, room, item),
    )


def price_of(
    actor: Actor, number: int, item_id: int, sku_id: int | None, quantity: int, region: str | None = None
) -> LiveQuote:
    """Return what so many units cost now, with the person's best coupons and freight.

    sku_id: None for the first specification. region: division code of the address, None for the default address.
    Raises Refused for what cannot be bought, InvalidInput for a specification that the item does not have.
    """
    actor.require(Permission.MALL_BUY)
    room = access.get_room(actor, number)
    item = access.get_item(room, item_id)
    if reason := why_not(actor, room, item, offered(room)):
        raise Refused(reason)
    price = _price(item, sku_id) if sku_id is not None else item.prices[0]
    _check_quantity(quantity)
    if region is None:
        receiver = mall_client.default_address(actor)
        region = receiver.division_code if receiver else ""
    return mall_client.quote(actor, sku_id=price.sku_id, quantity=quantity, live_price=price.price, region=region)


def _price(item: LiveItem, sku_id: int) -> LivePrice:
    price = next((price for price in item.prices if price.sku_id == sku_id), None)
    if price is None:
        raise InvalidInput("请选择规格。", field="sku")
    return price


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MOST_UNITS:
        raise InvalidInput("购买数量应为正整数。", field="quantity")


def buy(
    actor: Actor,
    number: int,
    item_id: int,
    *,
    sku_id: int,
    quantity: int,
    receiver: Receiver | None,
    key: str,
    quote: str = "",
    expected: int | None = None,
) -> Bought:
    """Order and pay at the live price (支付); all of it or nothing. receiver: None for the default address.

    quote: of the buying sheet; a cart that was quoted on air keeps its price for fifteen minutes after the end.
    expected: fen that the sheet showed, with coupons and freight; None when it showed none.

    Raises Refused off air, beyond the limit, without stock or money; Conflict when the key was used otherwise
    or the order would cost something else than was shown.
    """
    actor.require(Permission.MALL_BUY)
    room = access.get_room(actor, number)
    receiver = receiver or mall_client.default_address(actor)
    if receiver is None:
        raise InvalidInput("请填写收货地址。", field="detail")
    where = receiver
    if where.division_code and not where.region:
        where = replace(where, region=mall_client.region_of(where.division_code))

    def carry_out() -> dict[str, object]:
        quoted = read_quote(actor, quote) if quote else None
        wanted = Wanted(item_id, sku_id, quantity, where, key, quoted, expected)
        return asdict(_order_and_pay(actor, room, wanted))

    body = [number, item_id, sku_id, quantity, asdict(where)]
    return Bought(**once(actor, key, "live.buy", body, carry_out))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks to buy."""

    item_id: int
    sku_id: int
    quantity: int
    receiver: Receiver
    key: str
    quoted: Quote | None
    expected: int | None = None


def _order_and_pay(actor: Actor, room: LiveRoom, wanted: Wanted) -> Bought:
    sku_id, quantity, key = wanted.sku_id, wanted.quantity, wanted.key
    room = access.lock(room, shared=True)
    item = access.get_item(room, wanted.item_id)
    if reason := why_not(actor, room, item, offered(room), wanted.quoted):
        raise Refused(reason)
    _check_quantity(quantity)
    price = _price(item, sku_id)
    agreed = price.price
    if room.state is RoomState.ENDED and wanted.quoted is not None:
        agreed = wanted.quoted.prices.get(sku_id, price.price)
    _refuse_beyond(item, actor.person(), quantity)
    clip = access.open_clip(room.id)
    order = mall_client.place(
        actor,
        room_id=room.id,
        item_id=item.id,
        sku_id=sku_id,
        quantity=quantity,
        live_price=agreed,
        receiver=wanted.receiver,
        key=f"{key[:70]}:place",
    )
    _take_quota(item, actor.person(), quantity)  # after the stock, as a closing order gives both back
    if wanted.expected is not None and order.payable != wanted.expected:
        was, now = plain_yuan(wanted.expected), plain_yuan(order.payable)
        raise Conflict(
            f"应付金额变了：刚才是 {was} 元，现在是 {now} 元。请看过新的金额后再支付。", code="price_changed"
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
    add_missing(LiveQuota, world_id=item.world_id, item_id=item.id, account_id=account_id, taken=0)
    enough = sa.true() if not item.limit else LiveQuota.taken + quantity <= item.limit
    changed = db.session.execute(
        sa.update(LiveQuota)
        .where(LiveQuota.item_id == item.id, LiveQuota.account_id == account_id, enough)
        .values(taken=LiveQuota.taken + quantity)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        _refuse_limit(item, account_id)


def _refuse_beyond(item: LiveItem, account_id: int, quantity: int) -> None:
    """Refuse who is over the limit before anything is priced or locked; ``_take_quota`` decides."""
    if item.limit and taken(item.id, account_id) + quantity > item.limit:
        _refuse_limit(item, account_id)


def _refuse_limit(item: LiveItem, account_id: int) -> NoReturn:
    raise Refused(f"每人限购 {item.limit} 件，你已经买了 {taken(item.id, account_id)} 件。")


def sale_of(order_id: int) -> LiveSale | None:
    """Return the sale of an order that was placed in a room."""
    return db.session.scalars(sa.select(LiveSale).where(LiveSale.order_id == order_id)).one_or_none()


def note_paid(sale: LiveSale, paid_at: datetime) -> None:
    """The order of the sale was paid: it counts as sold."""
    changed = db.session.execute(
        sa.update(LiveSale)
        .where(LiveSale.id == sale.id, LiveSale.status == SaleStatus.PLACED)
        .values(status=SaleStatus.PAID, paid_at=paid_at, paid_wall_at=wall.now())
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
    """The order was closed without being paid: the person may take as many again; the mall has taken the units back."""
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

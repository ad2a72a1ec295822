"""The product bag (小黄车) of a room: what is in it, at which live price, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.money import plain_yuan
from app.worlds.api import scope_of_world
from sim_livestream import access, mall_client
from sim_livestream.domain.room_flow import CLOSED
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_livestream.models.selling import ItemStatus, LiveItem, LivePrice, LiveSale
from sim_livestream.services import explaining, journal
from sim_livestream.services.offered import offered
from sim_livestream.services.payloads import item_body

MOST_ITEMS = 100
MOST_STOCK = 999_999
DROP_MINUTES = (1, 3, 5, 10, 30)
HIGHEST_LIMIT = 999


def _open_room(actor: Actor, number: int, *, crew: bool = False) -> LiveRoom:
    found = access.get_own_room(actor, number) if crew else access.get_run_room(actor, number)
    room = access.lock(found)
    if room.state in CLOSED:
        raise Refused("直播已结束，小黄车不能再改。")
    return room


def _tell(room: LiveRoom, item: LiveItem, change: str) -> None:
    """Tell viewers of a change; an item that is hidden looks removed to them."""
    if change == "removed" or item.status is ItemStatus.HIDDEN:
        journal.tell(room, "item", {"change": "removed", "item": {"id": item.id}})
    else:
        journal.tell(room, "item", {"change": change, "item": item_body(item, offered(room).left(item))})


def add_item(actor: Actor, number: int, listing_id: int) -> int:
    """Put an own listing that is on sale into the bag, at its shop prices; return the item's id.

    A slide with its picture is added to the stage. Adding it again returns the item that is there.
    """
    room = _open_room(actor, number)
    found = db.session.scalars(
        sa.select(LiveItem.id).where(LiveItem.room_id == room.id, LiveItem.listing_id == listing_id)
    ).one_or_none()
    if found is not None:
        return found
    listing = mall_client.listings(room.world_id, [listing_id]).get(listing_id)
    if listing is None or listing.shop_id != room.shop_id:
        raise InvalidInput("只能选择自己店铺的商品。", field="listing")
    if listing.state != "on_sale" or not listing.skus:
        raise Refused(f"“{listing.title}”没有在售，不能放进小黄车。")
    last, count = db.session.execute(
        sa.select(sa.func.coalesce(sa.func.max(LiveItem.position), 0), sa.func.count()).where(
            LiveItem.room_id == room.id
        )
    ).one()
    if count >= MOST_ITEMS:
        raise Refused(f"小黄车最多放 {MOST_ITEMS} 件商品。")
    item = LiveItem(
        world_id=room.world_id,
        room_id=room.id,
        listing_id=listing.id,
        position=last + 1,
        title=listing.title[:120],
        category=(listing.category_l2 or listing.category_l1)[:60],
        prices=[
            LivePrice(world_id=room.world_id, sku_id=sku.id, spec=sku.spec[:120], price=sku.price, shop_price=sku.price)
            for sku in listing.skus
        ],
    )
    db.session.add(item)
    db.session.flush()
    last_slide = db.session.scalar(sa.select(sa.func.max(LiveSlide.position)).where(LiveSlide.room_id == room.id)) or 0
    db.session.add(
        LiveSlide(
            world_id=room.world_id,
            room_id=room.id,
            item_id=item.id,
            position=last_slide + 1,
            title=listing.title[:60],
            text=listing.brief[:200],
            prompt="讲清卖点、规格、直播价和发货时间，提醒大家点下方卡片下单。",
            picture_kind="product",
            picture_title=listing.title[:120],
            picture_category=item.category,
        )
    )
    db.session.flush()
    _tell(room, item, "added")
    return item.id


def price_item(
    actor: Actor,
    number: int,
    item_id: int,
    prices: Mapping[int, int],
    limit: int,
    stock: Mapping[int, int | None] | None = None,
) -> None:
    """Set live prices (sku → fen), the limit per person (0: none) and the live stock (sku → units, None: no bound).

    Live stock moves from sale to the room at once; specifications that are not named stay as they are. Raises
    InvalidInput for a price that is not positive or above the shop's, and for more units than the shop can sell,
    naming the specification.
    """
    room = _open_room(actor, number)
    item = access.get_item(room, item_id)
    if not 0 <= limit <= HIGHEST_LIMIT:
        raise InvalidInput(f"每人限购应在 0 到 {HIGHEST_LIMIT} 之间，0 表示不限。", field="limit")
    listing = mall_client.listings(room.world_id, [item.listing_id]).get(item.listing_id)
    now = {sku.id: sku.price for sku in listing.skus} if listing else {}
    before = {price.sku_id: price.price for price in item.prices}
    for row in item.prices:
        row.shop_price = now.get(row.sku_id, row.shop_price)
        wanted = prices.get(row.sku_id, row.price)
        named = f"“{row.spec}”的" if len(item.prices) > 1 else ""
        if wanted <= 0:
            raise InvalidInput(f"{named}直播价应大于 0。", field="price")
        if wanted > row.shop_price:
            raise InvalidInput(f"{named}直播价不能高于店铺价 {plain_yuan(row.shop_price)} 元。", field="price")
        row.price = wanted
    item.limit = limit
    wanted_stock = {row.sku_id: stock[row.sku_id] for row in item.prices if stock is not None and row.sku_id in stock}
    if any(units is not None and units > MOST_STOCK for units in wanted_stock.values()):
        raise InvalidInput(f"直播库存最多 {MOST_STOCK} 件。", field="stock")
    if wanted_stock:
        mall_client.offer_stock(actor, room, item.id, wanted_stock)
    db.session.flush()
    after = {row.sku_id: row.price for row in item.prices}
    audit.record(
        actor,
        "live_item.priced",
        f"live_item:{item.id}",
        {
            "room": room.number,
            "before": before,
            "after": after,
            "limit": limit,
            "stock": wanted_stock,
        },
        scope_id=scope_of_world(room.world_id),
    )
    _tell(room, item, "changed")


def saleable(room: LiveRoom, items: Sequence[LiveItem]) -> dict[int, int]:
    """Return how many units of each SKU of the bag the shop can still sell, which is what can be kept for the room."""
    found = mall_client.listings(room.world_id, {item.listing_id for item in items})
    return {sku.id: max(0, sku.saleable) for listing in found.values() for sku in listing.skus}


def drop_item(actor: Actor, number: int, item_id: int, minutes: int) -> None:
    """Announce a countdown drop (限时开抢): the item is locked and unlocks by itself in some minutes."""
    room = _open_room(actor, number)
    item = access.get_item(room, item_id)
    if minutes not in DROP_MINUTES:
        raise InvalidInput("请选择几分钟后开抢。", field="minutes")
    item.status, item.opens_wall_at = ItemStatus.LOCKED, wall.now() + timedelta(minutes=minutes)
    db.session.flush()
    _tell(room, item, "changed")


def order_items(actor: Actor, number: int, item_ids: Sequence[int]) -> None:
    """Put the bag into the order given; items that are not named keep their order after the others."""
    room = _open_room(actor, number, crew=True)
    rank = {item_id: place for place, item_id in enumerate(item_ids)}
    for position, item in enumerate(sorted(access.bag(room.id), key=lambda one: rank.get(one.id, len(rank))), 1):
        if item.position != position:
            item.position = position
            db.session.flush()
            _tell(room, item, "changed")


def show_item(actor: Actor, number: int, item_id: int, status: ItemStatus) -> None:
    """Hide, show or lock an item; hiding the explained one ends its explanation."""
    room = _open_room(actor, number, crew=True)
    item = access.get_item(room, item_id)
    if item.status is status and item.opens_wall_at is None:
        return
    item.status, item.opens_wall_at = status, None
    db.session.flush()
    clip = access.open_clip(room.id)
    if status is ItemStatus.HIDDEN and clip is not None and clip.item_id == item.id:
        explaining.close_clip(room)
        journal.tell(room, "pin", {"item": None})
    _tell(room, item, "changed")


def move_item(actor: Actor, number: int, item_id: int, step: int) -> None:
    """Move an item up (-1) or down (+1) in the bag."""
    room = _open_room(actor, number, crew=True)
    item = access.get_item(room, item_id)
    items = access.bag(room.id)
    place = next(index for index, other in enumerate(items) if other.id == item.id)
    target = place + (1 if step > 0 else -1)
    if not 0 <= target < len(items):
        return
    items[place], items[target] = items[target], items[place]
    for position, other in enumerate(items, 1):
        other.position = position
    db.session.flush()
    for other in (items[place], items[target]):
        _tell(room, other, "changed")


def remove_item(actor: Actor, number: int, item_id: int) -> None:
    """Take an item out of the bag. Raises Refused once it was sold or explained: it can be hidden then."""
    room = _open_room(actor, number)
    item = access.get_item(room, item_id)
    bound = db.session.scalar(sa.select(sa.func.count()).where(LiveSale.item_id == item.id))
    if bound or access.clips_of(item.id):
        raise Refused("这件商品已经讲解或售出过，不能移除，可以下架。")
    for slide in access.slides(room.id):
        if slide.item_id == item.id:
            slide.item_id = None
    db.session.flush()
    mall_client.drop_stock(room, item.id)
    db.session.delete(item)
    db.session.flush()
    _tell(room, item, "removed")

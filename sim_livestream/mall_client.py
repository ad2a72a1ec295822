"""The one module that calls the mall: its shops, goods and orders as this package needs them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from app.core.actor import Actor
from app.worlds.clock import sim_now
from sim_livestream.models.rooms import LiveRoom
from sim_mall import open_platform
from sim_mall.data import (
    Colleague,
    ListingInfo,
    LiveCoupon,
    LiveQuote,
    LiveStockInfo,
    OrderInfo,
    Receiver,
    ShopInfo,
    SpeechFinding,
)


def my_shop(actor: Actor) -> ShopInfo | None:
    """Return the actor's own shop."""
    return open_platform.my_shop(actor, open_platform.ShopPower.LIVE)


def colleagues(world_id: int, shop_id: int) -> list[Colleague]:
    """Return who works in a shop."""
    return open_platform.colleagues(world_id, shop_id)


def check_speech(world_id: int, text: str) -> list[SpeechFinding]:
    """Return what a text of the crew breaks."""
    return open_platform.check_speech(world_id, text)


def report(actor: Actor, shop_id: int, finding: SpeechFinding, room_id: int, text: str) -> int:
    """Report what was said or shown on air to the mall; once per room and rule."""
    key = f"{room_id}:{finding.rule}"
    summary = f"直播中出现“{finding.word}”：{finding.message}"[:200]
    return open_platform.report_live_violation(
        actor, shop_id, finding.rule, room_id=room_id, summary=summary, evidence=[text], key=key
    )


def own_listings(actor: Actor, shop_id: int, q: str = "") -> list[ListingInfo]:
    """Return the goods that the actor's shop has on sale."""
    return open_platform.own_listings(actor, shop_id, q=q, only_on_sale=True)


def listings(world_id: int, listing_ids: Collection[int]) -> dict[int, ListingInfo]:
    """Return listings of the world by id."""
    return open_platform.listings_by_id(world_id, sorted(listing_ids)) if listing_ids else {}


def later_sales(world_id: int, buyers: Mapping[int, Collection[int]], since: datetime, until: datetime) -> int:
    """Return what people paid in the shop, within a time, for goods that they had seen live."""
    return open_platform.later_sales(world_id, buyers, since, until)


def default_address(actor: Actor) -> Receiver | None:
    """Return where the actor's orders go unless they say otherwise."""
    return open_platform.default_address(actor)


def region_of(division_code: str) -> str:
    """Return the full name of a district. Raises InvalidInput for an unknown code or one above a district."""
    return open_platform.leaf_region(division_code)


def quote(actor: Actor, *, sku_id: int, quantity: int, live_price: int, region: str) -> LiveQuote:
    """Return what a purchase costs with coupons and freight."""
    return open_platform.quote_live_order(actor, sku_id=sku_id, quantity=quantity, live_price=live_price, region=region)


def coupons(world_id: int, room_id: int) -> list[LiveCoupon]:
    """Return the coupons of a room."""
    return open_platform.live_coupons(world_id, room_id)


def issue_coupon(
    actor: Actor, room: LiveRoom, *, threshold: int, off: int, total: int, each: int, days: int, key: str
) -> LiveCoupon:
    """Issue a coupon of the room's shop, to be given in the room alone; good for simulated days."""
    now = sim_now(room.world_id)
    draft = open_platform.CouponDraft(
        name=f"直播券·{room.title}"[:20],
        threshold=threshold,
        total=total,
        starts_at=now,
        ends_at=now + timedelta(days=days),
        off=off,
        per_user=each,
    )
    return open_platform.create_live_coupon(actor, room.id, draft, key)


def stop_coupon(actor: Actor, coupon_id: int) -> LiveCoupon:
    """Stop giving a coupon."""
    return open_platform.stop_live_coupon(actor, coupon_id)


def claim_coupon(actor: Actor, room_id: int, coupon_id: int, key: str) -> LiveCoupon:
    """Take one coupon of the room."""
    return open_platform.claim_live_coupon(actor, room_id, coupon_id, key)


def live_stock(world_id: int, room_id: int) -> dict[tuple[int, int], LiveStockInfo]:
    """Return what is kept for the room by (item, SKU)."""
    return open_platform.live_stock(world_id, room_id)


def offer_stock(actor: Actor, room: LiveRoom, item_id: int, units: Mapping[int, int | None]) -> None:
    """Keep units per SKU of the room's shop for an item of its bag; None: no longer."""
    open_platform.offer_live_stock(actor, room.shop_id, room.id, item_id, units)


def drop_stock(room: LiveRoom, item_id: int) -> None:
    """Give back what is kept for an item that leaves the bag."""
    open_platform.drop_live_stock(room.world_id, room.id, item_id)


def end_stock(room: LiveRoom) -> int:
    """Give back what is kept for the room and was not sold; return how many units."""
    return open_platform.end_live_stock(room.world_id, room.id)


def place(
    actor: Actor,
    *,
    room_id: int,
    item_id: int,
    sku_id: int,
    quantity: int,
    live_price: int,
    receiver: Receiver,
    key: str,
) -> OrderInfo:
    """Place an order at the live price; its units come from what is kept for the room, or from sale."""
    return open_platform.place_live_order(
        actor,
        room_id=room_id,
        item_id=item_id,
        sku_id=sku_id,
        quantity=quantity,
        live_price=live_price,
        receiver=receiver,
        key=key,
    )


def pay(actor: Actor, order_id: int, key: str) -> OrderInfo:
    """Pay an order from the actor's wallet."""
    return open_platform.pay_order(actor, order_id, key)

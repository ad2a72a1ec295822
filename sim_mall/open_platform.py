"""Open platform (开放平台): what the other simulations call, in the same transaction. Plain data in and out.

The first argument is who acts; where said, the system of the world may act too. Errors are domain errors with
a code and a Chinese sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from sim_mall import access
from sim_mall.data import (
    AfterSaleInfo,
    Colleague,
    ListingDraft,
    ListingInfo,
    LiveCoupon,
    LiveQuote,
    LiveStockInfo,
    OrderInfo,
    OrderLineInfo,
    ParcelInfo,
    Receiver,
    ShopInfo,
    SkuDraft,
    SkuInfo,
    SpeechFinding,
)
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import CARRIERS, carrier_name, waybill_problem
from sim_mall.models.trade import Order, Parcel
from sim_mall.services import (
    addresses,
    aftersales,
    increments,
    listing_pages,
    listings,
    live_sales,
    members,
    orders,
    parcel_reports,
    payments,
    promotion_goods,
    shipping,
    shops,
    stock_sync,
    ticket_lists,
)
from sim_mall.services.addresses import leaf_region
from sim_mall.services.coupons import CouponDraft
from sim_mall.services.increments import Increment, fetchable_to, order_versions, sold_orders
from sim_mall.services.live_coupons import claim_live_coupon, create_live_coupon, live_coupons, stop_live_coupon
from sim_mall.services.live_orders import place_live_order, quote_live_order
from sim_mall.services.live_stock import drop_live_stock, end_live_stock, live_stock, offer_live_stock
from sim_mall.services.rules import speech
from sim_mall.services.stock_sync import StockChange, safety_of

__all__ = [
    "CARRIERS",
    "AfterSaleInfo",
    "CouponDraft",
    "Increment",
    "ListingDraft",
    "ListingInfo",
    "LiveCoupon",
    "LiveQuote",
    "LiveStockInfo",
    "OrderInfo",
    "OrderLineInfo",
    "ParcelInfo",
    "Receiver",
    "ShopInfo",
    "ShopPower",
    "SkuDraft",
    "SkuInfo",
    "SpeechFinding",
    "StockChange",
    "after_sales",
    "agree_after_sale",
    "carrier_name",
    "check_speech",
    "claim_live_coupon",
    "colleagues",
    "create_listing",
    "create_live_coupon",
    "default_address",
    "drop_live_stock",
    "end_live_stock",
    "fetchable_to",
    "get_after_sale",
    "get_listing",
    "get_order",
    "get_shop",
    "get_sold_order",
    "increment_orders",
    "keeper",
    "later_sales",
    "leaf_region",
    "listings_by_id",
    "live_coupons",
    "live_stock",
    "my_shop",
    "offer_live_stock",
    "order_versions",
    "own_listings",
    "page_of_listings",
    "parcels",
    "pay_order",
    "place_live_order",
    "quote_live_order",
    "receive_after_sale",
    "refuse_role",
    "report_live_violation",
    "report_parcel",
    "safety_of",
    "set_costs",
    "set_prices",
    "set_stock",
    "ship",
    "sold_orders",
    "stop_live_coupon",
    "sync_stock",
    "tell_buyer",
    "waybill_problem",
]


def my_shop(actor: Actor, power: ShopPower | None = None) -> ShopInfo | None:
    """Return the actor's shop in the world of the hat, in whatever state; None without one or without a world.

    With a power: the shop that the actor works in now, own or joined, if the role there holds the power.
    """
    if actor.world_id is None or actor.account_id is None:
        return None
    if power is None:
        shop = access.own_shop(actor)
        return None if shop is None else shops.shop_info(shop)
    found = access.seat(actor)
    return shops.shop_info(found.shop) if found is not None and found.may(power) else None


def keeper(actor: Actor, power: ShopPower) -> int | None:
    """Return the owner (account id) of the shop that the actor works in now with this power, None without one."""
    if actor.world_id is None or actor.account_id is None:
        return None
    found = access.seat(actor)
    return found.shop.owner_id if found is not None and found.may(power) else None


def refuse_role(actor: Actor, power: ShopPower) -> None:
    """Raise Forbidden, naming the role, when the actor works in an open shop but without this power there."""
    found = access.seat(actor) if actor.world_id is not None and actor.account_id is not None else None
    if found is not None:
        access.shop_at(found, power)


def colleagues(world_id: int, shop_id: int) -> list[Colleague]:
    """Return who works in a shop, the owner first: accounts, names and roles."""
    return members.colleagues(world_id, shop_id)


def get_shop(actor: Actor, shop_id: int) -> ShopInfo:
    """Return a shop of the actor's world. Raises NotFound."""
    return shops.shop_info(access.get_shop(actor, shop_id))


def create_listing(actor: Actor, shop_id: int, draft: ListingDraft) -> ListingInfo:
    """Create a listing in the actor's own shop and take it through the audit to sale.

    Raises InvalidInput (code audit_refused, ``issues`` name field and rule) when a rule refuses it, NotFound for
    another's shop, Refused before the shop is open. The same ``draft.key`` returns the first listing.
    """
    return listings.listing_info(listings.create_listing(actor, shop_id, draft))


def get_listing(actor: Actor, listing_id: int) -> ListingInfo:
    """Return a listing of the actor's world that is or was on sale. Raises NotFound."""
    return listings.listing_info(listings.load_listing(access.get_listing(actor, listing_id).id))


def set_stock(actor: Actor, shop_id: int, on_hand: Mapping[int, int], *, at_least_kept: bool = False) -> dict[int, int]:
    """Set what is on hand per SKU, by the owner or the system; return what is now. Refused below what orders keep."""
    return listings.set_stock(actor, shop_id, on_hand, at_least_kept=at_least_kept)


def own_listings(actor: Actor, shop_id: int, q: str = "", only_on_sale: bool = True) -> list[ListingInfo]:
    """Return the listings of a shop that the actor runs, newest first."""
    return [listings.listing_info(x) for x in listings.own_listings(actor, shop_id, q, only_on_sale=only_on_sale)]


def listings_by_id(world_id: int, ids: Sequence[int]) -> dict[int, ListingInfo]:
    """Return the listings of these ids in one world, whatever their state."""
    return {listing.id: listings.listing_info(listing) for listing in listings.listings_by_id(world_id, ids)}


def get_order(actor: Actor, order_id: int) -> OrderInfo:
    """Return an order that the actor bought or sold; the world's system may have each. Raises NotFound."""
    query = sa.select(Order).where(Order.id == order_id, Order.world_id == actor.world())
    order = db.session.scalars(orders.with_lines(query)).one_or_none()
    if order is None or order.buyer_id != actor.account_id:
        order = access.get_sold_order(actor, order_id)
    return orders.order_info(order)


def ship(actor: Actor, order_id: int, units: Mapping[int, int], carrier: str, waybill: str, key: str) -> ParcelInfo:
    """Send units (line id → count; empty: all that can go) in one parcel; the shop's owner or the world's system."""
    return shipping.ship_order(actor, order_id, units, carrier, waybill, key)


def default_address(actor: Actor) -> Receiver | None:
    """Return the actor's default address as a receiver, or None."""
    address = addresses.default_address(actor)
    return None if address is None else addresses.receiver_of(address)


def pay_order(actor: Actor, order_id: int, key: str) -> OrderInfo:
    """Pay an own order from the wallet into escrow. Raises Refused when the wallet has not enough."""
    payments.pay_orders(actor, [order_id], key)
    return get_order(actor, order_id)


def later_sales(world_id: int, buyers: Mapping[int, Collection[int]], since: datetime, until: datetime) -> int:
    """Return what people paid in the shop for listings they had seen live: fen of paid orders, refunds not taken off.

    buyers: listing → accounts. since, until: simulated time of the order; orders placed in live rooms do not count.
    """
    return live_sales.later_sales(world_id, buyers, since, until)


def check_speech(world_id: int, text: str) -> list[SpeechFinding]:
    """Return what a live script, title or transcript breaks in this world (rules R1, R10, R11, R13, R16, R17).

    Changes nothing. A finding with ``stops`` would be penalised when it is said all the same.
    """
    return speech.check_speech(world_id, text)


def report_live_violation(
    actor: Actor, shop_id: int, rule: str, *, room_id: int, summary: str, evidence: Sequence[str], key: str
) -> int:
    """Record a simulated violation of a live room inside the open unit of work; return its id.

    rule: R1, R10, R11, R13, R16 or R17. summary: one Chinese sentence; evidence: the texts as said. The same key is
    recorded once. Raises InvalidInput for another rule, NotFound for a shop of another world.
    """
    return speech.report_live_violation(actor, shop_id, rule, room_id, summary, evidence, key)


# -- what programs outside need besides (the HTTP skin, the supply system) -----------------------------------


def increment_orders(
    actor: Actor,
    shop_id: int,
    modified_from: datetime,
    modified_to: datetime,
    *,
    page_no: int = 1,
    page_size: int = 50,
    use_has_next: bool = False,
    states: Sequence[str] = (),
) -> Increment:
    """Return one page of the shop's orders changed in [from, to); the rules of incremental fetching hold."""
    return increments.increment_orders(
        actor,
        shop_id,
        modified_from,
        modified_to,
        page_no=page_no,
        page_size=page_size,
        use_has_next=use_has_next,
        states=states,
    )


def get_sold_order(actor: Actor, shop_id: int, order_id: int) -> OrderInfo:
    """Return an order of this shop, which the actor runs. Raises NotFound."""
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.ORDERS)
    query = sa.select(Order).where(Order.id == order_id, Order.shop_id == shop.id)
    order = db.session.scalars(orders.with_lines(query)).one_or_none()
    if order is None:
        raise access.NotFound
    return orders.order_info(order)


def page_of_listings(
    actor: Actor, shop_id: int, q: str, page_no: int, page_size: int
) -> tuple[list[ListingInfo], bool]:
    """Return one page of the shop's listings, newest first, and whether there is a next one."""
    rows, more = listing_pages.page_of_listings(actor, shop_id, q, page_no, page_size)
    return [listings.listing_info(listing) for listing in rows], more


def sync_stock(
    actor: Actor, shop_id: int, kind: str, units: Mapping[int, int], as_of: datetime | None, key: str
) -> list[StockChange]:
    """Set (``full``, with its moment) or move (``delta``) stock per SKU; all of it or nothing."""
    return stock_sync.sync_stock(actor, shop_id, kind, units, as_of, key)


def set_prices(actor: Actor, shop_id: int, prices: Mapping[int, int], key: str) -> dict[int, int]:
    """Set prices (fen) per SKU of the actor's shop; return those before."""
    return stock_sync.set_prices(actor, shop_id, prices, key)


def after_sales(
    actor: Actor, shop_id: int, states: Sequence[str] = (), page_no: int = 1, page_size: int = 50
) -> tuple[list[AfterSaleInfo], bool]:
    """Return one page of the shop's after-sale tickets, newest first, and whether there is a next one."""
    return ticket_lists.list_tickets(actor, shop_id, states, page_no, page_size)


def get_after_sale(actor: Actor, shop_id: int, ticket_id: int) -> AfterSaleInfo:
    """Return one after-sale ticket of the shop. Raises NotFound."""
    return ticket_lists.find_ticket(actor, shop_id, ticket_id)


def agree_after_sale(actor: Actor, shop_id: int, ticket_id: int, version: int) -> AfterSaleInfo:
    """Agree to a ticket of the shop that the actor has seen in this version."""
    ticket_lists.find_ticket(actor, shop_id, ticket_id)
    aftersales.agree(actor, ticket_id, version)
    return ticket_lists.find_ticket(actor, shop_id, ticket_id)


def receive_after_sale(actor: Actor, shop_id: int, ticket_id: int, version: int, good: int, bad: int) -> AfterSaleInfo:
    """Take returned goods of a ticket in, good and bad units; then the refund is paid."""
    ticket_lists.find_ticket(actor, shop_id, ticket_id)
    aftersales.receive_back(actor, ticket_id, version, good, bad)
    return ticket_lists.find_ticket(actor, shop_id, ticket_id)


def set_costs(actor: Actor, shop_id: int, costs: Mapping[int, int | None]) -> None:
    """Tell what SKUs cost the shop (fen), for the warnings before a promotion is published; None forgets one."""
    promotion_goods.set_costs(actor, shop_id, costs)


def parcels(actor: Actor, shop_id: int, order_ids: Sequence[int]) -> list[ParcelInfo]:
    """Return the parcels of these orders of a shop that the actor runs, oldest first."""
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.ORDERS)
    query = sa.select(Parcel).join(Order, Order.id == Parcel.order_id).where(Order.shop_id == shop.id)
    rows = db.session.scalars(query.where(Parcel.order_id.in_(list(order_ids))).order_by(Parcel.id))
    return [shipping.parcel_info(parcel) for parcel in rows]


def report_parcel(actor: Actor, order_id: int, carrier: str, waybill: str, *, lost: bool, hours: int = 0) -> bool:
    """Report that a parcel on its way got lost, or comes so many hours later; the world's system alone.

    Returns False, changing nothing, when it is no longer on its way. Raises NotFound for a parcel of another order.
    """
    return parcel_reports.report_parcel(actor, order_id, carrier, waybill, lost=lost, hours=hours)


def tell_buyer(actor: Actor, order_id: int, title: str, text: str) -> None:
    """Send the buyer of an order that the actor sells a message about it. Raises NotFound for another's order."""
    parcel_reports.tell_buyer(actor, order_id, title, text)

"""The one place where the supply system calls the mall, as an outside program would: by its open platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from app.core.actor import Actor, system
from sim_mall import open_platform
from sim_mall.data import (
    AfterSaleInfo,
    ListingDraft,
    ListingInfo,
    OrderInfo,
    OrderLineInfo,
    ParcelInfo,
    ShopInfo,
    SkuDraft,
    SkuInfo,
)
from sim_mall.open_platform import ShopPower

__all__ = [
    "AfterSaleInfo",
    "ListingDraft",
    "ListingInfo",
    "OrderInfo",
    "OrderLineInfo",
    "ParcelInfo",
    "ShopInfo",
    "SkuDraft",
    "SkuInfo",
]

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OPEN = "open"
WORKING = frozenset({OPEN, "suspended", "restricted"})  # what was sold must be fetched and sent, whatever came since
TO_SHIP = ("paid", "part_shipped")
ENDED = ("completed", "closed")
GONE = "recycled"
ON_SALE = "on_sale"


def my_shop(actor: Actor) -> ShopInfo | None:
    """Return the shop for which the actor sources goods now, own or joined, in whatever state, or None."""
    return open_platform.my_shop(actor, ShopPower.SUPPLY)


def keeper(actor: Actor) -> int:
    """Return the account whose goods and money the actor handles: the owner of the shop worked in, else the actor."""
    found = open_platform.keeper(actor, ShopPower.SUPPLY)
    return actor.person() if found is None else found


def refuse_role(actor: Actor) -> None:
    """Raise Forbidden when the actor's role in the shop worked in does not handle supply."""
    open_platform.refuse_role(actor, ShopPower.SUPPLY)


def shop_by_id(world_id: int, shop_id: int) -> ShopInfo:
    """Return a shop of the world, as the system."""
    return open_platform.get_shop(system(world_id), shop_id)


def create_listing(actor: Actor, shop_id: int, draft: ListingDraft) -> ListingInfo:
    """Put a listing on sale in the actor's shop. Raises DomainError with the mall's reason."""
    return open_platform.create_listing(actor, shop_id, draft)


def listings(world_id: int, listing_ids: Sequence[int]) -> dict[int, ListingInfo]:
    """Return listings by id."""
    return open_platform.listings_by_id(world_id, sorted(set(listing_ids))) if listing_ids else {}


def set_stock(world_id: int, shop_id: int, listing_ids: Iterable[int], on_hand: Mapping[int, int]) -> None:
    """Write what is on hand of the shop's mall SKUs, as the system; SKUs that the seller removed are left out.

    The mall refuses less than its open orders have reserved: then exactly that is written, nothing is saleable.
    """
    known = listings(world_id, list(listing_ids))
    alive = {sku.id for listing in known.values() for sku in listing.skus}
    wanted = {sku_id: units for sku_id, units in on_hand.items() if sku_id in alive}
    if wanted:
        open_platform.set_stock(system(world_id), shop_id, wanted, at_least_kept=True)


def safety_of(world_id: int, sku_ids: Sequence[int]) -> dict[int, int]:
    """Return the units that the mall itself keeps back from sale, per mall SKU that has any."""
    return open_platform.safety_of(world_id, sku_ids) if sku_ids else {}


def order_versions(actor: Actor, shop_id: int, modified_from: datetime, modified_to: datetime) -> dict[int, datetime]:
    """Return id → change time of the shop's orders to ship that changed between the two simulated moments."""
    return open_platform.order_versions(actor, shop_id, modified_from, modified_to, TO_SHIP)


def sold_orders(actor: Actor, shop_id: int, ids: Sequence[int]) -> list[OrderInfo]:
    """Return these orders of the shop as they stand now, by id."""
    return open_platform.sold_orders(actor, shop_id, ids) if ids else []


def get_order(world_id: int, order_id: int) -> OrderInfo:
    """Return an order as it stands now, as the system."""
    return open_platform.get_order(system(world_id), order_id)


def ship(world_id: int, order_id: int, units: Mapping[int, int], carrier: str, waybill: str, key: str) -> ParcelInfo:
    """Write a parcel back to the mall, as the system. units: mall line id → units."""
    return open_platform.ship(system(world_id), order_id, dict(units), carrier, waybill, key)


def increment(
    world_id: int,
    shop_id: int,
    modified_from: datetime,
    modified_to: datetime,
    page_no: int,
    page_size: int,
    *,
    use_has_next: bool,
) -> open_platform.Increment:
    """Return one page of changed orders by the rules of incremental fetching, as the system."""
    return open_platform.increment_orders(
        system(world_id),
        shop_id,
        modified_from,
        modified_to,
        page_no=page_no,
        page_size=page_size,
        use_has_next=use_has_next,
    )


def fetchable_to(world_id: int) -> datetime:
    """Return up to which simulated moment changes may be fetched."""
    return open_platform.fetchable_to(world_id)


def set_prices(world_id: int, shop_id: int, prices: Mapping[int, int], key: str) -> None:
    """Write prices (fen) of the shop's mall SKUs, as the system."""
    open_platform.set_prices(system(world_id), shop_id, prices, key)


def page_of_listings(actor: Actor, shop_id: int, q: str, number: int, size: int) -> tuple[list[ListingInfo], bool]:
    """Return one page of the shop's listings, newest first, and whether there is a next one."""
    return open_platform.page_of_listings(actor, shop_id, q, number, size)


def sync_stock(
    actor: Actor, shop_id: int, kind: str, units: Mapping[int, int], as_of: datetime | None, key: str
) -> list[open_platform.StockChange]:
    """Set (full) or move (delta) stock of the shop's mall SKUs; all of it or nothing."""
    return open_platform.sync_stock(actor, shop_id, kind, units, as_of, key)


def tickets(actor: Actor, shop_id: int) -> list[AfterSaleInfo]:
    """Return the shop's latest after-sale tickets, newest first."""
    return open_platform.after_sales(actor, shop_id, (), 1, 100)[0]


def ticket(actor: Actor, shop_id: int, ticket_id: int) -> AfterSaleInfo:
    """Return one after-sale ticket of the shop. Raises NotFound."""
    return open_platform.get_after_sale(actor, shop_id, ticket_id)


def ship_own(actor: Actor, order_id: int, units: Mapping[int, int], carrier: str, waybill: str, key: str) -> ParcelInfo:
    """Ship an order from the shop's own warehouse, as its seller."""
    return open_platform.ship(actor, order_id, dict(units), carrier, waybill, key)


def parcels(actor: Actor, shop_id: int, order_ids: Sequence[int]) -> list[ParcelInfo]:
    """Return the parcels of these orders of the shop."""
    return open_platform.parcels(actor, shop_id, order_ids)


def report_parcel(world_id: int, order_id: int, carrier: str, waybill: str, *, lost: bool, hours: int = 0) -> bool:
    """Report a parcel as lost or late, as the system; False when it is no longer on its way."""
    return open_platform.report_parcel(system(world_id), order_id, carrier, waybill, lost=lost, hours=hours)


def tell_buyer(actor: Actor, order_id: int, title: str, text: str) -> None:
    """Send the buyer of an order of the actor's shop a message about it."""
    open_platform.tell_buyer(actor, order_id, title, text)


def carriers() -> dict[str, str]:
    """Return the carriers that the mall knows: code → name."""
    return {code: name for code, (name, _) in open_platform.CARRIERS.items()}


def waybill_problem(carrier: str, waybill: str) -> tuple[str, str] | None:
    """Return (field, Chinese sentence) for what is wrong with a carrier or its number, or None."""
    return open_platform.waybill_problem(carrier, waybill)


def carrier_name(code: str) -> str:
    """Return the Chinese name of a carrier; the code itself when the mall no longer knows it."""
    known = open_platform.CARRIERS.get(code)
    return known[0] if known else code

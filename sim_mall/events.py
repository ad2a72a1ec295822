"""What happened in the mall: facts in the past tense, published inside the transaction. Amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopOpened:
    """A shop paid its deposit and opened."""

    world_id: int
    shop_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class ListingPutOnSale:
    """A listing can be bought from now on."""

    world_id: int
    shop_id: int
    listing_id: int


@dataclass(frozen=True, slots=True)
class _OrderFact:
    world_id: int
    order_id: int
    shop_id: int
    buyer_id: int
    payable: int
    source: str
    room_id: int | None


@dataclass(frozen=True, slots=True)
class OrderPlaced(_OrderFact):
    """An order was submitted and its stock reserved."""


@dataclass(frozen=True, slots=True)
class OrderPaid(_OrderFact):
    """The money of an order lies in escrow."""


@dataclass(frozen=True, slots=True)
class OrderShipped(_OrderFact):
    """A parcel of the order left; the order may be shipped in part."""


@dataclass(frozen=True, slots=True)
class OrderCompleted(_OrderFact):
    """Goods received, money settled to the shop."""


@dataclass(frozen=True, slots=True)
class OrderClosed(_OrderFact):
    """Cancelled, timed out, or all units refunded."""


@dataclass(frozen=True, slots=True)
class RefundPaid:
    """Money went back to the buyer. lines: (sku_id, units, units returned in good order)."""

    world_id: int
    order_id: int
    after_sale_id: int
    shop_id: int
    amount: int
    lines: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class ReviewWritten:
    """A buyer reviewed a line. stars: mean of the three scores times 100."""

    world_id: int
    order_id: int
    shop_id: int
    listing_id: int
    stars: int

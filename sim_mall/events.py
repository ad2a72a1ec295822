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
class SafetyStockChanged:
    """A shop keeps more or less of its stock back from sale (安全库存)."""

    world_id: int
    shop_id: int


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
    """An order was submitted and its stock reserved, but for goods whose stock is taken at payment."""


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


@dataclass(frozen=True, slots=True)
class TicketEnded:
    """An after-sale ended. state: success | closed; disputed: the platform was called in."""

    world_id: int
    order_id: int
    after_sale_id: int
    shop_id: int
    buyer_id: int
    kind: str
    state: str
    disputed: bool


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A buyer asked for an after-sale. kind, reason: values of the ticket."""

    world_id: int
    order_id: int
    after_sale_id: int
    shop_id: int
    buyer_id: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """The platform decided a dispute; by_instructor: not by rule."""

    world_id: int
    order_id: int
    after_sale_id: int
    shop_id: int
    buyer_id: int
    for_buyer: bool
    by_instructor: bool


@dataclass(frozen=True, slots=True)
class ShippedLate:
    """The promise to ship passed with goods still in the shop (延迟发货)."""

    world_id: int
    order_id: int
    shop_id: int
    buyer_id: int


@dataclass(frozen=True, slots=True)
class OrderOutOfStock:
    """The seller could not supply what was paid for (缺货). amount: fen that went back."""

    world_id: int
    order_id: int
    shop_id: int
    buyer_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class ParcelNotCollected:
    """A waybill without goods: the carrier had nothing to collect within a day (虚假发货)."""

    world_id: int
    order_id: int
    parcel_id: int
    shop_id: int
    buyer_id: int

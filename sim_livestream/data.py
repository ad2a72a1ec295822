"""Plain data of the live rooms: what leaves the package, and what is told to a room as JSON. Money in fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LiveProgress:
    """What one person has done as a host so far. minutes on air, whole; gmv_paid in fen."""

    rooms: int = 0
    minutes: int = 0
    comments: int = 0
    likes: int = 0
    orders: int = 0
    gmv_paid: int = 0


@dataclass(frozen=True, slots=True)
class SkuChoice:
    """One SKU in the buying sheet. stock: what the mall can still sell."""

    id: int
    spec: str
    price: int
    shop_price: int
    stock: int


@dataclass(frozen=True, slots=True)
class BuySheet:
    """What a viewer decides on when buying. left: units this person may still take, None for no limit."""

    item_id: int
    title: str
    category: str
    status: str
    skus: tuple[SkuChoice, ...]
    left: int | None
    receiver: Any
    refusal: str  # why it cannot be bought now, '' when it can
    quote: str = ""  # the price as told on air, to be shown again when buying


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase in the room that went through."""

    order_id: int
    number: str
    payable: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What a person who joins is told: a snapshot, or the events missed since ``last_seq``."""

    seq: int
    snapshot: dict[str, Any] | None
    missed: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Figures of one item: people who saw and opened it, orders and units paid, fen paid, seconds explained.

    times: how often it was explained. buyers: people who paid. click_bp: of those who saw it.
    """

    id: int
    title: str
    category: str
    seen: int
    clicks: int
    click_bp: int
    buyers: int
    orders: int
    units: int
    gmv_paid: int
    explained: int
    times: int


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """Figures of one show, computed from rows. Definitions: ``domain.attendance`` and commerce model 3.9.

    minutes: on air, whole. mean_stay: seconds. rates in basis points. gmv_placed: fen of orders placed;
    gmv_paid: of those paid; refunded: fen paid back; later: fen that people who opened an item in the show
    paid for it in the shop within seven simulated days after. gpm: fen paid per thousand entries.
    sales: (minute, fen paid in all up to then).
    """

    minutes: int
    uv: int
    pv: int
    online: int
    peak: int
    mean_stay: int
    comments: int
    likes: int
    shares: int
    follows: int
    interaction_bp: int
    seen_uv: int
    click_uv: int
    click_bp: int
    buyers: int
    pay_bp: int
    conversion_bp: int
    orders: int
    gmv_placed: int
    gmv_paid: int
    refunded: int
    later: int
    gpm: int
    uv_value: int
    sales: tuple[tuple[datetime, int], ...]
    curve: tuple[tuple[datetime, int], ...]
    items: tuple[ItemFigures, ...]

    @property
    def net(self) -> int:
        """Return what was paid less what went back, in fen."""
        return self.gmv_paid - self.refunded

"""What the price of a cart is made from, and what comes out. Integer fen and basis points; nothing here computes.

A rule's ``lines`` is a set of line ids, or None for all lines. ``bp`` is the part of the price that is paid
(8800 = 8.8折). ``name`` is for people and takes no part in anything. Source: commerce model 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Id = str | int
Scope = frozenset[str | int] | None


class StepKind(StrEnum):
    """What took something off a line, in the order of the pipeline."""

    ITEM = "item"  # 单品价: flash sale, group, live, limited-time or member price
    BUNDLE = "bundle"  # 套餐: a set of goods at a fixed price
    MULTI = "multi"  # N件N折
    FULL = "full"  # 满减/满折
    SHOP_COUPON = "shop_coupon"  # 店铺券
    PLATFORM_COUPON = "platform_coupon"  # 平台券
    POINTS = "points"  # 积分抵扣


class OfferKind(StrEnum):
    """Kinds of item prices: flash before group before the lowest of the others."""

    FLASH = "flash"  # 秒杀
    GROUP = "group"  # 拼团
    LIVE = "live"  # 直播专享
    LIMITED = "limited"  # 限时折扣
    MEMBER = "member"  # 会员价


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart. unit_price: fen a piece, at least 1; qty at least 1."""

    id: Id
    shop: Id
    unit_price: int
    qty: int
    category: Id | None = None


@dataclass(frozen=True, slots=True)
class ItemPrice:
    """A price per unit (``price``, fen) or part of the price (``bp``) for single lines."""

    id: Id
    kind: OfferKind
    lines: frozenset[Id]
    bp: int | None = None
    price: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A set of goods at a fixed price (套餐). parts: which lines can fill a part, and units of it in one set."""

    id: Id
    parts: tuple[tuple[frozenset[Id], int], ...]
    price: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class MultiBuy:
    """N件N折: from ``min_qty`` units in scope on, each line in scope costs ``bp``."""

    id: Id
    lines: Scope
    min_qty: int
    bp: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """From ``threshold`` fen on, ``off`` fen less or ``bp`` of the total."""

    threshold: int
    off: int | None = None
    bp: int | None = None


@dataclass(frozen=True, slots=True)
class FullReduction:
    """满减/满折 of one shop."""

    id: Id
    shop: Id
    lines: Scope
    tiers: tuple[Tier, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon of a shop (``shop``) or of the platform (None); cap: at most so many fen off."""

    id: Id
    shop: Id | None
    lines: Scope
    threshold: int
    off: int | None = None
    bp: int | None = None
    cap: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Freight:
    """What a shop asks for sending. Free from ``free_from`` fen of its goods; from ``cut_from`` on ``cut`` fen less."""

    shop: Id
    fee: int
    free_from: int | None = None
    cut_from: int | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Cart:
    """Everything that one price is made from.

    stacking: lines priced by flash sale or group take part in full reductions and shop coupons all the same.
    """

    lines: tuple[CartLine, ...]
    item_prices: tuple[ItemPrice, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    multi_buys: tuple[MultiBuy, ...] = ()
    full_reductions: tuple[FullReduction, ...] = ()
    shop_coupons: tuple[Coupon, ...] = ()
    platform_coupon: Coupon | None = None
    points: int = 0
    freight: tuple[Freight, ...] = ()
    stacking: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One discount on one line: ``share`` fen, above zero."""

    step: StepKind
    id: Id
    share: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line with its price: base - Σ shares = payable, never below zero."""

    id: Id
    shop: Id
    unit_price: int
    qty: int
    base: int
    steps: tuple[Step, ...]
    payable: int


@dataclass(frozen=True, slots=True)
class ShopFreight:
    """What a shop's freight is in the end, and what it was before it was free or cut."""

    shop: Id
    fee: int
    before: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The whole breakdown. freight: per shop, in the order of the input."""

    lines: tuple[PricedLine, ...]
    freight: tuple[ShopFreight, ...]

    @property
    def goods_payable(self) -> int:
        return sum(line.payable for line in self.lines)

    @property
    def freight_total(self) -> int:
        return sum(entry.fee for entry in self.freight)

    @property
    def payable(self) -> int:
        return self.goods_payable + self.freight_total

    def of_shop(self, shop: Id) -> tuple[PricedLine, ...]:
        """Return the lines of one shop."""
        return tuple(line for line in self.lines if line.shop == shop)

    def freight_of(self, shop: Id) -> int:
        """Return what a shop asks for sending, 0 when it asks nothing."""
        return next((entry.fee for entry in self.freight if entry.shop == shop), 0)

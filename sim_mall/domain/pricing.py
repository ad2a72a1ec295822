"""Price of a cart (计价): pure, integer fen. Every discount will be a step on a line; freight is per shop.

Source: commerce model 3.5 and 3.4. Rounding and splitting are those of ``app.core.money``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.money import unit_refund


@dataclass(frozen=True, slots=True)
class CartLine:
    """What is to be priced. unit_price: fen a piece. freight_fee: fen that this goods asks per shop order."""

    id: int
    shop_id: int
    unit_price: int
    quantity: int
    freight_fee: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One discount on one line. share: fen taken off; bearer: who pays for it (shop | platform)."""

    step: str
    id: str
    share: int
    bearer: str = "shop"


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line with its price: base - Σ steps = payable, never below zero."""

    id: int
    shop_id: int
    unit_price: int
    quantity: int
    base: int
    steps: tuple[Step, ...]
    payable: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The whole breakdown. freight: fen per shop, in order of first appearance."""

    lines: tuple[PricedLine, ...]
    freight: Mapping[int, int]

    @property
    def goods_payable(self) -> int:
        return sum(line.payable for line in self.lines)

    @property
    def freight_total(self) -> int:
        return sum(self.freight.values())

    @property
    def payable(self) -> int:
        return self.goods_payable + self.freight_total

    def of_shop(self, shop_id: int) -> tuple[PricedLine, ...]:
        """Return the lines of one shop."""
        return tuple(line for line in self.lines if line.shop_id == shop_id)


def quote(lines: Sequence[CartLine]) -> Quote:
    """Price the lines. Freight of a shop is the highest fee that one of its goods asks, once per order.

    Raises ValueError for quantities or prices below one.
    """
    priced = []
    freight: dict[int, int] = {}
    for line in lines:
        if line.quantity < 1 or line.unit_price < 1 or line.freight_fee < 0:
            raise ValueError("quantity and price must be at least 1, freight at least 0")
        base = line.unit_price * line.quantity
        priced.append(PricedLine(line.id, line.shop_id, line.unit_price, line.quantity, base, (), base))
        freight[line.shop_id] = max(freight.get(line.shop_id, 0), line.freight_fee)
    return Quote(tuple(priced), freight)


def refund_of_units(payable: int, quantity: int, units: Sequence[int]) -> int:
    """Return what the given units (1-based numbers) of a line bring back; all units together are ``payable``."""
    return sum(unit_refund(payable, quantity, unit) for unit in units)

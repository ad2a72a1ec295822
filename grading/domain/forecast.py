"""Sales forecast (销售收入预测): twelve months per product, everything computed in integer fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MONTHS = 12
MAX_PRODUCTS = 12
MAX_PRICE = 10**9  # fen
MAX_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the plan: price and unit cost in fen, twelve monthly quantities."""

    name: str
    price: int
    unit_cost: int
    quantity: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Sales, cost and margin of the twelve months, in fen."""

    sales: tuple[int, ...]
    cost: tuple[int, ...]

    @property
    def margin(self) -> tuple[int, ...]:
        return tuple(a - b for a, b in zip(self.sales, self.cost, strict=True))


@dataclass(frozen=True, slots=True)
class Forecast:
    """One line per product, in order, and their sum."""

    lines: tuple[Line, ...]
    total: Line


def compute(products: Sequence[Product]) -> Forecast:
    """Return monthly sales = quantity × price and cost = quantity × unit cost, per product and in sum (P1)."""
    lines = tuple(
        Line(tuple(q * p.price for q in p.quantity), tuple(q * p.unit_cost for q in p.quantity)) for p in products
    )
    return Forecast(
        lines,
        Line(
            tuple(sum(line.sales[m] for line in lines) for m in range(MONTHS)),
            tuple(sum(line.cost[m] for line in lines) for m in range(MONTHS)),
        ),
    )

"""Plain data that leaves the supply system: frozen, without ORM objects. Money in fen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupplyProgress:
    """What one person has done in the supply system so far; all counts.

    listed_by_click: products put on sale by one click. orders_fetched: orders of the mall that were fetched.
    orders_shipped: purchase orders that suppliers have shipped.
    """

    listed_by_click: int = 0
    orders_fetched: int = 0
    orders_shipped: int = 0


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What one fetch brought. new: orders never fetched before; updated: known ones that changed.

    pushed: purchase orders sent to suppliers. waiting: made but not sent, because money is short.
    own_lines: lines that the shop ships itself.
    """

    new: int = 0
    updated: int = 0
    pushed: int = 0
    waiting: int = 0
    own_lines: int = 0

"""What the units of a line bring back, and how a new total is laid on the lines. Source: commerce model 3.4."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.core.money import split, unit_refund


def refund_of_units(payable: int, quantity: int, units: Sequence[int]) -> int:
    """Return what the given units (1-based numbers) of a line bring back; all units together are ``payable``."""
    return sum(unit_refund(payable, quantity, unit) for unit in units)


def refund_units(payable: int, quantity: int) -> list[int]:
    """Return the amount of the 1st, 2nd, … unit refunded: the list adds up to ``payable``."""
    bounds = [payable * k // quantity for k in range(quantity + 1)]
    return [upper - lower for lower, upper in pairwise(bounds)]


def spread_total(payables: Sequence[int], total: int) -> list[int]:
    """Lay a new goods total (a seller's change of price, 改价) on the lines by what they cost now.

    Raises ValueError for a negative total.
    """
    if total < 0:
        raise ValueError("total must not be negative")
    weights = list(payables) if any(payables) else [1] * len(payables)
    return split(total, weights, [total] * len(payables))

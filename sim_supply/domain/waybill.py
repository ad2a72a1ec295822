"""Waybill numbers (运单号) that a simulated supplier writes: in the carrier's form, never the same twice."""

from __future__ import annotations

from app.worlds.chance import Chance

FORMS: dict[str, tuple[str, int]] = {  # carrier code of the mall → what the number begins with, digits after it
    "sf": ("SF", 13),
    "zto": ("", 14),
    "yto": ("YT", 13),
    "sto": ("77", 13),
    "yunda": ("", 15),
}
CODES = tuple(FORMS)


def make_waybill(chance: Chance, order_id: int) -> tuple[str, str]:
    """Return (carrier code, number). The last eight digits are the purchase order's id."""
    carrier = chance.pick(CODES)
    return carrier, make_own_waybill(chance, carrier, order_id)


def make_own_waybill(chance: Chance, carrier: str, order_id: int) -> str:
    """Return a number of this carrier; the last eight digits are the order's id. Raises KeyError for an unknown one."""
    prefix, digits = FORMS[carrier]
    head = digits - 8
    lead = chance.between(10 ** (head - 1), 10**head - 1)
    return f"{prefix}{lead}{order_id % 10**8:08d}"

"""Money is integer fen (分), rates are basis points (万分之一). Rounding and splitting live only here."""

from __future__ import annotations

import re
from collections.abc import Sequence

FULL_BP = 10_000
_YUAN = re.compile(r"^(-?)(\d{1,11})(?:\.(\d{1,2}))?$")


def half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded half up (towards plus infinity), in integers.

    Raises ValueError when the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    return (2 * numerator + denominator) // (2 * denominator)


def part(amount: int, bp: int) -> int:
    """Return ``bp`` basis points of ``amount`` fen, rounded half up to the fen."""
    return half_up(amount * bp, FULL_BP)


def split(total: int, weights: Sequence[int], caps: Sequence[int] | None = None) -> list[int]:
    """Split ``total`` fen over lines by largest remainder (Hamilton), ties to the earlier line.

    ``caps`` (default: the weights) bound each part; the parts are >= 0, within their cap and add up
    to ``total`` exactly. Raises ValueError for negative input or a total above the sum of the caps.
    Source: commerce model 3.5.
    """
    limits = list(weights if caps is None else caps)
    if total < 0 or any(w < 0 for w in weights) or any(c < 0 for c in limits):
        raise ValueError("amounts must not be negative")
    if total > sum(limits):
        raise ValueError("total exceeds what the lines can bear")
    parts = [0] * len(limits)
    if total == 0:
        return parts
    whole = sum(weights)
    if whole == 0:
        weights, whole = limits, sum(limits)
    remainders = []
    for index, weight in enumerate(weights):
        share, remainder = divmod(total * weight, whole)
        parts[index] = min(share, limits[index])
        remainders.append((-remainder, index))
    rest = total - sum(parts)
    for _, index in sorted(remainders):
        if rest == 0:
            break
        if parts[index] < limits[index]:
            parts[index] += 1
            rest -= 1
    for index, limit in enumerate(limits):
        step = min(rest, limit - parts[index])
        parts[index] += step
        rest -= step
    return parts


def unit_refund(payable: int, quantity: int, k: int) -> int:
    """Return what the k-th refunded unit (1-based) of a line brings back; all k sum to ``payable``.

    Source: commerce model 3.4: floor(L*k/n) - floor(L*(k-1)/n).
    """
    if not 1 <= k <= quantity:
        raise ValueError("k must lie between 1 and the quantity")
    return payable * k // quantity - payable * (k - 1) // quantity


def parse_yuan(text: str) -> int:
    """Parse '1,234.5' or '¥12' to fen. Raises ValueError on anything else."""
    match = _YUAN.match(text.strip().replace(",", "").replace("¥", "").replace("\uffe5", ""))
    if not match:
        raise ValueError("not an amount of yuan")
    sign, whole, cents = match.groups()
    amount = int(whole) * 100 + int((cents or "0").ljust(2, "0"))
    return -amount if sign else amount


def plain_yuan(fen: int) -> str:
    """Return fen as '1234.50', for files and form fields."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"

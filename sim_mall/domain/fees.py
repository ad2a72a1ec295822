"""Fees of the platform (平台费用): commission by category, live commission, technical fee of the payment channel.

Rates are basis points of what the shop earns. Each fee is rounded half up once per rate; together they never
exceed what is settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.core.money import part


class FeeKind(StrEnum):
    """What a fee is for. Values are the kinds of ledger transactions."""

    COMMISSION = "commission"  # 平台服务费: share of the goods by category, freight at the default rate
    LIVE = "live_commission"  # 直播服务费: on orders from a live room, on top
    TECH = "tech_fee"  # 支付技术服务费: of all that is settled


FEE_NAMES: dict[str, str] = {
    FeeKind.COMMISSION: "平台服务费",
    FeeKind.LIVE: "直播服务费",
    FeeKind.TECH: "支付技术服务费",
}

RETURNABLE = frozenset({FeeKind.COMMISSION, FeeKind.LIVE})  # goes back with a refund after settlement


@dataclass(frozen=True, slots=True)
class FeeTable:
    """The rates of a world in basis points; by_category: first-level category → commission."""

    commission_bp: int
    by_category: Mapping[str, int]
    live_bp: int
    tech_bp: int

    def rate(self, category: str) -> int:
        """Return the commission of a first-level category."""
        return self.by_category.get(category, self.commission_bp)


@dataclass(frozen=True, slots=True)
class Fee:
    """One fee of one settlement, in fen."""

    kind: FeeKind
    amount: int


def fees_of(goods: Sequence[tuple[str, int]], freight: int, *, live: bool, table: FeeTable) -> list[Fee]:
    """Return the fees of a settlement, those of 0 left out.

    goods: (first-level category, fen that stay with the shop) per line; freight: fen of it that stay.
    """
    bases: dict[int, int] = {}
    for category, amount in [*goods, ("", freight)]:
        rate = table.rate(category) if category else table.commission_bp
        bases[rate] = bases.get(rate, 0) + amount
    whole = sum(amount for _, amount in goods) + freight
    wanted = [
        (FeeKind.COMMISSION, sum(part(base, rate) for rate, base in bases.items())),
        (FeeKind.LIVE, part(whole, table.live_bp) if live else 0),
        (FeeKind.TECH, part(whole, table.tech_bp)),
    ]
    fees = []
    for kind, amount in wanted:
        taken = min(amount, whole)
        whole -= taken
        if taken:
            fees.append(Fee(kind, taken))
    return fees


def fee_back(returnable: int, settled: int, refunded: int) -> int:
    """Return how much of a returnable fee has to be back in all once ``refunded`` of ``settled`` fen were refunded.

    Cumulative floor, so that partial refunds add up: all of it with the last fen, never more.
    """
    if settled <= 0 or returnable <= 0:
        return 0
    return returnable * min(refunded, settled) // settled

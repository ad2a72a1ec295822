"""Daily statement (日账单): opening, what came and went by kind, closing; adds up line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

KIND_NAMES: dict[str, str] = {
    "settlement": "货款结算",
    "commission": "平台服务费",
    "live_commission": "直播服务费",
    "tech_fee": "支付技术服务费",
    "fee_back": "服务费退回",
    "return_freight_back": "退货运费",
    "insurance": "运费险保费",
    "coupon_subsidy": "平台券、积分补贴",
    "coupon_subsidy_back": "平台券、积分补贴退回",
    "refund": "退款",
    "withdrawal": "提现",
    "deposit": "缴纳保证金",
    "deposit_top_up": "补缴保证金",
    "deposit_release": "保证金转出",
    "fine": "扣款",
    "shop_closed": "注销店铺",
}
OTHER = "其他"


def kind_name(kind: str) -> str:
    """Return what people call a kind of transaction."""
    return KIND_NAMES.get(kind, OTHER)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a purse: its simulated day in Shanghai, kind, fen (plus is money in)."""

    day: date
    kind: str
    amount: int


@dataclass(slots=True)
class DayStatement:
    """One day of a purse, in fen. closing = opening + Σ kinds."""

    day: date
    opening: int
    kinds: dict[str, int] = field(default_factory=dict)
    count: int = 0

    @property
    def money_in(self) -> int:
        return sum(amount for amount in self.kinds.values() if amount > 0)

    @property
    def money_out(self) -> int:
        return sum(amount for amount in self.kinds.values() if amount < 0)

    @property
    def closing(self) -> int:
        return self.opening + sum(self.kinds.values())


def by_day(opening: int, first: date, last: date, lines: Iterable[Line]) -> list[DayStatement]:
    """Return the days from first to last, oldest first; each opens with the closing of the day before.

    opening: the balance at the beginning of ``first``. Raises ValueError for a line outside the days.
    """
    days = {
        first + timedelta(days=n): DayStatement(first + timedelta(days=n), 0) for n in range((last - first).days + 1)
    }
    for line in lines:
        found = days.get(line.day)
        if found is None:
            raise ValueError("a line outside the days")
        found.kinds[line.kind] = found.kinds.get(line.kind, 0) + line.amount
        found.count += 1
    balance = opening
    for found in days.values():
        found.opening = balance
        balance = found.closing
    return list(days.values())


def kinds_of(days: Sequence[DayStatement]) -> list[str]:
    """Return the kinds that occur, in the order of the names."""
    found = {kind for one in days for kind in one.kinds}
    known = [kind for kind in KIND_NAMES if kind in found]
    return [*known, *sorted(found - set(known))]

"""The figures of a period (数据看板): what is derived from counts, and the comparison with the period before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.core.money import half_up

PERIODS: dict[str, tuple[str, int]] = {
    "today": ("今天", 1),
    "yesterday": ("昨天", 1),
    "7d": ("近 7 天", 7),
    "30d": ("近 30 天", 30),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from first to last, and the equally long period before."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def dates(self) -> list[date]:
        """Return the days, oldest first."""
        return [self.first + timedelta(days=n) for n in range(self.days)]


def period_of(name: str, today: date) -> Period:
    """Return the period of that name on the simulated day; an unknown one is the last seven days."""
    length = PERIODS.get(name, PERIODS["7d"])[1]
    last = today - timedelta(days=1) if name == "yesterday" else today
    return Period(last - timedelta(days=length - 1), last)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a period; money in fen. Definitions: ``domain.definitions``."""

    views: int = 0
    visitors: int = 0
    orders: int = 0
    orders_paid: int = 0
    buyers: int = 0
    gmv_placed: int = 0
    gmv_paid: int = 0
    refunded: int = 0
    refund_count: int = 0

    @property
    def conversion(self) -> int | None:
        """Paying buyers of all visitors, in basis points."""
        return half_up(self.buyers * 10_000, self.visitors) if self.visitors else None

    @property
    def order_value(self) -> int | None:
        return half_up(self.gmv_paid, self.buyers) if self.buyers else None

    @property
    def refund_rate(self) -> int | None:
        return half_up(self.refunded * 10_000, self.gmv_paid) if self.gmv_paid else None

    @property
    def net_sales(self) -> int:
        return self.gmv_paid - self.refunded


def change_bp(now: int | None, before: int | None) -> int | None:
    """Return by how many basis points a figure changed; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return half_up((now - before) * 10_000, before)

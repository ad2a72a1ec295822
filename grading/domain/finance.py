"""Money of a plan month by month: sales, cost, profit, cash (SYB steps 8 to 10), in integer fen.

Each figure is rounded half up to the fen where it arises; month 0 is the opening of the shop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from app.core.money import FULL_BP, half_up, part
from grading.domain.forecast import MONTHS, Product

MONTHLY = (
    "owner_wage",
    "staff_wages",
    "rent",
    "marketing",
    "utilities",
    "repair",
    "insurance",
    "registration",
    "other",
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A fixed asset: cost and residual value in fen, life in months."""

    name: str
    cost: int
    residual: int
    life_months: int

    def depreciation(self, month: int) -> int:
        """Return the depreciation of a month (from 1), straight line."""
        return half_up(self.cost - self.residual, self.life_months) if 1 <= month <= self.life_months else 0


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan paid out in month 0: fen, basis points a year, fen of principal a month from month 1."""

    amount: int = 0
    yearly_rate_bp: int = 0
    monthly_principal: int = 0


@dataclass(frozen=True, slots=True)
class Finance:
    """What the tables are computed from. start_month_stock: goods bought and paid in month 0, in fen."""

    products: tuple[Product, ...] = ()
    turnover_tax_bp: int = 0
    credit_share_bp: int = 0
    credit_delay_months: int = 0
    monthly: Mapping[str, int] = field(default_factory=dict)
    assets: tuple[Asset, ...] = ()
    loan: Loan = Loan()
    owner_money: int = 0
    start_month_stock: int = 0

    @property
    def fixed_cost(self) -> int:
        """Return the monthly items together."""
        return sum(self.monthly.get(key, 0) for key in MONTHLY)

    @property
    def assets_cost(self) -> int:
        return sum(asset.cost for asset in self.assets)


@dataclass(frozen=True, slots=True)
class Month:
    """One month; 0 is the opening. cash_in contains the opening cash; all in fen."""

    month: int
    gross: int = 0
    turnover_tax: int = 0
    net: int = 0
    materials: int = 0
    depreciation: int = 0
    interest: int = 0
    cost: int = 0
    profit: int = 0
    cash_sales: int = 0
    collected: int = 0
    principal: int = 0
    cash_in: int = 0
    cash_out: int = 0
    closing_cash: int = 0
    receivable: int = 0
    loan: int = 0


@dataclass(frozen=True, slots=True)
class Year:
    """Months 1 to 12 together; reconciles: the cash flow agrees with the profit (P18)."""

    gross: int
    net: int
    cost: int
    profit: int
    depreciation: int
    principal: int
    delta_receivable: int
    delta_cash: int
    reconciles: bool


@dataclass(frozen=True, slots=True)
class Accounts:
    """The computed tables. stock_used: opening stock sold within the year, in fen."""

    months: tuple[Month, ...]
    year: Year
    stock_used: int

    def as_rows(self) -> dict[str, Any]:
        """Return the tables for a page: months by key, the year."""
        return {"months": [asdict(month) for month in self.months], "year": self.year}

    def as_json(self) -> dict[str, Any]:
        """Return the tables as plain values."""
        return {"months": [asdict(month) for month in self.months], "year": asdict(self.year)}


def compute_accounts(plan: Finance) -> Accounts:
    """Return the thirteen months and the year of a plan."""
    opening = plan.owner_money + plan.loan.amount
    spent = plan.assets_cost + plan.start_month_stock
    months = [
        Month(0, cash_in=opening, cash_out=spent, closing_cash=opening - spent, loan=plan.loan.amount),
    ]
    credit = [0]
    stock = plan.start_month_stock
    for number in range(1, MONTHS + 1):
        month, used = _month(plan, number, months[-1], credit, stock)
        stock -= used
        months.append(month)
    return Accounts(tuple(months), year_of(months, plan.start_month_stock - stock), plan.start_month_stock - stock)


def _month(plan: Finance, number: int, before: Month, credit: list[int], stock: int) -> tuple[Month, int]:
    """Return one month and the opening stock used up in it; appends this month's credit sales."""
    gross = sum(product.price * product.quantity[number - 1] for product in plan.products)
    materials = sum(product.unit_cost * product.quantity[number - 1] for product in plan.products)
    net = half_up(gross * FULL_BP, FULL_BP + plan.turnover_tax_bp)
    depreciation = sum(asset.depreciation(number) for asset in plan.assets)
    interest = half_up(before.loan * plan.loan.yearly_rate_bp, FULL_BP * 12)
    principal = min(plan.loan.monthly_principal, before.loan)
    credit.append(part(gross, plan.credit_share_bp))
    sold_at = number - plan.credit_delay_months
    collected = credit[sold_at] if sold_at >= 1 else 0
    cash_sales = gross - credit[number]
    used = min(stock, materials)
    cost = plan.fixed_cost + materials + depreciation + interest
    cash_in = before.closing_cash + cash_sales + collected
    cash_out = plan.fixed_cost + materials - used + interest + principal + gross - net
    return Month(
        month=number,
        gross=gross,
        turnover_tax=gross - net,
        net=net,
        materials=materials,
        depreciation=depreciation,
        interest=interest,
        cost=cost,
        profit=net - cost,
        cash_sales=cash_sales,
        collected=collected,
        principal=principal,
        cash_in=cash_in,
        cash_out=cash_out,
        closing_cash=cash_in - cash_out,
        receivable=before.receivable + credit[number] - collected,
        loan=before.loan - principal,
    ), used


def year_of(months: list[Month], stock_used: int) -> Year:
    """Return the year of thirteen months (0 to 12)."""

    def total(key: str) -> int:
        return sum(int(getattr(month, key)) for month in months[1:])

    first, last = months[0], months[-1]
    profit, depreciation, principal = total("profit"), total("depreciation"), total("principal")
    delta_cash = last.closing_cash - first.closing_cash
    delta_receivable = last.receivable - first.receivable
    return Year(
        gross=total("gross"),
        net=total("net"),
        cost=total("cost"),
        profit=profit,
        depreciation=depreciation,
        principal=principal,
        delta_receivable=delta_receivable,
        delta_cash=delta_cash,
        reconciles=delta_cash == profit + depreciation - delta_receivable - principal + stock_used,
    )

"""A plan's figures as a JSON file (``flask grading check-plan``), and totals that a person typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from grading.domain import documents
from grading.domain.finance import MONTHLY, Asset, Finance, Loan, Month, Year
from grading.domain.forecast import MONTHS, Product

MOST = 10**12  # fen, or pieces
MOST_TYPED = 10**30  # a total of many such amounts
FULL_RATE = 10_000
MOST_LIFE = 1_200  # months
MONTH_KEYS = tuple(one.name for one in fields(Month) if one.name != "month")
YEAR_KEYS = tuple(one.name for one in fields(Year))


@dataclass(frozen=True, slots=True)
class TypedMonth:
    """Totals of one month as typed; place: index in the file."""

    place: int
    month: int
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Typed:
    """All totals that a person typed."""

    months: tuple[TypedMonth, ...] = ()
    year: Mapping[str, int] = field(default_factory=dict)
    reconciles: bool | None = None


def parse_finance(value: Mapping[str, Any]) -> tuple[Finance, Typed]:
    """Return what the file says. Raises InvalidInput with the JSON Pointer of the first thing that is wrong."""
    documents.fields(
        value,
        "",
        (
            "products",
            "turnover_tax_bp",
            "credit_share_bp",
            "credit_delay_months",
            "monthly",
            "assets",
            "loan",
            "owner_money",
            "start_month_stock",
        ),
        ("typed",),
    )
    monthly = documents.fields(value["monthly"], "/monthly", MONTHLY)
    return Finance(
        products=tuple(
            _product(row, f"/products/{place}")
            for place, row in enumerate(documents.items(value["products"], "/products"))
        ),
        turnover_tax_bp=documents.whole(value["turnover_tax_bp"], "/turnover_tax_bp", 0, FULL_RATE),
        credit_share_bp=documents.whole(value["credit_share_bp"], "/credit_share_bp", 0, FULL_RATE),
        credit_delay_months=documents.whole(value["credit_delay_months"], "/credit_delay_months", 0, MONTHS),
        monthly={key: documents.whole(monthly[key], f"/monthly/{key}", 0, MOST) for key in MONTHLY},
        assets=tuple(
            _asset(row, f"/assets/{place}") for place, row in enumerate(documents.items(value["assets"], "/assets"))
        ),
        loan=_loan(value["loan"]),
        owner_money=documents.whole(value["owner_money"], "/owner_money", 0, MOST),
        start_month_stock=documents.whole(value["start_month_stock"], "/start_month_stock", 0, MOST),
    ), _typed(value["typed"]) if "typed" in value else Typed()


def _product(value: Any, path: str) -> Product:
    row = documents.fields(value, path, ("name", "price", "unit_cost", "quantity"))
    quantity = documents.items(row["quantity"], f"{path}/quantity", MONTHS)
    return Product(
        name=documents.text(row["name"], f"{path}/name"),
        price=documents.whole(row["price"], f"{path}/price", 0, MOST),
        unit_cost=documents.whole(row["unit_cost"], f"{path}/unit_cost", 0, MOST),
        quantity=tuple(
            documents.whole(amount, f"{path}/quantity/{place}", 0, MOST) for place, amount in enumerate(quantity)
        ),
    )


def _asset(value: Any, path: str) -> Asset:
    row = documents.fields(value, path, ("name", "cost", "residual", "life_months"))
    asset = Asset(
        name=documents.text(row["name"], f"{path}/name"),
        cost=documents.whole(row["cost"], f"{path}/cost", 0, MOST),
        residual=documents.whole(row["residual"], f"{path}/residual", 0, MOST),
        life_months=documents.whole(row["life_months"], f"{path}/life_months", 1, MOST_LIFE),
    )
    if asset.residual > asset.cost:
        documents.wrong(f"{path}/residual", "残值不能高于原值。")
    return asset


def _loan(value: Any) -> Loan:
    row = documents.fields(value, "/loan", ("amount", "yearly_rate_bp", "monthly_principal"))
    return Loan(
        amount=documents.whole(row["amount"], "/loan/amount", 0, MOST),
        yearly_rate_bp=documents.whole(row["yearly_rate_bp"], "/loan/yearly_rate_bp", 0, FULL_RATE),
        monthly_principal=documents.whole(row["monthly_principal"], "/loan/monthly_principal", 0, MOST),
    )


def _typed(value: Any) -> Typed:
    typed = documents.fields(value, "/typed", (), ("months", "year"))
    months, seen = [], set()
    for place, row in enumerate(documents.items(typed.get("months", []), "/typed/months")):
        path = f"/typed/months/{place}"
        documents.fields(row, path, ("month",), MONTH_KEYS)
        month = documents.whole(row["month"], f"{path}/month", 0, MONTHS)
        if month in seen:
            documents.wrong(f"{path}/month", f"第 {month} 个月出现了两次，请合并。")
        seen.add(month)
        figures = {key: _figure(row[key], f"{path}/{key}") for key in MONTH_KEYS if key in row}
        months.append(TypedMonth(place, month, figures))
    year = documents.fields(typed.get("year", {}), "/typed/year", (), YEAR_KEYS)
    reconciles = year.get("reconciles")
    if reconciles is not None and not isinstance(reconciles, bool):
        documents.wrong("/typed/year/reconciles", "应是 true 或 false。")
    figures = {
        key: _figure(year[key], f"/typed/year/{key}") for key in YEAR_KEYS if key in year and key != "reconciles"
    }
    return Typed(tuple(months), figures, reconciles)


def _figure(value: Any, path: str) -> int:
    return documents.whole(value, path, -MOST_TYPED, MOST_TYPED)

"""Costs, assets, loan and cash of a plan as its editor keeps them, and what the identities say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from grading.domain.finance import MONTHLY, Accounts, Asset, Finance, Loan, compute_accounts
from grading.domain.finance_checks import check_finance
from grading.domain.forecast import Product

TOLERANCE = 100  # fen a month, for typed figures
MONTHLY_NAMES = {
    "owner_wage": "业主工资",
    "staff_wages": "员工工资",
    "rent": "房租",
    "marketing": "推广费",
    "utilities": "水电网络",
    "repair": "维修",
    "insurance": "保险",
    "registration": "登记注册",
    "other": "其他（平台佣金、手续费、快递等）",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A post (岗位): people and monthly pay of one, in fen."""

    name: str
    people: int
    pay: int


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """What the editor asks beside the products. finance carries no products of its own."""

    finance: Finance = field(default_factory=Finance)
    posts: tuple[Post, ...] = ()
    reserve_months: int = 3

    def with_products(self, products: Sequence[Product]) -> Finance:
        return replace(self.finance, products=tuple(products))

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        money = self.finance
        return {
            "turnover_tax_bp": money.turnover_tax_bp,
            "credit_share_bp": money.credit_share_bp,
            "credit_delay_months": money.credit_delay_months,
            "monthly": {key: money.monthly.get(key, 0) for key in MONTHLY},
            "assets": [
                {"name": one.name, "cost": one.cost, "residual": one.residual, "life_months": one.life_months}
                for one in money.assets
            ],
            "loan": {
                "amount": money.loan.amount,
                "yearly_rate_bp": money.loan.yearly_rate_bp,
                "monthly_principal": money.loan.monthly_principal,
            },
            "owner_money": money.owner_money,
            "start_month_stock": money.start_month_stock,
            "posts": [{"name": one.name, "people": one.people, "pay": one.pay} for one in self.posts],
            "reserve_months": self.reserve_months,
        }


def parse_figures(value: Mapping[str, Any] | None) -> PlanFigures | None:
    """Return the figures that were stored as JSON; None when there were none."""
    if not value:
        return None
    finance = Finance(
        turnover_tax_bp=value["turnover_tax_bp"],
        credit_share_bp=value["credit_share_bp"],
        credit_delay_months=value["credit_delay_months"],
        monthly=dict(value["monthly"]),
        assets=tuple(Asset(one["name"], one["cost"], one["residual"], one["life_months"]) for one in value["assets"]),
        loan=Loan(**value["loan"]),
        owner_money=value["owner_money"],
        start_month_stock=value["start_month_stock"],
    )
    posts = tuple(Post(one["name"], one["people"], one["pay"]) for one in value["posts"])
    return PlanFigures(finance, posts, value["reserve_months"])


@dataclass(frozen=True, slots=True)
class Startup:
    """Start-up capital (启动资金) and its sources, in fen."""

    assets: int
    stock: int
    working_month: int
    reserve_months: int
    sources: int

    @property
    def needed(self) -> int:
        return self.assets + self.stock + self.working_month * self.reserve_months


def startup_of(figures: PlanFigures, accounts: Accounts) -> Startup:
    """Return the start-up capital: assets, opening stock, working capital for the reserve months (P9, P10)."""
    money = figures.finance
    working = money.fixed_cost + accounts.months[1].materials
    return Startup(
        money.assets_cost,
        money.start_month_stock,
        working,
        figures.reserve_months,
        money.owner_money + money.loan.amount,
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One identity that does not hold, with the id of its field or cell on the editor page."""

    rule: str
    message: str
    anchor: str
    blocks: bool


def accounts_of(figures: PlanFigures, products: Sequence[Product]) -> Accounts:
    """Return the computed tables of a plan."""
    return compute_accounts(figures.with_products(products))


def problems(figures: PlanFigures, products: Sequence[Product]) -> list[Problem]:
    """Return what does not hold, errors before warnings; prices below cost (P17) are told with the products."""
    money = figures.with_products(products)
    accounts = compute_accounts(money)
    found = [*_posts(figures), *_capital(figures, accounts), *_growth(products)]
    found += [
        Problem(one.id, one.message, _anchor(one.path), one.blocks)
        for one in check_finance(money, accounts)
        if one.id != "P17"
    ]
    return sorted(found, key=lambda one: (not one.blocks, int(one.rule[1:])))


def _anchor(path: str) -> str:
    """Return the id on the page of a JSON Pointer."""
    parts = path.strip("/").split("/")
    if parts[0] == "assets":
        return f"asset-{int(parts[1]) + 1}-years"
    if parts[0] == "months":
        return f"cell-{parts[2]}-{parts[1]}"
    return "accounts"


def _posts(figures: PlanFigures) -> Iterator[Problem]:
    planned = sum(post.people * post.pay for post in figures.posts)
    written = figures.finance.monthly.get("staff_wages", 0)
    if figures.posts and abs(planned - written) > TOLERANCE:
        message = f"员工工资填写 {written / 100:.2f} 元，岗位表合计是 {planned / 100:.2f} 元，两处应一致。"
        yield Problem("P8", message, "fin-staff_wages", blocks=True)


def _capital(figures: PlanFigures, accounts: Accounts) -> Iterator[Problem]:
    start = startup_of(figures, accounts)
    if figures.reserve_months < 1:
        yield Problem("P10", "流动资金至少要准备 1 个月，建议 3 个月。", "fin-reserve", blocks=True)
    elif figures.reserve_months < 3:
        yield Problem("P10", "流动资金建议准备 3 个月，避免开业初期断档。", "fin-reserve", blocks=False)
    if start.needed > start.sources:
        message = (
            f"启动资金需要 {start.needed / 100:.2f} 元（固定资产、开业进货、{start.reserve_months} 个月流动资金），"
            f"自有资金和贷款只有 {start.sources / 100:.2f} 元。"
        )
        yield Problem("P11", message, "fin-owner", blocks=True)


def _growth(products: Sequence[Product]) -> Iterator[Problem]:
    for number, product in enumerate(products, 1):
        for month in range(1, len(product.quantity)):
            before, now = product.quantity[month - 1], product.quantity[month]
            if before and 2 * now > 3 * before:
                message = f"“{product.name}”第 {month + 1} 个月的销量比上月增长超过 50%，请在销售预测里说明依据。"
                yield Problem("P19", message, f"product-{number}-q{month + 1}", blocks=False)
                break

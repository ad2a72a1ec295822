"""Costs, assets, posts, loan and cash of the plan's form: kept as typed until they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.money import parse_yuan, plain_yuan
from app.core.web.forms import clean_text
from grading.domain.finance import MONTHLY, Asset, Finance, Loan
from grading.domain.plan_figures import MONTHLY_NAMES, PlanFigures, Post

ROWS = 6
MOST = 10**11  # fen
MOST_YEARS = 50
PERCENT = {"fin-tax": "流转税税率", "fin-credit": "赊销比例", "fin-rate": "贷款年利率"}
COUNTS = {"fin-delay": ("赊销推迟收款的月数", 12), "fin-reserve": ("流动资金准备的月数", 24)}
MONEY = {
    **{f"fin-{key}": MONTHLY_NAMES[key] for key in MONTHLY},
    "fin-loan": "贷款金额",
    "fin-principal": "每月归还本金",
    "fin-owner": "自有资金",
    "fin-stock": "开业前进货",
}
ASSET = {"name": "名称", "cost": "原值", "residual": "残值", "years": "使用年限"}
POST = {"name": "岗位", "people": "人数", "pay": "每人月薪"}
NAMES = (
    *PERCENT,
    *COUNTS,
    *MONEY,
    *(f"asset-{n}-{part}" for n in range(1, ROWS + 1) for part in ASSET),
    *(f"post-{n}-{part}" for n in range(1, ROWS + 1) for part in POST),
)


@dataclass(slots=True)
class FinanceForm:
    """The typed texts by field name."""

    texts: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> FinanceForm:
        """Return what was sent; nothing is judged yet."""
        return cls({name: clean_text(str(sent.get(name, ""))) for name in NAMES})

    @classmethod
    def show(cls, figures: PlanFigures | None) -> FinanceForm:
        """Return stored figures as texts."""
        if figures is None:
            return cls()
        money = figures.finance
        texts = {
            "fin-tax": plain_yuan(money.turnover_tax_bp),
            "fin-credit": plain_yuan(money.credit_share_bp),
            "fin-rate": plain_yuan(money.loan.yearly_rate_bp),
            "fin-delay": str(money.credit_delay_months),
            "fin-reserve": str(figures.reserve_months),
            "fin-loan": plain_yuan(money.loan.amount),
            "fin-principal": plain_yuan(money.loan.monthly_principal),
            "fin-owner": plain_yuan(money.owner_money),
            "fin-stock": plain_yuan(money.start_month_stock),
            **{f"fin-{key}": plain_yuan(money.monthly.get(key, 0)) for key in MONTHLY},
        }
        for n, asset in enumerate(money.assets, 1):
            texts |= {
                f"asset-{n}-name": asset.name,
                f"asset-{n}-cost": plain_yuan(asset.cost),
                f"asset-{n}-residual": plain_yuan(asset.residual),
                f"asset-{n}-years": str(asset.life_months // 12),
            }
        for n, post in enumerate(figures.posts, 1):
            texts |= {
                f"post-{n}-name": post.name,
                f"post-{n}-people": str(post.people),
                f"post-{n}-pay": plain_yuan(post.pay),
            }
        return cls(texts)

    def figures(self, errors: dict[str, str]) -> PlanFigures | None:
        """Return the typed figures, None when every field is empty; puts what is wrong into ``errors``."""
        if not any(self.texts.values()):
            return None
        rates = {name: self._money(name, f"{title}（%）", 10_000, errors) for name, title in PERCENT.items()}
        counts = {name: self._count(name, title, most, errors) for name, (title, most) in COUNTS.items()}
        money = {name: self._money(name, title, MOST, errors) for name, title in MONEY.items()}
        finance = Finance(
            turnover_tax_bp=rates["fin-tax"],
            credit_share_bp=rates["fin-credit"],
            credit_delay_months=counts["fin-delay"],
            monthly={key: money[f"fin-{key}"] for key in MONTHLY},
            assets=tuple(self._assets(errors)),
            loan=Loan(money["fin-loan"], rates["fin-rate"], money["fin-principal"]),
            owner_money=money["fin-owner"],
            start_month_stock=money["fin-stock"],
        )
        return PlanFigures(finance, tuple(self._posts(errors)), counts["fin-reserve"] if self["fin-reserve"] else 3)

    def _assets(self, errors: dict[str, str]) -> list[Asset]:
        found = []
        for n in range(1, ROWS + 1):
            if not any(self[f"asset-{n}-{part}"] for part in ASSET):
                continue
            where = f"固定资产 {n}"
            self._named(f"asset-{n}-name", where, errors)
            cost = self._money(f"asset-{n}-cost", f"{where}的原值", MOST, errors)
            residual = self._money(f"asset-{n}-residual", f"{where}的残值", MOST, errors)
            years = self._count(f"asset-{n}-years", f"{where}的使用年限", MOST_YEARS, errors)
            if years < 1:
                errors[f"asset-{n}-years"] = f"{where}的使用年限应是 1 到 {MOST_YEARS} 之间的整数（年）。"
                years = 1
            if residual > cost:
                errors[f"asset-{n}-residual"] = f"{where}的残值不能高于原值。"
                residual = cost
            found.append(Asset(self[f"asset-{n}-name"][:40], cost, residual, years * 12))
        return found

    def _posts(self, errors: dict[str, str]) -> list[Post]:
        found = []
        for n in range(1, ROWS + 1):
            if not any(self[f"post-{n}-{part}"] for part in POST):
                continue
            where = f"岗位 {n}"
            self._named(f"post-{n}-name", where, errors)
            people = self._count(f"post-{n}-people", f"{where}的人数", 999, errors)
            pay = self._money(f"post-{n}-pay", f"{where}的月薪", MOST, errors)
            found.append(Post(self[f"post-{n}-name"][:40], people, pay))
        return found

    def _named(self, name: str, where: str, errors: dict[str, str]) -> None:
        if not 1 <= len(self[name]) <= 40:
            errors[name] = f"{where}的名称应有 1 到 40 个字。"

    def _money(self, name: str, what: str, most: int, errors: dict[str, str]) -> int:
        text = self[name]
        try:
            amount = parse_yuan(text) if text else 0
        except ValueError:
            amount = -1
        if not 0 <= amount <= most:
            errors[name] = f"{what}应是 0 到 {most // 100} 之间的数，最多两位小数，例如 12.50。"
            return 0
        return amount

    def _count(self, name: str, what: str, most: int, errors: dict[str, str]) -> int:
        text = self[name]
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= most):
            errors[name] = f"{what}应是 0 到 {most} 之间的整数。"
            return 0
        return int(text)

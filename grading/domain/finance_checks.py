"""The identities P1 to P20 that a plan's figures must keep, as far as figures alone can tell.

Sources: SYB 《创业计划书》 steps 8 to 10; shortest lives of assets: 企业所得税法实施条例第六十条.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from app.core.money import plain_yuan
from grading.domain.finance import Accounts, Finance, Month, Year
from grading.domain.finance_input import Typed, TypedMonth

ERROR, WARNING = "error", "warning"
MONTH_TOLERANCE = 100  # fen
YEAR_TOLERANCE = 1_200
SHORTEST_LIFE = 36  # months: electronics; nothing may be written off faster
LIVES: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (240, "房屋、建筑物 20 年", ("房屋", "建筑", "厂房")),
    (120, "机器、机械和其他生产设备 10 年", ("机器", "机械", "生产设备", "生产线")),
    (48, "运输工具 4 年", ("汽车", "货车", "轿车", "面包车", "电动车", "三轮车", "摩托车", "车辆")),
    (60, "工具、家具 5 年", ("家具", "桌", "椅", "货架", "柜", "工具")),
)

NAMES = {
    "gross": "销售收入",
    "turnover_tax": "流转税",
    "net": "净收入",
    "materials": "材料成本",
    "depreciation": "折旧",
    "interest": "贷款利息",
    "cost": "总成本",
    "profit": "利润",
    "cash_sales": "现金销售",
    "collected": "收回赊销款",
    "principal": "归还本金",
    "cash_in": "现金流入合计",
    "cash_out": "现金流出合计",
    "closing_cash": "月底现金",
    "receivable": "应收账款",
    "loan": "贷款余额",
    "delta_receivable": "应收账款增减",
    "delta_cash": "现金增减",
}
RULES = {
    "gross": "P2",
    "turnover_tax": "P3",
    "net": "P3",
    "materials": "P4",
    "interest": "P4",
    "cost": "P4",
    "profit": "P5",
    "depreciation": "P6",
    "cash_in": "P12",
    "cash_out": "P12",
    "closing_cash": "P12",
    "principal": "P12",
    "loan": "P12",
    "cash_sales": "P15",
    "collected": "P15",
    "receivable": "P15",
}
YEAR_RULES = {**RULES, "principal": "P18", "delta_receivable": "P18", "delta_cash": "P18"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One identity that does not hold; path: JSON Pointer to the cell."""

    id: str
    severity: str
    month: int | None
    path: str
    message: str

    @property
    def blocks(self) -> bool:
        return self.severity == ERROR


def check_finance(plan: Finance, accounts: Accounts, typed: Typed = Typed()) -> list[Finding]:  # noqa: B008 - frozen
    """Return everything that does not hold, by identity and month."""
    found = [
        *_lives(plan),
        *_prices(plan),
        *_computed(plan, accounts),
        *_typed(plan, accounts, typed),
    ]
    return sorted(found, key=lambda one: (int(one.id[1:]), -1 if one.month is None else one.month, one.path))


def _lives(plan: Finance) -> Iterator[Finding]:
    for place, asset in enumerate(plan.assets):
        least, what = next(
            ((months, what) for months, what, words in LIVES if any(word in asset.name for word in words)),
            (SHORTEST_LIFE, "电子设备 3 年"),
        )
        if asset.life_months < least:
            message = f"“{asset.name}”按 {asset.life_months} 个月折旧，短于税法的最低年限（{what}），请核对。"
            yield Finding("P7", WARNING, None, f"/assets/{place}/life_months", message)


def _prices(plan: Finance) -> Iterator[Finding]:
    for place, product in enumerate(plan.products):
        if product.unit_cost >= product.price:
            message = f"产品“{product.name}”的成本价不低于售价，每卖一件都不赚钱，请核对或说明原因。"
            yield Finding("P17", WARNING, None, f"/products/{place}/unit_cost", message)


def _computed(plan: Finance, accounts: Accounts) -> Iterator[Finding]:
    """The computed tables against each other; only P14 can fail unless a table was tampered with."""
    before: Month | None = None
    for month in accounts.months:
        number, path = month.month, f"/months/{month.month}"
        for rule, holds, key, message in (
            ("P3", month.net == month.gross - month.turnover_tax, "net", "净收入不等于销售收入减流转税"),
            ("P4", number == 0 or month.cost == _cost(plan, month), "cost", "总成本不等于各项成本之和"),
            ("P5", month.profit == month.net - month.cost, "profit", "利润不等于净收入减总成本"),
            ("P6", month.depreciation == _depreciation(plan, number), "depreciation", "折旧不等于各项资产折旧之和"),
            ("P12", month.closing_cash == month.cash_in - month.cash_out, "closing_cash", "月底现金不等于流入减流出"),
            ("P13", before is None or _opening(month) == before.closing_cash, "cash_in", "月初现金不等于上月底现金"),
            ("P15", month.receivable >= 0 and _credit_holds(month, before), "receivable", "应收账款对不上"),
            ("P16", number == 0 or _cash_out_holds(plan, month), "cash_out", "现金流出里有折旧，或缺少利息、本金"),
        ):
            if not holds:
                yield Finding(rule, ERROR, number, f"{path}/{key}", f"{_when(number)}{message}。")
        if month.closing_cash < 0:
            message = f"{_when(number)}月底现金是 {plain_yuan(month.closing_cash)} 元，不能为负；请增加资金或推迟支出。"
            yield Finding("P14", ERROR, number, f"{path}/closing_cash", message)
        before = month
    if not accounts.year.reconciles:
        message = "全年现金增减与利润、折旧、应收、还本、期初存货对不上。"
        yield Finding("P18", ERROR, None, "/year/delta_cash", message)


def _when(month: int) -> str:
    return f"第 {month} 个月" if month else "开业前（第 0 个月）"


def _cost(plan: Finance, month: Month) -> int:
    return plan.fixed_cost + month.materials + month.depreciation + month.interest


def _depreciation(plan: Finance, number: int) -> int:
    return sum(asset.depreciation(number) for asset in plan.assets)


def _opening(month: Month) -> int:
    return month.cash_in - month.cash_sales - month.collected


def _credit_holds(month: Month, before: Month | None) -> bool:
    credit = month.gross - month.cash_sales
    return before is None or month.receivable == before.receivable + credit - month.collected


def _cash_out_holds(plan: Finance, month: Month) -> bool:
    """Say whether the outflow is everything paid: opening stock may have saved some materials."""
    paid = plan.fixed_cost + month.materials + month.interest + month.principal + month.turnover_tax
    return paid - month.materials <= month.cash_out <= paid


def _typed(plan: Finance, accounts: Accounts, typed: Typed) -> Iterator[Finding]:
    by_month = {row.month: row for row in typed.months}
    for row in typed.months:
        month = accounts.months[row.month]
        values = asdict(month)
        for key, given in row.figures.items():
            path = f"/typed/months/{row.place}/{key}"
            difference = given - values[key]
            if abs(difference) <= MONTH_TOLERANCE:
                continue
            yield Finding(RULES[key], ERROR, row.month, path, _mismatch(_when(row.month), key, given, values[key]))
            reason = _misplaced(plan, accounts, month, key, difference)
            if reason:
                yield Finding("P16", ERROR, row.month, path, f"{_when(row.month)}{reason}")
        yield from _carried_over(month, row, by_month.get(row.month - 1))
    computed = asdict(accounts.year)
    for key, given in typed.year.items():
        difference = given - computed[key]
        if abs(difference) <= YEAR_TOLERANCE:
            continue
        path = f"/typed/year/{key}"
        yield Finding(YEAR_RULES[key], ERROR, None, path, _mismatch("全年", key, given, computed[key]))
        reason = _misplaced_in_year(plan, accounts, accounts.year, key, difference)
        if reason:
            yield Finding("P16", ERROR, None, path, f"全年{reason}")
    if typed.reconciles is not None and typed.reconciles != accounts.year.reconciles:
        message = "全年现金核对的结论与计算结果不同。"
        yield Finding("P18", ERROR, None, "/typed/year/reconciles", message)


def _mismatch(when: str, key: str, given: int, computed: int) -> str:
    return (
        f"{when}的{NAMES[key]}填写 {plain_yuan(given)} 元，计算结果是 {plain_yuan(computed)} 元，"
        f"相差 {plain_yuan(abs(given - computed))} 元，请核对。"
    )


def _carried_over(month: Month, row: TypedMonth, before: TypedMonth | None) -> Iterator[Finding]:
    """P13 on typed figures: the opening cash inside ``cash_in`` is the closing cash typed for the month before."""
    if before is None or "cash_in" not in row.figures or "closing_cash" not in before.figures:
        return
    opening = row.figures["cash_in"] - month.cash_sales - month.collected
    closing = before.figures["closing_cash"]
    if abs(opening - closing) > MONTH_TOLERANCE:
        message = (
            f"第 {row.month} 个月的月初现金（{plain_yuan(opening)} 元）不等于"
            f"上月底填写的现金（{plain_yuan(closing)} 元）。"
        )
        yield Finding("P13", ERROR, row.month, f"/typed/months/{row.place}/cash_in", message)


def _is(difference: int, amount: int, tolerance: int) -> bool:
    return abs(amount) > tolerance and abs(difference - amount) <= tolerance


def _misplaced(plan: Finance, accounts: Accounts, month: Month, key: str, difference: int) -> str:
    """Say which item stands in the wrong table (P16), if the difference is exactly that item; else ''."""
    so_far = sum(one.depreciation for one in accounts.months[: month.month + 1])
    cases: dict[str, tuple[tuple[int, str], ...]] = {
        "cash_out": (
            (month.depreciation, "的现金流出里多了折旧；折旧不付现金，只计入成本。"),
            (-month.interest, "的现金流出里缺少贷款利息；利息在成本和现金两张表里都要有。"),
            (-month.principal, "的现金流出里缺少归还的本金。"),
        ),
        "closing_cash": (
            (-month.depreciation, "的月底现金扣除了折旧；折旧不付现金，只计入成本。"),
            (-so_far, "的月底现金扣除了各月折旧；折旧不付现金，只计入成本。"),
        ),
        "cost": (
            (month.principal, "的总成本里多了归还的本金；本金只计入现金流量。"),
            (-month.interest, "的总成本里缺少贷款利息；利息在成本和现金两张表里都要有。"),
            (plan.assets_cost, "的总成本里多了购买设备的钱；设备只计入现金流量，成本里用折旧。"),
        ),
    }
    return next((text for amount, text in cases.get(key, ()) if _is(difference, amount, MONTH_TOLERANCE)), "")


def _misplaced_in_year(plan: Finance, accounts: Accounts, year: Year, key: str, difference: int) -> str:
    interest = sum(month.interest for month in accounts.months)
    cases: dict[str, tuple[tuple[int, str], ...]] = {
        "delta_cash": ((-year.depreciation, "现金增减里扣除了折旧；折旧不付现金，只计入成本。"),),
        "cost": (
            (year.principal, "总成本里多了归还的本金；本金只计入现金流量。"),
            (-interest, "总成本里缺少贷款利息；利息在成本和现金两张表里都要有。"),
            (plan.assets_cost, "总成本里多了购买设备的钱；设备只计入现金流量，成本里用折旧。"),
        ),
    }
    return next((text for amount, text in cases.get(key, ()) if _is(difference, amount, YEAR_TOLERANCE)), "")

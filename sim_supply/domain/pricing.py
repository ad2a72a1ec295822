"""Price rules of one-click listing (一键上架): from a supplier's cost to a selling price, in fen and basis points.

Source: commerce model 3.10. A target margin is kept exactly: price = (cost + freight) / (1 - fee - margin).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.core.money import FULL_BP, half_up, part

_PERCENT = re.compile(r"^(\d{1,5})(?:\.(\d{1,2}))?%?$", re.ASCII)
NINE = 90  # a price ends in .90 yuan
YUAN = 100


class RuleKind(StrEnum):
    """How the price is made from the cost."""

    ADD = "add"  # 成本加价
    PERCENT = "percent"  # 成本乘比例
    MARGIN = "margin"  # 目标毛利率


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One price rule.

    add: fen on top of the cost (ADD). percent_bp: basis points of the cost (PERCENT). margin_bp: wanted
    margin in basis points of the price (MARGIN). freight: fen that the seller pays per unit. fee_bp: fee of
    the mall. round_nine: go up to the next price that ends in .90.
    """

    kind: RuleKind
    add: int = 0
    percent_bp: int = FULL_BP
    margin_bp: int = 0
    freight: int = 0
    fee_bp: int = 0
    round_nine: bool = False


class Breach(StrEnum):
    """On which side a price is outside what the supplier allows at retail (控价)."""

    NONE = ""
    LOW = "low"  # 低于最低零售价
    HIGH = "high"  # 高于最高零售价


@dataclass(frozen=True, slots=True)
class Quote:
    """What the rule makes of one cost, all in fen; ``margin_bp`` is profit in basis points of the price.

    computed: before the step to .90. clamped: which limit of the supplier changed the price. fee: the mall's share
    of the price. profit: what stays with the seller.
    """

    cost: int
    computed: int
    price: int
    fee: int
    freight: int
    profit: int
    margin_bp: int
    clamped: Breach = Breach.NONE


def problem(rule: PriceRule) -> tuple[str, str] | None:
    """Return (field, Chinese sentence) when the rule cannot make prices, else None."""
    if rule.kind is RuleKind.ADD and not 0 <= rule.add <= 10_000_000:
        return "add", "加价金额应在 0 到 100000.00 元之间。"
    if rule.kind is RuleKind.PERCENT and not 1 <= rule.percent_bp <= 100_000:
        return "percent", "成本比例应大于 0%，最多 1000%。"
    if rule.kind is RuleKind.MARGIN and rule.margin_bp < 0:
        return "margin", "目标毛利率不能小于 0%。"
    if rule.kind is RuleKind.MARGIN and rule.fee_bp + rule.margin_bp > 9_500:
        most = (9_500 - rule.fee_bp) // 100
        return "margin", f"目标毛利率太高：加上平台服务费后，最多只能填 {most}%。"
    if not 0 <= rule.freight <= 1_000_000:
        return "freight", "单件运费应在 0 到 10000.00 元之间。"
    return None


def _exact(cost: int, rule: PriceRule) -> tuple[int, int]:
    """Return the price as a fraction of fen."""
    if rule.kind is RuleKind.ADD:
        return cost + rule.add, 1
    if rule.kind is RuleKind.PERCENT:
        return cost * rule.percent_bp, FULL_BP
    return (cost + rule.freight) * FULL_BP, FULL_BP - rule.fee_bp - rule.margin_bp


def up_to_nine(numerator: int, denominator: int = 1) -> int:
    """Return the smallest price in fen that ends in .90 and is not below numerator / denominator."""
    steps = -(-(numerator - NINE * denominator) // (YUAN * denominator))
    return max(steps, 0) * YUAN + NINE


def clamp(price: int, floor: int | None, ceiling: int | None) -> int:
    """Return the price inside what the supplier allows at retail (fen)."""
    if floor is not None and price < floor:
        return floor
    return ceiling if ceiling is not None and price > ceiling else price


def breach(price: int, floor: int | None, ceiling: int | None) -> Breach:
    """Say on which side a price (fen) is outside the supplier's retail floor and ceiling."""
    if floor is not None and price < floor:
        return Breach.LOW
    return Breach.HIGH if ceiling is not None and price > ceiling else Breach.NONE


def limit_of(one: int | None, factor: int) -> int | None:
    """Return a floor or ceiling (fen) for so many units sold as one."""
    return None if one is None else one * factor


def quote(cost: int, rule: PriceRule, floor: int | None = None, ceiling: int | None = None) -> Quote:
    """Return price and margin of one cost (fen) under the rule. Raises ValueError for a rule with a problem.

    Last of all the price is brought inside the supplier's retail floor and ceiling.

    The price is the exact one rounded half up to the fen, at least 1 fen; with ``round_nine`` it goes up
    from the exact one, so that a target margin is never missed.
    """
    wrong = problem(rule)
    if wrong or cost < 0:
        raise ValueError(wrong[1] if wrong else "cost must not be negative")
    numerator, denominator = _exact(cost, rule)
    computed = max(1, half_up(numerator, denominator))
    wanted = up_to_nine(numerator, denominator) if rule.round_nine else computed
    found = measure(cost, computed, clamp(wanted, floor, ceiling), rule.freight, rule.fee_bp)
    return replace(found, clamped=breach(wanted, floor, ceiling))


def measure(cost: int, computed: int, price: int, freight: int, fee_bp: int) -> Quote:
    """Return what stays of a price (fen): price - fee - cost - freight, and its share of the price."""
    fee = part(price, fee_bp)
    profit = price - fee - cost - freight
    return Quote(cost, computed, price, fee, freight, profit, half_up(profit * FULL_BP, price))


def rule_from(kept: Mapping[str, Any], fee_bp: int) -> PriceRule | None:
    """Return the rule that was kept with a listing, at today's fee; None when there is none that still works."""
    if not kept:
        return None
    try:
        rule = replace(PriceRule(**{**kept, "kind": RuleKind(kept["kind"])}), fee_bp=fee_bp)
    except (TypeError, KeyError, ValueError):
        return None
    return None if problem(rule) else rule


def parse_percent(text: str) -> int:
    """Parse '50', '62.5' or '50%' to basis points. Raises ValueError on anything else."""
    match = _PERCENT.match(text.strip())
    if not match:
        raise ValueError("not a percentage")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))

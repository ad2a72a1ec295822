"""Cooperation of a shop with a supplier (合作): applied for, answered by rules, graded by what was bought."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.money import part
from app.core.permissions import Role


class CooperationState(StrEnum):
    """Where a cooperation stands."""

    APPLIED = "applied"  # 待供应商审核
    APPROVED = "approved"  # 合作中
    REJECTED = "rejected"  # 未通过
    ENDED = "ended"  # 已结束


class Grade(StrEnum):
    """What a distributor is to a supplier."""

    NORMAL = "normal"  # 普通分销商
    SILVER = "silver"  # 银牌分销商
    GOLD = "gold"  # 金牌分销商


COOPERATION_NAMES = {
    CooperationState.APPLIED: "待审核",
    CooperationState.APPROVED: "合作中",
    CooperationState.REJECTED: "未通过",
    CooperationState.ENDED: "已结束",
}
GRADE_NAMES = {Grade.NORMAL: "普通", Grade.SILVER: "银牌", Grade.GOLD: "金牌"}
DISCOUNTS = {Grade.NORMAL: 200, Grade.SILVER: 500, Grade.GOLD: 800}  # basis points off the cost
SILVER_FROM, GOLD_FROM = 5, 20  # finished purchase orders with the supplier

COOPERATION_FLOW = Flow(
    "supply.cooperation",
    CooperationState,
    CooperationState.APPLIED,
    [
        on("approve", CooperationState.APPLIED, CooperationState.APPROVED, SYSTEM),
        on("reject", CooperationState.APPLIED, CooperationState.REJECTED, SYSTEM),
        on(
            "apply_again",
            {CooperationState.REJECTED, CooperationState.ENDED},
            CooperationState.APPLIED,
            Role.TRAINEE,
            "合作申请已提交或已在合作中，不必重复申请。",
        ),
        on("end", CooperationState.APPROVED, CooperationState.ENDED, Role.TRAINEE, "只有合作中的供应商可以结束合作。"),
    ],
    final=frozenset(),
    names={str(state): name for state, name in COOPERATION_NAMES.items()},
)


def grade_for(finished_orders: int) -> Grade:
    """Return the grade that so many finished purchase orders earn."""
    if finished_orders >= GOLD_FROM:
        return Grade.GOLD
    return Grade.SILVER if finished_orders >= SILVER_FROM else Grade.NORMAL


def cost_for(cost: int, discount_bp: int) -> int:
    """Return what a unit costs a distributor (fen): the list cost less the discount, at least 1 fen."""
    return max(1, cost - part(cost, discount_bp))

"""State machines before marking: late submission (逾期提交), the real shop's check (真实网店核验)."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import Flow, on
from app.core.permissions import Role


class LateState(StrEnum):
    """Where a request to hand in late stands."""

    ASKED = "asked"  # 待审批
    APPROVED = "approved"  # 已批准
    REFUSED = "refused"  # 未批准


class RealShopState(StrEnum):
    """Where the check of a real shop stands."""

    STATED = "stated"  # 待核验
    VERIFIED = "verified"  # 已核验
    REFUSED = "refused"  # 核验未通过


LATE_NAMES = {LateState.ASKED: "待审批", LateState.APPROVED: "已批准", LateState.REFUSED: "未批准"}
REAL_SHOP_NAMES = {
    RealShopState.STATED: "待核验",
    RealShopState.VERIFIED: "已核验",
    RealShopState.REFUSED: "核验未通过",
}
DECIDERS = frozenset({Role.INSTRUCTOR, Role.INSTITUTION_ADMIN, Role.CENTRE})
_DECIDED = "这份申请已经有人处理过了。"

LATE_FLOW = Flow(
    "grading_late",
    LateState,
    LateState.ASKED,
    [
        on("approve", LateState.ASKED, LateState.APPROVED, DECIDERS, _DECIDED),
        on("refuse", LateState.ASKED, LateState.REFUSED, DECIDERS, _DECIDED),
    ],
    final=frozenset({LateState.APPROVED, LateState.REFUSED}),
    names={str(key): value for key, value in LATE_NAMES.items()},
)

REAL_SHOP_FLOW = Flow(
    "grading_real_shop",
    RealShopState,
    RealShopState.STATED,
    [
        on("restate", frozenset(RealShopState), RealShopState.STATED, Role.TRAINEE),
        on("verify", RealShopState.STATED, RealShopState.VERIFIED, Role.CENTRE, "这家店已经核验过了。"),
        on("refuse", RealShopState.STATED, RealShopState.REFUSED, Role.CENTRE, "这家店已经核验过了。"),
    ],
    final=frozenset(),
    names={str(key): value for key, value in REAL_SHOP_NAMES.items()},
)

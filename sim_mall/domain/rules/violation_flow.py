"""Life of a violation (违规记录): in force, appealed, upheld or taken back. Source: commerce model 3.7."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ViolationState(StrEnum):
    """Where a violation stands."""

    EFFECTIVE = "effective"  # 已生效
    APPEALED = "appealed"  # 申诉中: the points stand until the verdict
    UPHELD = "upheld"  # 申诉驳回
    REVOKED = "revoked"  # 已撤销: points, money and effects are given back


VIOLATION_NAMES: dict[str, str] = {
    ViolationState.EFFECTIVE: "已生效",
    ViolationState.APPEALED: "申诉中",
    ViolationState.UPHELD: "申诉未通过",
    ViolationState.REVOKED: "已撤销",
}

COUNTING = (ViolationState.EFFECTIVE, ViolationState.APPEALED, ViolationState.UPHELD)

_S = ViolationState

VIOLATION_FLOW = Flow(
    "mall.violation",
    ViolationState,
    ViolationState.EFFECTIVE,
    [
        on("appeal", _S.EFFECTIVE, _S.APPEALED, Role.TRAINEE, "这条违规已经申诉过，每条只能申诉一次。"),
        on("uphold", _S.APPEALED, _S.UPHELD, Role.INSTRUCTOR, "这条违规没有待处理的申诉。"),
        on("revoke", {_S.APPEALED, _S.EFFECTIVE}, _S.REVOKED, {Role.INSTRUCTOR, SYSTEM}, "这条违规已经有结论。"),
    ],
    final=frozenset({_S.UPHELD, _S.REVOKED}),
    names=VIOLATION_NAMES,
)

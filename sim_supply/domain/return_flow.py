"""Returns to the supplier (退供): asked, agreed, sent, inspected, credited. Source: commerce model 3.10."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ReturnState(StrEnum):
    """Where a return to a supplier stands."""

    REQUESTED = "requested"  # 待供应商同意
    AGREED = "agreed"  # 待寄出
    SENT = "sent"  # 退货途中
    RECEIVED = "received"  # 供应商已收货: inspected
    CREDITED = "credited"  # 已退款 or 已换货
    REFUSED = "refused"  # 供应商拒绝


class Settlement(StrEnum):
    """What the seller wants for the goods."""

    CREDIT = "credit"  # 退货款
    EXCHANGE = "exchange"  # 换货


RETURN_NAMES: dict[str, str] = {
    ReturnState.REQUESTED: "待供应商同意",
    ReturnState.AGREED: "待寄出",
    ReturnState.SENT: "退货途中",
    ReturnState.RECEIVED: "供应商验货中",
    ReturnState.CREDITED: "已结清",
    ReturnState.REFUSED: "供应商拒绝",
}
SETTLEMENT_NAMES = {Settlement.CREDIT: "退货款", Settlement.EXCHANGE: "换货"}

RETURN_FLOW = Flow(
    "supply.return",
    ReturnState,
    ReturnState.REQUESTED,
    [
        on("agree", ReturnState.REQUESTED, ReturnState.AGREED, SYSTEM),
        on("refuse", {ReturnState.REQUESTED, ReturnState.RECEIVED}, ReturnState.REFUSED, SYSTEM),
        on("send", ReturnState.AGREED, ReturnState.SENT, Role.TRAINEE, "供应商同意后才能寄出，且只寄一次。"),
        on("receive", ReturnState.SENT, ReturnState.RECEIVED, SYSTEM),
        on("credit", ReturnState.RECEIVED, ReturnState.CREDITED, SYSTEM),
    ],
    final=frozenset({ReturnState.CREDITED, ReturnState.REFUSED}),
    names=RETURN_NAMES,
)

SUPPLIERS_FAULT = frozenset({"quality", "not_as_described", "wrong_goods", "damaged"})  # reasons of the mall
UNSOLD_DAYS = 15  # goods without fault are taken back so many simulated days after they were shipped


def supplier_agrees(reason: str, days_since_shipped: int) -> tuple[bool, str]:
    """Return whether the supplier takes goods back, and its words."""
    if reason in SUPPLIERS_FAULT:
        return True, "属于供应商责任，同意退回"
    if days_since_shipped <= UNSOLD_DAYS:
        return True, f"发货后 {days_since_shipped} 天，不影响二次销售，同意退回"
    return False, f"不是质量问题，且发货已超过 {UNSOLD_DAYS} 天，不予退回"

"""One repayment (退款单): the same key however often it is tried. Source: commerce model 3.1."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on


class RefundState(StrEnum):
    """Where a repayment stands."""

    CREATED = "created"  # 待退款
    PROCESSING = "processing"  # 退款中
    SUCCEEDED = "succeeded"  # 已退款
    FAILED = "failed"  # 退款失败: the shop had not enough; tried again


REFUND_NAMES: dict[str, str] = {
    RefundState.CREATED: "待退款",
    RefundState.PROCESSING: "退款中",
    RefundState.SUCCEEDED: "已退款",
    RefundState.FAILED: "退款失败",
}

REFUND_FLOW = Flow(
    "mall.refund",
    RefundState,
    RefundState.CREATED,
    [
        on("start", {RefundState.CREATED, RefundState.FAILED}, RefundState.PROCESSING, SYSTEM),
        on("succeed", RefundState.PROCESSING, RefundState.SUCCEEDED, SYSTEM),
        on("fail", RefundState.PROCESSING, RefundState.FAILED, SYSTEM),
    ],
    final=frozenset({RefundState.SUCCEEDED}),
    names=REFUND_NAMES,
)

MAX_RETRIES = 5  # by the clock; people may press on afterwards
RETRY_AFTER = timedelta(hours=12)

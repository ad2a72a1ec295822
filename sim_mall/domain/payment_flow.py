"""One attempt to pay an order (付款): at most one success counts, late money goes back once."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on


class PaymentState(StrEnum):
    """Where an attempt stands."""

    CREATED = "created"  # 待支付
    SUCCEEDED = "succeeded"  # 支付成功
    RETURNED = "returned"  # 已退回: the money came when it was no longer wanted
    VOID = "void"  # 已作废: the order was closed or paid otherwise


PAYMENT_FLOW = Flow(
    "mall.payment",
    PaymentState,
    PaymentState.CREATED,
    [
        on("succeed", PaymentState.CREATED, PaymentState.SUCCEEDED, SYSTEM),
        on("give_back", {PaymentState.CREATED, PaymentState.VOID}, PaymentState.RETURNED, SYSTEM),
        on("void", PaymentState.CREATED, PaymentState.VOID, SYSTEM),
    ],
    final=frozenset({PaymentState.SUCCEEDED, PaymentState.RETURNED}),
    names={
        PaymentState.CREATED: "待支付",
        PaymentState.SUCCEEDED: "支付成功",
        PaymentState.RETURNED: "已退回",
        PaymentState.VOID: "已作废",
    },
)

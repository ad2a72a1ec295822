"""The purchase order (采购单) as a state machine. Source: commerce model 3.10, without the picking step."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class OrderState(StrEnum):
    """Where a purchase order stands."""

    CREATED = "created"  # 待推送: made from a fetched order, not yet sent to the supplier
    PUSHED = "pushed"  # 待接单: sent and paid, the supplier has not answered
    ACCEPTED = "accepted"  # 待发货: the supplier will ship within its SLA
    SHIPPED = "shipped"  # 已发货: the waybill stands in the mall
    DONE = "done"  # 已完成: the buyer's order is finished
    REJECTED = "rejected"  # 已拒单: the supplier cannot deliver, money is back
    CANCELLED = "cancelled"  # 已取消: before shipping, money is back


STATE_NAMES: dict[str, str] = {
    OrderState.CREATED: "待推送",
    OrderState.PUSHED: "待接单",
    OrderState.ACCEPTED: "待发货",
    OrderState.SHIPPED: "已发货",
    OrderState.DONE: "已完成",
    OrderState.REJECTED: "已拒单",
    OrderState.CANCELLED: "已取消",
}

OPEN = (OrderState.CREATED, OrderState.PUSHED, OrderState.ACCEPTED)  # nothing has left the supplier yet
UNSHIPPED = (OrderState.PUSHED, OrderState.ACCEPTED)  # paid, and stock may be reserved
NEEDS_SELLER = (OrderState.CREATED, OrderState.REJECTED)  # waits for the seller to do something

SELLER = {Role.TRAINEE, SYSTEM}

ORDER_FLOW = Flow(
    "supply.order",
    OrderState,
    OrderState.CREATED,
    [
        on(
            "push",
            {OrderState.CREATED, OrderState.REJECTED},
            OrderState.PUSHED,
            SELLER,
            "这张采购单已经推送给供应商，不必重复推送。",
        ),
        on("accept", OrderState.PUSHED, OrderState.ACCEPTED, {SYSTEM}),
        on("reject", OrderState.PUSHED, OrderState.REJECTED, {SYSTEM}),
        on("ship", OrderState.ACCEPTED, OrderState.SHIPPED, {SYSTEM}),
        on("finish", OrderState.SHIPPED, OrderState.DONE, {SYSTEM}),
        on(
            "cancel",
            {OrderState.CREATED, OrderState.PUSHED, OrderState.ACCEPTED, OrderState.REJECTED},
            OrderState.CANCELLED,
            SELLER,
            "供应商已经发货或采购单已经结束，不能再取消。",
        ),
    ],
    final=frozenset({OrderState.DONE, OrderState.CANCELLED}),
    names=STATE_NAMES,
)

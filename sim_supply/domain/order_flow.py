"""The purchase order (采购单) as a state machine. Source: commerce model 3.10."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class OrderState(StrEnum):
    """Where a purchase order stands."""

    CREATED = "created"  # 待推送: made from a fetched order, not yet sent to the supplier
    PUSHED = "pushed"  # 待接单: sent and paid, the supplier has not answered
    ACCEPTED = "accepted"  # 待拣货: the supplier will ship within its SLA
    PICKED = "picked"  # 待发货: the supplier has packed the goods
    SHIPPED = "shipped"  # 已发货: the waybill stands in the mall
    DONE = "done"  # 已完成: the buyer's order is finished
    REJECTED = "rejected"  # 已拒单: the supplier cannot deliver, money is back
    CANCEL_REQ = "cancel_req"  # 取消审核中: the seller asked, the supplier has not answered
    CANCELLED = "cancelled"  # 已取消: before shipping, money is back


STATE_NAMES: dict[str, str] = {
    OrderState.CREATED: "待推送",
    OrderState.PUSHED: "待接单",
    OrderState.ACCEPTED: "待拣货",
    OrderState.PICKED: "待发货",
    OrderState.SHIPPED: "已发货",
    OrderState.DONE: "已完成",
    OrderState.REJECTED: "已拒单",
    OrderState.CANCEL_REQ: "取消审核中",
    OrderState.CANCELLED: "已取消",
}

AT_SUPPLIER = (OrderState.ACCEPTED, OrderState.PICKED, OrderState.CANCEL_REQ)  # accepted, nothing has left
OPEN = (OrderState.CREATED, OrderState.PUSHED, *AT_SUPPLIER)  # nothing has left the supplier yet
UNSHIPPED = (OrderState.PUSHED, *AT_SUPPLIER)  # paid, and stock may be reserved
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
        on("pick", OrderState.ACCEPTED, OrderState.PICKED, {SYSTEM}),
        on("ship", OrderState.PICKED, OrderState.SHIPPED, {SYSTEM}),
        on("finish", OrderState.SHIPPED, OrderState.DONE, {SYSTEM}),
        on(
            "cancel",
            {OrderState.CREATED, OrderState.PUSHED, OrderState.REJECTED},
            OrderState.CANCELLED,
            SELLER,
            "供应商已经发货或采购单已经结束，不能再取消。",
        ),
        on(
            "ask_cancel",
            {OrderState.ACCEPTED, OrderState.PICKED},
            OrderState.CANCEL_REQ,
            {Role.TRAINEE},
            "供应商已经发货或采购单已经结束，不能再取消。",
        ),
        on("agree_cancel", OrderState.CANCEL_REQ, OrderState.CANCELLED, {SYSTEM}),
        on("refuse_cancel", OrderState.CANCEL_REQ, OrderState.PICKED, {SYSTEM}),
        on("drop", set(AT_SUPPLIER), OrderState.CANCELLED, {SYSTEM}),
    ],
    final=frozenset({OrderState.DONE, OrderState.CANCELLED}),
    names=STATE_NAMES,
)

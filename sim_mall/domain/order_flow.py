"""Life of an order (订单): one order, one shop, one buyer. Source: commerce model 3.1.

"待评价", "售后中" and "延迟发货" are derived flags, never states.
"""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class OrderState(StrEnum):
    """Where an order stands."""

    PENDING_PAY = "pending_pay"  # 待付款: stock is reserved, unless it is taken at payment
    PAID = "paid"  # 待发货: money in escrow
    PART_SHIPPED = "part_shipped"  # 部分发货
    SHIPPED = "shipped"  # 待收货
    COMPLETED = "completed"  # 交易成功: money settled to the shop
    CLOSED = "closed"  # 交易关闭: cancelled, timed out, or all units refunded


class OrderSource(StrEnum):
    """Where the order came from."""

    MALL = "mall"  # 商城
    LIVE = "live"  # 直播间


class CloseReason(StrEnum):
    """Why an order was closed."""

    BUYER = "buyer"  # 买家取消
    SELLER = "seller"  # 卖家关闭
    TIMEOUT = "timeout"  # 超时未付款
    REFUNDED = "refunded"  # 全部退款
    GROUP = "group"  # 拼团未成团
    SOLD_OUT = "sold_out"  # 付款时已售完: 付款减库存, others paid first


CLOSE_REASONS = {
    CloseReason.BUYER: "买家取消",
    CloseReason.SELLER: "卖家关闭",
    CloseReason.TIMEOUT: "超时未付款，自动取消",
    CloseReason.REFUNDED: "全部退款",
    CloseReason.GROUP: "拼团未成团，已全额退款",
    CloseReason.SOLD_OUT: "付款时已售完，已全额退款",
}

ORDER_NAMES: dict[str, str] = {
    OrderState.PENDING_PAY: "待付款",
    OrderState.PAID: "待发货",
    OrderState.PART_SHIPPED: "部分发货",
    OrderState.SHIPPED: "待收货",
    OrderState.COMPLETED: "交易成功",
    OrderState.CLOSED: "交易关闭",
}

_S = OrderState
_TO_SHIP = {_S.PAID, _S.PART_SHIPPED}

ORDER_FLOW = Flow(
    "mall.order",
    OrderState,
    OrderState.PENDING_PAY,
    [
        on("pay_ok", _S.PENDING_PAY, _S.PAID, SYSTEM),
        on("change_price", _S.PENDING_PAY, _S.PENDING_PAY, Role.TRAINEE, "只有待付款的订单可以改价。"),
        on("cancel", _S.PENDING_PAY, _S.CLOSED, Role.TRAINEE, "订单已付款或已关闭，不能取消；需要退款请申请售后。"),
        on("seller_close", _S.PENDING_PAY, _S.CLOSED, Role.TRAINEE, "只有待付款的订单可以关闭。"),
        on("timeout", _S.PENDING_PAY, _S.CLOSED, SYSTEM),
        on("sold_out", _S.PENDING_PAY, _S.CLOSED, SYSTEM),
        on("group_failed", _S.PAID, _S.CLOSED, SYSTEM),
        on("ship_part", _TO_SHIP, _S.PART_SHIPPED, {Role.TRAINEE, SYSTEM}, "这笔订单现在不能发货。"),
        on("ship_all", _TO_SHIP, _S.SHIPPED, {Role.TRAINEE, SYSTEM}, "这笔订单现在不能发货。"),
        on("rest_refunded", _S.PART_SHIPPED, _S.SHIPPED, SYSTEM),
        on("confirm", _S.SHIPPED, _S.COMPLETED, Role.TRAINEE, "只有全部发货的订单可以确认收货。"),
        on("auto_receive", _S.SHIPPED, _S.COMPLETED, SYSTEM),
        on("all_refunded", {_S.PAID, _S.PART_SHIPPED, _S.SHIPPED, _S.COMPLETED}, _S.CLOSED, SYSTEM),
    ],
    final=frozenset({OrderState.CLOSED}),
    names=ORDER_NAMES,
)


class Flag(StrEnum):
    """Mark of the seller on an order (插旗); the colour always comes with its word."""

    NONE = ""  # 无
    RED = "red"  # 红旗
    YELLOW = "yellow"  # 黄旗
    GREEN = "green"  # 绿旗
    BLUE = "blue"  # 蓝旗
    PURPLE = "purple"  # 紫旗


FLAG_NAMES = {
    Flag.NONE: "无旗",
    Flag.RED: "红旗",
    Flag.YELLOW: "黄旗",
    Flag.GREEN: "绿旗",
    Flag.BLUE: "蓝旗",
    Flag.PURPLE: "紫旗",
}

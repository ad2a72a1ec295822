"""Own stock (经销): the stocking order as a state machine, and what a unit costs on average."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.money import half_up
from app.core.permissions import Role


class StockKind(StrEnum):
    """Why goods come to the shop's own warehouse."""

    STOCK = "stock"  # 进货
    SAMPLE = "sample"  # 样品
    EXCHANGE = "exchange"  # 换货补发: the supplier replaces returned goods


class StockState(StrEnum):
    """Where a stocking order stands."""

    ORDERED = "ordered"  # 待发货: paid, the supplier's stock is set aside
    SENT = "sent"  # 运输中
    ARRIVED = "arrived"  # 待验收: lies at the door
    RECEIVED = "received"  # 已入库
    CANCELLED = "cancelled"  # 已取消


class MoveKind(StrEnum):
    """Why own stock changed."""

    RECEIPT = "receipt"  # 进货入库
    SALE = "sale"  # 销售出库
    RETURN = "return"  # 退货入库
    TO_SUPPLIER = "to_supplier"  # 退供出库
    COUNT = "count"  # 盘点
    ADJUST = "adjust"  # 调整


STOCK_KIND_NAMES = {StockKind.STOCK: "进货", StockKind.SAMPLE: "样品", StockKind.EXCHANGE: "换货补发"}
STOCK_NAMES: dict[str, str] = {
    StockState.ORDERED: "待发货",
    StockState.SENT: "运输中",
    StockState.ARRIVED: "待验收",
    StockState.RECEIVED: "已入库",
    StockState.CANCELLED: "已取消",
}
MOVE_NAMES = {
    MoveKind.RECEIPT: "进货入库",
    MoveKind.SALE: "销售出库",
    MoveKind.RETURN: "退货入库",
    MoveKind.TO_SUPPLIER: "退给供应商",
    MoveKind.COUNT: "盘点",
    MoveKind.ADJUST: "调整",
}

STOCK_FLOW = Flow(
    "supply.stock_order",
    StockState,
    StockState.ORDERED,
    [
        on("send", StockState.ORDERED, StockState.SENT, SYSTEM),
        on("arrive", StockState.SENT, StockState.ARRIVED, SYSTEM),
        on("receive", StockState.ARRIVED, StockState.RECEIVED, Role.TRAINEE, "货还没有到，或已经验收过。"),
        on("cancel", StockState.ORDERED, StockState.CANCELLED, Role.TRAINEE, "供应商已经发货，不能取消。"),
    ],
    final=frozenset({StockState.RECEIVED, StockState.CANCELLED}),
    names=STOCK_NAMES,
)


def leaving_value(units: int, value: int, taken: int) -> int:
    """Return the value (fen) that ``taken`` of ``units`` take along at the moving average; the last takes all.

    Raises ValueError when more is taken than there is.
    """
    if not 0 <= taken <= units:
        raise ValueError("more is taken than there is")
    return value if taken == units else half_up(value * taken, units)


def average_cost(units: int, value: int) -> int:
    """Return the moving-average cost of a unit in fen; 0 without units."""
    return half_up(value, units) if units else 0

"""After-sale (售后): refund only (仅退款) and return with refund (退货退款). Source: commerce model 3.4."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class AfterSaleKind(StrEnum):
    """What the buyer wants."""

    REFUND_ONLY = "refund_only"  # 仅退款 (RO)
    RETURN = "return"  # 退货退款 (RR)


class AfterSaleStage(StrEnum):
    """Whether the units of the ticket had left the shop when it was opened."""

    BEFORE_SHIP = "before_ship"  # 未发货
    AFTER_SHIP = "after_ship"  # 已发货


class AfterSaleState(StrEnum):
    """Where a ticket stands."""

    APPLIED = "applied"  # 待卖家处理
    REJECTED = "rejected"  # 卖家已拒绝: the buyer may change it or give up
    WAIT_BUYER_SHIP = "wait_buyer_ship"  # 待买家寄回
    BUYER_SHIPPED = "buyer_shipped"  # 待卖家收货
    REFUNDING = "refunding"  # 退款中: waits for money of the shop
    SUCCESS = "success"  # 退款成功
    CLOSED = "closed"  # 已关闭


AFTERSALE_NAMES: dict[str, str] = {
    AfterSaleState.APPLIED: "待卖家处理",
    AfterSaleState.REJECTED: "卖家已拒绝",
    AfterSaleState.WAIT_BUYER_SHIP: "待买家寄回",
    AfterSaleState.BUYER_SHIPPED: "待卖家收货",
    AfterSaleState.REFUNDING: "退款中",
    AfterSaleState.SUCCESS: "退款成功",
    AfterSaleState.CLOSED: "已关闭",
}

KIND_NAMES = {AfterSaleKind.REFUND_ONLY: "仅退款", AfterSaleKind.RETURN: "退货退款"}

FINISHED = frozenset({AfterSaleState.SUCCESS, AfterSaleState.CLOSED})
OPEN_STATES = tuple(state for state in AfterSaleState if state not in FINISHED)

_S = AfterSaleState

AFTERSALE_FLOW = Flow(
    "mall.after_sale",
    AfterSaleState,
    AfterSaleState.APPLIED,
    [
        on("agree_refund", _S.APPLIED, _S.REFUNDING, {Role.TRAINEE, SYSTEM}, "这张售后单已经处理过了。"),
        on("agree_return", _S.APPLIED, _S.WAIT_BUYER_SHIP, {Role.TRAINEE, SYSTEM}, "这张售后单已经处理过了。"),
        on("reject", _S.APPLIED, _S.REJECTED, Role.TRAINEE, "这张售后单已经处理过了。"),
        on("modify", {_S.APPLIED, _S.REJECTED}, _S.APPLIED, Role.TRAINEE, "卖家已同意，不能再修改申请。"),
        on("fill_waybill", _S.WAIT_BUYER_SHIP, _S.BUYER_SHIPPED, Role.TRAINEE, "现在不需要填写退货运单。"),
        on("receive_ok", _S.BUYER_SHIPPED, _S.REFUNDING, {Role.TRAINEE, SYSTEM}, "买家还没有寄回商品。"),
        on("receive_refuse", _S.BUYER_SHIPPED, _S.REJECTED, Role.TRAINEE, "买家还没有寄回商品。"),
        on("refund_ok", _S.REFUNDING, _S.SUCCESS, SYSTEM),
        on(
            "cancel",
            {_S.APPLIED, _S.REJECTED, _S.WAIT_BUYER_SHIP},
            _S.CLOSED,
            Role.TRAINEE,
            "售后已进入退款或退货途中，不能撤销。",
        ),
        on("give_up", {_S.REJECTED, _S.WAIT_BUYER_SHIP}, _S.CLOSED, SYSTEM),
    ],
    final=FINISHED,
    names=AFTERSALE_NAMES,
)


class Reason(StrEnum):
    """Why the buyer applies; the seller's fault brings freight back too."""

    DISLIKE = "dislike"  # 不想要了
    WRONG_ORDER = "wrong_order"  # 拍错了
    NOT_SHIPPED = "not_shipped"  # 未按约定时间发货
    QUALITY = "quality"  # 质量问题
    NOT_AS_DESCRIBED = "not_as_described"  # 与描述不符
    WRONG_GOODS = "wrong_goods"  # 少件或错发
    DAMAGED = "damaged"  # 运输破损


REASON_NAMES = {
    Reason.DISLIKE: "不想要了（7 天无理由）",
    Reason.WRONG_ORDER: "拍错、多拍",
    Reason.NOT_SHIPPED: "未按约定时间发货",
    Reason.QUALITY: "质量问题",
    Reason.NOT_AS_DESCRIBED: "与商品描述不符",
    Reason.WRONG_GOODS: "少件、错发",
    Reason.DAMAGED: "包装或商品破损",
}

SELLERS_FAULT = frozenset(
    {Reason.NOT_SHIPPED, Reason.QUALITY, Reason.NOT_AS_DESCRIBED, Reason.WRONG_GOODS, Reason.DAMAGED}
)

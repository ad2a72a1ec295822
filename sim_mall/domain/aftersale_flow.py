"""After-sale (售后) of four kinds: 仅退款, 退货退款, 换货, 补寄. Source: commerce model 3.4.

One ticket holds some units of one line. Buyer and seller are trainees both; which of them may do what is
asked by the look-ups of ``access``.
"""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class AfterSaleKind(StrEnum):
    """What the buyer wants."""

    REFUND_ONLY = "refund_only"  # 仅退款 (RO)
    RETURN = "return"  # 退货退款 (RR)
    EXCHANGE = "exchange"  # 换货 (EX)
    RESEND = "resend"  # 补寄 (RS)


class AfterSaleStage(StrEnum):
    """Whether the units of the ticket had left the shop when it was opened."""

    BEFORE_SHIP = "before_ship"  # 未发货
    AFTER_SHIP = "after_ship"  # 已发货


class AfterSaleState(StrEnum):
    """Where a ticket stands."""

    APPLIED = "applied"  # 待卖家处理
    REJECTED = "rejected"  # 卖家已拒绝: the buyer may change it, call the platform or give up
    WAIT_BUYER_SHIP = "wait_buyer_ship"  # 待买家寄回
    BUYER_SHIPPED = "buyer_shipped"  # 待卖家收货
    WAIT_RESHIP = "wait_reship"  # 待卖家重新发货
    RESHIPPED = "reshipped"  # 待买家收货: the exchanged or missing goods are on their way
    DISPUTE = "dispute"  # 平台介入中: both sides give evidence
    REFUNDING = "refunding"  # 退款中: waits for money of the shop
    SUCCESS = "success"  # 售后完成
    CLOSED = "closed"  # 已关闭


class Outcome(StrEnum):
    """How a ticket that succeeded ended."""

    NONE = ""  # not yet, or closed
    REFUNDED = "refunded"  # money went back
    RESHIPPED = "reshipped"  # goods were sent again


AFTERSALE_NAMES: dict[str, str] = {
    AfterSaleState.APPLIED: "待卖家处理",
    AfterSaleState.REJECTED: "卖家已拒绝",
    AfterSaleState.WAIT_BUYER_SHIP: "待买家寄回",
    AfterSaleState.BUYER_SHIPPED: "待卖家收货",
    AfterSaleState.WAIT_RESHIP: "待卖家重新发货",
    AfterSaleState.RESHIPPED: "待买家收货",
    AfterSaleState.DISPUTE: "平台介入中",
    AfterSaleState.REFUNDING: "退款中",
    AfterSaleState.SUCCESS: "售后完成",
    AfterSaleState.CLOSED: "已关闭",
}


def state_name(state: AfterSaleState, outcome: Outcome) -> str:
    """Return what people call a ticket's state: 退款成功 when money went back."""
    return "退款成功" if outcome is Outcome.REFUNDED else AFTERSALE_NAMES[state]


KIND_NAMES = {
    AfterSaleKind.REFUND_ONLY: "仅退款",
    AfterSaleKind.RETURN: "退货退款",
    AfterSaleKind.EXCHANGE: "换货",
    AfterSaleKind.RESEND: "补寄",
}
RESHIPPING = frozenset({AfterSaleKind.EXCHANGE, AfterSaleKind.RESEND})
GOODS_COME_BACK = frozenset({AfterSaleKind.RETURN, AfterSaleKind.EXCHANGE})

FINISHED = frozenset({AfterSaleState.SUCCESS, AfterSaleState.CLOSED})
OPEN_STATES = tuple(state for state in AfterSaleState if state not in FINISHED)

_S = AfterSaleState
_EITHER = {Role.TRAINEE, SYSTEM}
_DONE = "这张售后单已经处理过了。"
_ESCALATABLE = {_S.APPLIED, _S.REJECTED, _S.WAIT_BUYER_SHIP, _S.BUYER_SHIPPED, _S.WAIT_RESHIP, _S.RESHIPPED}

AFTERSALE_FLOW = Flow(
    "mall.after_sale",
    AfterSaleState,
    AfterSaleState.APPLIED,
    [
        on("fast_refund", _S.APPLIED, _S.REFUNDING, SYSTEM),
        on("agree_refund", _S.APPLIED, _S.REFUNDING, _EITHER, _DONE),
        on("agree_return", _S.APPLIED, _S.WAIT_BUYER_SHIP, _EITHER, _DONE),
        on("agree_reship", _S.APPLIED, _S.WAIT_RESHIP, _EITHER, _DONE),
        on("intercepted", _S.APPLIED, _S.BUYER_SHIPPED, SYSTEM),
        on("intercept_failed", _S.APPLIED, _S.REJECTED, SYSTEM),
        on("reject", _S.APPLIED, _S.REJECTED, Role.TRAINEE, _DONE),
        on("modify", {_S.APPLIED, _S.REJECTED}, _S.APPLIED, Role.TRAINEE, "卖家已同意，不能再修改申请。"),
        on("fill_waybill", _S.WAIT_BUYER_SHIP, _S.BUYER_SHIPPED, Role.TRAINEE, "现在不需要填写退货运单。"),
        on("receive_ok", _S.BUYER_SHIPPED, _S.REFUNDING, _EITHER, "买家还没有寄回商品。"),
        on("receive_exchange", _S.BUYER_SHIPPED, _S.WAIT_RESHIP, _EITHER, "买家还没有寄回商品。"),
        on("receive_refuse", _S.BUYER_SHIPPED, _S.REJECTED, Role.TRAINEE, "买家还没有寄回商品。"),
        on("reship", _S.WAIT_RESHIP, _S.RESHIPPED, _EITHER, "现在不需要重新发货。"),
        on("reship_late", _S.WAIT_RESHIP, _S.REFUNDING, SYSTEM),
        on("confirm", _S.RESHIPPED, _S.SUCCESS, Role.TRAINEE, "卖家还没有重新发货。"),
        on("confirm_late", _S.RESHIPPED, _S.SUCCESS, SYSTEM),
        on("escalate", _ESCALATABLE, _S.DISPUTE, Role.TRAINEE, "这张售后单已经完结或正在退款，不需要平台介入。"),
        on("verdict_buyer", _S.DISPUTE, _S.REFUNDING, {Role.INSTRUCTOR, SYSTEM}, "这张售后单不在平台介入中。"),
        on("verdict_seller", _S.DISPUTE, _S.CLOSED, {Role.INSTRUCTOR, SYSTEM}, "这张售后单不在平台介入中。"),
        on("refund_ok", _S.REFUNDING, _S.SUCCESS, SYSTEM),
        on(
            "cancel",
            {*_ESCALATABLE, _S.DISPUTE},
            _S.CLOSED,
            Role.TRAINEE,
            "售后已进入退款或已经完结，不能撤销。",
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
    COUNTERFEIT = "counterfeit"  # 假冒品牌
    WRONG_GOODS = "wrong_goods"  # 少件或错发
    DAMAGED = "damaged"  # 运输破损
    SIZE = "size"  # 尺码、规格不合适
    REFUSED = "refused"  # 拒收包裹
    LOST = "lost"  # 包裹丢失
    OUT_OF_STOCK = "out_of_stock"  # 卖家缺货


REASON_NAMES = {
    Reason.DISLIKE: "不想要了（7 天无理由）",
    Reason.WRONG_ORDER: "拍错、多拍",
    Reason.NOT_SHIPPED: "未按约定时间发货",
    Reason.QUALITY: "质量问题",
    Reason.NOT_AS_DESCRIBED: "与商品描述不符",
    Reason.COUNTERFEIT: "假冒品牌",
    Reason.WRONG_GOODS: "少件、错发",
    Reason.DAMAGED: "包装或商品破损",
    Reason.SIZE: "尺码、规格不合适",
    Reason.REFUSED: "拒收包裹",
    Reason.LOST: "包裹丢失",
    Reason.OUT_OF_STOCK: "卖家缺货",
}
# what a buyer may choose; the rest is written by the platform or the seller
CHOSEN_REASONS = tuple(reason for reason in Reason if reason not in {Reason.REFUSED, Reason.LOST, Reason.OUT_OF_STOCK})


class RejectCode(StrEnum):
    """Why a seller refuses a ticket, or goods that came back; the words beside it say more."""

    USED = "used"  # 商品已使用
    INTACT = "intact"  # 没有所说的问题
    NO_PROOF = "no_proof"  # 凭证不足
    NOT_COVERED = "not_covered"  # 不支持无理由退货
    SENT = "sent"  # 已打包或发出
    WRONG_RETURN = "wrong_return"  # 退回的商品不符
    OTHER = "other"  # 其他


REJECT_NAMES: dict[str, str] = {
    RejectCode.USED: "商品已使用，影响再次销售",
    RejectCode.INTACT: "商品没有所说的问题",
    RejectCode.NO_PROOF: "凭证不足，无法判断",
    RejectCode.NOT_COVERED: "商品不支持无理由退货",
    RejectCode.SENT: "商品已打包或已发出",
    RejectCode.WRONG_RETURN: "退回的商品不符或损坏",
    RejectCode.OTHER: "其他",
}


def reject_text(code: str, reason: str) -> str:
    """Return a refusal as both sides read it: 凭证不足，无法判断：请补充照片; without a code the reason alone."""
    return reason if code in ("", RejectCode.OTHER) else f"{REJECT_NAMES[code]}：{reason}"


SELLERS_FAULT = frozenset(
    {
        Reason.NOT_SHIPPED,
        Reason.QUALITY,
        Reason.NOT_AS_DESCRIBED,
        Reason.COUNTERFEIT,
        Reason.WRONG_GOODS,
        Reason.DAMAGED,
        Reason.LOST,
        Reason.OUT_OF_STOCK,
    }
)
# 无理由: the goods are in order, the buyer has changed their mind
WITHOUT_FAULT = frozenset({Reason.DISLIKE, Reason.WRONG_ORDER, Reason.SIZE})
# faults of the goods may be named until the longer after-sale window is over
QUALITY_REASONS = frozenset(
    {Reason.QUALITY, Reason.NOT_AS_DESCRIBED, Reason.COUNTERFEIT, Reason.WRONG_GOODS, Reason.DAMAGED}
)
KIND_REASONS: dict[AfterSaleKind, tuple[Reason, ...]] = {
    AfterSaleKind.REFUND_ONLY: tuple(reason for reason in CHOSEN_REASONS if reason is not Reason.SIZE),
    AfterSaleKind.RETURN: tuple(reason for reason in CHOSEN_REASONS if reason is not Reason.NOT_SHIPPED),
    AfterSaleKind.EXCHANGE: (
        Reason.SIZE,
        Reason.QUALITY,
        Reason.NOT_AS_DESCRIBED,
        Reason.WRONG_GOODS,
        Reason.DAMAGED,
        Reason.WRONG_ORDER,
    ),
    AfterSaleKind.RESEND: (Reason.WRONG_GOODS, Reason.DAMAGED, Reason.QUALITY),
}


class PostagePayer(StrEnum):
    """Who bears the freight of goods sent back (退货运费)."""

    BUYER = "buyer"  # 买家
    SELLER = "seller"  # 卖家
    INSURANCE = "insurance"  # 运费险


POSTAGE_NAMES = {
    PostagePayer.BUYER: "买家承担",
    PostagePayer.SELLER: "卖家承担",
    PostagePayer.INSURANCE: "运费险赔付",
}


def postage_payer(reason: Reason, *, insured: bool = False) -> PostagePayer:
    """Return who bears it: the seller for the seller's fault, else the insurance where there is one."""
    if reason in SELLERS_FAULT:
        return PostagePayer.SELLER
    return PostagePayer.INSURANCE if insured else PostagePayer.BUYER

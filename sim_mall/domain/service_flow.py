"""Life of a service session (客服会话): queued, answered, waiting for the buyer, closed. Source: commerce model 3.8."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class SessionState(StrEnum):
    """Where a session stands."""

    QUEUED = "queued"  # 排队中: nobody has taken it
    ACTIVE = "active"  # 待回复: the buyer waits for the seat
    WAIT_BUYER = "wait_buyer"  # 待买家: answered
    CLOSED = "closed"  # 已结束


class Sender(StrEnum):
    """Who speaks."""

    BUYER = "buyer"
    SELLER = "seller"
    ROBOT = "robot"  # welcome, keyword and off-hours answers: never counted as human
    SYSTEM = "system"


class MessageKind(StrEnum):
    """What a message is."""

    TEXT = "text"
    IMAGE = "image"
    PRODUCT = "product"  # 商品卡片
    ORDER = "order"  # 订单卡片
    COUPON = "coupon"  # 优惠券
    SYSTEM = "system"


class Stage(StrEnum):
    """When the buyer asks."""

    PRE = "pre"  # 售前
    IN = "in"  # 售中
    AFTER = "after"  # 售后


STAGE_NAMES = {Stage.PRE: "售前", Stage.IN: "售中", Stage.AFTER: "售后"}
SESSION_NAMES: dict[str, str] = {
    SessionState.QUEUED: "排队中",
    SessionState.ACTIVE: "待回复",
    SessionState.WAIT_BUYER: "待买家",
    SessionState.CLOSED: "已结束",
}
OPEN_SESSION = (SessionState.QUEUED, SessionState.ACTIVE, SessionState.WAIT_BUYER)
IDLE = timedelta(hours=2)  # a session without a word closes by itself
MAX_TEXT = 500

_S = SessionState
_WHO = {Role.TRAINEE, SYSTEM}

SERVICE_FLOW = Flow(
    "mall.service",
    SessionState,
    SessionState.QUEUED,
    [
        on("accept", _S.QUEUED, _S.ACTIVE, _WHO, "这个会话已经有人接待了。"),
        on("ask", _S.WAIT_BUYER, _S.ACTIVE, _WHO),
        on("answer", _S.ACTIVE, _S.WAIT_BUYER, Role.TRAINEE, "请先接入这个会话再回复。"),
        on("transfer", {_S.QUEUED, _S.ACTIVE, _S.WAIT_BUYER}, _S.ACTIVE, Role.TRAINEE, "会话已经结束，不能转接。"),
        on("back_to_queue", {_S.ACTIVE, _S.WAIT_BUYER}, _S.QUEUED, _WHO),
        on("close", {_S.QUEUED, _S.ACTIVE, _S.WAIT_BUYER}, _S.CLOSED, _WHO, "会话已经结束了。"),
    ],
    final=frozenset({SessionState.CLOSED}),
    names=SESSION_NAMES,
)

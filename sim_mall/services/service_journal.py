"""Messages of a conversation (客服消息): each takes the next seq, is stored, told to both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db
from app.core.sockets import socketio
from app.core.uow import after_commit
from app.core.web.formats import time_zh
from app.worlds.clock import sim_now
from sim_mall.domain.service_flow import MessageKind, Sender
from sim_mall.models.service import ServiceMessage, ServiceSession, ServiceThread

NAMESPACE = "/service"
REPLAY = 500
SHORT = {
    MessageKind.IMAGE: "[图片]",
    MessageKind.PRODUCT: "[商品]",
    MessageKind.ORDER: "[订单]",
    MessageKind.COUPON: "[优惠券]",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """One event on its way to a room."""

    room: str
    event: str
    body: dict[str, Any]


def buyer_room(thread_id: int) -> str:
    """Return the room of the buyer's connections to a conversation."""
    return f"thread:{thread_id}:buyer"


def shop_room(thread_id: int) -> str:
    """Return the room of the seats that look at a conversation."""
    return f"thread:{thread_id}:shop"


def desk_room(shop_id: int) -> str:
    """Return the room of all seats of a shop."""
    return f"desk:{shop_id}"


def _push(telling: Telling) -> None:
    socketio.tell(NAMESPACE, telling.room, telling.event, telling.body)


def tell(room: str, event: str, body: Mapping[str, Any]) -> None:
    """Tell a room once the unit of work has committed."""
    after_commit(_push, Telling(room, event, dict(body)))


def message_body(row: ServiceMessage) -> dict[str, Any]:
    """Return a message as pages and sockets show it."""
    return {
        "id": row.id,
        "seq": row.seq,
        "sender": str(row.sender),
        "kind": str(row.kind),
        "text": row.text,
        "card": row.body,
        "account": row.account_id,
        "at": time_zh(row.at),
        "for_shop": row.for_shop,
    }


def append(
    thread: ServiceThread,
    session: ServiceSession,
    sender: Sender,
    text: str,
    *,
    kind: MessageKind = MessageKind.TEXT,
    account_id: int | None = None,
    body: Mapping[str, Any] | None = None,
    key: str | None = None,
    for_shop: bool = False,
) -> ServiceMessage:
    """Write a message inside the open unit of work and tell it after the commit.

    The thread's row is the gate: it stays locked until the commit, so seqs are told in the order they were taken.
    """
    now = sim_now(thread.world_id)
    short = SHORT.get(kind, text)[:80]
    seen: dict[str, Any] = {}
    if sender is Sender.BUYER:
        seen["buyer_seen"] = ServiceThread.last_seq + 1
    elif sender is Sender.SELLER:
        seen["shop_seen"] = ServiceThread.last_seq + 1
    if not for_shop:
        seen |= {"last_text": short, "last_at": now}
    seq = db.session.scalar(
        sa.update(ServiceThread)
        .where(ServiceThread.id == thread.id)
        .values(last_seq=ServiceThread.last_seq + 1, **seen)
        .returning(ServiceThread.last_seq)
        .execution_options(synchronize_session=False)
    )
    assert seq is not None
    row = ServiceMessage(
        world_id=thread.world_id,
        thread_id=thread.id,
        session_id=session.id,
        seq=seq,
        sender=sender,
        account_id=account_id,
        kind=kind,
        text=text,
        body=dict(body or {}),
        for_shop=for_shop,
        key=key,
        at=now,
        wall_at=wall.now(),
    )
    db.session.add(row)
    db.session.flush()
    db.session.refresh(thread)
    told = {"thread": thread.id, **message_body(row)}
    if not for_shop:
        tell(buyer_room(thread.id), "message", told)
    tell(shop_room(thread.id), "message", told)
    return row


def tell_desk(session: ServiceSession, thread: ServiceThread) -> None:
    """Tell the seats of the shop how the session stands, for their lists."""
    body = {
        "thread": thread.id,
        "state": str(session.state),
        "seat": session.seat_id,
        "text": thread.last_text,
        "unread": max(0, thread.last_seq - thread.shop_seen),
    }
    tell(desk_room(thread.shop_id), "session", body)


def messages_after(thread: ServiceThread, seq: int, *, shop_side: bool, limit: int = REPLAY) -> list[ServiceMessage]:
    """Return the messages after ``seq`` that this side may see, oldest first; with seq 0 the last ones."""
    query = sa.select(ServiceMessage).where(ServiceMessage.thread_id == thread.id, ServiceMessage.seq > seq)
    if not shop_side:
        query = query.where(ServiceMessage.for_shop.is_(False))
    if seq:
        return list(db.session.scalars(query.order_by(ServiceMessage.seq).limit(limit)))
    rows = db.session.scalars(query.order_by(ServiceMessage.seq.desc()).limit(limit)).all()
    return list(reversed(rows))

"""The chat's events (客服长连接): join, desk, say, read, typing; each answered by an acknowledgement.

A client joins a conversation with the last seq it has; what it missed is replayed, each message once.
"""

from __future__ import annotations

from typing import Any

from app.core.errors import InvalidInput, Refused
from app.core.sockets import Door, Sockets, Visit, socketio
from app.core.uow import unit_of_work
from app.worlds import notices
from sim_mall import access, access_service
from sim_mall.domain.service_flow import MessageKind
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.services import service_chat, service_entry
from sim_mall.services.service_chat import Words
from sim_mall.services.service_journal import (
    NAMESPACE,
    buyer_room,
    desk_room,
    message_body,
    messages_after,
    shop_room,
)

HIGHEST = 2**31 - 1
SENT = {MessageKind.TEXT, MessageKind.PRODUCT, MessageKind.ORDER}


def _whole(data: dict[str, Any], name: str, default: int | None = None) -> int:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST:
        raise InvalidInput(f"{name} 应为整数。", field=name)
    return value


def _text(data: dict[str, Any], name: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} 应为文字。", field=name)
    return value


def join(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Enter a conversation as buyer or as seat; messages after ``last_seq`` come in the answer, oldest first."""
    thread_id, last_seq = _whole(data, "thread"), _whole(data, "last_seq", 0)
    shop_side = data.get("side") == "shop"
    thread = (access_service.get_sold_thread if shop_side else access_service.get_bought_thread)(visit.actor, thread_id)
    _leave(visit)
    room = shop_room(thread.id) if shop_side else buyer_room(thread.id)
    socketio.seat(visit, NAMESPACE, room)
    visit.notes |= {"thread": thread.id, "shop_side": shop_side, "room": room}
    missed = messages_after(thread, last_seq, shop_side=shop_side) if last_seq < thread.last_seq else []
    return {"seq": thread.last_seq, "missed": [{"thread": thread.id, **message_body(row)} for row in missed]}


def _leave(visit: Visit) -> None:
    room = visit.notes.pop("room", None)
    if room is not None:
        socketio.unseat(visit, NAMESPACE, room)
    visit.notes.pop("thread", None)


def desk(visit: Visit, _data: dict[str, Any]) -> dict[str, Any]:
    """Hear of every conversation of the shop that the person works in."""
    shop = access.shop_of(visit.actor, ShopPower.CHAT)
    room = visit.notes.pop("desk", None)
    if room is not None:
        socketio.unseat(visit, NAMESPACE, room)
    visit.notes["desk"] = desk_room(shop.id)
    socketio.seat(visit, NAMESPACE, desk_room(shop.id))
    return {"shop": shop.id}


def _joined(visit: Visit) -> tuple[int, bool]:
    thread_id = visit.notes.get("thread")
    if thread_id is None:
        raise Refused("请先打开一个会话。", code="not_joined")
    return thread_id, bool(visit.notes["shop_side"])


def say(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Write a message in the conversation that was joined. accept: send it although a rule warns (seats only)."""
    thread_id, shop_side = _joined(visit)
    notices.refuse_change(visit.actor)
    kind = _text(data, "kind", MessageKind.TEXT)
    if kind not in SENT:
        raise InvalidInput("这种消息请从页面发送。", field="kind")
    ref = _whole(data, "ref") if data.get("ref") is not None else None
    words = Words(_text(data, "text", ""), MessageKind(kind), ref)
    key = _text(data, "key")
    with unit_of_work():
        if shop_side:
            row = service_chat.answer(visit.actor, thread_id, words, key, accepted=data.get("accept") is True)
        else:
            row = service_chat.ask(visit.actor, thread_id, words, key)
        told = message_body(row)
    return {"message": {"thread": thread_id, **told}}


def read(visit: Visit, data: dict[str, Any]) -> None:
    """Note what this side has read."""
    thread_id, shop_side = _joined(visit)
    with unit_of_work():
        service_chat.read_up_to(visit.actor, thread_id, _whole(data, "seq"), shop_side=shop_side)


def typing(visit: Visit, _data: dict[str, Any]) -> None:
    """Tell the other side that somebody types; nothing is stored."""
    thread_id, shop_side = _joined(visit)
    room = buyer_room(thread_id) if shop_side else shop_room(thread_id)
    socketio.tell(NAMESPACE, room, "typing", {"thread": thread_id})


def gone(_visit: Visit) -> None:
    """The connection has ended; rooms forget it by themselves."""


def register(sockets: Sockets) -> None:
    """Open the namespace and register its events."""
    sockets.open(NAMESPACE, Door(service_entry.enter, service_entry.still, gone))
    handlers = {"join": join, "desk": desk, "say": say, "read": read, "typing": typing}
    for event, handler in handlers.items():
        sockets.listen(NAMESPACE, event, handler)

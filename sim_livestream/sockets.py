"""The live room's events: join, leave, comment, like, share, click; each answered by an acknowledgement."""

from __future__ import annotations

from typing import Any

from app.core.errors import InvalidInput, NotFound, Refused
from app.core.sockets import Door, Sockets, Visit, socketio
from app.core.uow import unit_of_work
from sim_livestream import access
from sim_livestream.services import catching_up, chat, entry
from sim_livestream.services.hall import Seat, hall
from sim_livestream.services.journal import NAMESPACE, channel
from sim_livestream.services.pulse import pulse

HIGHEST = 2**53


def _whole(data: dict[str, Any], name: str, default: int | None = None) -> int:
    value = data.get(name, default)
    if value is None and default is not None:
        value = default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST:
        raise InvalidInput(f"{name} 应为整数。", field=name)
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} 应为文字。", field=name)
    return value


def _seated(visit: Visit) -> tuple[Seat, int]:
    seat = hall().seat_of(visit.sid)
    number = visit.notes.get("joined")
    if seat is None or number is None:
        raise Refused("请先进入直播间。", code="not_joined")
    return seat, number


def join(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Enter a room: what was missed since ``last_seq`` is replayed, or a snapshot is sent."""
    number, last_seq = _whole(data, "room"), _whole(data, "last_seq", 0)
    if visit.notes.get("room", number) != number:
        raise NotFound("入场凭证不属于这个直播间。")
    actor = visit.actor
    room = access.get_room(actor, number)
    seat = Seat(room.world_id, room.id, actor.person(), actor.name, counted=not access.hosts(actor, room))
    _go(visit)
    socketio.seat(visit, NAMESPACE, channel(room.id))
    hall().enter(visit.sid, seat)
    visit.notes["joined"] = number
    told = catching_up.catch_up(actor, number, last_seq)
    if told.snapshot is not None:
        socketio.tell(NAMESPACE, visit.sid, "snapshot", told.snapshot)
    for kind, body in told.missed:
        socketio.tell(NAMESPACE, visit.sid, kind, body)
    pulse().start()
    return {"seq": told.seq, "replayed": len(told.missed), "me": catching_up.me(actor, room)}


def leave(visit: Visit, _data: dict[str, Any]) -> None:
    """Leave the room and keep the connection."""
    _go(visit)


def _go(visit: Visit) -> None:
    seat = hall().leave(visit.sid)
    visit.notes.pop("joined", None)
    if seat is not None:
        socketio.unseat(visit, NAMESPACE, channel(seat.room_id))


def gone(visit: Visit) -> None:
    """The connection has ended."""
    hall().leave(visit.sid)


def comment(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Write a message."""
    _seat, number = _seated(visit)
    text, key = _text(data, "text"), _text(data, "key")
    with unit_of_work():
        comment_id = chat.say(visit.actor, number, text, key)
    return {"id": comment_id}


def like(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Count likes; more than the allowance per second are not counted."""
    seat, _number = _seated(visit)
    wanted = _whole(data, "n")
    if wanted < 1:
        raise InvalidInput("n 应为正整数。", field="n")
    return {"counted": hall().like(seat, wanted)}


def share(visit: Visit, _data: dict[str, Any]) -> None:
    """Note that the room was shared."""
    seat, _number = _seated(visit)
    hall().note(seat, "share")


def click(visit: Visit, data: dict[str, Any]) -> None:
    """Note that an item was opened."""
    seat, number = _seated(visit)
    item_id = _whole(data, "item")
    access.get_item(access.get_room(visit.actor, number), item_id)
    hall().note(seat, "click", item_id)


def register(sockets: Sockets) -> None:
    """Open the namespace and register its events."""
    sockets.open(NAMESPACE, Door(entry.enter, entry.still, gone))
    handlers = {"join": join, "leave": leave, "comment": comment, "like": like, "share": share, "click": click}
    for event, handler in handlers.items():
        sockets.listen(NAMESPACE, event, handler)

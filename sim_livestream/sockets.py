"""The live room's events: join, leave, comment, like, share, click; each answered by an acknowledgement."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from app.core import clock
from app.core.actor import Actor
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.sockets import Door, Sockets, Visit, socketio
from app.worlds import notices
from sim_livestream import access
from sim_livestream.access import Standing
from sim_livestream.services import catching_up, entry
from sim_livestream.services.chat import Message
from sim_livestream.services.hall import Seat, hall
from sim_livestream.services.journal import NAMESPACE, PUT_OUT, channel, channel_of
from sim_livestream.services.memory import memory
from sim_livestream.services.postbox import postbox, usher
from sim_livestream.services.pulse import pulse

HIGHEST = 2**53
TRIES = 5  # to sit down between two events of a room; whoever does not manage asks for what was missed
FREEZE_SECONDS = 2.0  # likes and looks notice a freeze within this time
TRUST_SECONDS = 10.0  # a like within ten seconds of a sign-out still counts; a message does not


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


def _refuse_frozen(visit: Visit) -> None:
    """Raise Refused (code frozen) in a frozen market; likes and looks trust the last answer for a while."""
    world_id, now = visit.actor.world_id, clock.monotonic()
    if world_id is not None and not memory().thawed(world_id, now - FREEZE_SECONDS):
        notices.refuse_change(visit.actor)
        if visit.actor.role is Role.TRAINEE:
            memory().keep_thawed(world_id, now)


def _stand_still(actor: Actor, number: int) -> Standing:
    """Return how the person stands to the room at a seq after which this process has told nothing yet.

    Reading may take its time; an event told meanwhile reaches neither those who are not seated nor this reading.
    """
    channel_name = channel_of(number)
    told = socketio.told(NAMESPACE, channel_name)
    standing = usher().hand_in((actor, number))
    for _try in range(TRIES):
        before, told = told, socketio.told(NAMESPACE, channel_name)
        if before == told:
            break
        standing = replace(standing, last_seq=access.last_seq(standing.room_id))
    return standing


def join(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Enter a room: what was missed since ``last_seq`` is replayed, or a snapshot is sent."""
    number, last_seq = _whole(data, "room"), _whole(data, "last_seq", 0)
    if visit.notes.get("room", number) != number:
        raise NotFound("入场凭证不属于这个直播间。")
    actor, standing = visit.actor, _stand_still(visit.actor, number)
    room_id = standing.room_id
    seat = Seat(standing.world_id, room_id, actor.person(), actor.name, counted=standing.role in {"viewer", "teacher"})
    _go(visit)
    socketio.seat(visit, NAMESPACE, channel(room_id))
    hall().enter(visit.sid, seat)
    visit.notes["joined"] = number
    told = catching_up.catch_up(actor, standing, last_seq)
    if told.snapshot is not None:
        socketio.tell(NAMESPACE, visit.sid, "snapshot", told.snapshot)
    for kind, body in told.missed:
        socketio.tell(NAMESPACE, visit.sid, kind, body)
    pulse().start()
    return {"seq": told.seq, "replayed": len(told.missed), "me": catching_up.me(actor, standing)}


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
    said = postbox().hand_in(Message(visit.actor, number, _text(data, "text"), _text(data, "key")))
    visit.asked_at = clock.monotonic()
    return {"id": said.id, "held": said.held}


def like(visit: Visit, data: dict[str, Any]) -> dict[str, Any]:
    """Count likes; more than the allowance per second are not counted."""
    seat, _number = _seated(visit)
    _refuse_frozen(visit)
    wanted = _whole(data, "n")
    if wanted < 1:
        raise InvalidInput("n 应为正整数。", field="n")
    return {"counted": hall().like(seat, wanted)}


def share(visit: Visit, _data: dict[str, Any]) -> None:
    """Note that the room was shared."""
    seat, _number = _seated(visit)
    _refuse_frozen(visit)
    hall().note(seat, "share")


def click(visit: Visit, data: dict[str, Any]) -> None:
    """Note that an item was opened."""
    seat, _number = _seated(visit)
    _refuse_frozen(visit)
    item_id = _whole(data, "item")
    if not access.has_item(seat.room_id, item_id):
        raise NotFound("这件商品已不在小黄车里，请刷新。")
    hall().note(seat, "click", item_id)


def put_out(order: dict[str, Any]) -> None:
    """Carry out an order to every process: end the connections of one person in one room."""
    for sid in hall().sids_of(order["room"], order["account"]):
        socketio.tell(NAMESPACE, sid, "notice", {"kind": "out", "reason": order["reason"]})
        socketio.expel(sid, NAMESPACE)


def register(sockets: Sockets) -> None:
    """Open the namespace and register its events."""
    sockets.open(NAMESPACE, Door(entry.enter, entry.still, gone), droppable=frozenset({"tick"}))
    sockets.on_order(PUT_OUT, put_out)
    handlers = {"join": join, "leave": leave, "comment": comment, "like": like, "share": share, "click": click}
    for event, handler in handlers.items():
        # who says something is asked for in the transaction that writes it
        sockets.listen(NAMESPACE, event, handler, trust_seconds=math.inf if event == "comment" else TRUST_SECONDS)

"""The journal of a room: each event gets the next seq, is stored, and is told to the room after the commit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db, table_of
from app.core.sockets import socketio
from app.core.uow import after_commit
from app.worlds.clock import sim_now
from sim_livestream.domain.pace import REPLAY
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import FIRST_NUMBER, LiveEvent, LiveRoom

NAMESPACE = "/live"
PUT_OUT = "live.put_out"  # order to every process: {room, account, reason}


_NEXT = (
    sa.update(LiveRoom)
    .where(LiveRoom.id == sa.bindparam("of_room"))
    .values(last_seq=LiveRoom.last_seq + 1)
    .returning(LiveRoom.last_seq)
    .execution_options(synchronize_session=False)
)
_STORE = sa.insert(table_of(LiveEvent))


@dataclass(frozen=True, slots=True)
class Telling:
    """One event on its way to a room."""

    room_id: int
    kind: str
    body: dict[str, Any]


def channel(room_id: int) -> str:
    """Return the name under which a room's connections are gathered."""
    return f"room:{room_id}"


def channel_of(number: int) -> str:
    """Return the same by the room's number."""
    return channel(number - FIRST_NUMBER)


def _push(telling: Telling) -> None:
    socketio.tell(NAMESPACE, channel(telling.room_id), telling.kind, telling.body)


def next_seq(room_id: int) -> int | None:
    """Take the next seq of the room; None for no such room.

    The room's row stays locked until the commit, so seqs are told in the order they were taken.
    """
    taken: int | None = db.session.scalar(_NEXT, {"of_room": room_id})
    return taken


def store(world_id: int, room_id: int, seq: int, kind: str, body: dict[str, Any]) -> None:
    """Store an event under a seq that was taken, and tell it once committed."""
    full = {"seq": seq, **body}
    values = {
        "world_id": world_id,
        "room_id": room_id,
        "seq": seq,
        "kind": kind,
        "payload": json.dumps(full, ensure_ascii=False, separators=(",", ":")),
        "at": sim_now(world_id),
        "wall_at": wall.now(),
    }
    db.session.execute(_STORE, values)
    after_commit(_push, Telling(room_id, kind, full))


def tell(room: LiveRoom, kind: str, body: dict[str, Any]) -> int:
    """Tell the room at once (pin, item, notice, ended) inside the open unit of work; return the seq."""
    seq = next_seq(room.id)
    if seq is None:
        raise RuntimeError(f"live room {room.id} vanished")
    store(room.world_id, room.id, seq, kind, body)
    return seq


def missed(room_id: int, last_seq: int, seq: int) -> list[tuple[str, dict[str, Any]]] | None:
    """Return the events after ``last_seq`` up to ``seq``; None when there are too many or some are gone.

    Messages hidden meanwhile are left out of the ticks that told them.
    """
    if not 0 < last_seq <= seq or seq - last_seq > REPLAY:
        return None
    rows = db.session.scalars(
        sa.select(LiveEvent)
        .where(LiveEvent.room_id == room_id, LiveEvent.seq > last_seq, LiveEvent.seq <= seq)
        .order_by(LiveEvent.seq)
    ).all()
    if len(rows) != seq - last_seq:
        return None
    hidden = set(
        db.session.scalars(
            sa.select(LiveComment.id).where(
                LiveComment.room_id == room_id,
                LiveComment.seq > last_seq,
                LiveComment.seq <= seq,
                LiveComment.hidden_wall_at.is_not(None),
            )
        )
    )
    events = []
    for row in rows:
        body = json.loads(row.payload)
        if hidden and "comments" in body:
            body["comments"] = [comment for comment in body["comments"] if comment["id"] not in hidden]
        events.append((row.kind, body))
    return events


def with_bodies(rows: Iterable[LiveEvent]) -> list[tuple[LiveEvent, dict[str, Any]]]:
    """Return stored events with what they told."""
    return [(row, json.loads(row.payload)) for row in rows]

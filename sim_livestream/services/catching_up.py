"""What a person who joins is told: the events they missed, or the room as it is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from sim_livestream import access
from sim_livestream.data import CatchUp
from sim_livestream.models import ItemStatus, LiveRoom
from sim_livestream.services import chat, journal, presence, stage
from sim_livestream.services.payloads import comment_body, item_body, moment, room_body, slide_body


def catch_up(actor: Actor, number: int, last_seq: int) -> CatchUp:
    """Return the events after ``last_seq`` when they can be replayed, else a snapshot.

    The seq is read first and nothing told later goes in, so nobody sees an event twice.
    """
    room = access.get_room(actor, number)
    seq = db.session.scalar(sa.select(LiveRoom.last_seq).where(LiveRoom.id == room.id)) or 0
    missed = journal.missed(room.id, last_seq, seq)
    if missed is not None:
        return CatchUp(seq, None, tuple(missed))
    return CatchUp(seq, snapshot(actor, room, seq))


def snapshot(actor: Actor, room: LiveRoom, seq: int) -> dict[str, Any]:
    """Return the room as it is, with the messages told up to ``seq``."""
    clip = access.open_clip(room.id)
    items = [item_body(item) for item in access.bag(room.id) if item.status is not ItemStatus.HIDDEN]
    return {
        "seq": seq,
        "room": room_body(room),
        "viewers": presence.viewers([room.id]).get(room.id, 0),
        "likes": room.likes,
        "comments": [comment_body(comment) for comment in chat.recent(room.id, seq)],
        "items": items,
        "pinned": clip.item_id if clip else None,
        "slide": slide_body(stage.current_slide(room)),
        "me": me(actor, room),
    }


def me(actor: Actor, room: LiveRoom) -> dict[str, Any]:
    """Return how the person stands to the room."""
    viewer = chat.viewer_of(room, actor.person())
    until = viewer.muted_until_wall_at if viewer else None
    return {
        "account": actor.person(),
        "name": actor.name,
        "role": chat.role_in(actor, room),
        "moderates": access.moderates(actor, room),
        "muted_until": moment(until) if until is not None and until > wall.now() else None,
    }

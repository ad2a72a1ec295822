"""What a person who joins is told: the events they missed, or the room as it is."""

from __future__ import annotations

from typing import Any

from app.core import clock as wall
from app.core.actor import Actor
from sim_livestream import access
from sim_livestream.access import Standing
from sim_livestream.data import CatchUp
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import ItemStatus
from sim_livestream.services import chat, games, journal, picture, presence, stage, vouchers
from sim_livestream.services.memory import memory
from sim_livestream.services.offered import offered
from sim_livestream.services.payloads import comment_row, item_body, moment, room_body, slide_body


def catch_up(actor: Actor, standing: Standing, last_seq: int) -> CatchUp:
    """Return the events after ``last_seq`` when they can be replayed, else a snapshot.

    The seq is read first and nothing told later goes in, so nobody sees an event twice. What is the same
    for everybody is remembered until the room's next event.
    """
    room_id, seq = standing.room_id, standing.last_seq
    replays = memory().replays(room_id, seq)
    if last_seq not in replays:
        replays[last_seq] = journal.missed(room_id, last_seq, seq)
    missed = replays[last_seq]
    if missed is not None:
        return CatchUp(seq, None, tuple(missed))
    common = memory().snapshot(room_id, seq)
    if common is None:
        common = _common(access.get_room(actor, standing.number), seq)
        memory().keep_snapshot(room_id, seq, common)
    return CatchUp(seq, {**common, "me": me(actor, standing)})


def snapshot(actor: Actor, room: LiveRoom, seq: int) -> dict[str, Any]:
    """Return the room as it is, with the messages told up to ``seq``."""
    return {**_common(room, seq), "me": me(actor, access.stand(actor, room.number))}


def _common(room: LiveRoom, seq: int) -> dict[str, Any]:
    clip = access.open_clip(room.id)
    kept = offered(room)
    items = [item_body(item, kept.left(item)) for item in access.bag(room.id) if item.status is not ItemStatus.HIDDEN]
    return {
        "seq": seq,
        "room": room_body(room),
        "viewers": presence.viewers([room.id]).get(room.id, 0),
        "likes": room.likes,
        "comments": [comment_row(comment) for comment in chat.recent(room.id, seq)],
        "items": items,
        "pinned": clip.item_id if clip else None,
        "slide": slide_body(stage.current_slide(room)),
        "games": {**games.running(room.id), "coupons": vouchers.running(room)},
        "picture": picture.shown(room),
        "rules": {"slow": room.slow_seconds, "quiet": room.quiet},
    }


def me(actor: Actor, standing: Standing) -> dict[str, Any]:
    """Return how the person stands to the room."""
    until = standing.muted_until
    return {
        "account": actor.person(),
        "name": actor.name,
        "role": standing.role,
        "moderates": standing.moderates,
        "muted_until": moment(until) if until is not None and until > wall.now() else None,
    }

"""Explaining items (讲解): one at a time, each time written as a clip."""

from __future__ import annotations

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.worlds.clock import sim_now
from sim_livestream import access
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import ItemStatus, LiveClip
from sim_livestream.services import journal, stage
from sim_livestream.services.offered import offered
from sim_livestream.services.payloads import item_body


def pin(actor: Actor, number: int, item_id: int) -> None:
    """Explain an item of the bag and show its slide; the one explained before ends.

    Explaining it again changes nothing.
    """
    room = access.lock(access.get_own_room(actor, number))
    item = access.get_item(room, item_id)
    if room.state not in ON_AIR:
        raise Refused("开播后才能讲解商品。")
    if item.status is ItemStatus.HIDDEN:
        raise Refused("这件商品还没有上架到小黄车，请先上架。")
    running = access.open_clip(room.id)
    if running is not None and running.item_id == item.id:
        return
    close_clip(room)
    db.session.add(
        LiveClip(
            world_id=room.world_id,
            room_id=room.id,
            item_id=item.id,
            started_at=sim_now(room.world_id),
            started_wall_at=wall.now(),
        )
    )
    db.session.flush()
    journal.tell(room, "pin", {"item": item_body(item, offered(room).left(item))})
    slide = next((slide for slide in access.slides(room.id) if slide.item_id == item.id), None)
    if slide is not None:
        stage.turn_to(room, slide)


def unpin(actor: Actor, number: int) -> None:
    """Stop explaining."""
    room = access.lock(access.get_own_room(actor, number))
    if close_clip(room):
        journal.tell(room, "pin", {"item": None})


def close_clip(room: LiveRoom) -> bool:
    """End the running explanation inside the open unit of work; say whether there was one."""
    clip = access.open_clip(room.id)
    if clip is None:
        return False
    clip.ended_at, clip.ended_wall_at = sim_now(room.world_id), wall.now()
    db.session.flush()
    return True

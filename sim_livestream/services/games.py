"""What runs in a room beside the sale, and what happens when its time is up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db
from app.core.uow import unit_of_work
from sim_livestream import access
from sim_livestream.models.play import GameState, LiveLot, LivePacket, LivePoll
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import ItemStatus, LiveItem
from sim_livestream.services import journal, lots, packets, polls
from sim_livestream.services.offered import offered
from sim_livestream.services.payloads import item_body, lot_body, packet_body, poll_body

AT_ONCE = 50  # games settled in one turn


def running(room_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return what runs in the room now, as viewers see it."""
    return {
        "packets": [packet_body(row) for row in _open(LivePacket, room_id)],
        "lots": [lot_body(row) for row in _open(LiveLot, room_id)],
        "polls": [poll_body(row, None) for row in _open(LivePoll, room_id)],
    }


def _open(model: Any, room_id: int) -> list[Any]:
    query = sa.select(model).where(model.room_id == room_id, model.status == GameState.OPEN).order_by(model.id)
    return list(db.session.scalars(query))


def settle_room(room_id: int) -> None:
    """End all that runs in the room inside the open unit of work: the show is over."""
    for packet in _open(LivePacket, room_id):
        packets.settle(packet.id)
    for lot in _open(LiveLot, room_id):
        lots.draw(lot.id)
    for poll in _open(LivePoll, room_id):
        polls.count(poll.id)


def settle_due() -> int:
    """End what has run its time and unlock what opens now, each in a unit of work of its own; return how many."""
    now = wall.now()
    due = [(packets.settle, _due(LivePacket, now)), (lots.draw, _due(LiveLot, now)), (polls.count, _due(LivePoll, now))]
    drops = list(
        db.session.scalars(
            sa.select(LiveItem.id)
            .where(LiveItem.opens_wall_at.is_not(None), LiveItem.opens_wall_at <= now)
            .order_by(LiveItem.id)
            .limit(AT_ONCE)
        )
    )
    db.session.rollback()
    done = 0
    for settle, ids in due:
        for game_id in ids:
            with unit_of_work():
                settle(game_id)
            done += 1
    for item_id in drops:
        with unit_of_work():
            _unlock(item_id)
        done += 1
    return done


def _due(model: Any, now: datetime) -> list[int]:
    over = model.ends_wall_at <= now
    if model is LivePacket:
        over = sa.or_(over, LivePacket.taken == LivePacket.pieces)
    query = sa.select(model.id).where(model.status == GameState.OPEN, over).order_by(model.id)
    return list(db.session.scalars(query.limit(AT_ONCE)))


def _unlock(item_id: int) -> None:
    """The countdown is over: the item can be bought."""
    room_id = db.session.scalar(sa.select(LiveItem.room_id).where(LiveItem.id == item_id))
    if room_id is None:
        return
    room = access.lock(db.session.get_one(LiveRoom, room_id))
    item = access.get_item(room, item_id)
    if item.opens_wall_at is None or item.opens_wall_at > wall.now():
        return
    item.opens_wall_at = None
    if item.status is ItemStatus.LOCKED:
        item.status = ItemStatus.ON
        db.session.flush()
        journal.tell(room, "item", {"change": "changed", "item": item_body(item, offered(room).left(item))})
    db.session.flush()

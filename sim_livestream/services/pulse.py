"""The pulse: twice a second a process writes down what its viewers did and lets each busy room speak once.

Messages, likes, viewer counts and sales of a room leave together as one ``tick``. Rooms are told from the
rows of the database, and the room's row is the gate: however many processes run, a room ticks at most
twice a second and every message is told once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy import orm

from app.core import clock as wall
from app.core.db import db, table_of
from app.core.sockets import socketio
from app.core.uow import unit_of_work
from sim_livestream import mall_client
from sim_livestream.domain.pace import BEAT, COMMENTS_IN_TICK, NAMES_IN_TICK, TICK
from sim_livestream.domain.room_flow import CLOSED
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveItem, LiveSale, SaleStatus
from sim_livestream.services import journal, presence
from sim_livestream.services.hall import Hall
from sim_livestream.services.offered import Offered
from sim_livestream.services.payloads import comment_body

log = structlog.get_logger(__name__)

REST = 0.1  # seconds between two turns at the least: other work goes on
SLACK = TICK * 2 / 5  # a tick may come so much before its time, so that a late one does not cost the next one
RECOUNT = timedelta(seconds=2)  # viewers of other processes are counted so often; who moved through this one at once

_WAITING = (LiveComment.seq.is_(None), LiveComment.hidden_by.is_(None), LiveComment.held_for == "")
_SPEAKS = sa.exists().where(LiveComment.room_id == LiveRoom.id, *_WAITING)
_SELLS = sa.exists().where(LiveItem.room_id == LiveRoom.id, LiveItem.sold != LiveItem.sold_told)
_BUSY = sa.select(
    LiveRoom.id,
    LiveRoom.viewers,
    LiveRoom.ticked_wall_at,
    sa.or_(_SPEAKS, _SELLS, LiveRoom.likes != LiveRoom.likes_told).label("news"),
).where(LiveRoom.id.in_(sa.bindparam("rooms", expanding=True)), LiveRoom.state.not_in(CLOSED))
_comments = table_of(LiveComment)
_TAKE_COMMENTS = (
    sa.update(_comments)
    .where(
        _comments.c.room_id == sa.bindparam("of_room"),
        _comments.c.seq.is_(None),
        _comments.c.hidden_by.is_(None),
        _comments.c.held_for == "",
    )
    .values(seq=sa.bindparam("now_seq"))
    .returning(
        _comments.c.id,
        _comments.c.account_id,
        _comments.c.name,
        _comments.c.role,
        _comments.c.text,
        _comments.c.item_id,
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A room that has something to tell. ticked: when its last tick was due, None before the first."""

    room_id: int
    viewers: int
    ticked: datetime | None


class Pulse:
    """The loop of one process; started when the first viewer joins."""

    def __init__(self, app: Flask, hall: Hall) -> None:
        self._app = app
        self._hall = hall
        self._running = False
        self._counted: dict[int, tuple[datetime, int]] = {}

    def start(self) -> None:
        """Start the loop once; tests without background loops take their turns by hand."""
        settings = self._app.config["SETTINGS"]
        if self._running or (settings.mode == "test" and not settings.ticker):
            return
        self._running = True
        socketio.start_background_task(self._run)

    def _run(self) -> None:
        due = wall.monotonic()
        while True:
            # at a steady pace, whatever a turn takes; a turn that came late is not made up for
            due = max(due + TICK.total_seconds(), wall.monotonic() + REST)
            socketio.sleep(due - wall.monotonic())
            try:
                self.turn()
            except Exception:
                log.exception("live_pulse_failed")

    def turn(self) -> int:
        """Write down and tell what happened since the last turn; return how many rooms spoke."""
        with self._app.app_context():
            try:
                moved = self._write()
                return sum(self._tell(due) for due in self._busy(moved))
            finally:
                db.session.remove()

    def _write(self) -> set[int]:
        """Write what the viewers of this process did; return the rooms in which there are more or fewer now."""
        batch, going_on = self._hall.drain(), self._hall.due(BEAT.total_seconds())
        if not batch and not going_on:
            return set()
        try:
            with unit_of_work():
                stays = presence.write(batch)
                presence.beat(going_on)
        except Exception:
            self._hall.restore(batch)
            raise
        self._hall.settle(batch, stays)
        self._hall.beaten(going_on)
        return batch.moved

    def _busy(self, moved: set[int]) -> list[Due]:
        """Return the rooms that have something to tell; two queries for all rooms."""
        room_ids = self._hall.rooms()
        if not room_ids:
            return []
        rooms = db.session.execute(_BUSY, {"rooms": room_ids}).all()
        counts = self._count([row.id for row in rooms], moved)
        db.session.rollback()
        return [
            Due(row.id, counts[row.id], row.ticked_wall_at)
            for row in rooms
            if row.news or row.viewers != counts[row.id] or self._hall.entered(row.id)
        ]

    def _count(self, room_ids: list[int], moved: set[int]) -> dict[int, int]:
        now = wall.now()
        kept = {room: known for room, known in self._counted.items() if room in room_ids and room not in moved}
        kept = {room: known for room, known in kept.items() if timedelta(0) <= now - known[0] < RECOUNT}
        unknown = [room_id for room_id in room_ids if room_id not in kept]
        counts = presence.viewers(unknown)
        self._counted = kept | {room_id: (now, counts.get(room_id, 0)) for room_id in unknown}
        return {room_id: count for room_id, (_counted, count) in self._counted.items()}

    def _tell(self, due: Due) -> bool:
        entered = self._hall.entered(due.room_id)
        with unit_of_work():
            told = tell_tick(due, entered)
        if told:
            self._hall.forget_entered(due.room_id)
        return told


def tell_tick(due: Due, entered: Iterable[str] = ()) -> bool:
    """Let the room speak inside the open unit of work; False when it is not time, or another process was first."""
    now = wall.now()
    if due.ticked is not None and now < due.ticked + TICK - SLACK:
        return False
    # the time at which this tick was due, not the one at which it came: else every late one would cost the next one
    ticked = now if due.ticked is None else max(due.ticked + TICK, now)
    taken = db.session.execute(
        sa.update(LiveRoom)
        .where(
            LiveRoom.id == due.room_id,
            LiveRoom.state.not_in(CLOSED),
            LiveRoom.ticked_wall_at.is_not_distinct_from(due.ticked),
        )
        .values(last_seq=LiveRoom.last_seq + 1, ticked_wall_at=ticked, viewers=due.viewers, likes_told=LiveRoom.likes)
        .returning(LiveRoom.last_seq, LiveRoom.world_id, LiveRoom.likes)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return False
    seq, world_id, likes = taken
    body = {
        "at": int(now.timestamp() * 1000),
        "viewers": due.viewers,
        "likes": likes,
        "comments": _take_comments(due.room_id, seq),
        "sold": _take_sold(world_id, due.room_id),
        "entered": list(entered),
    }
    journal.store(world_id, due.room_id, seq, "tick", body)
    return True


def _take_comments(room_id: int, seq: int) -> list[dict[str, Any]]:
    told = db.session.execute(_TAKE_COMMENTS, {"of_room": room_id, "now_seq": seq}).all()
    return [comment_body(*row) for row in sorted(told)[-COMMENTS_IN_TICK:]]


def _take_sold(world_id: int, room_id: int) -> list[dict[str, object]]:
    changed = db.session.scalars(
        sa.select(LiveItem)
        .where(LiveItem.room_id == room_id, LiveItem.sold != LiveItem.sold_told)
        .order_by(LiveItem.id)
        .options(orm.selectinload(LiveItem.prices))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    kept = Offered(mall_client.live_stock(world_id, room_id)) if changed else Offered({})
    sold: list[dict[str, object]] = []
    for item in changed:
        news = item.sold - item.sold_told
        item.sold_told = item.sold
        buyers = db.session.scalars(
            sa.select(LiveSale.buyer_name)
            .where(LiveSale.item_id == item.id, LiveSale.status == SaleStatus.PAID)
            .order_by(LiveSale.id.desc())
            .limit(max(0, min(news, NAMES_IN_TICK)))
        ).all()
        sold.append({"item": item.id, "sold": item.sold, "left": kept.left(item), "who": list(buyers)})
    return sold


def pulse() -> Pulse:
    """Return the pulse of the running application."""
    found: Pulse = current_app.extensions["live_pulse"]
    return found

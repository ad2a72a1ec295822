"""The pulse: twice a second a process writes down what its viewers did and lets each busy room speak once.

Messages, likes, viewer counts and sales of a room leave together as one ``tick``. Rooms are told from the
rows of the database, and the room's row is the gate: however many processes run, a room ticks at most
twice a second and every message is told once.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy import orm

from app.core import clock as wall
from app.core.db import db
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

_WAITING = (LiveComment.seq.is_(None), LiveComment.hidden_by.is_(None), LiveComment.held_for == "")
REST = 0.1  # seconds between two turns at the least: other work goes on
SLACK = TICK / 5  # the gate opens a little early, so that a steady pulse does not miss every other turn


class Pulse:
    """The loop of one process; started when the first viewer joins."""

    def __init__(self, app: Flask, hall: Hall) -> None:
        self._app = app
        self._hall = hall
        self._running = False
        self._beaten = wall.monotonic()

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
                self._write()
                return sum(self._tell(room_id, count) for room_id, count in self._busy())
            finally:
                db.session.remove()

    def _write(self) -> None:
        batch = self._hall.drain()
        due = wall.monotonic() - self._beaten >= BEAT.total_seconds()
        if not batch and not due:
            return
        try:
            with unit_of_work():
                stays = presence.write(batch)
                if due:
                    presence.beat(self._hall.stays())
        except Exception:
            self._hall.restore(batch)
            raise
        self._hall.settle(batch, stays)
        if due:
            self._beaten = wall.monotonic()

    def _busy(self) -> list[tuple[int, int]]:
        """Return the rooms that have something to tell, with their viewers; four queries for all rooms."""
        room_ids = self._hall.rooms()
        if not room_ids:
            return []
        rooms = db.session.execute(
            sa.select(LiveRoom.id, LiveRoom.viewers, LiveRoom.likes, LiveRoom.likes_told).where(
                LiveRoom.id.in_(room_ids), LiveRoom.state.not_in(CLOSED)
            )
        ).all()
        counts = presence.viewers([row.id for row in rooms])
        speaking = set(
            db.session.scalars(
                sa.select(LiveComment.room_id).where(LiveComment.room_id.in_(room_ids), *_WAITING).distinct()
            )
        )
        selling = set(
            db.session.scalars(
                sa.select(LiveItem.room_id)
                .where(LiveItem.room_id.in_(room_ids), LiveItem.sold != LiveItem.sold_told)
                .distinct()
            )
        )
        db.session.rollback()
        return [
            (row.id, counts.get(row.id, 0))
            for row in rooms
            if row.id in speaking
            or row.id in selling
            or row.likes != row.likes_told
            or row.viewers != counts.get(row.id, 0)
            or self._hall.entered(row.id)
        ]

    def _tell(self, room_id: int, count: int) -> bool:
        entered = self._hall.entered(room_id)
        with unit_of_work():
            told = tell_tick(room_id, count, entered)
        if told:
            self._hall.forget_entered(room_id)
        return told


def tell_tick(room_id: int, viewers: int, entered: Iterable[str] = ()) -> bool:
    """Let the room speak inside the open unit of work; False when it spoke within the last half second."""
    now = wall.now()
    quiet = sa.or_(LiveRoom.ticked_wall_at.is_(None), LiveRoom.ticked_wall_at <= now - TICK + SLACK)
    seq = journal.next_seq(
        room_id,
        LiveRoom.state.not_in(CLOSED),
        quiet,
        ticked_wall_at=now,
        viewers=viewers,
        likes_told=LiveRoom.likes,
    )
    if seq is None:
        return False
    world_id, likes = db.session.execute(
        sa.select(LiveRoom.world_id, LiveRoom.likes).where(LiveRoom.id == room_id)
    ).one()
    body = {
        "at": int(now.timestamp() * 1000),
        "viewers": viewers,
        "likes": likes,
        "comments": [comment_body(comment) for comment in _take_comments(room_id, seq)],
        "sold": _take_sold(world_id, room_id),
        "entered": list(entered),
    }
    journal.store(world_id, room_id, seq, "tick", body)
    return True


def _take_comments(room_id: int, seq: int) -> list[LiveComment]:
    pending = list(
        db.session.scalars(
            sa.select(LiveComment).where(LiveComment.room_id == room_id, *_WAITING).order_by(LiveComment.id)
        )
    )
    for comment in pending:
        comment.seq = seq
    return pending[-COMMENTS_IN_TICK:]


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

"""Figures of a show, each computed from rows (definitions: commerce model 3.9); never from what clients sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.money import half_up
from sim_livestream import access
from sim_livestream.data import ItemFigures, RoomFigures
from sim_livestream.domain.attendance import Stay, attendance
from sim_livestream.domain.pace import GONE
from sim_livestream.models.people import ActionKind, LiveAction, LiveComment, LivePresence, LiveViewer
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveClip, LiveItem, LiveSale, SaleStatus
from sim_livestream.services import presence


def room_figures(actor: Actor, number: int) -> tuple[LiveRoom, RoomFigures]:
    """Return a room and its figures, for its host and instructors. Raises NotFound for others."""
    room = access.get_seen_room(actor, number)
    return room, compute(room)


def compute(room: LiveRoom) -> RoomFigures:
    """Return the figures of a room, running or over; all zero before it started."""
    now = wall.now()
    start = room.started_wall_at or now
    end = room.ended_wall_at or now
    seen = attendance(_stays(room, now), start, max(end, start))
    shares, click_uv = _deeds(room.id)
    interacting = _interacting(room.id, room.host_id)
    sales = list(db.session.scalars(sa.select(LiveSale).where(LiveSale.room_id == room.id)))
    paid = [sale for sale in sales if sale.status is SaleStatus.PAID]
    buyers = len({sale.buyer_id for sale in paid})
    return RoomFigures(
        minutes=int((max(end, start) - start).total_seconds()) // 60,
        uv=seen.uv,
        pv=seen.pv,
        online=0 if room.ended_wall_at else presence.viewers([room.id]).get(room.id, 0),
        peak=seen.peak,
        mean_stay=seen.mean_stay,
        comments=_comments(room.id),
        likes=room.likes,
        shares=shares,
        interaction_bp=_rate(interacting, seen.uv),
        click_uv=click_uv,
        buyers=buyers,
        conversion_bp=_rate(buyers, seen.uv),
        orders=len(sales),
        gmv_placed=sum(sale.payable for sale in sales),
        gmv_paid=sum(sale.payable for sale in paid),
        refunded=sum(sale.refunded for sale in paid),
        curve=seen.curve,
        items=tuple(_items(room, paid, end)),
    )


def _rate(part: int, whole: int) -> int:
    return min(10_000, half_up(part * 10_000, whole)) if whole else 0


def _stays(room: LiveRoom, now: datetime) -> list[Stay]:
    """Return the stays; one whose process is gone ended with its last beat."""
    rows = db.session.execute(
        sa.select(
            LivePresence.account_id, LivePresence.joined_wall_at, LivePresence.beat_wall_at, LivePresence.left_wall_at
        ).where(LivePresence.room_id == room.id)
    )
    stays = []
    for account_id, joined, beat, left in rows:
        end = left if left is not None else now if now - beat < GONE else beat
        stays.append(Stay(account_id, joined, max(end, joined)))
    return stays


def _comments(room_id: int) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(LiveComment.room_id == room_id, LiveComment.hidden_by.is_(None))
        )
        or 0
    )


def _deeds(room_id: int) -> tuple[int, int]:
    """Return how many people shared, and how many opened an item."""
    rows = db.session.execute(
        sa.select(LiveAction.kind, sa.func.count(LiveAction.account_id.distinct()))
        .where(LiveAction.room_id == room_id)
        .group_by(LiveAction.kind)
    )
    counts = dict(rows.all())
    return counts.get(ActionKind.SHARE, 0), counts.get(ActionKind.CLICK, 0)


def _interacting(room_id: int, host_id: int) -> int:
    """Return how many people wrote, liked or shared, without the host."""
    people = sa.union(
        sa.select(LiveComment.account_id).where(LiveComment.room_id == room_id),
        sa.select(LiveViewer.account_id).where(LiveViewer.room_id == room_id, LiveViewer.likes > 0),
        sa.select(LiveAction.account_id).where(LiveAction.room_id == room_id, LiveAction.kind == ActionKind.SHARE),
    ).subquery()
    query = sa.select(sa.func.count()).select_from(people).where(people.c.account_id != host_id)
    return db.session.scalar(query) or 0


def _items(room: LiveRoom, paid: Sequence[LiveSale], end: datetime) -> list[ItemFigures]:
    rows = db.session.execute(
        sa.select(LiveAction.item_id, sa.func.count(LiveAction.account_id.distinct()))
        .where(LiveAction.room_id == room.id, LiveAction.kind == ActionKind.CLICK)
        .group_by(LiveAction.item_id)
    )
    clicks = dict(rows.all())
    explained: dict[int, int] = {}
    for clip in db.session.scalars(sa.select(LiveClip).where(LiveClip.room_id == room.id)):
        seconds = int(((clip.ended_wall_at or end) - clip.started_wall_at).total_seconds())
        explained[clip.item_id] = explained.get(clip.item_id, 0) + max(0, seconds)
    items = db.session.scalars(
        sa.select(LiveItem).where(LiveItem.room_id == room.id).order_by(LiveItem.position, LiveItem.id)
    )
    found = []
    for item in items:
        sales = [sale for sale in paid if sale.item_id == item.id]
        found.append(
            ItemFigures(
                id=item.id,
                title=item.title,
                category=item.category,
                clicks=clicks.get(item.id, 0),
                orders=len(sales),
                units=sum(sale.quantity for sale in sales),
                gmv_paid=sum(sale.payable for sale in sales),
                explained=explained.get(item.id, 0),
            )
        )
    return found

"""Questions that the rest of the platform asks about live rooms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db
from sim_livestream.data import LiveProgress
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveSale, SaleStatus
from sim_livestream.services import figures

MOST_ROOMS = 50  # in one snapshot of evidence


def _started(world_id: int, account_ids: Collection[int]) -> sa.Select[LiveRoom]:
    return sa.select(LiveRoom).where(
        LiveRoom.world_id == world_id, LiveRoom.host_id.in_(account_ids), LiveRoom.started_wall_at.is_not(None)
    )


def _counts(query: sa.Select[Any]) -> dict[int, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in db.session.execute(query)}


def progress(world_id: int, account_ids: Collection[int]) -> dict[int, LiveProgress]:
    """Return what each person has done as a host; three queries however many people."""
    if not account_ids:
        return {}
    rooms = list(db.session.scalars(_started(world_id, account_ids)))
    hosted = (
        sa.select(LiveRoom.id, LiveRoom.host_id)
        .where(LiveRoom.world_id == world_id, LiveRoom.host_id.in_(account_ids))
        .subquery()
    )
    comments = _counts(
        sa.select(hosted.c.host_id, sa.func.count(LiveComment.id))
        .join(LiveComment, LiveComment.room_id == hosted.c.id)
        .where(LiveComment.hidden_by.is_(None))
        .group_by(hosted.c.host_id)
    )
    sales = _counts(
        sa.select(hosted.c.host_id, sa.func.count(LiveSale.id), sa.func.sum(LiveSale.payable))
        .join(LiveSale, LiveSale.room_id == hosted.c.id)
        .where(LiveSale.status == SaleStatus.PAID)
        .group_by(hosted.c.host_id)
    )
    result = {}
    for account_id in account_ids:
        own = [room for room in rooms if room.host_id == account_id]
        orders, gmv = sales.get(account_id, (0, 0))
        result[account_id] = LiveProgress(
            rooms=len(own),
            minutes=int(sum((_length(room) for room in own), timedelta(0)).total_seconds()) // 60,
            comments=comments.get(account_id, (0,))[0],
            likes=sum(room.likes for room in own),
            orders=orders,
            gmv_paid=int(gmv or 0),
        )
    return result


def _length(room: LiveRoom) -> timedelta:
    if room.started_wall_at is None:
        return timedelta(0)
    return (room.ended_wall_at or wall.now()) - room.started_wall_at


def evidence(world_id: int, account_id: int) -> dict[str, Any]:
    """Return the facts of a person's shows for the practice outcome: plain JSON values, money in fen."""
    rooms = db.session.scalars(_started(world_id, [account_id]).order_by(LiveRoom.id.desc()).limit(MOST_ROOMS)).all()
    shows = []
    for room in rooms:
        facts = asdict(figures.compute(room))
        facts.pop("curve")
        facts.pop("sales")
        facts["items"] = [dict(item) for item in facts["items"]]
        shows.append(
            {
                "title": room.title,
                "state": str(room.state),
                "started_at": room.started_at.isoformat() if room.started_at else None,
                "ended_at": room.ended_at.isoformat() if room.ended_at else None,
                **facts,
            }
        )
    return {"totals": asdict(progress(world_id, [account_id])[account_id]), "shows": shows}

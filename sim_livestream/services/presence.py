"""Writing down who is there: stays, beats, likes and deeds, in batches; and counting viewers from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db, insert_into, matched
from app.worlds.clock import sim_now
from sim_livestream.domain.pace import GONE
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.people import ActionKind, LiveAction, LivePresence, LiveViewer
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services.hall import Batch, Key

CHUNK = 400  # ids in one statement


def register_viewers(world_id: int, room_id: int, people: Mapping[int, str]) -> None:
    """Make sure that each account (id → name) has its row in the room, inside the open unit of work."""
    rows = [
        {"world_id": world_id, "room_id": room_id, "account_id": account_id, "name": people[account_id], "likes": 0}
        for account_id in sorted(people)
    ]
    for start in range(0, len(rows), CHUNK):
        db.session.execute(insert_into(LiveViewer).values(rows[start : start + CHUNK]).on_conflict_do_nothing())


def write(batch: Batch) -> dict[Key, int]:
    """Write a batch inside the open unit of work; return the ids of the stays opened."""
    now = wall.now()
    sims: dict[int, datetime] = {}

    def sim(world_id: int) -> datetime:
        return sims.setdefault(world_id, sim_now(world_id))

    by_room: dict[tuple[int, int], dict[int, str]] = {}
    for room_id, account_id in batch.likes:
        by_room.setdefault((batch.worlds[room_id], room_id), {})[account_id] = ""
    for seat in batch.opened:
        by_room.setdefault((seat.world_id, seat.room_id), {})[seat.account_id] = seat.name
    for (world_id, room_id), people in sorted(by_room.items()):
        register_viewers(world_id, room_id, people)
    stays = [
        LivePresence(
            world_id=seat.world_id,
            room_id=seat.room_id,
            account_id=seat.account_id,
            joined_at=sim(seat.world_id),
            joined_wall_at=now,
            beat_wall_at=now,
        )
        for seat in batch.opened
    ]
    db.session.add_all(stays)
    db.session.add_all(
        LiveAction(
            world_id=deed.world_id,
            room_id=deed.room_id,
            account_id=deed.account_id,
            kind=ActionKind(deed.kind),
            item_id=deed.item_id,
            at=sim(deed.world_id),
            wall_at=deed.wall_at,
        )
        for deed in batch.deeds
    )
    db.session.flush()
    _touch(sorted(batch.closed.values()), left_wall_at=now, beat_wall_at=now)
    _write_likes(batch.likes)
    return {(stay.room_id, stay.account_id): stay.id for stay in stays}


def _write_likes(likes: Counter[Key]) -> None:
    """Add the likes of rooms on air; likes sent before or after the show count for nothing."""
    totals: Counter[int] = Counter()
    for (room_id, _account_id), count in likes.items():
        totals[room_id] += count
    for room_id, total in sorted(totals.items()):
        counted = db.session.execute(
            sa.update(LiveRoom)
            .where(LiveRoom.id == room_id, LiveRoom.state.in_(ON_AIR))
            .values(likes=LiveRoom.likes + total)
            .execution_options(synchronize_session=False)
        )
        if matched(counted) != 1:
            continue
        for (liked, account_id), count in sorted(likes.items()):
            if liked == room_id:
                db.session.execute(
                    sa.update(LiveViewer)
                    .where(LiveViewer.room_id == room_id, LiveViewer.account_id == account_id)
                    .values(likes=LiveViewer.likes + count)
                    .execution_options(synchronize_session=False)
                )


def _touch(stay_ids: list[int], **values: datetime) -> None:
    for start in range(0, len(stay_ids), CHUNK):
        db.session.execute(
            sa.update(LivePresence)
            .where(LivePresence.id.in_(stay_ids[start : start + CHUNK]), LivePresence.left_wall_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def beat(stay_ids: list[int]) -> None:
    """Say inside the open unit of work that these stays go on."""
    _touch(stay_ids, beat_wall_at=wall.now())


def viewers(room_ids: Collection[int]) -> dict[int, int]:
    """Return how many distinct accounts are in each room now; rooms without any are left out."""
    if not room_ids:
        return {}
    rows = db.session.execute(
        sa.select(LivePresence.room_id, sa.func.count(LivePresence.account_id.distinct()))
        .where(
            LivePresence.room_id.in_(room_ids),
            LivePresence.left_wall_at.is_(None),
            LivePresence.beat_wall_at > wall.now() - GONE,
        )
        .group_by(LivePresence.room_id)
    )
    return dict(rows.all())

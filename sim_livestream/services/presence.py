"""Writing down who is there: stays, beats, likes and deeds, in batches; and counting viewers from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import db, insert_into, matched, table_of
from app.worlds.clock import sim_now
from sim_livestream.domain.pace import GONE
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.people import ActionKind, LiveAction, LivePresence, LiveViewer
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services.hall import Batch, Key

CHUNK = 400  # ids in one statement

_stays = table_of(LivePresence)
_viewers = table_of(LiveViewer)
_OPEN = sa.insert(_stays).returning(_stays.c.room_id, _stays.c.account_id, _stays.c.id)
_DO = sa.insert(table_of(LiveAction))
_LIKE = (
    sa.update(_viewers)
    .where(_viewers.c.room_id == sa.bindparam("of_room"), _viewers.c.account_id == sa.bindparam("of_account"))
    .values(likes=_viewers.c.likes + sa.bindparam("more"))
)
_COUNT = (
    sa.select(LivePresence.room_id, sa.func.count(LivePresence.account_id.distinct()))
    .where(
        LivePresence.room_id.in_(sa.bindparam("rooms", expanding=True)),
        LivePresence.left_wall_at.is_(None),
        LivePresence.beat_wall_at > sa.bindparam("since"),
    )
    .group_by(LivePresence.room_id)
)


def register_viewers(world_id: int, room_id: int, people: Mapping[int, str]) -> None:
    """Make sure that each account (id → name) has its row in the room, inside the open unit of work."""
    rows = [
        {"world_id": world_id, "room_id": room_id, "account_id": account_id, "name": people[account_id], "likes": 0}
        for account_id in sorted(people)
    ]
    if rows:
        db.session.execute(insert_into(LiveViewer).on_conflict_do_nothing(), rows)


def write(batch: Batch) -> dict[Key, int]:
    """Write a batch inside the open unit of work; return the ids of the stays opened."""
    now = wall.now()
    sims: dict[int, datetime] = {}

    def sim(world_id: int) -> datetime:
        if world_id not in sims:
            sims[world_id] = sim_now(world_id)
        return sims[world_id]

    by_room: dict[tuple[int, int], dict[int, str]] = {}
    for room_id, account_id in batch.strangers:
        by_room.setdefault((batch.worlds[room_id], room_id), {})[account_id] = ""
    for seat in batch.opened:
        by_room.setdefault((seat.world_id, seat.room_id), {})[seat.account_id] = seat.name
    for (world_id, room_id), people in sorted(by_room.items()):
        register_viewers(world_id, room_id, people)
    stays = [
        {
            "world_id": seat.world_id,
            "room_id": seat.room_id,
            "account_id": seat.account_id,
            "joined_at": sim(seat.world_id),
            "joined_wall_at": now,
            "beat_wall_at": now,
        }
        for seat in batch.opened
    ]
    opened = {(room, account): stay for room, account, stay in db.session.execute(_OPEN, stays)} if stays else {}
    deeds = [
        {
            "world_id": deed.world_id,
            "room_id": deed.room_id,
            "account_id": deed.account_id,
            "kind": ActionKind(deed.kind),
            "item_id": deed.item_id,
            "at": sim(deed.world_id),
            "wall_at": deed.wall_at,
        }
        for deed in batch.deeds
    ]
    if deeds:
        db.session.execute(_DO, deeds)
    _touch(sorted(batch.closed.values()), left_wall_at=now, beat_wall_at=now)
    _write_likes(batch.likes)
    return opened


def _write_likes(likes: Counter[Key]) -> None:
    """Add the likes of rooms on air; likes sent before or after the show count for nothing."""
    by_room: dict[int, dict[int, int]] = {}
    for (room_id, account_id), count in sorted(likes.items()):
        by_room.setdefault(room_id, {})[account_id] = count
    for room_id, given in by_room.items():
        counted = db.session.execute(
            sa.update(LiveRoom)
            .where(LiveRoom.id == room_id, LiveRoom.state.in_(ON_AIR))
            .values(likes=LiveRoom.likes + sum(given.values()))
            .execution_options(synchronize_session=False)
        )
        if matched(counted) == 1:
            rows = [{"of_room": room_id, "of_account": account, "more": count} for account, count in given.items()]
            db.session.execute(_LIKE, rows)


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
    rows = db.session.execute(_COUNT, {"rooms": sorted(room_ids), "since": wall.now() - GONE})
    return dict(rows.all())

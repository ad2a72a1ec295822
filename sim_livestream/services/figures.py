"""Figures of a show, each computed from rows (definitions: commerce model 3.9); never from what clients sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.money import half_up
from sim_livestream import access, mall_client
from sim_livestream.data import ItemFigures, RoomFigures
from sim_livestream.domain.attendance import Stay, attendance, merge
from sim_livestream.domain.attendance import clip as cut
from sim_livestream.domain.pace import GONE
from sim_livestream.models.people import ActionKind, LiveAction, LiveComment, LivePresence, LiveViewer
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveClip, LiveItem, LiveSale, SaleStatus
from sim_livestream.services import presence

ATTRIBUTED = timedelta(days=7)  # simulated, after the end


def room_figures(actor: Actor, number: int) -> tuple[LiveRoom, RoomFigures]:
    """Return a room and its figures, for its host and instructors. Raises NotFound for others."""
    room = access.get_seen_room(actor, number)
    return room, compute(room)


def compute(room: LiveRoom) -> RoomFigures:
    """Return the figures of a room: live while it runs, frozen afterwards but for money that moves later."""
    if room.frozen:
        return _later(room, thaw(room.frozen))
    return _count(room)


def freeze(room: LiveRoom) -> None:
    """Write the figures down inside the open unit of work that ends the show."""
    room.frozen = json.dumps(asdict(_count(room)), ensure_ascii=False, default=str)
    db.session.flush()


def thaw(text: str) -> RoomFigures:
    """Return figures that were written down."""
    body = json.loads(text)
    body["items"] = tuple(ItemFigures(**item) for item in body["items"])
    for name in ("curve", "sales"):
        body[name] = tuple((datetime.fromisoformat(moment), count) for moment, count in body[name])
    return RoomFigures(**body)


def _later(room: LiveRoom, frozen: RoomFigures) -> RoomFigures:
    """Add what moved since: orders of the room paid or refunded after its end, and later sales in the shop."""
    sales = list(db.session.scalars(sa.select(LiveSale).where(LiveSale.room_id == room.id)))
    paid = [sale for sale in sales if sale.status is SaleStatus.PAID]
    return replace(
        frozen,
        online=0,
        orders=len(sales),
        gmv_placed=sum(sale.payable for sale in sales),
        gmv_paid=sum(sale.payable for sale in paid),
        refunded=sum(sale.refunded for sale in paid),
        later=_later_sales(room),
    )


def _later_sales(room: LiveRoom) -> int:
    if room.ended_at is None:
        return 0
    rows = db.session.execute(
        sa.select(LiveItem.listing_id, LiveAction.account_id)
        .join(LiveAction, LiveAction.item_id == LiveItem.id)
        .where(LiveItem.room_id == room.id, LiveAction.kind == ActionKind.CLICK)
    )
    buyers: dict[int, set[int]] = {}
    for listing_id, account_id in rows:
        buyers.setdefault(listing_id, set()).add(account_id)
    return mall_client.later_sales(room.world_id, buyers, room.ended_at, room.ended_at + ATTRIBUTED)


def _count(room: LiveRoom) -> RoomFigures:
    now = wall.now()
    start = room.started_wall_at or now
    end = max(room.ended_wall_at or now, start)
    stays = _stays(room, now)
    seen = attendance(stays, start, end)
    deeds = _deeds(room.id)
    sales = list(db.session.scalars(sa.select(LiveSale).where(LiveSale.room_id == room.id)))
    paid = [sale for sale in sales if sale.status is SaleStatus.PAID]
    buyers = len({sale.buyer_id for sale in paid})
    gmv_paid = sum(sale.payable for sale in paid)
    clips = list(db.session.scalars(sa.select(LiveClip).where(LiveClip.room_id == room.id)))
    saw = _saw(clips, stays, start, end)
    click_uv = deeds.get(ActionKind.CLICK, 0)
    return RoomFigures(
        minutes=int((end - start).total_seconds()) // 60,
        uv=seen.uv,
        pv=seen.pv,
        online=0 if room.ended_wall_at else presence.viewers([room.id]).get(room.id, 0),
        peak=seen.peak,
        mean_stay=seen.mean_stay,
        comments=_comments(room.id),
        likes=room.likes,
        shares=deeds.get(ActionKind.SHARE, 0),
        follows=deeds.get(ActionKind.FOLLOW, 0),
        interaction_bp=_rate(_interacting(room.id, room.host_id), seen.uv),
        seen_uv=len(set().union(*saw.values())) if saw else 0,
        click_uv=click_uv,
        click_bp=_rate(click_uv, seen.uv),
        buyers=buyers,
        pay_bp=_rate(buyers, click_uv),
        conversion_bp=_rate(buyers, seen.uv),
        orders=len(sales),
        gmv_placed=sum(sale.payable for sale in sales),
        gmv_paid=gmv_paid,
        refunded=sum(sale.refunded for sale in paid),
        later=0,
        gpm=half_up(gmv_paid * 1000, seen.pv) if seen.pv else 0,
        uv_value=half_up(gmv_paid, seen.uv) if seen.uv else 0,
        sales=_sales(room, paid, start, end),
        curve=seen.curve,
        items=tuple(_items(room, paid, clips, saw, end)),
    )


def _saw(clips: Sequence[LiveClip], stays: Sequence[Stay], start: datetime, end: datetime) -> dict[int, set[int]]:
    """Return who was there while an item was explained: item → accounts (商品曝光)."""
    inside = merge(cut(stays, start, end))
    saw: dict[int, set[int]] = {}
    for clip in clips:
        begun, over = clip.started_wall_at, clip.ended_wall_at or end
        there = {stay.account_id for stay in inside if stay.start < over and stay.end > begun}
        saw.setdefault(clip.item_id, set()).update(there)
    return saw


def _sales(
    room: LiveRoom, paid: Sequence[LiveSale], start: datetime, end: datetime
) -> tuple[tuple[datetime, int], ...]:
    """Return what was paid in all, per step of the show, at most sixty steps; simulated times laid on wall time."""
    if not paid or room.started_at is None:
        return ()
    step = max(timedelta(minutes=1), (end - start) / 60)
    points, total, queue = [], 0, sorted((sale.paid_wall_at or start, sale.payable) for sale in paid)
    moment, place = start, 0
    while moment < end + step:
        while place < len(queue) and queue[place][0] <= moment:
            total += queue[place][1]
            place += 1
        points.append((moment, total))
        moment += step
    return tuple(points)


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


def _deeds(room_id: int) -> dict[ActionKind, int]:
    """Return how many people did each deed: shared, opened an item, followed."""
    rows = db.session.execute(
        sa.select(LiveAction.kind, sa.func.count(LiveAction.account_id.distinct()))
        .where(LiveAction.room_id == room_id)
        .group_by(LiveAction.kind)
    )
    return dict(rows.all())


def _interacting(room_id: int, host_id: int) -> int:
    """Return how many people wrote, liked, shared or followed, without the host."""
    people = sa.union(
        sa.select(LiveComment.account_id).where(LiveComment.room_id == room_id),
        sa.select(LiveViewer.account_id).where(LiveViewer.room_id == room_id, LiveViewer.likes > 0),
        sa.select(LiveAction.account_id).where(
            LiveAction.room_id == room_id, LiveAction.kind.in_([ActionKind.SHARE, ActionKind.FOLLOW])
        ),
    ).subquery()
    query = sa.select(sa.func.count()).select_from(people).where(people.c.account_id != host_id)
    return db.session.scalar(query) or 0


def _items(
    room: LiveRoom,
    paid: Sequence[LiveSale],
    clips: Sequence[LiveClip],
    saw: Mapping[int, set[int]],
    end: datetime,
) -> list[ItemFigures]:
    rows = db.session.execute(
        sa.select(LiveAction.item_id, sa.func.count(LiveAction.account_id.distinct()))
        .where(LiveAction.room_id == room.id, LiveAction.kind == ActionKind.CLICK)
        .group_by(LiveAction.item_id)
    )
    clicks = dict(rows.all())
    explained, times = Counter[int](), Counter[int]()
    for clip in clips:
        seconds = int(((clip.ended_wall_at or end) - clip.started_wall_at).total_seconds())
        explained[clip.item_id] += max(0, seconds)
        times[clip.item_id] += 1
    items = db.session.scalars(
        sa.select(LiveItem).where(LiveItem.room_id == room.id).order_by(LiveItem.position, LiveItem.id)
    )
    found = []
    for item in items:
        sales = [sale for sale in paid if sale.item_id == item.id]
        seen, clicked = len(saw.get(item.id, ())), clicks.get(item.id, 0)
        found.append(
            ItemFigures(
                id=item.id,
                title=item.title,
                category=item.category,
                seen=seen,
                clicks=clicked,
                click_bp=_rate(clicked, seen),
                buyers=len({sale.buyer_id for sale in sales}),
                orders=len(sales),
                units=sum(sale.quantity for sale in sales),
                gmv_paid=sum(sale.payable for sale in sales),
                explained=explained[item.id],
                times=times[item.id],
            )
        )
    return found


def earlier(room: LiveRoom, limit: int = 5) -> list[tuple[LiveRoom, RoomFigures]]:
    """Return the shop's last shows before this one with their figures, newest first."""
    rows = db.session.scalars(
        sa.select(LiveRoom)
        .where(LiveRoom.shop_id == room.shop_id, LiveRoom.id < room.id, LiveRoom.frozen != "")
        .order_by(LiveRoom.id.desc())
        .limit(limit)
    )
    return [(row, thaw(row.frozen)) for row in rows]

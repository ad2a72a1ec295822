"""A room from its plan to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import audit, events, files
from app.core import clock as wall
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.photos import JPEG
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_livestream import access, mall_client
from sim_livestream.domain.room_flow import CLOSED, FLOW, LATE, LONGEST, ON_AIR, OVER, SHORTEST, RoomState
from sim_livestream.events import LiveEnded, LiveStarted
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_livestream.services import explaining, figures, games, journal, recording

NOTICE_AHEAD = timedelta(minutes=10)
FURTHEST = timedelta(days=180)


def check_plan(planned: datetime | None) -> None:
    """Refuse a time that cannot be announced: people need ten minutes, and half a year is the furthest."""
    if planned is None:
        return
    ahead = planned - wall.now()
    if ahead < NOTICE_AHEAD:
        raise InvalidInput("预告时间至少要在 10 分钟以后。", field="planned")
    if ahead > FURTHEST:
        raise InvalidInput("预告时间最远 180 天。", field="planned")


def check_length(minutes: int) -> None:
    """Refuse a planned length that is too short or too long."""
    if not SHORTEST <= minutes <= LONGEST:
        raise InvalidInput("预计时长应在 30 分钟到 24 小时之间。", field="minutes")


def create_room(
    actor: Actor, title: str, notice: str, planned: datetime | None, key: str, *, minutes: int = 120, cover: str = ""
) -> int:
    """Create a room of the actor's shop and return its number; with a planned time it is announced.

    Raises Refused without an open shop, InvalidInput for a time that cannot be announced.
    """
    actor.require(Permission.LIVE_ROOM_HOST)
    world_id = actor.world()
    check_plan(planned)
    check_length(minutes)
    check_words(world_id, title, notice)

    def carry_out() -> int:
        shop = mall_client.my_shop(actor)
        if shop is None or shop.state != "open":
            raise Refused("店铺营业后才能开直播间，请先完成店铺注册。")
        room = LiveRoom(
            world_id=world_id,
            shop_id=shop.id,
            shop_name=shop.name,
            host_id=actor.person(),
            host_name=actor.name,
            title=title,
            notice=notice,
            planned_minutes=minutes,
            cover=cover,
            created_at=sim_now(world_id),
            created_wall_at=wall.now(),
        )
        db.session.add(room)
        db.session.flush()
        slide = LiveSlide(
            world_id=world_id,
            room_id=room.id,
            position=1,
            title=title,
            text=f"欢迎来到{shop.name}的直播间",
            prompt="先问好，介绍店铺和今天的好物，请大家点个关注。",
            picture_kind="cover",
            picture_title=title,
            picture_category=shop.name,
        )
        db.session.add(slide)
        db.session.flush()
        room.slide_id = slide.id
        if planned is not None:
            fire(FLOW, room, "schedule", actor, sim_at=room.created_at, values={"planned_wall_at": planned})
        _record(actor, room, "live_room.created", {"title": title})
        return room.number

    body = [title, notice, planned.isoformat() if planned else None, minutes, cover]
    number: int = once(actor, key, "live.create_room", body, carry_out)
    return number


def check_words(world_id: int, *texts: str) -> None:
    """Refuse a title or a notice that the rules of the mall forbid, naming the word."""
    for text in texts:
        findings = [finding for finding in mall_client.check_speech(world_id, text) if finding.stops]
        if findings:
            raise InvalidInput(f"{findings[0].message}{findings[0].advice}", field="title")


def keep_cover(actor: Actor, photo: bytes) -> str:
    """Store the picture of a cover (JPEG) for the actor's world, inside the open unit of work; return its name."""
    return files.keep(photo, "封面.jpg", actor=actor, content_type=JPEG, world_id=actor.world()).public_name


def edit_room(
    actor: Actor,
    number: int,
    title: str,
    notice: str,
    planned: datetime | None,
    *,
    minutes: int | None = None,
    cover: str | None = None,
) -> None:
    """Change title, notice and announced time; the time only before the show."""
    room = access.lock(access.get_run_room(actor, number))
    check_words(room.world_id, title, notice)
    if room.state in CLOSED:
        raise Refused("直播已结束，不能再修改。")
    if minutes is not None:
        check_length(minutes)
        room.planned_minutes = minutes
    if cover is not None:
        room.cover = cover
    if room.state not in ON_AIR and planned != room.planned_wall_at:
        check_plan(planned)
        if planned is None:
            raise InvalidInput("已预告的直播间要保留预告时间，可以改成别的时间。", field="planned")
        if room.state is RoomState.DRAFT:
            fire(FLOW, room, "schedule", actor, sim_at=sim_now(room.world_id), values={"planned_wall_at": planned})
        else:
            room.planned_wall_at = planned
    room.title, room.notice = title, notice
    db.session.flush()
    if room.state in ON_AIR:
        journal.tell(room, "notice", {"kind": "room", "title": title, "notice": notice})


def start(actor: Actor, number: int) -> None:
    """Go on air (开播). Raises Refused when the shop is closed or on air in another room."""
    room = access.lock(access.get_host_room(actor, number))
    shop = mall_client.my_shop(actor)

    def guard() -> str | None:
        if shop is None or shop.id != room.shop_id or shop.state != "open":
            return "店铺没有在营业，不能开播。"
        other = db.session.scalars(
            sa.select(LiveRoom.title).where(
                LiveRoom.shop_id == room.shop_id, LiveRoom.id != room.id, LiveRoom.state.in_(ON_AIR)
            )
        ).first()
        return f"店铺正在直播“{other}”，请先结束那一场。" if other else None

    sim, now = sim_now(room.world_id), wall.now()
    fire(FLOW, room, "start", actor, sim_at=sim, guard=guard, values={"started_at": sim, "started_wall_at": now})
    journal.tell(room, "notice", {"kind": "state", "state": str(room.state), "started": now.isoformat()})
    _record(actor, room, "live_room.started")
    events.publish(LiveStarted(room.world_id, room.id, room.shop_id, room.host_id))


def pause(actor: Actor, number: int) -> None:
    """Pause: messages go on, nothing is sold."""
    _turn(actor, number, "pause", "live_room.paused")


def resume(actor: Actor, number: int) -> None:
    """Go on after a pause."""
    _turn(actor, number, "resume", "live_room.resumed")


def _turn(actor: Actor, number: int, event: str, action: str) -> None:
    room = access.lock(access.get_kept_room(actor, number))
    fire(FLOW, room, event, actor, sim_at=sim_now(room.world_id))
    journal.tell(room, "notice", {"kind": "state", "state": str(room.state)})
    _record(actor, room, action)


def end(actor: Actor, number: int) -> None:
    """End the show (结束直播) for good: explanation and games end, live prices are void but for quoted carts."""
    room = access.lock(access.get_led_room(actor, number))
    sim, now = sim_now(room.world_id), wall.now()
    fire(FLOW, room, "end", actor, sim_at=sim, values={"ended_at": sim, "ended_wall_at": now})
    close(actor, room, "live_room.ended", {})


def close(actor: Actor, room: LiveRoom, action: str, data: dict[str, object], *, stopped: str = "") -> None:
    """Put a show that has just ended to rest: explanation, games, live stock, figures; tell the room and the others."""
    explaining.close_clip(room)
    games.settle_room(room.id)
    returned = mall_client.end_stock(room)
    recording.seal(room)
    figures.freeze(room)
    if room.started_wall_at is None or room.ended_wall_at is None:
        raise Conflict("直播间的开播记录不完整，请联系讲师。")
    seconds = int((room.ended_wall_at - room.started_wall_at).total_seconds())
    body: dict[str, object] = {"ended": room.ended_wall_at.isoformat(), "seconds": seconds}
    journal.tell(room, "ended", {**body, "stopped": stopped} if stopped else body)
    _record(actor, room, action, {"seconds": seconds, "stock_returned": returned, **data})
    events.publish(LiveEnded(room.world_id, room.id, room.shop_id, room.host_id, seconds))


def expire_overdue() -> int:
    """Let announced rooms that have not begun half an hour after expire; return how many."""
    late = list(
        db.session.scalars(
            sa.select(LiveRoom.id).where(
                LiveRoom.state == RoomState.SCHEDULED, LiveRoom.planned_wall_at < wall.now() - LATE
            )
        )
    )
    db.session.rollback()
    for room_id in late:
        with unit_of_work():
            room = access.lock(db.session.get_one(LiveRoom, room_id))
            if room.state is not RoomState.SCHEDULED or room.planned_wall_at is None:
                continue
            if room.planned_wall_at >= wall.now() - LATE:
                continue
            scope_id = scope_of_world(room.world_id)
            actor = system(room.world_id, scope_id)
            fire(FLOW, room, "expire", actor, sim_at=sim_now(room.world_id))
            returned = mall_client.end_stock(room)
            journal.tell(room, "notice", {"kind": "state", "state": str(room.state)})
            _record(actor, room, "live_room.expired", {"stock_returned": returned})
    return len(late)


def _record(actor: Actor, room: LiveRoom, action: str, data: dict[str, object] | None = None) -> None:
    audit.record(actor, action, f"live_room:{room.number}", data, scope_id=scope_of_world(room.world_id))


def rooms_in(actor: Actor, states: Sequence[RoomState], limit: int) -> list[LiveRoom]:
    """Return rooms of the actor's world in these states, newest first; drafts are left out."""
    actor.require(Permission.LIVE_ROOM_VIEW)
    return list(db.session.scalars(_of_world(actor, states).limit(limit)))


def _of_world(actor: Actor, states: Sequence[RoomState]) -> sa.Select[LiveRoom]:
    return (
        sa.select(LiveRoom)
        .where(LiveRoom.world_id == actor.world(), LiveRoom.state.in_(states))
        .order_by(LiveRoom.id.desc())
    )


def ended_rooms(actor: Actor) -> sa.Select[LiveRoom]:
    """Return the query of past rooms of the actor's world, newest first, for paging."""
    actor.require(Permission.LIVE_ROOM_VIEW)
    return _of_world(actor, sorted(OVER))


def own_rooms(actor: Actor) -> sa.Select[LiveRoom]:
    """Return the query of the rooms that the actor hosts, newest first, for paging."""
    actor.require(Permission.LIVE_ROOM_HOST)
    return (
        sa.select(LiveRoom)
        .where(LiveRoom.world_id == actor.world(), LiveRoom.host_id == actor.person())
        .order_by(LiveRoom.id.desc())
    )

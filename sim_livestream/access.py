"""The only look-ups of rows by id: a row of another world, or one that the actor may not know of, is not there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Permission
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models import FIRST_NUMBER, LiveClip, LiveComment, LiveItem, LiveRoom, LiveSlide


def hosts(actor: Actor, room: LiveRoom) -> bool:
    """Say whether the actor runs this room."""
    return actor.may(Permission.LIVE_ROOM_HOST) and actor.account_id == room.host_id


def moderates(actor: Actor, room: LiveRoom) -> bool:
    """Say whether the actor keeps order in this room: its host, or an instructor of the class."""
    return hosts(actor, room) or actor.may(Permission.LIVE_ROOM_MODERATE)


def get_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room of the actor's world by its number. Raises NotFound; drafts are known to their keepers alone."""
    actor.require(Permission.LIVE_ROOM_VIEW)
    room = db.session.scalars(
        sa.select(LiveRoom).where(LiveRoom.id == number - FIRST_NUMBER, LiveRoom.world_id == actor.world())
    ).one_or_none()
    if room is None or (room.state is RoomState.DRAFT and not moderates(actor, room)):
        raise NotFound
    return room


def get_own_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room that the actor hosts. Raises NotFound for anybody else's."""
    actor.require(Permission.LIVE_ROOM_HOST)
    room = get_room(actor, number)
    if not hosts(actor, room):
        raise NotFound
    return room


def get_kept_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room that the actor hosts or moderates. Raises NotFound otherwise."""
    room = get_room(actor, number)
    if not moderates(actor, room):
        raise NotFound
    return room


def lock(room: LiveRoom, *, shared: bool = False) -> LiveRoom:
    """Hold the room's row for the rest of the unit of work, as it is now; shared: beside other readers."""
    query = sa.select(LiveRoom).where(LiveRoom.id == room.id).with_for_update(read=shared)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def get_item(room: LiveRoom, item_id: int) -> LiveItem:
    """Return an item of the room's bag with its prices. Raises NotFound."""
    item = db.session.scalars(
        sa.select(LiveItem)
        .options(orm.selectinload(LiveItem.prices))
        .where(LiveItem.id == item_id, LiveItem.room_id == room.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if item is None:
        raise NotFound("这件商品已不在小黄车里，请刷新。")
    return item


def get_slide(room: LiveRoom, slide_id: int) -> LiveSlide:
    """Return a slide of the room. Raises NotFound."""
    slide = db.session.get(LiveSlide, slide_id)
    if slide is None or slide.room_id != room.id:
        raise NotFound("这一页画面已删除，请刷新。")
    return slide


def get_comment(room: LiveRoom, comment_id: int) -> LiveComment:
    """Return a message of the room. Raises NotFound."""
    comment = db.session.get(LiveComment, comment_id)
    if comment is None or comment.room_id != room.id:
        raise NotFound("没有找到这条消息。")
    return comment


def open_clip(room_id: int) -> LiveClip | None:
    """Return the running explanation of the room, or None."""
    return db.session.scalars(
        sa.select(LiveClip).where(LiveClip.room_id == room_id, LiveClip.ended_wall_at.is_(None))
    ).one_or_none()


def bag(room_id: int) -> list[LiveItem]:
    """Return the items of the bag in their order, with prices."""
    return list(
        db.session.scalars(
            sa.select(LiveItem)
            .options(orm.selectinload(LiveItem.prices))
            .where(LiveItem.room_id == room_id)
            .order_by(LiveItem.position, LiveItem.id)
        )
    )


def slides(room_id: int) -> list[LiveSlide]:
    """Return the slides in their order."""
    return list(
        db.session.scalars(
            sa.select(LiveSlide).where(LiveSlide.room_id == room_id).order_by(LiveSlide.position, LiveSlide.id)
        )
    )


def clips_of(item_id: int) -> list[LiveClip]:
    """Return the explanations of an item, oldest first."""
    return list(db.session.scalars(sa.select(LiveClip).where(LiveClip.item_id == item_id).order_by(LiveClip.id)))

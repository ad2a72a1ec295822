"""Writing in a room (弹幕)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, Forbidden, InvalidInput, Refused, TooMany
from app.core.permissions import Permission
from app.core.web.forms import clean_text
from app.worlds.clock import sim_now
from sim_livestream import access
from sim_livestream.domain.pace import COMMENT_LENGTH, COMMENT_WINDOW, COMMENTS, HISTORY
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models import LiveComment, LiveRoom, LiveViewer
from sim_livestream.services.presence import register_viewers

KEY_LENGTH = 80


def check_text(text: str) -> str:
    """Return the message as it is stored: one line, cleaned. Raises InvalidInput when empty or too long."""
    if len(text) > 10 * COMMENT_LENGTH:
        raise InvalidInput(f"消息最多 {COMMENT_LENGTH} 个字。", field="text")
    line = " ".join(clean_text(text).split())
    if not line:
        raise InvalidInput("请先写点什么。", field="text")
    if len(line) > COMMENT_LENGTH:
        raise InvalidInput(f"消息最多 {COMMENT_LENGTH} 个字，现在有 {len(line)} 个。", field="text")
    return line


def say(actor: Actor, number: int, text: str, key: str) -> int:
    """Write a message; it leaves with the next tick. Return its id; the same key again is the same message.

    Raises Refused off air or when muted, TooMany beyond three messages in two seconds.
    """
    room = access.get_room(actor, number)
    line = check_text(text)
    if not key or len(key) > KEY_LENGTH:
        raise InvalidInput("消息缺少编号，请刷新页面。", field="key")
    account_id = actor.person()
    if room.state not in ON_AIR:
        raise Refused("直播没有在进行，暂时不能发言。")
    register_viewers(room.world_id, room.id, [account_id])
    viewer = viewer_of(room, account_id)
    now = wall.now()
    if viewer is not None and viewer.muted_until_wall_at is not None and viewer.muted_until_wall_at > now:
        raise Forbidden(mute_sentence(viewer.muted_until_wall_at, now))
    seen = db.session.scalars(
        sa.select(LiveComment).where(
            LiveComment.room_id == room.id, LiveComment.account_id == account_id, LiveComment.key == key
        )
    ).one_or_none()
    if seen is not None:
        if seen.text != line:
            raise Conflict("这个消息编号已经用过。", code="key_reused")
        return seen.id
    _take_turn(room.id, account_id, now)
    comment = LiveComment(
        world_id=room.world_id,
        room_id=room.id,
        account_id=account_id,
        name=actor.name,
        role=role_in(actor, room),
        text=line,
        key=key,
        said_at=sim_now(room.world_id),
        said_wall_at=now,
    )
    db.session.add(comment)
    db.session.flush()
    return comment.id


def _take_turn(room_id: int, account_id: int, now: datetime) -> None:
    """Remember this message as one of the last three; the third to last must be two seconds old."""
    oldest = LiveViewer.said_wall_at_1
    turned = db.session.execute(
        sa.update(LiveViewer)
        .where(
            LiveViewer.room_id == room_id,
            LiveViewer.account_id == account_id,
            sa.or_(oldest.is_(None), oldest <= now - COMMENT_WINDOW),
        )
        .values(said_wall_at_1=LiveViewer.said_wall_at_2, said_wall_at_2=LiveViewer.said_wall_at_3, said_wall_at_3=now)
        .execution_options(synchronize_session=False)
    )
    if matched(turned) != 1:
        raise TooMany(f"说得太快了，{COMMENT_WINDOW.seconds} 秒内最多 {COMMENTS} 条，稍等一下。")


def role_in(actor: Actor, room: LiveRoom) -> str:
    """Return how the person stands to the room: host, teacher or viewer."""
    if access.hosts(actor, room):
        return "host"
    return "teacher" if actor.may(Permission.LIVE_ROOM_MODERATE) else "viewer"


def viewer_of(room: LiveRoom, account_id: int) -> LiveViewer | None:
    """Return the person's row in the room."""
    return db.session.scalars(
        sa.select(LiveViewer)
        .where(LiveViewer.room_id == room.id, LiveViewer.account_id == account_id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def mute_sentence(until: datetime, now: datetime) -> str:
    """Say how long the person stays muted."""
    minutes = int((until - now).total_seconds()) // 60 + 1
    return "你已被禁言，本场不能发言。" if minutes > 24 * 60 else f"你已被禁言，约 {minutes} 分钟后可以发言。"


def recent(room_id: int, seq: int) -> list[LiveComment]:
    """Return the last messages that were told up to ``seq``, oldest first."""
    rows = db.session.scalars(
        sa.select(LiveComment)
        .where(LiveComment.room_id == room_id, LiveComment.seq <= seq, LiveComment.hidden_by.is_(None))
        .order_by(LiveComment.id.desc())
        .limit(HISTORY)
    ).all()
    return list(reversed(rows))

"""Writing in a room (弹幕)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db, insert_into, matched
from app.core.errors import Conflict, Forbidden, InvalidInput, Refused, TooMany
from app.core.web.forms import clean_text
from app.worlds.clock import sim_now
from sim_livestream import access
from sim_livestream.access import Standing
from sim_livestream.domain import wording
from sim_livestream.domain.pace import COMMENT_LENGTH, COMMENT_WINDOW, COMMENTS, HISTORY
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.people import AlarmPlace, LiveComment, LiveViewer
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import speech
from sim_livestream.services.presence import register_viewers

KEY_LENGTH = 80
_RULES = sa.select(LiveRoom.slow_seconds, LiveRoom.quiet, LiveRoom.words).where(LiveRoom.id == sa.bindparam("room"))


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was taken in. held: it waits for review."""

    id: int
    held: bool


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


def say(actor: Actor, number: int, text: str, key: str, *, item_id: int | None = None) -> Said:
    """Write a message; it leaves with the next tick, or waits for review when it holds a blocked word.

    item_id: a card of the bag, from the crew alone. The same key again is the same message.
    Raises Refused off air or while the room is quiet, Forbidden when muted, TooMany beyond three messages in
    two seconds or faster than slow mode allows.
    """
    standing = access.stand(actor, number)
    line = check_text(text)
    if not key or len(key) > KEY_LENGTH:
        raise InvalidInput("消息缺少编号，请刷新页面。", field="key")
    if standing.state not in ON_AIR:
        raise Refused("直播没有在进行，暂时不能发言。")
    now = wall.now()
    if standing.muted_until is not None and standing.muted_until > now:
        raise Forbidden(mute_sentence(standing.muted_until, now))
    slow, quiet, words = db.session.execute(_RULES, {"room": standing.room_id}).one()
    if quiet and not standing.exempt:
        raise Refused("主播暂时关闭了发言，先看看讲解吧。")
    hit = None if standing.exempt else wording.in_message(line, words.splitlines())
    comment_id = _insert(actor, standing, line, key, item_id, hit.word if hit else "", now)
    if comment_id is None:
        return _seen(standing, actor.person(), line, key)
    if standing.exempt:
        if standing.role != "teacher":
            speech.listen(actor, access.get_room(actor, number), AlarmPlace.COMMENT, line, comment_id)
        return Said(comment_id, held=False)
    _take_turn(standing, actor, now, slow)
    if hit is not None:
        speech.raise_alarm(standing.room_id, standing.world_id, actor, AlarmPlace.COMMENT, hit, line, comment_id)
    return Said(comment_id, hit is not None)


def _insert(
    actor: Actor, standing: Standing, line: str, key: str, item_id: int | None, held_for: str, now: datetime
) -> int | None:
    """Write the row; None when the key was used before."""
    found: int | None = db.session.scalar(
        insert_into(LiveComment)
        .values(
            world_id=standing.world_id,
            room_id=standing.room_id,
            account_id=actor.person(),
            name=actor.name,
            role=standing.role,
            text=line,
            key=key,
            item_id=item_id if standing.exempt else None,
            held_for=held_for[:60],
            said_at=sim_now(standing.world_id),
            said_wall_at=now,
        )
        .on_conflict_do_nothing(index_elements=["room_id", "account_id", "key"])
        .returning(LiveComment.id)
    )
    return found


def _seen(standing: Standing, account_id: int, line: str, key: str) -> Said:
    seen = db.session.scalars(
        sa.select(LiveComment).where(
            LiveComment.room_id == standing.room_id, LiveComment.account_id == account_id, LiveComment.key == key
        )
    ).one()
    if seen.text != line:
        raise Conflict("这个消息编号已经用过。", code="key_reused")
    return Said(seen.id, bool(seen.held_for))


def _take_turn(standing: Standing, actor: Actor, now: datetime, slow: int) -> None:
    """Remember this message as one of the last three; the third to last must be two seconds old."""
    oldest, last = LiveViewer.said_wall_at_1, LiveViewer.said_wall_at_3
    free = sa.or_(oldest.is_(None), oldest <= now - COMMENT_WINDOW)
    if slow:
        free = sa.and_(free, sa.or_(last.is_(None), last <= now - timedelta(seconds=slow)))
    turn = (
        sa.update(LiveViewer)
        .where(LiveViewer.room_id == standing.room_id, LiveViewer.account_id == actor.person(), free)
        .values(said_wall_at_1=LiveViewer.said_wall_at_2, said_wall_at_2=last, said_wall_at_3=now)
        .execution_options(synchronize_session=False)
    )
    if matched(db.session.execute(turn)) == 1:
        return
    register_viewers(standing.world_id, standing.room_id, {actor.person(): actor.name})
    if matched(db.session.execute(turn)) == 1:  # the first message, before the stay was written
        return
    if slow:
        raise TooMany(f"慢速模式：每 {slow} 秒可以发一条，稍等一下。")
    raise TooMany(f"说得太快了，{COMMENT_WINDOW.seconds} 秒内最多 {COMMENTS} 条，稍等一下。")


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

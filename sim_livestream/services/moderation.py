"""Keeping order in a room: hide, mute, remove, ban, slow mode, word list, emergency stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.sockets import socketio
from app.core.uow import after_commit
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_livestream import access
from sim_livestream.domain import wording
from sim_livestream.domain.pace import MUTE_MINUTES, SLOW_SECONDS
from sim_livestream.domain.room_flow import CLOSED, FLOW
from sim_livestream.models.people import LiveAlarm, LiveComment, LiveViewer
from sim_livestream.models.rooms import LiveCrew, LiveRoom
from sim_livestream.services import journal, rooms
from sim_livestream.services.payloads import moment

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
OUT_REMOVED = "你已被移出直播间。"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the room, as the crew sees them. muted_until: None when free."""

    account_id: int
    name: str
    likes: int
    muted_until: datetime | None
    banned: bool


def hide_comment(actor: Actor, number: int, comment_id: int) -> None:
    """Take a message off everybody's screen, or refuse one that waits for review; the row stays."""
    room = access.lock(access.get_kept_room(actor, number))
    comment = access.get_comment(room, comment_id)
    if comment.hidden_by is not None:
        return
    comment.hidden_by, comment.hidden_wall_at = actor.person(), wall.now()
    db.session.flush()
    data = {"author": comment.account_id, "text": comment.text}
    _record(actor, room, "live_comment.hidden", f"live_comment:{comment.id}", data)
    journal.tell(room, "notice", {"kind": "hidden", "comment": comment.id})


def approve_comment(actor: Actor, number: int, comment_id: int) -> None:
    """Show a message that waited for review; it leaves with the next tick."""
    room = access.lock(access.get_kept_room(actor, number))
    comment = access.get_comment(room, comment_id)
    if comment.held_for and comment.hidden_by is None:
        comment.held_for = ""
        db.session.flush()
        _record(actor, room, "live_comment.approved", f"live_comment:{comment.id}", {"text": comment.text})


def mute(actor: Actor, number: int, comment_id: int, minutes: int) -> None:
    """Mute the author of a message for some minutes (0: in this room for good); it survives rejoining.

    Raises Refused for the crew and instructors, InvalidInput for another length.
    """
    room = access.lock(access.get_kept_room(actor, number))
    comment = access.get_comment(room, comment_id)
    if comment.role != "viewer":
        raise Refused("主播、场控和讲师不能被禁言。")
    _mute(actor, room, comment.account_id, minutes)


def mute_person(actor: Actor, number: int, account_id: int, minutes: int) -> None:
    """Mute somebody of the viewer list."""
    room = access.lock(access.get_kept_room(actor, number))
    _spare_crew(room, account_id)
    _mute(actor, room, account_id, minutes)


def _mute(actor: Actor, room: LiveRoom, account_id: int, minutes: int) -> None:
    if minutes not in MUTE_MINUTES:
        raise InvalidInput("请选择禁言时长。", field="minutes")
    until = wall.now() + timedelta(minutes=minutes) if minutes else FOR_GOOD
    viewer = _viewer(room, account_id)
    viewer.muted_until_wall_at = until
    db.session.flush()
    _record(actor, room, "live_viewer.muted", f"account:{account_id}", {"minutes": minutes})
    body = {"kind": "muted", "account": account_id, "who": viewer.name, "until": moment(until)}
    journal.tell(room, "notice", {**body, "minutes": minutes})


def unmute(actor: Actor, number: int, account_id: int) -> None:
    """Let a muted person write again."""
    room = access.lock(access.get_kept_room(actor, number))
    _viewer(room, account_id).muted_until_wall_at = None
    db.session.flush()
    _record(actor, room, "live_viewer.unmuted", f"account:{account_id}", {})
    journal.tell(room, "notice", {"kind": "unmuted", "account": account_id})


def remove(actor: Actor, number: int, account_id: int) -> None:
    """Send somebody out of the room: all connections end; coming back is possible."""
    room = access.lock(access.get_kept_room(actor, number))
    _spare_crew(room, account_id)
    viewer = _viewer(room, account_id)
    _record(actor, room, "live_viewer.removed", f"account:{account_id}", {})
    journal.tell(room, "notice", {"kind": "removed", "account": account_id, "who": viewer.name})
    _put_out(room, account_id, OUT_REMOVED)


def ban(actor: Actor, number: int, account_id: int) -> None:
    """Ban somebody from the room: bound to the account, so that coming back is refused."""
    room = access.lock(access.get_kept_room(actor, number))
    _spare_crew(room, account_id)
    viewer = _viewer(room, account_id)
    viewer.banned_wall_at = wall.now()
    db.session.flush()
    _record(actor, room, "live_viewer.banned", f"account:{account_id}", {})
    journal.tell(room, "notice", {"kind": "removed", "account": account_id, "who": viewer.name})
    _put_out(room, account_id, access.BANNED)


def unban(actor: Actor, number: int, account_id: int) -> None:
    """Let a banned person come in again."""
    room = access.lock(access.get_kept_room(actor, number))
    _viewer(room, account_id).banned_wall_at = None
    db.session.flush()
    _record(actor, room, "live_viewer.unbanned", f"account:{account_id}", {})


def _put_out(room: LiveRoom, account_id: int, reason: str) -> None:
    after_commit(_order_out, (room.id, account_id, reason))


def _order_out(whom: tuple[int, int, str]) -> None:
    room_id, account_id, reason = whom
    socketio.order(journal.PUT_OUT, {"room": room_id, "account": account_id, "reason": reason})


def _spare_crew(room: LiveRoom, account_id: int) -> None:
    crew = db.session.scalar(
        sa.select(LiveCrew.id).where(LiveCrew.room_id == room.id, LiveCrew.account_id == account_id)
    )
    if account_id == room.host_id or crew is not None:
        raise Refused("主播和场控不能被禁言或移出。")


def _viewer(room: LiveRoom, account_id: int) -> LiveViewer:
    viewer = db.session.scalars(
        sa.select(LiveViewer)
        .where(LiveViewer.room_id == room.id, LiveViewer.account_id == account_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if viewer is None:
        raise NotFound("这个人没有进入过直播间。")
    return viewer


def set_rules(actor: Actor, number: int, *, slow: int, quiet: bool, words: str) -> None:
    """Set slow mode (seconds, 0: off), the off-switch of messages, and the host's own word list."""
    room = access.lock(access.get_kept_room(actor, number))
    if slow not in SLOW_SECONDS:
        raise InvalidInput("请选择慢速模式的间隔。", field="slow")
    try:
        listed = wording.parse_words(words)
    except ValueError as error:
        raise InvalidInput(str(error), field="words") from None
    room.slow_seconds, room.quiet, room.words = slow, quiet, "\n".join(listed)
    db.session.flush()
    data = {"slow": slow, "quiet": quiet, "words": len(listed)}
    _record(actor, room, "live_room.rules_set", f"live_room:{room.number}", data)
    if room.state not in CLOSED:
        journal.tell(room, "notice", {"kind": "rules", "slow": slow, "quiet": quiet})


def stop(actor: Actor, number: int, reason: str) -> None:
    """Emergency stop (紧急停播) by an instructor: picture, messages and sale are cut at once, for good."""
    room = access.lock(access.get_taught_room(actor, number))
    if not reason:
        raise InvalidInput("请写明停播原因，主播和学员会看到。", field="reason")
    sim, now = sim_now(room.world_id), wall.now()
    values = {"ended_at": sim, "ended_wall_at": now, "stop_reason": reason}
    fire(FLOW, room, "ban", actor, sim_at=sim, note={"reason": reason}, values=values)
    rooms.close(actor, room, "live_room.stopped", {"reason": reason}, stopped=reason)


def people(actor: Actor, number: int, limit: int = 200) -> list[Person]:
    """Return who is or was in the room, those who are muted or banned first."""
    room = access.get_kept_room(actor, number)
    now = wall.now()
    rows = db.session.scalars(
        sa.select(LiveViewer)
        .where(LiveViewer.room_id == room.id, LiveViewer.name != "", LiveViewer.account_id != room.host_id)
        .order_by(LiveViewer.banned_wall_at.is_(None), LiveViewer.muted_until_wall_at.is_(None), LiveViewer.id.desc())
        .limit(limit)
    )
    found = []
    for row in rows:
        until = row.muted_until_wall_at
        muted = until if until is not None and until > now else None
        found.append(Person(row.account_id, row.name, row.likes, muted, row.banned_wall_at is not None))
    return found


def muted_people(actor: Actor, number: int) -> list[tuple[int, str, datetime]]:
    """Return who is muted now: (account, name, until)."""
    return [(p.account_id, p.name, p.muted_until) for p in people(actor, number) if p.muted_until is not None]


def alarms(room: LiveRoom, limit: int = 30) -> list[LiveAlarm]:
    """Return the last alarms of a room, newest first."""
    return list(
        db.session.scalars(
            sa.select(LiveAlarm).where(LiveAlarm.room_id == room.id).order_by(LiveAlarm.id.desc()).limit(limit)
        )
    )


def held_comments(room: LiveRoom) -> list[LiveComment]:
    """Return the messages that wait for review, oldest first."""
    query = sa.select(LiveComment).where(
        LiveComment.room_id == room.id, LiveComment.held_for != "", LiveComment.hidden_by.is_(None)
    )
    return list(db.session.scalars(query.order_by(LiveComment.id).limit(50)))


def _record(actor: Actor, room: LiveRoom, action: str, subject: str, data: dict[str, Any]) -> None:
    audit.record(actor, action, subject, {"room": room.number, **data}, scope_id=scope_of_world(room.world_id))

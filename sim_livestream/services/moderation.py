"""Keeping order in a room: mute people and hide messages; by the host and by instructors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.worlds.api import scope_of_world
from sim_livestream import access
from sim_livestream.domain.pace import MUTE_MINUTES
from sim_livestream.models import LiveComment, LiveViewer
from sim_livestream.services import journal
from sim_livestream.services.payloads import moment

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)


def hide_comment(actor: Actor, number: int, comment_id: int) -> None:
    """Take a message off everybody's screen; the row stays."""
    room = access.lock(access.get_kept_room(actor, number))
    comment = access.get_comment(room, comment_id)
    if comment.hidden_by is not None:
        return
    comment.hidden_by, comment.hidden_wall_at = actor.person(), wall.now()
    db.session.flush()
    audit.record(
        actor,
        "live_comment.hidden",
        f"live_comment:{comment.id}",
        {"room": room.number, "author": comment.account_id, "text": comment.text},
        scope_id=scope_of_world(room.world_id),
    )
    journal.tell(room, "notice", {"kind": "hidden", "comment": comment.id})


def mute(actor: Actor, number: int, comment_id: int, minutes: int) -> None:
    """Mute the author of a message for some minutes (0: in this room for good); it survives rejoining.

    Raises Refused for the host and instructors, InvalidInput for another length.
    """
    room = access.lock(access.get_kept_room(actor, number))
    comment = access.get_comment(room, comment_id)
    if minutes not in MUTE_MINUTES:
        raise InvalidInput("请选择禁言时长。", field="minutes")
    if comment.role != "viewer":
        raise Refused("主播和讲师不能被禁言。")
    until = wall.now() + timedelta(minutes=minutes) if minutes else FOR_GOOD
    _set_muted(room.id, comment.account_id, until)
    audit.record(
        actor,
        "live_viewer.muted",
        f"account:{comment.account_id}",
        {"room": room.number, "minutes": minutes, "comment": comment.text},
        scope_id=scope_of_world(room.world_id),
    )
    body = {"kind": "muted", "account": comment.account_id, "who": comment.name, "until": moment(until)}
    journal.tell(room, "notice", {**body, "minutes": minutes})


def unmute(actor: Actor, number: int, account_id: int) -> None:
    """Let a muted person write again."""
    room = access.lock(access.get_kept_room(actor, number))
    _set_muted(room.id, account_id, None)
    audit.record(
        actor,
        "live_viewer.unmuted",
        f"account:{account_id}",
        {"room": room.number},
        scope_id=scope_of_world(room.world_id),
    )
    journal.tell(room, "notice", {"kind": "unmuted", "account": account_id})


def _set_muted(room_id: int, account_id: int, until: datetime | None) -> None:
    viewer = db.session.scalars(
        sa.select(LiveViewer).where(LiveViewer.room_id == room_id, LiveViewer.account_id == account_id)
    ).one_or_none()
    if viewer is None:
        raise NotFound("这个人没有进入过直播间。")
    viewer.muted_until_wall_at = until
    db.session.flush()


def muted_people(actor: Actor, number: int) -> list[tuple[int, str, datetime]]:
    """Return who is muted now: (account, name as last written, until)."""
    room = access.get_kept_room(actor, number)
    names = (
        sa.select(LiveComment.account_id, sa.func.max(LiveComment.name).label("name"))
        .where(LiveComment.room_id == room.id)
        .group_by(LiveComment.account_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(LiveViewer.account_id, names.c.name, LiveViewer.muted_until_wall_at)
        .join(names, names.c.account_id == LiveViewer.account_id)
        .where(LiveViewer.room_id == room.id, LiveViewer.muted_until_wall_at > wall.now())
        .order_by(LiveViewer.id)
    )
    return [(account_id, name, until) for account_id, name, until in rows]

"""A past show again (回放): chapters per explained item, slides and messages at their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from sim_livestream import access
from sim_livestream.domain.room_flow import OVER
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import LiveEvent, LiveRecording, LiveRoom
from sim_livestream.models.selling import LiveClip, LiveItem
from sim_livestream.services import stage
from sim_livestream.services.journal import with_bodies
from sim_livestream.services.payloads import comment_row, slide_body
from sim_livestream.services.recording import recording_of

MOST_MESSAGES = 5_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """One explanation. starts, ends: seconds of the replay."""

    item_id: int
    title: str
    category: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Replay:
    """All that a replay page shows. seconds: of the whole; timeline: what happens when, for the page's script."""

    room: LiveRoom
    recording: LiveRecording | None
    seconds: int
    chapters: tuple[Chapter, ...]
    timeline: dict[str, Any]

    @property
    def has_video(self) -> bool:
        return self.recording is not None and bool(self.recording.sha256) and self.recording.deleted_wall_at is None


def load(actor: Actor, number: int) -> Replay:
    """Return the replay of a show that is over. Raises Refused before, NotFound out of reach."""
    room = access.get_room(actor, number)
    if room.state not in OVER or room.started_wall_at is None or room.ended_wall_at is None:
        raise Refused("这场直播还没有结束，结束后才能看回放。")
    recording = recording_of(room.id)
    zero = recording.started_wall_at if recording is not None and recording.sha256 else room.started_wall_at
    whole = recording.seconds if recording is not None and recording.sha256 else _seconds(zero, room.ended_wall_at)
    return Replay(room, recording, max(1, whole), _chapters(room, zero), _timeline(room, zero))


def _seconds(zero: datetime, moment: datetime) -> int:
    return max(0, int((moment - zero).total_seconds()))


def _chapters(room: LiveRoom, zero: datetime) -> tuple[Chapter, ...]:
    rows = db.session.execute(
        sa.select(LiveClip, LiveItem.title, LiveItem.category)
        .join(LiveItem, LiveItem.id == LiveClip.item_id)
        .where(LiveClip.room_id == room.id)
        .order_by(LiveClip.id)
    )
    end = room.ended_wall_at or zero
    return tuple(
        Chapter(
            clip.item_id,
            title,
            category,
            _seconds(zero, clip.started_wall_at),
            _seconds(zero, clip.ended_wall_at or end),
        )
        for clip, title, category in rows
    )


def _timeline(room: LiveRoom, zero: datetime) -> dict[str, Any]:
    comments = db.session.scalars(
        sa.select(LiveComment)
        .where(LiveComment.room_id == room.id, LiveComment.seq.is_not(None), LiveComment.hidden_by.is_(None))
        .order_by(LiveComment.id)
        .limit(MOST_MESSAGES)
    )
    turned = db.session.scalars(
        sa.select(LiveEvent).where(LiveEvent.room_id == room.id, LiveEvent.kind == "notice").order_by(LiveEvent.seq)
    )
    slides = [
        {"t": _seconds(zero, event.wall_at), "slide": body["slide"]}
        for event, body in with_bodies(turned)
        if body.get("kind") == "slide"
    ]
    first = slide_body(stage.current_slide(room)) if not slides else None
    return {
        "comments": [{**comment_row(comment), "t": _seconds(zero, comment.said_wall_at)} for comment in comments],
        "slides": slides or ([{"t": 0, "slide": first}] if first else []),
    }

"""The life of a live room (直播间): planned, on air, paused, ended; stopped by an instructor, or never begun."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class RoomState(StrEnum):
    """Where a room stands."""

    DRAFT = "draft"  # being prepared, no time announced
    SCHEDULED = "scheduled"  # a time is announced
    LIVE = "live"  # on air: messages, likes, live prices
    PAUSED = "paused"  # on air, but nothing is sold
    ENDED = "ended"  # over for good
    BANNED = "banned"  # stopped by an instructor: picture, messages and sale were cut at once
    EXPIRED = "expired"  # announced, and not begun half an hour after


S = RoomState
ON_AIR = frozenset({S.LIVE, S.PAUSED})
BEFORE = frozenset({S.DRAFT, S.SCHEDULED})
OVER = frozenset({S.ENDED, S.BANNED})  # had a show, has figures and a replay
CLOSED = OVER | {S.EXPIRED}

LATE = timedelta(minutes=30)  # after the announced time, from which a room that has not begun expires
SHORTEST, LONGEST = 30, 24 * 60  # minutes of a planned show
QUOTE_HOLDS = timedelta(minutes=15)  # after the end, for which a price that was quoted on air is honoured

HOST = {Role.TRAINEE}
KEEPER = {Role.TRAINEE, Role.INSTRUCTOR}

STATE_NAMES: dict[str, str] = {
    S.DRAFT: "未开播",
    S.SCHEDULED: "已预告",
    S.LIVE: "直播中",
    S.PAUSED: "暂停中",
    S.ENDED: "已结束",
    S.BANNED: "已封停",
    S.EXPIRED: "已过期",
}

FLOW = Flow(
    "live_room",
    RoomState,
    S.DRAFT,
    [
        on("schedule", S.DRAFT, S.SCHEDULED, HOST, "只有未开播的直播间可以预告。"),
        on("start", BEFORE, S.LIVE, HOST, "这个直播间已经开播过，或者预告已过期。"),
        on("pause", S.LIVE, S.PAUSED, KEEPER, "直播间没有在直播，不需要暂停。"),
        on("resume", S.PAUSED, S.LIVE, KEEPER, "直播间没有暂停。"),
        on("end", ON_AIR, S.ENDED, KEEPER, "直播间没有开播，或者已经结束。"),
        on("ban", ON_AIR, S.BANNED, {Role.INSTRUCTOR}, "直播间没有在直播，不需要紧急停播。"),
        on("expire", S.SCHEDULED, S.EXPIRED, {SYSTEM}, "这个直播间没有预告。"),
    ],
    final=frozenset({S.ENDED, S.BANNED, S.EXPIRED}),
    names=STATE_NAMES,
)

"""The life of a live room (直播间): planned, on air, paused, ended."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import Flow, on
from app.core.permissions import Role


class RoomState(StrEnum):
    """Where a room stands."""

    DRAFT = "draft"  # being prepared, no time announced
    SCHEDULED = "scheduled"  # a time is announced
    LIVE = "live"  # on air: messages, likes, live prices
    PAUSED = "paused"  # on air, but nothing is sold
    ENDED = "ended"  # over for good


S = RoomState
ON_AIR = frozenset({S.LIVE, S.PAUSED})
BEFORE = frozenset({S.DRAFT, S.SCHEDULED})

HOST = {Role.TRAINEE}
KEEPER = {Role.TRAINEE, Role.INSTRUCTOR}

STATE_NAMES: dict[str, str] = {
    S.DRAFT: "未开播",
    S.SCHEDULED: "已预告",
    S.LIVE: "直播中",
    S.PAUSED: "暂停中",
    S.ENDED: "已结束",
}

FLOW = Flow(
    "live_room",
    RoomState,
    S.DRAFT,
    [
        on("schedule", S.DRAFT, S.SCHEDULED, HOST, "只有未开播的直播间可以预告。"),
        on("start", BEFORE, S.LIVE, HOST, "这个直播间已经开播过了。"),
        on("pause", S.LIVE, S.PAUSED, KEEPER, "直播间没有在直播，不需要暂停。"),
        on("resume", S.PAUSED, S.LIVE, KEEPER, "直播间没有暂停。"),
        on("end", ON_AIR, S.ENDED, KEEPER, "直播间没有开播，或者已经结束。"),
    ],
    final=frozenset({S.ENDED}),
    names=STATE_NAMES,
)

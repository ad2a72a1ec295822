"""The board of a show (大屏): every figure with its definition, live while it runs and frozen afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template

from app.core import clock
from app.core.errors import Refused
from app.core.permissions import Permission
from app.core.web.access import actor, requires
from sim_livestream.data import RoomFigures
from sim_livestream.domain.room_flow import STATE_NAMES
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import figures
from sim_livestream.views.lobby import blueprint

HOST, KEEP = Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE


def _load(number: int) -> tuple[LiveRoom, RoomFigures]:
    room, counted = figures.room_figures(actor(), number)
    if room.started_wall_at is None:
        raise Refused("这个直播间还没有开播，开播后才有数据。")
    return room, counted


def _points(series: tuple[tuple[datetime, int], ...], shape: str = "%H:%M:%S") -> list[list[Any]]:
    return [[clock.local(moment).strftime(shape), value] for moment, value in series]


@blueprint.get("/<int:number>/figures")
@requires(HOST, KEEP)
def figures_page(number: int) -> str:
    """Show what came of the show."""
    room, counted = _load(number)
    return render_template(
        "live/figures.html",
        room=room,
        figures=counted,
        points=_points(counted.curve),
        earlier=figures.earlier(room),
        names=STATE_NAMES,
        now=clock.now(),
    )


@blueprint.get("/<int:number>/board")
@requires(HOST, KEEP)
def board(number: int) -> str:
    """Show the board, readable from ten metres."""
    room, counted = _load(number)
    return render_template("live/board.html", room=room, data=_data(room, counted), names=STATE_NAMES)


@blueprint.get("/<int:number>/board.json")
@requires(HOST, KEEP)
def board_data(number: int) -> dict[str, Any]:
    """Return the figures of the board as they are now."""
    return _data(*_load(number))


def _data(room: LiveRoom, counted: RoomFigures) -> dict[str, Any]:
    names = (
        *("minutes", "uv", "pv", "online", "peak", "mean_stay", "comments", "likes", "shares", "follows"),
        *("interaction_bp", "seen_uv", "click_uv", "click_bp", "buyers", "pay_bp", "conversion_bp", "orders"),
        *("gmv_placed", "gmv_paid", "refunded", "net", "later", "gpm", "uv_value"),
    )
    return {
        "state": str(room.state),
        "figures": {name: getattr(counted, name) for name in names},
        "curve": _points(counted.curve),
        "sales": _points(counted.sales, "%H:%M"),
        "items": [
            {
                "title": item.title,
                "seen": item.seen,
                "clicks": item.clicks,
                "orders": item.orders,
                "units": item.units,
                "gmv": item.gmv_paid,
                "explained": item.explained,
            }
            for item in sorted(counted.items, key=lambda one: -one.gmv_paid)
        ],
    }

"""The square of live rooms (直播广场) of a world."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.core.permissions import Permission
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.services import rooms

blueprint = Blueprint("live", "sim_livestream", url_prefix="/live", template_folder="templates")

SHOWN = 60  # rooms on air or announced, on one page


@blueprint.get("/")
@requires(Permission.LIVE_ROOM_VIEW)
def lobby() -> str:
    """Show what is on air, what is announced, and what is over."""
    on_air = rooms.rooms_in(actor(), [RoomState.LIVE, RoomState.PAUSED], SHOWN)
    planned = rooms.rooms_in(actor(), [RoomState.SCHEDULED], SHOWN)
    over = paginate(rooms.ended_rooms(actor()), page_number(), 12)
    return render_template(
        "live/lobby.html",
        on_air=sorted(on_air, key=lambda room: (-room.viewers, -room.id)),
        planned=sorted(planned, key=lambda room: room.planned_wall_at or room.created_wall_at),
        over=over,
        world_id=actor().world_id,
        may_host=actor().may(Permission.LIVE_ROOM_HOST),
    )

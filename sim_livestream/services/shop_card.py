"""The card of a shop's live room on the shop's page: the room on air, else the next one announced."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.core.web.formats import datetime_zh
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models.rooms import LiveRoom

ON_AIR = (RoomState.LIVE, RoomState.PAUSED)


def shop_card(shop_id: int) -> dict[str, str] | None:
    """Return title, text and address of the room to enter or to wait for, None without one; one query."""
    rooms = db.session.scalars(
        sa.select(LiveRoom)
        .where(LiveRoom.shop_id == shop_id, LiveRoom.state.in_((*ON_AIR, RoomState.SCHEDULED)))
        .order_by(LiveRoom.id)
    ).all()
    room = next((one for one in rooms if one.state in ON_AIR), rooms[0] if rooms else None)
    if room is None:
        return None
    if room.state in ON_AIR:
        text = "正在直播，点击进入直播间"
    else:
        text = f"{datetime_zh(room.planned_wall_at)} 开播" if room.planned_wall_at else "即将开播"
    return {"title": room.title, "text": text, "url": f"/live/{room.number}"}

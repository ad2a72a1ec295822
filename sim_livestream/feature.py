"""What the live rooms bring along."""

from __future__ import annotations

from flask import Flask

import sim_livestream.views.board
import sim_livestream.views.games
import sim_livestream.views.keeping
import sim_livestream.views.media
import sim_livestream.views.picture
import sim_livestream.views.room
import sim_livestream.views.studio  # noqa: F401 - their routes stand on the blueprint
from app.core.actor import Actor
from app.core.feature import Feature, HomeCard, MenuItem
from app.core.permissions import Permission
from sim_livestream import sockets, subscribers
from sim_livestream.domain.room_flow import FLOW, RoomState
from sim_livestream.services import games, postbox, recording, rooms
from sim_livestream.services.hall import Hall
from sim_livestream.services.memory import Memory
from sim_livestream.services.pulse import Pulse
from sim_livestream.services.shop_card import shop_card
from sim_livestream.views.lobby import blueprint
from sim_mall.events import OrderClosed, OrderPaid, RefundPaid


def _start(app: Flask) -> None:
    hall = Hall()
    app.extensions["live_hall"] = hall
    app.extensions["mall_live_card"] = shop_card
    app.extensions["live_memory"] = Memory()
    postbox.start(app)
    app.extensions["live_pulse"] = Pulse(app, hall)


def on_air_cards(actor: Actor) -> list[HomeCard]:
    """Invite to the rooms of the class that are on air."""
    if actor.world_id is None or not actor.may(Permission.LIVE_ROOM_VIEW):
        return []
    running = rooms.rooms_in(actor, [RoomState.LIVE], 3)
    return [
        HomeCard(
            title=f"{room.shop_name}正在直播",
            text=room.title,
            url=f"/live/studio/{room.number}" if room.host_id == actor.account_id else f"/live/{room.number}",
            button="回到中控台" if room.host_id == actor.account_id else "进直播间",
            urgency=30,
            icon="broadcast",
        )
        for room in running
    ]


FEATURE = Feature(
    name="livestream",
    blueprints=(blueprint,),
    sockets=sockets.register,
    menu=(
        MenuItem("live", "直播广场", "live.lobby", "broadcast", Permission.LIVE_ROOM_VIEW, 10),
        MenuItem("live", "直播中控台", "live.studio", "device-desktop", Permission.LIVE_ROOM_HOST, 20),
    ),
    subscribers=(
        (OrderPaid, subscribers.order_paid),
        (OrderClosed, subscribers.order_closed),
        (RefundPaid, subscribers.refund_paid),
    ),
    home_cards=(on_air_cards,),
    flows=(FLOW,),
    startup=_start,
    jobs={recording.JOB: recording.close},
    periodic={
        "live_games": (1.0, games.settle_due),
        "live_plans": (30.0, rooms.expire_overdue),
        "live_recordings": (3600.0, recording.forget_expired),
    },
)

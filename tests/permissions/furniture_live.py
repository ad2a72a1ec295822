"""Furniture of the permission stage for live rooms: games, somebody in the room, a picture, a past show."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from sim_livestream.models.play import LotCondition
from sim_livestream.models.rooms import LiveRecording, LiveRoom
from sim_livestream.services import lots, packets, polls, presence, rooms, vouchers
from tests.factories import mall


def furnish(number: int, owner: Actor, mate: Actor) -> dict[str, object]:
    """Return the ids that the routes of a running room need."""
    room_id = number - 100_000
    with unit_of_work():
        packet_id = packets.give(owner, number, total=100, pieces=5, words="", minutes=3, key=mall.key())
        lot_id = lots.open_lot(
            owner,
            number,
            prize="奖品",
            value=100,
            winners=1,
            condition=LotCondition.NONE,
            phrase="",
            minutes=3,
            key=mall.key(),
        )
        poll_id = polls.open_poll(owner, number, "选哪个", ["甲", "乙"], 3, mall.key())
        coupon_id = vouchers.issue(owner, number, threshold=0, off=100, total=50, each=1, days=3, key=mall.key())
        world_id = owner.world()
        presence.register_viewers(world_id, room_id, {mate.person(): mate.name})
    folder = current_app.config["SETTINGS"].var_dir / "live" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "live.m3u8").write_text("#EXTM3U\n")
    return {
        "packet_id": packet_id,
        "lot_id": lot_id,
        "poll_id": poll_id,
        "coupon_id": coupon_id,
        "account_id": mate.person(),
        "deed": "unban",
        "way": "open",
        "session": "0123456789abcdef",
        "index": 0,
        "name": "live.m3u8",
    }


def past_show(owner: Actor) -> int:
    """Return the number of a show that is over, with a recording."""
    with unit_of_work():
        number = rooms.create_room(owner, "上一场", "", None, mall.key())
        rooms.start(owner, number)
        room = db.session.scalars(sa.select(LiveRoom).where(LiveRoom.id == number - 100_000)).one()
        rooms.end(owner, number)
        db.session.add(
            LiveRecording(
                world_id=room.world_id,
                room_id=room.id,
                folder=str(number),
                sha256="0" * 64,
                started_wall_at=clock.now(),
                closed_wall_at=clock.now(),
            )
        )
    folder = current_app.config["SETTINGS"].var_dir / "live" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recording.mp4").write_bytes(b"\x00" * 32)
    return number

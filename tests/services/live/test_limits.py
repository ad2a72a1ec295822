"""The limits of a room: how much fits into the bag, how long a show may be planned, who counts as there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.uow import unit_of_work
from sim_livestream.domain.pace import GONE
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveItem
from sim_livestream.services import goods, presence, rooms
from sim_livestream.services.hall import Batch, Seat
from tests.factories.live import make_show, make_viewer, room_row
from tests.factories.mall import key, make_listing


def test_a_bag_holds_a_hundred_items(app_context: Flask) -> None:
    show = make_show()
    room = room_row(show.number)
    last = make_listing(show.host, show.shop, "第一百零一件")
    with unit_of_work():
        db.session.add_all(
            LiveItem(world_id=show.world_id, room_id=room.id, listing_id=10_000 + n, position=n, title=f"商品{n}")
            for n in range(2, goods.MOST_ITEMS)
        )
    with unit_of_work():
        goods.add_item(show.host, show.number, make_listing(show.host, show.shop, "第一百件").id)
    with pytest.raises(Refused, match="最多放 100 件"), unit_of_work():
        goods.add_item(show.host, show.number, last.id)


def test_a_show_lasts_half_an_hour_to_a_day(app_context: Flask) -> None:
    show = make_show(on_air=False)
    for minutes in (29, 24 * 60 + 1):
        with pytest.raises(InvalidInput, match="30 分钟到 24 小时"), unit_of_work():
            rooms.create_room(show.host, "太短或太长", "", None, key(), minutes=minutes)
    for minutes in (30, 24 * 60):
        with unit_of_work():
            number = rooms.create_room(show.host, "刚好", "", None, key(), minutes=minutes)
        assert room_row(number).planned_minutes == minutes


def test_who_is_not_heard_of_for_forty_five_seconds_has_left(app_context: Flask) -> None:
    show = make_show()
    viewer = make_viewer(show)
    room: LiveRoom = room_row(show.number)
    batch = Batch()
    batch.worlds[room.id] = show.world_id
    batch.opened.append(Seat(show.world_id, room.id, viewer.person(), viewer.name, counted=True))
    now = clock.now()
    with clock.frozen(now), unit_of_work():
        stays = presence.write(batch)
    counts = []
    for moment in (now, now + GONE - timedelta(seconds=1), now + GONE):
        with clock.frozen(moment):
            counts.append(presence.viewers([room.id]).get(room.id, 0))
    assert counts == [1, 1, 0]
    with clock.frozen(now + GONE), unit_of_work():
        presence.beat(list(stays.values()))  # the process was only slow
    with clock.frozen(now + GONE + timedelta(seconds=44)):
        assert presence.viewers([room.id]) == {room.id: 1}

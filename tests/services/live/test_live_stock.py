"""Live stock moves from sale to the room and back, exactly once, and is never sold twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from sim_livestream.services import goods, moderation, purchase, rooms
from sim_mall import open_platform
from sim_mall.data import OrderInfo
from sim_mall.models.goods import Stock
from sim_mall.services import aftersales, orders
from tests.conftest import ROOT
from tests.factories import mall
from tests.factories.live import Show, buy_in_room, make_show, make_viewer
from tests.factories.mall import RECEIVER, ask_back, key
from tests.factories.mall_checks import assert_sound
from tests.factories.world import make_actor

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.conftest import test_settings
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.factory import create_app
from sim_livestream.services import recording, rooms
from tests.factories.world import make_actor
app = create_app(test_settings(sys.argv[1], Path(sys.argv[2])))
recording.seal = lambda room: os.kill(os.getpid(), signal.SIGKILL)
with app.app_context():
    teacher = make_actor(Role.INSTRUCTOR, int(sys.argv[3]))
    with unit_of_work():
        rooms.end(teacher, int(sys.argv[4]))
"""


def keep(show: Show, units: int | None, sku_id: int | None = None) -> None:
    with unit_of_work():
        goods.price_item(show.host, show.number, show.item_id, {}, 0, {sku_id or show.sku_id: units})


def row(show: Show, sku_id: int | None = None) -> tuple[int, int, int]:
    """Return (on hand, allocated, set aside) of a SKU."""
    db.session.rollback()
    query = sa.select(Stock.on_hand, Stock.allocated, Stock.aside).where(Stock.sku_id == (sku_id or show.sku_id))
    on_hand, allocated, aside = db.session.execute(query).one()
    return on_hand, allocated, aside


def place(viewer: Actor, show: Show, quantity: int = 1) -> OrderInfo:
    """Place an order of the room without paying it."""
    with unit_of_work():
        return open_platform.place_live_order(
            viewer,
            room_id=show.number - 100_000,
            item_id=show.item_id,
            sku_id=show.sku_id,
            quantity=quantity,
            live_price=39_00,
            receiver=RECEIVER,
            key=key(),
        )


def test_units_move_to_the_room_and_back(app_context: Flask) -> None:
    show = make_show(skus=(("红", 50_00, 10), ("蓝", 50_00, 6)))
    red, blue = (sku.id for sku in show.listing.skus)
    viewer = make_viewer(show)
    keep(show, 7)
    assert row(show) == (10, 0, 7)
    with pytest.raises(Refused, match="只剩 3 件"):  # the mall cannot sell what the room has
        mall.place(make_viewer(show), [(red, 4)])
    with pytest.raises(InvalidInput, match="还可售 3 件，最多可划出 10 件（含已划出的 7 件）") as refused:
        keep(show, 11)
    assert refused.value.field == f"stock_{red}"
    with pytest.raises(Refused, match="7 件留给秒杀或直播"), unit_of_work():
        open_platform.set_stock(show.host, show.shop.id, {red: 6})
    sheet = purchase.buy_sheet(viewer, show.number, show.item_id)
    assert [sku.stock for sku in sheet.skus] == [7, 6]  # blue has none of its own: what the shop has
    buy_in_room(viewer, show, 2)
    assert row(show) == (10, 2, 5)
    with pytest.raises(InvalidInput, match="至少为 2 件，已经有 2 件被下单"):
        keep(show, 1)
    keep(show, 4)
    assert row(show) == (10, 2, 2)
    with pytest.raises(Refused, match="只剩 2 件"):
        buy_in_room(make_viewer(show), show, 3)
    keep(show, 6, blue)
    assert row(show, blue) == (6, 0, 6)
    with pytest.raises(NotFound), unit_of_work():
        open_platform.offer_live_stock(show.host, make_show(world=show.world).shop.id, 1, show.item_id, {red: 1})
    keep(show, None)
    assert row(show) == (10, 2, 0)
    keep(show, 8)
    with unit_of_work():
        rooms.end(show.host, show.number)
    assert (row(show), row(show, blue)) == ((10, 2, 0), (6, 0, 0))
    with pytest.raises(Refused), unit_of_work():
        rooms.end(show.host, show.number)
    with unit_of_work():
        assert open_platform.end_live_stock(show.world_id, show.number - 100_000) == 0
    assert (row(show), row(show, blue)) == ((10, 2, 0), (6, 0, 0))
    with pytest.raises(Refused, match="已结束"):
        keep(show, 1)
    assert_sound(show.world_id)


def test_every_way_out_of_a_room_gives_the_units_back(app_context: Flask) -> None:
    planned = make_show(on_air=False)
    keep(planned, 5)
    with unit_of_work():
        goods.remove_item(planned.host, planned.number, planned.item_id)
        again = goods.add_item(planned.host, planned.number, planned.listing.id)
    assert row(planned) == (10, 0, 0)
    with unit_of_work():
        goods.price_item(planned.host, planned.number, again, {}, 0, {planned.sku_id: 9})
        soon = clock.now() + timedelta(minutes=20)
        rooms.edit_room(planned.host, planned.number, "明天见", "", soon)
    assert row(planned) == (10, 0, 9)
    with clock.frozen(clock.now() + timedelta(minutes=51)):
        assert rooms.expire_overdue() == 1
    assert row(planned) == (10, 0, 0)
    assert_sound(planned.world_id)
    stopped = make_show()
    keep(stopped, 10)
    with unit_of_work():
        moderation.stop(make_actor(Role.INSTRUCTOR, stopped.scope_id), stopped.number, "宣传疗效")
    assert row(stopped) == (10, 0, 0)
    assert_sound(stopped.world_id)


def test_a_dropped_order_goes_back_to_the_room_while_it_runs_and_to_sale_after(app_context: Flask) -> None:
    show = make_show()
    viewer, other = make_viewer(show), make_viewer(show)
    keep(show, 5)
    first, second = place(viewer, show, 2), place(viewer, show, 1)
    assert row(show) == (10, 3, 2)
    with unit_of_work():
        orders.cancel_order(viewer, first.id)
    assert row(show) == (10, 1, 4)
    assert_sound(show.world_id)
    quote = purchase.buy_sheet(other, show.number, show.item_id).quote
    with unit_of_work():
        rooms.end(show.host, show.number)
    assert row(show) == (10, 1, 0)
    with pytest.raises(Refused, match="只剩 4 件"):  # a quoted cart is bound by what the room offered
        buy_in_room(other, show, 5, quote=quote)
    buy_in_room(other, show, 4, quote=quote)
    assert row(show) == (10, 5, 0)
    with unit_of_work():
        orders.cancel_order(viewer, second.id)
    assert row(show) == (10, 4, 0)
    mall.buy(make_viewer(show), [(show.sku_id, 6)])
    assert row(show) == (10, 10, 0)
    assert_sound(show.world_id)


def test_a_refund_before_shipping_goes_back_to_sale(app_context: Flask) -> None:
    show = make_show()
    viewer = make_viewer(show)
    keep(show, 5)
    order = place(viewer, show, 2)
    with unit_of_work():
        open_platform.pay_order(viewer, order.id, key())
    ticket = ask_back(viewer, order.id, order.lines[0].id, 2)
    with unit_of_work():
        aftersales.agree(show.host, ticket.id, ticket.version)
    assert row(show) == (10, 0, 3)
    assert_sound(show.world_id)


def _race(app: Flask, tries: list[Callable[[], object]]) -> list[bool]:
    def attempt(act: Callable[[], object]) -> bool:
        with app.app_context():
            try:
                with unit_of_work():
                    act()
            except DomainError:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(attempt, tries))


def test_room_and_mall_race_for_the_last_units(app: Flask) -> None:
    """Ten pieces, four of them in the room: four go there and six in the mall, whoever comes first."""
    with app.app_context():
        show = make_show()
        keep(show, 4)
        live = [make_viewer(show) for _ in range(7)]
        usual = [make_viewer(show) for _ in range(8)]
    tries: list[Callable[[], object]] = [partial(buy_in_room, who, show) for who in live]
    tries += [partial(mall.place, who, [(show.sku_id, 1)]) for who in usual]
    results = _race(app, tries[::2] + tries[1::2])
    with app.app_context():
        assert results.count(True) == 10
        assert row(show) == (10, 10, 0)
        assert_sound(show.world_id)


def test_the_end_of_the_show_races_with_buyers_and_cancellations(app: Flask) -> None:
    """Whoever wins, each unit is in an order or on sale afterwards, and nothing stays aside."""
    with app.app_context():
        show = make_show()
        keep(show, 8)
        dropped = [(who, place(who, show)) for who in [make_viewer(show) for _ in range(2)]]
        live = [make_viewer(show) for _ in range(4)]
    tries: list[Callable[[], object]] = [partial(buy_in_room, who, show) for who in live]
    tries[2:2] = [partial(orders.cancel_order, who, order.id) for who, order in dropped]
    tries[3:3] = [partial(rooms.end, show.host, show.number)]
    results = _race(app, tries)
    with app.app_context():
        assert (results[2], results[3], results[4]) == (True, True, True)
        assert row(show) == (10, sum(results) - 3, 0)
        assert_sound(show.world_id)


@pytest.mark.sqlite_only
def test_a_process_killed_while_it_ends_the_show_gives_nothing_back_twice(
    app_context: Flask, database_url: str, tmp_path: Path
) -> None:
    show = make_show()
    keep(show, 6)
    buy_in_room(make_viewer(show), show, 2)
    db.session.remove()
    command = [sys.executable, "-c", KILLED, database_url, str(tmp_path), str(show.scope_id), str(show.number)]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert run.returncode == -signal.SIGKILL
    assert row(show) == (10, 2, 4)
    with unit_of_work():
        rooms.end(show.host, show.number)
    assert row(show) == (10, 2, 0)
    assert_sound(show.world_id)

"""Buying in the room: the live price holds in its room, while it is live, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from sim_livestream.models.selling import ItemStatus, LiveItem, LiveQuota, LiveSale, SaleStatus
from sim_livestream.services import explaining, figures, goods, purchase, rooms
from sim_mall.models.trade import Order
from sim_mall.services import aftersales, orders
from tests.factories.live import Show, buy_in_room, make_show, make_viewer
from tests.factories.mall import RECEIVER, ask_back, key, make_trainee
from tests.factories.world import make_actor, make_world


@pytest.fixture
def show(app_context: Flask) -> Show:
    return make_show()


def sold(show: Show) -> tuple[int, int, int]:
    """Return (units sold in the room, sales, orders of the mall)."""
    db.session.expire_all()
    return (
        db.session.get_one(LiveItem, show.item_id).sold,
        db.session.scalar(sa.select(sa.func.count(LiveSale.id))) or 0,
        db.session.scalar(sa.select(sa.func.count(Order.id))) or 0,
    )


def test_an_order_at_the_live_price_is_paid_and_marked(show: Show) -> None:
    viewer = make_viewer(show)
    with unit_of_work():
        explaining.pin(show.host, show.number, show.item_id)
    before = book.balance(show.world_id, book.wallet(viewer.person()))
    bought = buy_in_room(viewer, show, 2)
    assert bought.payable == 2 * 39_00
    order = db.session.get_one(Order, bought.order_id)
    assert (str(order.source), order.room_id, str(order.state)) == ("live", show.number - 100_000, "paid")
    assert book.balance(show.world_id, book.wallet(viewer.person())) == before - 78_00
    assert sold(show) == (2, 1, 1)
    sale = db.session.scalars(sa.select(LiveSale)).one()
    assert sale.status is SaleStatus.PAID
    assert sale.clip_id is not None
    assert sale.buyer_id == viewer.account_id
    _room, counted = figures.room_figures(show.host, show.number)
    assert (counted.orders, counted.buyers, counted.gmv_placed, counted.gmv_paid) == (1, 1, 78_00, 78_00)
    assert book.prove(show.world_id).sound
    assert audit.verify(show.scope_id).broken_seq is None


def test_the_live_price_is_void_outside_the_show(show: Show) -> None:
    viewer = make_viewer(show)
    with unit_of_work():
        rooms.pause(show.host, show.number)
    with pytest.raises(Refused, match="暂停"):
        buy_in_room(viewer, show)
    with unit_of_work():
        rooms.resume(show.host, show.number)
        rooms.end(show.host, show.number)
    with pytest.raises(Refused, match="已结束"):
        buy_in_room(viewer, show)
    waiting = make_show(world=show.world, on_air=False)
    with pytest.raises(NotFound):
        buy_in_room(viewer, waiting)
    assert sold(show) == (0, 0, 0)
    assert db.session.scalar(sa.select(sa.func.count(LiveQuota.id))) == 0


def test_hidden_and_locked_items_are_not_sold(show: Show) -> None:
    viewer = make_viewer(show)
    for status, words in ((ItemStatus.LOCKED, "还没有开放"), (ItemStatus.HIDDEN, "已下架")):
        with unit_of_work():
            goods.show_item(show.host, show.number, show.item_id, status)
        with pytest.raises(Refused, match=words):
            buy_in_room(viewer, show)
    assert sold(show) == (0, 0, 0)


def test_an_item_of_another_room_or_sku_is_not_there(show: Show) -> None:
    viewer, other = make_viewer(show), make_show(world=show.world)
    with pytest.raises(NotFound), unit_of_work():
        purchase.buy(viewer, show.number, other.item_id, sku_id=other.sku_id, quantity=1, receiver=RECEIVER, key=key())
    with pytest.raises(InvalidInput, match="规格"):
        buy_in_room(viewer, show, sku_id=other.sku_id)
    assert sold(show) == (0, 0, 0)


def test_who_may_not_buy(show: Show) -> None:
    with pytest.raises(Forbidden):
        buy_in_room(make_actor(Role.INSTRUCTOR, show.scope_id), show)
    with pytest.raises(NotFound):
        buy_in_room(make_trainee(make_world()), show)
    with pytest.raises(DomainError):
        buy_in_room(show.host, show)
    assert sold(show) == (0, 0, 0)


@pytest.mark.parametrize("quantity", [0, -1, 1000])
def test_quantities_that_are_none(show: Show, quantity: int) -> None:
    with pytest.raises(InvalidInput):
        buy_in_room(make_viewer(show), show, quantity)
    assert sold(show) == (0, 0, 0)


def test_the_limit_per_person_and_what_frees_it(app_context: Flask) -> None:
    show = make_show(limit=2)
    viewer, other = make_viewer(show), make_viewer(show)
    buy_in_room(viewer, show, 2)
    with pytest.raises(Refused, match="限购 2 件"):
        buy_in_room(viewer, show)
    buy_in_room(other, show, 1)
    assert sold(show) == (3, 2, 2)
    assert purchase.buy_sheet(viewer, show.number, show.item_id).left == 0
    assert purchase.buy_sheet(other, show.number, show.item_id).left == 1


def test_an_unpaid_order_that_closes_gives_the_limit_back(app_context: Flask) -> None:
    show = make_show(limit=1)
    viewer = make_viewer(show)
    bought = buy_in_room(viewer, show)
    sale = db.session.scalars(sa.select(LiveSale)).one()
    with unit_of_work():
        sale.status = SaleStatus.PLACED
        db.session.flush()
        purchase.note_closed(sale)
        purchase.note_closed(sale)
    assert purchase.taken(show.item_id, viewer.person()) == 0
    assert bought.order_id == sale.order_id


def test_too_little_money_leaves_nothing_behind(show: Show) -> None:
    poor = make_viewer(show, capital=10_00)
    with pytest.raises(Refused, match="余额不足"):
        buy_in_room(poor, show)
    assert sold(show) == (0, 0, 0)
    assert db.session.scalar(sa.select(sa.func.count(LiveQuota.id))) == 0
    assert purchase.buy_sheet(poor, show.number, show.item_id).skus[0].stock == 10


def test_the_same_key_buys_once(show: Show) -> None:
    viewer = make_viewer(show)
    first = buy_in_room(viewer, show, key="once")
    again = buy_in_room(viewer, show, key="once")
    assert first == again
    with pytest.raises(Conflict):
        buy_in_room(viewer, show, 2, key="once")
    assert sold(show) == (1, 1, 1)


def test_a_refund_lowers_the_net_figure_alone(show: Show) -> None:
    viewer = make_viewer(show)
    bought = buy_in_room(viewer, show, 3)
    order = db.session.get_one(Order, bought.order_id)
    line_id = orders.order_info(order).lines[0].id
    ticket = ask_back(viewer, bought.order_id, line_id, 1)
    with unit_of_work():
        aftersales.agree(show.host, ticket.id, ticket.version)
    _room, counted = figures.room_figures(show.host, show.number)
    assert (counted.gmv_paid, counted.refunded) == (117_00, 39_00)
    assert sold(show)[0] == 3


def test_the_last_pieces_in_parallel(app: Flask) -> None:
    """Twelve viewers want five pieces: exactly five orders, on both databases."""
    with app.app_context():
        show = make_show(skus=(("默认", 50_00, 5),))
        viewers = [make_viewer(show) for _ in range(12)]

    def attempt(viewer: Actor) -> bool:
        with app.app_context():
            try:
                buy_in_room(viewer, show)
            except DomainError:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(attempt, viewers))
    with app.app_context():
        assert results.count(True) == 5
        assert sold(show) == (5, 5, 5)
        _room, counted = figures.room_figures(show.host, show.number)
        assert (counted.orders, counted.gmv_paid) == (5, 5 * 39_00)
        assert book.prove(show.world_id).sound

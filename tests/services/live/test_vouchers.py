"""Coupons of a room: issued by its crew, taken there alone, used when buying; the sheet tells what it will cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from sim_livestream.services import catching_up, purchase, rooms, vouchers
from sim_mall.models.promotions import Coupon, CouponTemplate
from sim_mall.services import addresses
from tests.factories.live import Show, buy_in_room, make_show, make_viewer, room_row
from tests.factories.mall import key, make_trainee
from tests.factories.world import make_actor, make_world


@pytest.fixture
def show(app_context: Flask) -> Show:
    return make_show()


def issue(show: Show, actor: Actor | None = None, **changes: object) -> int:
    values = {"threshold": 50_00, "off": 5_00, "total": 2, "each": 1, "days": 3, "key": key(), **changes}
    return vouchers.issue(actor or show.host, show.number, **values)  # type: ignore[arg-type]


def claim(show: Show, actor: Actor, coupon_id: int, number: int | None = None) -> str:
    with unit_of_work():
        return vouchers.claim(actor, number or show.number, coupon_id, key()).words


def test_a_coupon_is_taken_in_the_room_and_used_when_buying(show: Show) -> None:
    coupon_id = issue(show)
    viewer = make_viewer(show)
    room = room_row(show.number)
    told = catching_up.snapshot(viewer, room, room.last_seq)["games"]["coupons"]
    assert told == [{"id": coupon_id, "words": "满50减5", "left": 2, "each": 1, "state": "open"}]
    one, two = (purchase.price_of(viewer, show.number, show.item_id, show.sku_id, n) for n in (1, 2))
    assert (one.payable, two.payable) == (39_00, 78_00)
    assert claim(show, viewer, coupon_id) == "满50减5"
    one, two = (purchase.price_of(viewer, show.number, show.item_id, show.sku_id, n) for n in (1, 2))
    assert (one.goods, one.payable) == (50_00, 39_00)  # below the threshold
    assert (two.goods, two.freight, two.payable, two.blocked) == (100_00, 0, 73_00, False)
    assert [fen for _words, fen in two.discounts] == [22_00, 5_00]
    assert buy_in_room(viewer, show, 2, expected=two.payable).payable == 73_00
    assert db.session.scalars(sa.select(Coupon.state)).all() == ["used"]
    assert purchase.price_of(viewer, show.number, show.item_id, show.sku_id, 2).payable == 78_00
    assert book.prove(show.world_id).sound


def test_an_order_never_costs_something_else_than_was_shown(show: Show) -> None:
    coupon_id = issue(show)
    viewer = make_viewer(show)
    claim(show, viewer, coupon_id)
    with pytest.raises(Conflict, match=r"78\.00.*73\.00"):
        buy_in_room(viewer, show, 2, expected=78_00)
    db.session.rollback()
    assert db.session.scalars(sa.select(Coupon.state)).all() == ["unused"]
    assert buy_in_room(viewer, show, 2, expected=73_00).payable == 73_00


def test_the_freight_of_the_way_is_in_the_price(app_context: Flask) -> None:
    show = make_show(freight=8_00)
    viewer = make_viewer(show)
    told = purchase.price_of(viewer, show.number, show.item_id, show.sku_id, 1)
    assert (told.freight, told.payable) == (8_00, 47_00)
    assert buy_in_room(viewer, show, 1, expected=47_00).payable == 47_00
    assert addresses.default_address(viewer) is None


def test_each_person_and_all_together_take_no_more_than_there_are(show: Show) -> None:
    coupon_id = issue(show)
    people = [make_viewer(show) for _ in range(3)]
    claim(show, people[0], coupon_id)
    with pytest.raises(Refused, match="每人限领 1 张"):
        claim(show, people[0], coupon_id)
    db.session.rollback()
    before = room_row(show.number).last_seq
    claim(show, people[1], coupon_id)
    room = room_row(show.number)
    assert room.last_seq == before + 1  # that they are gone is told to the room
    assert vouchers.running(room) == []
    with pytest.raises(Refused, match="领完"):
        claim(show, people[2], coupon_id)


def test_the_last_coupon_goes_once(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        coupon_id = issue(show, total=3)
        people = [make_viewer(show) for _ in range(8)]

    def take(actor: Actor) -> bool:
        with app.app_context():
            try:
                claim(show, actor, coupon_id)
            except DomainError:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, people)) == 3
    with app.app_context():
        assert db.session.scalars(sa.select(CouponTemplate.claimed)).one() == 3
        assert db.session.scalar(sa.select(sa.func.count(Coupon.id))) == 3


def test_who_may_issue_take_and_stop(show: Show) -> None:
    coupon_id = issue(show)
    other = make_show(world=show.world)
    stranger, classmate = make_trainee(make_world()), make_trainee(show.world)
    teacher = make_actor(Role.INSTRUCTOR, show.scope_id)
    for actor in (classmate, stranger, other.host):
        with pytest.raises(NotFound):
            issue(show, actor)
        with pytest.raises(NotFound), unit_of_work():
            vouchers.stop(actor, show.number, coupon_id)
    with pytest.raises(Forbidden):
        issue(show, teacher)
    with pytest.raises(NotFound):
        claim(show, stranger, coupon_id)
    with pytest.raises(NotFound):  # a coupon of another room
        claim(show, classmate, coupon_id, other.number)
    with pytest.raises(Refused, match="自己店铺"):
        claim(show, show.host, coupon_id)
    with pytest.raises(NotFound), unit_of_work():
        vouchers.stop(other.host, other.number, coupon_id)
    for wrong in ("off", "total", "each", "days"):
        with pytest.raises(InvalidInput):
            issue(show, None, **{wrong: 0})
    with unit_of_work():
        vouchers.stop(show.host, show.number, coupon_id)
        vouchers.stop(show.host, show.number, coupon_id)
    with pytest.raises(Refused, match="停止发放"):
        claim(show, classmate, coupon_id)


def test_nothing_is_given_off_air(show: Show) -> None:
    coupon_id, viewer = issue(show), make_viewer(show)
    with unit_of_work():
        rooms.pause(show.host, show.number)
    with pytest.raises(Refused, match="开播以后"):
        claim(show, viewer, coupon_id)
    db.session.rollback()
    issue(make_show(world=show.world, on_air=False))  # may be laid ready before the show
    with unit_of_work():
        rooms.end(show.host, show.number)
    assert vouchers.running(room_row(show.number)) == []
    with pytest.raises(Refused, match="直播已结束"):
        claim(show, viewer, coupon_id)
    with pytest.raises(Refused, match="直播已结束"):
        issue(show)


def test_the_same_form_sent_twice_issues_once(show: Show) -> None:
    sent = key()
    assert issue(show, key=sent) == issue(show, key=sent)
    assert db.session.scalar(sa.select(sa.func.count(CouponTemplate.id))) == 1

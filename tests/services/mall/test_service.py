"""Conversations: queue, seats, transfer, robots, rounds, ratings, figures, what is intercepted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.chance import Chance
from app.worlds.clock import jump, sim_now
from app.worlds.models import World
from app.worlds.ticker import run_due
from sim_mall import access
from sim_mall.data import ShopInfo
from sim_mall.domain.practice import Ending, customer
from sim_mall.domain.practice_bank import SCRIPTS
from sim_mall.domain.service_flow import MessageKind, Sender, SessionState, Stage
from sim_mall.models.practice import PracticeVisit
from sim_mall.models.rules import Violation
from sim_mall.models.service import ServiceMessage, ServiceRound, ServiceSession
from sim_mall.services import members, practice, service_chat, service_desk, service_replies, service_stats
from sim_mall.services.service_chat import Words
from tests.factories import mall
from tests.factories.world import make_actor, make_world
from tests.unit.mall.test_practice import GOOD

pytestmark = pytest.mark.usefixtures("app_context")


def _stage() -> tuple[World, Actor, ShopInfo, Actor, int]:
    world = make_world()
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    with unit_of_work():
        thread_id = service_chat.open_thread(buyer, shop.id)
    return world, seller, shop, buyer, thread_id


def _ask(buyer: Actor, thread_id: int, text: str) -> None:
    with unit_of_work():
        service_chat.ask(buyer, thread_id, Words(text), mall.key())


def _answer(seat: Actor, thread_id: int, text: str) -> None:
    with unit_of_work():
        service_chat.answer(seat, thread_id, Words(text), mall.key())


def _session(thread_id: int) -> ServiceSession:
    db.session.expire_all()
    query = sa.select(ServiceSession).where(ServiceSession.thread_id == thread_id).order_by(ServiceSession.id.desc())
    return db.session.scalars(query.limit(1)).one()


def _said(thread_id: int) -> list[tuple[Sender, str]]:
    query = sa.select(ServiceMessage).where(ServiceMessage.thread_id == thread_id).order_by(ServiceMessage.seq)
    return [(row.sender, row.text) for row in db.session.scalars(query)]


def test_a_session_goes_from_queue_to_answer_to_rating() -> None:
    _world, seller, shop, buyer, thread_id = _stage()
    _ask(buyer, thread_id, "在吗")
    assert _session(thread_id).state == SessionState.QUEUED
    assert [sender for sender, _ in _said(thread_id)] == [Sender.ROBOT, Sender.BUYER]
    assert "没有客服在线" in _said(thread_id)[0][1]
    _answer(seller, thread_id, "在的")
    session = _session(thread_id)
    assert (session.state, session.seat_id) == (SessionState.WAIT_BUYER, seller.account_id)
    _ask(buyer, thread_id, "多少钱")
    assert _session(thread_id).state == SessionState.ACTIVE
    with unit_of_work():
        service_desk.close(seller, thread_id)
    session = _session(thread_id)
    assert (session.state, session.open_of) == (SessionState.CLOSED, None)
    with unit_of_work():
        service_desk.rate(buyer, thread_id, session.id, 5, "很好")
    with pytest.raises(Refused), unit_of_work():
        service_desk.rate(buyer, thread_id, session.id, 4, "")
    rounds = db.session.scalars(sa.select(ServiceRound).order_by(ServiceRound.id)).all()
    assert [(row.first, row.seconds is None, row.open_of) for row in rounds] == [
        (True, False, None),
        (False, True, None),
    ]
    report = service_stats.report(access.get_shop(seller, shop.id), session.opened_at, session.opened_at + timedelta(1))
    assert (report.sessions, report.asking, report.bought, report.satisfaction_bp) == (1, 1, 0, 10_000)
    assert (report.figures.rounds, report.figures.unanswered) == (2, 1)


def test_online_seats_share_the_queue_and_hand_over() -> None:
    world, seller, shop, buyer, thread_id = _stage()
    mate = mall.make_trainee(world)
    with unit_of_work():
        member_id = members.invite_member(seller, mate.person(), "service", mall.key())
    with unit_of_work():
        members.answer_invitation(mate, member_id, accept=True)
        members.work_in(mate, shop.id)
    _ask(buyer, thread_id, "在吗")
    with unit_of_work():
        service_desk.set_online(mate, online=True, capacity=1)
    assert (_session(thread_id).state, _session(thread_id).seat_id) == (SessionState.ACTIVE, mate.account_id)
    other = mall.make_trainee(world)
    with unit_of_work():
        second = service_chat.open_thread(other, shop.id)
    _ask(other, second, "你好")
    assert _session(second).state == SessionState.QUEUED  # the only seat is full
    assert _said(second)[0][1].startswith("您好，欢迎光临")
    with unit_of_work():
        service_desk.transfer(mate, thread_id, seller.person(), "老客户")
    assert _session(thread_id).seat_id == seller.account_id
    with pytest.raises(InvalidInput), unit_of_work():
        service_desk.transfer(mate, thread_id, buyer.person(), "")
    stranger, _ = mall.make_seller(world)
    with pytest.raises(NotFound), unit_of_work():
        service_desk.take(stranger, second)


def test_robots_answer_keywords_once_a_session_with_variables() -> None:
    _world, seller, _shop, buyer, thread_id = _stage()
    with unit_of_work():
        service_desk.set_online(seller, online=True)
        service_replies.save_desk(seller, "{buyer}您好，这里是{shop}", "", 0, 24)
        service_replies.add_keyword(seller, "发货, 几天到", "48 小时内发货")
    _ask(buyer, thread_id, "什么时候发货")
    _ask(buyer, thread_id, "到底几天到")
    texts = [text for sender, text in _said(thread_id) if sender is Sender.ROBOT]
    assert texts == [f"{buyer.name}您好，这里是{_shop.name}", "48 小时内发货"]
    assert db.session.scalars(sa.select(ServiceRound.seconds)).all() == [None]  # robots are not human
    with pytest.raises(InvalidInput, match="变量"), unit_of_work():
        service_replies.add_phrase(seller, "{nobody}", "常用", own=True)


def test_a_silent_session_closes_after_two_simulated_hours() -> None:
    world, seller, _shop, buyer, thread_id = _stage()
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    _ask(buyer, thread_id, "在吗")
    for step, state in ((119, SessionState.QUEUED), (1, SessionState.CLOSED)):
        with unit_of_work():
            jump(teacher, world.id, timedelta(minutes=step))
        run_due(world.id)
        assert _session(thread_id).state == state
    _ask(buyer, thread_id, "还在吗")
    assert _session(thread_id).state == SessionState.QUEUED
    assert db.session.scalar(sa.select(sa.func.count(ServiceSession.id))) == 2
    _answer(seller, thread_id, "在的")
    assert sim_now(world.id) == _session(thread_id).last_at


def test_cards_show_own_goods_and_orders_only() -> None:
    world, seller, shop, buyer, thread_id = _stage()
    listing = mall.make_listing(seller, shop)
    order = mall.buy(buyer, [(listing.skus[0].id, 1)])
    with unit_of_work():
        assert service_chat.open_thread(buyer, shop.id, listing_id=listing.id) == thread_id
        service_chat.open_thread(buyer, shop.id, order_id=order.id)
    cards = db.session.scalars(sa.select(ServiceMessage.body).where(ServiceMessage.sender == Sender.BUYER)).all()
    assert [card.get("title") for card in cards] == [listing.title, listing.title]
    other, other_shop = mall.make_seller(world)
    foreign = mall.make_listing(other, other_shop, "别家的毛巾 柔软")
    with pytest.raises(NotFound), unit_of_work():
        service_chat.open_thread(buyer, shop.id, listing_id=foreign.id)
    with pytest.raises(NotFound), unit_of_work():
        service_chat.answer(seller, thread_id, Words(kind=MessageKind.PRODUCT, ref=foreign.id), mall.key())
    with pytest.raises(Refused), unit_of_work():
        service_chat.open_thread(seller, shop.id)


def test_another_buyers_phone_is_a_leak_the_own_one_is_not() -> None:
    _world, seller, shop, buyer, thread_id = _stage()
    listing = mall.make_listing(seller, shop)
    mall.buy(buyer, [(listing.skus[0].id, 1)])  # with the phone 13900000001
    _ask(buyer, thread_id, "电话对吗")
    _answer(seller, thread_id, "您的电话是 13900000001 对吗")
    other = mall.make_trainee(_world)
    with unit_of_work():
        second = service_chat.open_thread(other, shop.id)
    _ask(other, second, "在吗")
    with pytest.raises(InvalidInput), unit_of_work():
        service_chat.answer(seller, second, Words("刚才那位是 13900000001"), mall.key())
    with unit_of_work():
        service_chat.answer(seller, second, Words("刚才那位是 13900000001"), mall.key(), accepted=True)
    [row] = db.session.scalars(sa.select(Violation)).all()
    assert (row.rule, row.points) == ("R11", 600)


def test_two_days_of_low_reply_rate_warn_then_cost_points() -> None:
    world, _seller, _shop, buyer, thread_id = _stage()
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    for _ in range(5):
        _ask(buyer, thread_id, "在吗")
        with unit_of_work():
            jump(teacher, world.id, timedelta(days=1))
        run_due(world.id)
    rows = db.session.scalars(sa.select(Violation).order_by(Violation.id)).all()
    assert [(row.rule, row.points) for row in rows] == [("R18", 0), ("R18", 200)]


def test_simulated_customers_ask_wait_thank_or_leave() -> None:
    world = make_world()
    seller, shop = mall.make_seller(world)
    with pytest.raises(Refused), unit_of_work():
        practice.invite(seller, 1, mall.key())  # nothing on sale
    mall.make_listing(seller, shop)
    start = wall.now()
    key = mall.key()
    with wall.frozen(start):
        for _ in range(2):
            with unit_of_work():
                assert practice.invite(seller, 3, key) == 3  # pressed twice
        with pytest.raises(Refused), unit_of_work():
            practice.invite(seller, 3, mall.key())
        with pytest.raises(Refused), unit_of_work():
            practice.invite(mall.make_trainee(world), 1, mall.key())
        assert practice.step() == 1  # the first comes at once
    first = db.session.scalars(sa.select(PracticeVisit).order_by(PracticeVisit.number)).first()
    assert first is not None and first.session is not None
    thread_id, who = first.session.thread_id, customer(Chance(world.seed, "practice", 1))
    assert [sender for sender, _ in _said(thread_id)] == [Sender.ROBOT, Sender.BUYER, Sender.BUYER]
    soon = start + timedelta(seconds=min(10, who.waits[0] - 1))
    with wall.frozen(soon):
        _answer(seller, thread_id, "嗯")
        practice.step()  # reads
    with wall.frozen(soon + timedelta(seconds=who.typing)):
        practice.step()
        assert _said(thread_id)[-1] == (Sender.BUYER, SCRIPTS[who.intent].nudge)
        _answer(seller, thread_id, GOOD[who.intent])
        practice.step()
    with wall.frozen(soon + timedelta(seconds=2 * who.typing)):
        practice.step()
    db.session.refresh(first)
    session = _session(thread_id)
    assert (first.ending, first.points, first.star, session.stars) == (Ending.BOUGHT, 100, 500, 5)
    assert session.state == SessionState.CLOSED
    with wall.frozen(start + timedelta(hours=9)):
        while practice.step():
            pass
    rows = db.session.scalars(sa.select(PracticeVisit).order_by(PracticeVisit.number)).all()
    assert [(row.ending, row.points, row.star) for row in rows[1:]] == [(None, None, None)] * 2  # they have just come
    with wall.frozen(start + timedelta(hours=19)):
        while practice.step():
            pass
    db.session.expire_all()
    assert [(row.ending, row.points, row.star) for row in rows[1:]] == [(Ending.LEFT, 0, 170)] * 2
    assert practice.summary(shop.id) == practice.Summary(3, 1, 2, 33, 280)
    span = (session.opened_at - timedelta(hours=1), session.opened_at + timedelta(days=2))
    report = service_stats.report(access.get_shop(seller, shop.id), *span)
    pre = sum(SCRIPTS[row.intent].stage is Stage.PRE for row in rows)
    assert (report.sessions, report.figures.unanswered, report.asking) == (3, 2, pre)
    assert report.bought == (1 if SCRIPTS[who.intent].stage is Stage.PRE else 0)
    other, other_shop = mall.make_seller(world)
    mall.make_listing(other, other_shop)
    with unit_of_work():
        practice.invite(other, 1, mall.key())
    twin = db.session.scalars(sa.select(PracticeVisit).where(PracticeVisit.shop_id == other_shop.id)).one()
    assert twin.intent is rows[0].intent  # everybody's first customer is the same

"""Parallel people: real threads, each with an application context and a transaction of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.uow import unit_of_work
from app.ledger import book
from sim_mall import open_platform
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState, Reason
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, Payment
from sim_mall.services import aftersales, orders, payments
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.parallel import at_once
from tests.factories.world import make_world


def test_fifty_buyers_of_the_last_unit_make_one_order(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        sku = mall.make_listing(*mall.make_seller(world), skus=[("默认", 1000, 1)]).skus[0].id
        buyers = [mall.make_trainee(world) for _ in range(50)]
        world_id = world.id
        db.session.remove()

    def submit(buyer: Any) -> Callable[[], Any]:
        wanted = [orders.Wanted(sku, 1)]
        return lambda: orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key())

    answers = at_once(app, [submit(buyer) for buyer in buyers])
    assert answers == {"ok": 1, "out_of_stock": 49}
    with app.app_context():
        assert db.session.scalars(sa.select(Order.state)).all() == [OrderState.PENDING_PAY]
        assert stock_of(sku) == (1, 1, 0)
        assert_sound(world_id)


def test_two_skus_in_both_orders_never_lock_each_other(app: Flask) -> None:
    rounds = 60
    with app.app_context():
        world = make_world()
        listing = mall.make_listing(*mall.make_seller(world), skus=[("a", 100, 40), ("b", 100, 40)])
        a, b = (sku.id for sku in listing.skus)
        buyers = [mall.make_trainee(world) for _ in range(4)]
        world_id = world.id
        db.session.remove()

    def submit(number: int) -> Callable[[], Any]:
        pair = (a, b) if number % 2 else (b, a)
        wanted = [orders.Wanted(sku, 1) for sku in pair]
        buyer = buyers[number % len(buyers)]
        return lambda: orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key())

    answers = at_once(app, [submit(number) for number in range(rounds)], width=8)
    assert answers == {"ok": 40, "out_of_stock": 20}
    with app.app_context():
        assert (stock_of(a), stock_of(b)) == ((40, 40, 0), (40, 40, 0))
        assert_sound(world_id)


def test_paying_twice_at_once_takes_the_money_once(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        sku = mall.make_listing(*mall.make_seller(world)).skus[0].id
        buyer = mall.make_trainee(world)
        order_id = mall.place(buyer, [(sku, 1)])[0]
        world_id = world.id
        db.session.remove()
    answers = at_once(app, [lambda: payments.pay_orders(buyer, [order_id], mall.key())] * 6, width=6)
    assert answers == {"ok": 1, "not_payable": 5}
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Payment)) == 1
        assert_sound(world_id)


def test_two_payers_of_the_last_unit_that_is_taken_at_payment(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        draft = dataclasses.replace(mall.draft(skus=[("默认", 1000, 1)]), stock_at_payment=True)
        with unit_of_work():
            sku = open_platform.create_listing(seller, shop.id, draft).skus[0].id
        buyers = [mall.make_trainee(world) for _ in range(2)]
        orders_of = {buyer.person(): mall.place(buyer, [(sku, 1)])[0] for buyer in buyers}
        world_id = world.id
        db.session.remove()

    def pay(buyer: Any) -> Callable[[], Any]:
        return lambda: payments.pay_orders(buyer, [orders_of[buyer.person()]], mall.key())

    assert at_once(app, [pay(buyer) for buyer in buyers], width=2) == {"ok": 2}
    with app.app_context():
        rows = [mall.order_row(order_id) for order_id in orders_of.values()]
        assert sorted(row.state for row in rows) == [OrderState.CLOSED, OrderState.PAID]
        assert [row.close_reason for row in rows if row.state == OrderState.CLOSED] == [CloseReason.SOLD_OUT]
        assert stock_of(sku) == (1, 1, 0)
        wallets = sorted(book.balance(world_id, book.wallet(account_id)) for account_id in orders_of)
        assert (wallets, book.balance(world_id, book.ESCROW)) == ([9_999_000, 10_000_000], 1000)
        assert_sound(world_id)


def test_two_tickets_on_one_unit_and_two_approvals(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        sku = mall.make_listing(seller, shop).skus[0].id
        buyer = mall.make_trainee(world)
        order = mall.buy(buyer, [(sku, 1)])
        world_id = world.id
        db.session.remove()
    claim = aftersales.Claim(AfterSaleKind.REFUND_ONLY, 1, Reason.DISLIKE)

    def apply() -> None:
        aftersales.apply_after_sale(buyer, order.id, order.lines[0].id, claim, mall.key())

    assert at_once(app, [apply] * 5, width=5) == {"ok": 1, "too_many_units": 4}
    with app.app_context():
        ticket_id = db.session.scalars(sa.select(AfterSale.id)).one()
        db.session.remove()
    answers = at_once(app, [lambda: aftersales.agree(seller, ticket_id, None)] * 5, width=5)
    assert answers == {"ok": 1, "wrong_state": 4}
    with app.app_context():
        assert db.session.scalars(sa.select(AfterSale.state)).all() == [AfterSaleState.SUCCESS]
        assert mall.order_row(order.id).refunded == 1000
        assert_sound(world_id)

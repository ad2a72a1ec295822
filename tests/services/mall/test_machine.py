"""Random walks of buyers, sellers and the clock: stock, money, tickets and events always agree."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import clock
from app.worlds.due import failed
from app.worlds.settings import change_setting
from app.worlds.ticker import run_due
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState, Reason
from sim_mall.domain.order_flow import OrderState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, Parcel
from sim_mall.open_platform import create_listing
from sim_mall.services import (
    aftersales,
    disputes,
    order_desk,
    orders,
    parcels,
    payments,
    receiving,
    reshipping,
    shipping,
)
from tests.factories import mall
from tests.factories.mall_checks import assert_sound
from tests.factories.world import make_actor, make_world

PICK = st.integers(0, 30)
SMALL = st.integers(1, 3)
ANSWERS = (
    *("agree", "agree", "reject", "cancel", "send", "receive", "receive", "retry"),
    *("difference", "reship", "reship", "confirm", "escalate", "for_buyer", "for_seller"),
)
ENDS = {OrderState.CLOSED, OrderState.COMPLETED, AfterSaleState.SUCCESS, AfterSaleState.CLOSED}


class Market(RuleBasedStateMachine):
    """One shop, two buyers, two SKUs and one whose stock is taken at payment; every step may be refused, none may
    leave a trace then."""

    def __init__(self) -> None:
        super().__init__()
        world = make_world()
        self.world_id, scope_id = world.id, world.scope_id
        self.seller, shop = mall.make_seller(world)
        listing = mall.make_listing(self.seller, shop, skus=[("红", 333, 9), ("蓝", 1001, 5)], freight=700)
        self.skus = [sku.id for sku in listing.skus]
        later = dataclasses.replace(mall.draft("付款才减库存的绿毯", [("绿", 500, 4)]), stock_at_payment=True)
        with unit_of_work():
            self.later = create_listing(self.seller, shop.id, later).skus[0].id
        self.buyers = [mall.make_trainee(world), mall.make_trainee(world, capital=9_000)]
        self.teacher = make_actor(Role.INSTRUCTOR, scope_id)
        with unit_of_work():
            change_setting(self.teacher, self.world_id, "parcel_lost_bp", 1_000)
        red, blue = self.skus  # something to work on: one order paid, one sent
        mall.buy(self.buyers[0], [(red, 3), (blue, 2)])
        sent = mall.buy(self.buyers[1], [(red, 2)])
        mall.ship(self.seller, sent.id)
        reason = Reason.QUALITY
        claim = aftersales.Claim(AfterSaleKind.EXCHANGE, 1, reason, "", None, blue)  # a swap that costs more
        with unit_of_work():
            ticket = aftersales.apply_after_sale(self.buyers[1], sent.id, sent.lines[0].id, claim, mall.key())
            aftersales.agree(self.seller, ticket.id, None)

    def attempt(self, call: Any) -> None:
        try:
            with unit_of_work():
                call()
        except DomainError:
            pass

    def some(self, model: Any, pick: int) -> Any:
        """Return one row: mostly one that is still on its way, now and then a finished one."""
        query = sa.select(model).where(model.world_id == self.world_id).order_by(model.id)
        rows = list(db.session.scalars(query))
        going = [row for row in rows if row.state not in ENDS]
        rows = going if going and pick % 5 else rows
        return rows[pick % len(rows)] if rows else None

    def buyer_of(self, row: Any) -> Any:
        return next(buyer for buyer in self.buyers if buyer.account_id == row.buyer_id)

    @rule(
        who=st.integers(0, 1),
        first=SMALL,
        second=st.integers(0, 3),
        later=st.sampled_from([0, 0, 1, 3]),
        pay=st.sampled_from([True, True, False]),
    )
    def place(self, who: int, first: int, second: int, later: int, pay: bool) -> None:
        wanted = [orders.Wanted(self.skus[0], first)]
        wanted += [orders.Wanted(self.later, later)] if later else []
        wanted += [orders.Wanted(self.skus[1], second)] if second else []
        buyer = self.buyers[who]

        def call() -> None:
            ids = orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key())
            if pay:
                payments.pay_orders(buyer, ids, mall.key())

        self.attempt(call)

    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        order = self.some(Order, pick)
        if order is not None:
            buyer, order_id = self.buyer_of(order), order.id
            self.attempt(lambda: payments.pay_orders(buyer, [order_id], mall.key()))

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        order = self.some(Order, pick)
        if order is not None:
            buyer, order_id = self.buyer_of(order), order.id
            self.attempt(lambda: orders.cancel_order(buyer, order_id))

    @rule(pick=PICK, units=st.integers(0, 2))
    def ship(self, pick: int, units: int) -> None:
        order = self.some(Order, pick)
        if order is not None:
            order_id = order.id
            chosen = {order.lines[0].id: units} if units else {}
            self.attempt(
                lambda: shipping.ship_order(
                    self.seller, order_id, chosen, "zto", mall.waybill(), mall.key(), with_carrier=pick % 4 > 0
                )
            )

    @rule(pick=PICK)
    def confirm(self, pick: int) -> None:
        order = self.some(Order, pick)
        if order is not None:
            buyer, order_id = self.buyer_of(order), order.id
            self.attempt(lambda: receiving.confirm_receipt(buyer, order_id))

    @rule(pick=PICK, units=SMALL, kind=st.sampled_from(AfterSaleKind), fault=st.booleans(), part=st.booleans())
    def ask_back(self, pick: int, units: int, kind: AfterSaleKind, fault: bool, part: bool) -> None:
        order = self.some(Order, pick)
        if order is None:
            return
        buyer, order_id, line_id = self.buyer_of(order), order.id, order.lines[-1].id
        reason = Reason.QUALITY if fault else Reason.DISLIKE
        swap = self.skus[-1] if kind is AfterSaleKind.EXCHANGE and part else None
        claim = aftersales.Claim(kind, units, reason, "", 1 if part else None, swap)
        self.attempt(lambda: aftersales.apply_after_sale(buyer, order_id, line_id, claim, mall.key()))

    @rule(pick=PICK, off=st.integers(0, 900), freight=st.sampled_from([0, 700]))
    def change_price(self, pick: int, off: int, freight: int) -> None:
        order = self.some(Order, pick)
        if order is not None:
            order_id, goods = order.id, order.goods_payable - off
            self.attempt(lambda: order_desk.change_price(self.seller, order_id, goods, freight, mall.key()))

    @rule(pick=PICK, what=st.sampled_from(["extend", "refuse", "hand_over", "none_left"]))
    def odd_turn(self, pick: int, what: str) -> None:
        order, parcel = self.some(Order, pick), self.some(Parcel, pick)
        if order is None or parcel is None:
            return
        buyer, order_id, parcel_id = self.buyer_of(order), order.id, parcel.id
        taker = self.buyer_of(parcel.order)
        calls = {
            "extend": lambda: shipping.extend_receipt(buyer, order_id),
            "refuse": lambda: parcels.refuse_parcel(taker, parcel_id),
            "hand_over": lambda: parcels.hand_over(self.seller, parcel_id),
            "none_left": lambda: order_desk.report_out_of_stock(self.seller, order_id, mall.key()),
        }
        self.attempt(calls[what])

    @rule(pick=PICK, answer=st.sampled_from(ANSWERS), good=SMALL)
    def move_ticket(self, pick: int, answer: str, good: int) -> None:
        ticket = self.some(AfterSale, pick)
        if ticket is None:
            return
        buyer, number, units = self.buyer_of(ticket), ticket.id, ticket.quantity
        good = min(good, units)
        calls = {
            "agree": lambda: aftersales.agree(self.seller, number, None),
            "reject": lambda: aftersales.reject(self.seller, number, None, "不符合条件"),
            "cancel": lambda: aftersales.cancel(buyer, number),
            "send": lambda: aftersales.fill_waybill(buyer, number, "zto", mall.waybill()),
            "receive": lambda: aftersales.receive_back(self.seller, number, None, good, units - good),
            "retry": lambda: aftersales.retry_refund(self.seller, number),
            "difference": lambda: reshipping.pay_difference(buyer, number, mall.key()),
            "reship": lambda: reshipping.reship(self.seller, number, None, "zto", mall.waybill()),
            "confirm": lambda: reshipping.confirm(buyer, number),
            "escalate": lambda: disputes.escalate(buyer, number, None, "buyer", "商品有问题，请平台处理"),
            "for_buyer": lambda: disputes.decide(self.teacher, number, None, for_buyer=True, why="图片清楚，支持买家"),
            "for_seller": lambda: disputes.decide(self.teacher, number, None, for_buyer=False, why="没有证据支持"),
        }
        self.attempt(calls[answer])

    @rule(hours=st.sampled_from([1, 12, 49, 170, 260]))
    def time_passes(self, hours: int) -> None:
        with unit_of_work():
            clock.jump(self.teacher, self.world_id, timedelta(hours=hours))
        run_due(self.world_id)
        assert failed(self.world_id) == []

    @invariant()
    def all_agrees(self) -> None:
        assert_sound(self.world_id)


def test_random_walks_keep_the_books(app_context: Flask) -> None:
    run_state_machine_as_test(
        Market,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

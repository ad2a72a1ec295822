"""Safety stock (安全库存) and stock taken at payment (付款减库存): what can be sold, and who gets the last unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.models import World
from app.worlds.ticker import run_due
from sim_mall import open_platform
from sim_mall.data import ListingInfo
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.models.goods import Stock
from sim_mall.models.trade import Notice, OrderLine, Payment, Reservation
from sim_mall.services import goods_lists, listings, orders, payments, search, stock
from sim_mall.services.listings import SkuChange
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.world import make_actor

Seller = tuple[Actor, open_platform.ShopInfo]


def list_goods(
    seller: Seller, units: Sequence[int], *, safety: int = 0, at_payment: bool = True, title: str = "先到先得的抱枕"
) -> ListingInfo:
    """Put goods on sale, a SKU of 10 yuan for each of the stocks."""
    draft = mall.draft(
        title, [(f"款{n}" if len(units) > 1 else "默认", 10_00, n_units) for n, n_units in enumerate(units)]
    )
    skus = tuple(replace(sku, safety=safety) for sku in draft.skus)
    with unit_of_work():
        return open_platform.create_listing(
            seller[0], seller[1].id, replace(draft, skus=skus, stock_at_payment=at_payment)
        )


def notices(account_id: int) -> list[str]:
    query = sa.select(Notice.title).where(Notice.account_id == account_id).order_by(Notice.id)
    return list(db.session.scalars(query))


def test_safety_stock_is_never_sold(world: World, seller: Seller) -> None:
    buyer = mall.make_trainee(world)
    found = list_goods(seller, [5], safety=3, at_payment=False)
    sku = found.skus[0]
    assert (sku.saleable, sku.safety) == (2, 3)
    with pytest.raises(Refused, match="只剩 2 件"):
        mall.place(buyer, [(sku.id, 3)])
    mall.buy(buyer, [(sku.id, 2)])
    with pytest.raises(Refused, match="已售完"):
        mall.place(buyer, [(sku.id, 1)])
    assert (stock_of(sku.id), stock.saleable(sku.id)) == ((5, 2, 0), 0)
    left = search.find(world.id, search.Search(left=True))
    assert db.session.scalars(left).all() == []
    shop = listings.load_listing(found.id).shop
    assert [row.id for row in db.session.scalars(goods_lists.manage_query(shop, "soldout", ""))] == [found.id]
    assert goods_lists.alarm_count(shop) == 1
    with unit_of_work():
        listings.set_stock(seller[0], shop.id, {sku.id: 2})  # below the safety stock, but not below what is promised
    assert stock.saleable(sku.id) == 0
    assert db.session.scalar(sa.select(Stock.saleable).where(Stock.sku_id == sku.id)) == 0
    with pytest.raises(Refused, match="已售完"):
        mall.place(buyer, [(sku.id, 1)])
    row = listings.load_listing(found.id)
    change = SkuChange(sku.id, "S1", "默认", 10_00, 6, safety=1)
    with unit_of_work():
        listings.edit_listing(seller[0], found.id, listings.draft_of(row), [change], row.version, row.state)
    assert open_platform.get_listing(seller[0], found.id).skus[0].saleable == 3
    assert_sound(world.id)


def test_the_second_payer_of_the_last_unit_gets_the_money_back(world: World, seller: Seller) -> None:
    early, late = mall.make_trainee(world), mall.make_trainee(world)
    sku = list_goods(seller, [1]).skus[0].id
    ids = [mall.place(buyer, [(sku, 1)])[0] for buyer in (late, early)]
    assert stock_of(sku) == (1, 0, 0)  # nothing is reserved before the payment
    assert db.session.scalars(sa.select(Reservation.line_id)).all() == []
    with pytest.raises(Refused, match="只剩 1 件"):
        mall.place(late, [(sku, 2)])
    with unit_of_work():
        assert payments.pay_orders(early, [ids[1]], mall.key()) == []
    assert stock_of(sku) == (1, 1, 0)
    key = mall.key()
    for _ in range(2):  # the same key answers the same
        with unit_of_work():
            assert payments.pay_orders(late, [ids[0]], key) == [ids[0]]
    lost = mall.order_row(ids[0])
    assert (lost.state, lost.close_reason, lost.paid_at) == (OrderState.CLOSED, CloseReason.SOLD_OUT, None)
    assert book.balance(world.id, book.wallet(late.person())) == 10_000_000
    assert book.balance(world.id, book.ESCROW) == 1000
    assert [str(state) for state in db.session.scalars(sa.select(Payment.state).order_by(Payment.id))] == [
        "succeeded", "returned",
    ]  # fmt: skip
    assert notices(late.person())[-1] == "来晚一步，已自动退款"
    assert "付款时已售完，已自动退款" in notices(seller[0].person())
    assert_sound(world.id)
    mall.ship(seller[0], ids[1])
    mall.complete(early, ids[1])
    assert stock_of(sku) == (0, 0, 0)
    assert_sound(world.id)


def test_several_lines_are_taken_together_or_not_at_all(world: World, seller: Seller) -> None:
    one, two = mall.make_trainee(world), mall.make_trainee(world)
    later = list_goods(seller, [2, 1])
    usual = list_goods(seller, [5], at_payment=False, title="普通下单减库存的毯子").skus[0].id
    a, b = (sku.id for sku in later.skus)
    mine = mall.place(one, [(a, 1), (b, 1), (usual, 2)])[0]
    assert (stock_of(a), stock_of(b), stock_of(usual)) == ((2, 0, 0), (1, 0, 0), (5, 2, 0))
    flags = db.session.scalars(sa.select(OrderLine.at_payment).where(OrderLine.order_id == mine).order_by(OrderLine.id))
    assert flags.all() == [True, True, False]
    mall.buy(two, [(b, 1)])
    mall.pay(one, [mine])
    assert mall.order_row(mine).close_reason == CloseReason.SOLD_OUT
    assert (stock_of(a), stock_of(b), stock_of(usual)) == ((2, 0, 0), (1, 1, 0), (5, 0, 0))
    assert_sound(world.id)
    # a batch of two shops: one order loses the race, the other is paid
    other = mall.make_seller(world)
    elsewhere = mall.make_listing(*other, title="别家的普通好货").skus[0].id
    ids = mall.place(one, [(a, 2), (elsewhere, 1)])
    mall.buy(two, [(a, 1)])
    with unit_of_work():
        lost = payments.pay_orders(one, ids, mall.key())
    states = {order_id: mall.order_row(order_id).state for order_id in ids}
    assert sorted(states.values()) == [OrderState.CLOSED, OrderState.PAID]
    assert [states[order_id] for order_id in lost] == [OrderState.CLOSED]
    assert_sound(world.id)


def test_unpaid_orders_end_without_touching_stock_and_live_rooms_reserve(world: World, seller: Seller) -> None:
    buyer = mall.make_trainee(world)
    sku = list_goods(seller, [3]).skus[0].id
    first, second = (mall.place(buyer, [(sku, 2)])[0] for _ in range(2))
    with unit_of_work():
        orders.cancel_order(buyer, first)
    with unit_of_work():
        clock.jump(make_actor(Role.INSTRUCTOR, world.scope_id), world.id, timedelta(minutes=31))
    run_due(world.id)
    assert mall.order_row(second).close_reason == CloseReason.TIMEOUT
    assert stock_of(sku) == (3, 0, 0)
    with unit_of_work():
        open_platform.place_live_order(
            buyer, room_id=1, item_id=1, sku_id=sku, quantity=1, live_price=900, receiver=mall.RECEIVER, key=mall.key()
        )
    assert stock_of(sku) == (3, 1, 0)
    assert_sound(world.id)


def test_a_poor_payer_keeps_the_order_and_no_stock(world: World, seller: Seller) -> None:
    poor = mall.make_trainee(world, capital=999)
    sku = list_goods(seller, [1]).skus[0].id
    order_id = mall.place(poor, [(sku, 1)])[0]
    with pytest.raises(Refused) as refused:
        mall.pay(poor, [order_id])
    assert refused.value.code == "insufficient_funds"
    assert (mall.order_row(order_id).state, stock_of(sku)) == (OrderState.PENDING_PAY, (1, 0, 0))
    assert_sound(world.id)


def test_a_buyer_gets_no_more_than_the_limit(world: World, seller: Seller) -> None:
    buyer, other = mall.make_trainee(world), mall.make_trainee(world)
    draft = replace(mall.draft("限购两件的茶杯", [("白", 1000, 9), ("灰", 1000, 9)]), buy_limit=2)
    with unit_of_work():
        found = open_platform.create_listing(seller[0], seller[1].id, draft)
    white, grey = (sku.id for sku in found.skus)
    with pytest.raises(Refused, match="每人限购 2 件，最多还能买 2 件") as refused:
        mall.place(buyer, [(white, 1), (grey, 2)])
    assert (refused.value.code, stock_of(white), stock_of(grey)) == ("limit", (9, 0, 0), (9, 0, 0))
    pending = mall.place(buyer, [(white, 1)])[0]
    order = mall.buy(buyer, [(grey, 1)])
    with pytest.raises(Refused, match="已经买了 2 件（含待付款），不能再买了"):
        mall.place(buyer, [(grey, 1)])
    with unit_of_work():
        orders.cancel_order(buyer, pending)
    mall.ask_back(buyer, order.id, order.lines[0].id)
    run_due(world.id)  # 极速退款
    assert mall.order_row(order.id).state == OrderState.CLOSED
    mall.buy(buyer, [(grey, 2)])
    mall.buy(other, [(white, 2)])
    assert_sound(world.id)

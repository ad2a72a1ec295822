"""After-sale: refunds to the fen, stock that comes back, clocks that stand, money that is short."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.models import World
from app.worlds.ticker import run_due
from sim_mall import open_platform
from sim_mall.data import ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleStage, AfterSaleState, Reason
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Notice
from sim_mall.services import aftersales, notices
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.world import make_actor

BACK = AfterSaleKind.RETURN
Seller = tuple[Actor, ShopInfo]


def jump(world: World, step: timedelta) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        clock.jump(teacher, world.id, step)
    run_due(world.id)


def agree(seller: Actor, ticket: AfterSale) -> AfterSale:
    with unit_of_work():
        return aftersales.agree(seller, ticket.id, None)


def wallet(world: World, actor: Actor) -> int:
    return book.balance(world.id, book.wallet(actor.person()))


def fresh(ticket: AfterSale) -> AfterSale:
    db.session.expire_all()
    return db.session.get_one(AfterSale, ticket.id)


@pytest.fixture
def buyer(world: World) -> Actor:
    return mall.make_trainee(world)


def test_three_units_of_ten_yuan_come_back_one_by_one(world: World, seller: Seller, buyer: Actor) -> None:
    """A line of 10.00 payable cannot be made of three equal units; 3.34 each stands for it."""
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("默认", 334, 5)], freight=800)
    order = mall.buy(buyer, [(listing.skus[0].id, 3)])
    line = order.lines[0].id
    start = wallet(world, buyer)
    paid = []
    for _ in range(3):
        ticket = agree(owner, mall.ask_back(buyer, order.id, line))
        assert ticket.state == AfterSaleState.SUCCESS
        paid.append(ticket.paid)
    assert paid == [334, 334, 334 + 800]  # nothing was ever sent: freight comes with the last unit
    assert wallet(world, buyer) == start + 1002 + 800 == 10_000_000
    row = mall.order_row(order.id)
    assert (row.state, row.close_reason, row.refunded) == (OrderState.CLOSED, CloseReason.REFUNDED, 1802)
    assert stock_of(listing.skus[0].id) == (5, 0, 0)
    with pytest.raises(Refused):
        mall.ask_back(buyer, order.id, line)
    assert_sound(world.id)


def test_return_of_two_one_damaged(world: World, seller: Seller, buyer: Actor) -> None:
    owner, shop = seller
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 5)], freight=600)
    sku = listing.skus[0].id
    order = mall.buy(buyer, [(sku, 3)])
    mall.ship(owner, order.id)
    assert stock_of(sku) == (2, 0, 0)
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 2, BACK, Reason.QUALITY)
    assert agree(owner, ticket).state == AfterSaleState.WAIT_BUYER_SHIP
    with pytest.raises(InvalidInput), unit_of_work():
        aftersales.fill_waybill(buyer, ticket.id, "zto", "x")
    with unit_of_work():
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
    with pytest.raises(InvalidInput, match="应等于退货数量 2"), unit_of_work():
        aftersales.receive_back(owner, ticket.id, None, 2, 1)
    with unit_of_work():
        aftersales.receive_back(owner, ticket.id, None, 1, 1)
    assert fresh(ticket).paid == 2000
    assert stock_of(sku) == (3, 0, 1)
    row = mall.order_row(order.id)
    assert (row.state, row.refunded) == (OrderState.SHIPPED, 2000)
    mall.complete(buyer, order.id)
    assert mall.order_row(order.id).fee == 80  # 5 % of 36.00 - 20.00
    assert book.balance(world.id, book.shop_balance(shop.id)) == 1600 - 80
    assert_sound(world.id)


def test_sellers_fault_brings_freight_back_with_the_last_unit(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 5)], freight=600)
    for reason, freight in ((Reason.DISLIKE, 0), (Reason.QUALITY, 600)):
        order = mall.buy(buyer, [(listing.skus[0].id, 1)])
        mall.ship(owner, order.id)
        jump(world, timedelta(days=2))  # signed: a refund no longer stops the parcel
        ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 1, AfterSaleKind.REFUND_ONLY, reason)
        assert agree(owner, ticket).paid == 1000 + freight
        assert mall.order_row(order.id).state == OrderState.CLOSED
    assert_sound(world.id)


def test_more_than_there_is_is_refused(world: World, seller: Seller, buyer: Actor) -> None:
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 2)])
    line = order.lines[0].id
    with pytest.raises(Refused):  # nothing was sent: nothing to return
        mall.ask_back(buyer, order.id, line, 1, BACK)
    with pytest.raises(InvalidInput):
        mall.ask_back(buyer, order.id, line, 3)
    with pytest.raises(InvalidInput, match=r"最多 ¥10\.00"):
        mall.ask_back(buyer, order.id, line, 1, amount=1001)
    mall.ask_back(buyer, order.id, line, 2)
    with pytest.raises(Refused):
        mall.ask_back(buyer, order.id, line, 1)
    stranger = mall.make_trainee(world)
    with pytest.raises(NotFound):
        mall.ask_back(stranger, order.id, line, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AfterSale)) == 1
    assert_sound(world.id)


def test_open_refund_blocks_shipping_of_its_units_only(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 5)])
    order = mall.buy(buyer, [(listing.skus[0].id, 3)])
    line = order.lines[0].id
    ticket = mall.ask_back(buyer, order.id, line, 2)
    assert ticket.stage == AfterSaleStage.BEFORE_SHIP
    with pytest.raises(Refused) as refused:
        mall.ship(owner, order.id, {line: 2})
    assert refused.value.code == "refund_open"
    mall.ship(owner, order.id, {line: 1})
    assert mall.order_row(order.id).state == OrderState.PART_SHIPPED
    with pytest.raises(Refused) as nothing:
        mall.ship(owner, order.id)
    assert nothing.value.code == "refund_open"
    agree(owner, ticket)
    row = mall.order_row(order.id)
    assert (row.state, row.refunded) == (OrderState.SHIPPED, 2000)
    assert row.receive_by is not None
    assert stock_of(listing.skus[0].id) == (4, 0, 0)
    assert_sound(world.id)


def test_receipt_stands_while_a_ticket_is_open_and_runs_on_with_the_rest(
    world: World, seller: Seller, buyer: Actor
) -> None:
    owner, _ = seller
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 2)])
    mall.ship(owner, order.id)
    jump(world, timedelta(days=8))
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 1, BACK, Reason.QUALITY)
    row = mall.order_row(order.id)
    assert (row.receive_by, row.receive_left) == (None, 2 * 86_400)
    with pytest.raises(Refused, match="售后"):
        mall.complete(buyer, order.id)
    with unit_of_work():
        aftersales.reject(owner, ticket.id, None, "已超出合理使用范围")
    jump(world, timedelta(days=2, hours=23))
    assert mall.order_row(order.id).state == OrderState.SHIPPED
    jump(world, timedelta(hours=2))  # three days after the refusal the ticket closes by itself
    assert fresh(ticket).state == AfterSaleState.CLOSED
    row = mall.order_row(order.id)
    assert row.receive_by == fresh(ticket).ended_at + timedelta(days=2)  # type: ignore[operator]
    jump(world, timedelta(days=2))
    assert mall.order_row(order.id).state == OrderState.COMPLETED
    assert_sound(world.id)


def test_clock_answers_for_a_silent_seller_and_a_silent_receiver(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller)
    first, second = (mall.buy(buyer, [(listing.skus[0].id, 1)]) for _ in range(2))
    mall.ship(owner, first.id)
    returned = mall.ask_back(buyer, first.id, first.lines[0].id, 1, BACK)
    refund = mall.ask_back(buyer, second.id, second.lines[0].id)
    jump(world, timedelta(hours=48))
    assert fresh(refund).state == AfterSaleState.SUCCESS
    assert mall.order_row(second.id).state == OrderState.CLOSED
    assert fresh(returned).state == AfterSaleState.WAIT_BUYER_SHIP
    with unit_of_work():
        aftersales.fill_waybill(buyer, returned.id, "sf", "SF0000000000009")
    jump(world, timedelta(days=7))
    assert fresh(returned).state == AfterSaleState.BUYER_SHIPPED  # the seller has seven days from when it came
    jump(world, timedelta(hours=44))
    assert (fresh(returned).state, fresh(returned).good) == (AfterSaleState.SUCCESS, 1)
    assert stock_of(listing.skus[0].id) == (10, 0, 0)
    assert_sound(world.id)


def test_buyer_who_sends_nothing_back_loses_the_ticket(world: World, seller: Seller, buyer: Actor) -> None:
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 1)])
    mall.ship(seller[0], order.id)
    ticket = agree(seller[0], mall.ask_back(buyer, order.id, order.lines[0].id, 1, BACK))
    jump(world, timedelta(days=7))
    assert fresh(ticket).state == AfterSaleState.CLOSED
    assert mall.order_row(order.id).lines[0].applying == 0
    assert_sound(world.id)


def test_stale_version_and_second_click_are_told(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 2)])
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 1)
    seen = ticket.version
    with unit_of_work():
        claim = aftersales.Claim(AfterSaleKind.REFUND_ONLY, 1, Reason.NOT_SHIPPED, "", 500)
        aftersales.modify(buyer, ticket.id, seen, claim)
    with pytest.raises(Conflict) as stale, unit_of_work():
        aftersales.agree(owner, ticket.id, seen)
    assert stale.value.code == "stale"
    assert agree(owner, ticket).paid == 500
    with pytest.raises(Refused) as twice:
        agree(owner, ticket)
    assert twice.value.code == "wrong_state"
    assert mall.order_row(order.id).refunded == 500
    assert_sound(world.id)


def test_rejected_ticket_may_be_changed_or_withdrawn(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 2)])
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 2)
    with pytest.raises(InvalidInput), unit_of_work():
        aftersales.reject(owner, ticket.id, None, "")
    with unit_of_work():
        aftersales.reject(owner, ticket.id, None, "商品已打包")
    assert fresh(ticket).reject_reason == "商品已打包"
    with unit_of_work():
        aftersales.cancel(buyer, ticket.id)
    assert fresh(ticket).state == AfterSaleState.CLOSED
    mall.ship(owner, order.id)
    assert mall.order_row(order.id).state == OrderState.SHIPPED
    assert_sound(world.id)


def test_refund_after_settlement_comes_from_balance_then_deposit_or_waits(
    world: World, seller: Seller, buyer: Actor
) -> None:
    owner, shop = seller
    listing = mall.make_listing(*seller, skus=[("默认", 200_000, 9)])
    sku = listing.skus[0].id
    order = mall.buy(buyer, [(sku, 2)])
    mall.ship(owner, order.id)
    mall.complete(buyer, order.id)
    assert book.balance(world.id, book.shop_balance(shop.id)) == 380_000
    line = order.lines[0].id
    assert agree(owner, mall.ask_back(buyer, order.id, line)).state == AfterSaleState.SUCCESS
    assert book.balance(world.id, book.shop_balance(shop.id)) == 190_000  # the fee of the half comes back
    assert agree(owner, mall.ask_back(buyer, order.id, line)).state == AfterSaleState.SUCCESS
    assert book.balance(world.id, book.shop_balance(shop.id)) == 10_000
    assert book.balance(world.id, book.deposit(shop.id)) == 90_000
    assert mall.order_row(order.id).state == OrderState.CLOSED

    settled = [mall.buy(buyer, [(sku, 1)]) for _ in range(2)]
    for each in settled:
        mall.ship(owner, each.id)
        mall.complete(buyer, each.id)
    with unit_of_work():  # the shop has spent its balance
        spent = {book.shop_balance(shop.id): -390_000, book.supplier(1): 390_000}
        book.post(world.id, "test-spent", "supply", spent)
    ticket = agree(owner, mall.ask_back(buyer, settled[0].id, settled[0].lines[0].id))
    assert (ticket.state, ticket.short_of_funds) == (AfterSaleState.REFUNDING, True)
    assert book.balance(world.id, book.deposit(shop.id)) == 90_000
    third = mall.buy(buyer, [(sku, 1)])
    mall.ship(owner, third.id)
    mall.complete(buyer, third.id)
    jump(world, timedelta(hours=12))
    assert (fresh(ticket).state, fresh(ticket).paid) == (AfterSaleState.SUCCESS, 200_000)
    # 190,000 of the third order and 10,000 of the deposit; the fee of 10,000 is back in the balance
    assert book.balance(world.id, book.deposit(shop.id)) == 80_000
    assert_sound(world.id)


def test_after_sale_ends_with_its_time(world: World, seller: Seller, buyer: Actor) -> None:
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 1)])
    mall.ship(seller[0], order.id)
    mall.complete(buyer, order.id)
    jump(world, timedelta(days=7, minutes=1))
    with pytest.raises(Refused, match="售后期"):
        mall.ask_back(buyer, order.id, order.lines[0].id, 1, BACK)
    unpaid = mall.place(buyer, [(order.lines[0].sku_id, 1)])[0]
    with pytest.raises(Refused, match="未付款"):
        mall.ask_back(buyer, unpaid, mall.order_row(unpaid).lines[0].id)


def test_goods_without_seven_days_come_back_only_for_a_fault(world: World, seller: Seller, buyer: Actor) -> None:
    """What the goods promised when they were bought counts, not what the listing says later."""
    owner, shop = seller
    with unit_of_work():
        draft = dataclasses.replace(mall.draft(), seven_day=False)
        listing = open_platform.create_listing(owner, shop.id, draft)
    unsent = mall.buy(buyer, [(listing.skus[0].id, 1)])
    order = mall.buy(buyer, [(listing.skus[0].id, 1)])
    mall.ship(owner, order.id)
    with unit_of_work():
        db.session.get_one(Listing, listing.id).seven_day = True
    line = order.lines[0].id
    with pytest.raises(Refused, match="不支持 7 天无理由退货"):
        mall.ask_back(buyer, order.id, line, kind=AfterSaleKind.RETURN, reason=Reason.DISLIKE)
    ticket = mall.ask_back(buyer, order.id, line, kind=AfterSaleKind.RETURN, reason=Reason.QUALITY)
    assert ticket.state == AfterSaleState.APPLIED
    assert agree(owner, mall.ask_back(buyer, unsent.id, unsent.lines[0].id)).state == AfterSaleState.SUCCESS


def test_the_shop_is_told_once_that_stock_runs_low(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller, skus=[("大号", 1000, 8)]).skus[0].id  # the alarm of a listing is 5
    told = []
    for _ in range(5):
        mall.place(buyer, [(sku, 1)])
        told.append(len([row for row in notices_of(seller[0]) if row.title == "库存预警"]))
    assert told == [0, 0, 1, 1, 1]
    text = next(row.text for row in notices_of(seller[0]) if row.title == "库存预警")
    assert text.startswith("“纯棉四件套 柔软亲肤（大号）”只剩 5 件")


def notices_of(actor: Actor) -> list[Notice]:
    return list(db.session.scalars(notices.own_notices(actor, "goods")))

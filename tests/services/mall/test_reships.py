"""Exchange, resending, disputes, stopped and refused parcels, and what sellers do before payment."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.events import subscribe
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.chance import Chance
from app.worlds.models import World
from app.worlds.settings import change_setting
from app.worlds.ticker import run_due
from sim_mall import events
from sim_mall.data import OrderInfo, ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState, Outcome, Reason
from sim_mall.domain.order_flow import CloseReason, Flag, OrderState
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.models.aftersale import AfterSale, Refund
from sim_mall.models.trade import Parcel, Review
from sim_mall.open_platform import set_stock
from sim_mall.services import (
    aftersales,
    disputes,
    order_desk,
    parcels,
    payments,
    reshipping,
    reviews,
    shipping,
)
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.world import make_actor, make_world

EX, RS, RO = AfterSaleKind.EXCHANGE, AfterSaleKind.RESEND, AfterSaleKind.REFUND_ONLY
Seller = tuple[Actor, ShopInfo]
HEARD: list[object] = []


def hear(_sender: object, *, event: object) -> None:
    HEARD.append(event)


for kind in (events.ShippedLate, events.OrderOutOfStock, events.ParcelNotCollected, events.DisputeDecided):
    subscribe(kind, hear)


def jump(world: World, step: timedelta) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        clock.jump(teacher, world.id, step)
    run_due(world.id)


def wallet(actor: Actor) -> int:
    return book.balance(actor.world(), book.wallet(actor.person()))


def fresh(ticket: AfterSale) -> AfterSale:
    db.session.expire_all()
    return db.session.get_one(AfterSale, ticket.id)


def ask(buyer: Actor, order: OrderInfo, claim: aftersales.Claim) -> AfterSale:
    with unit_of_work():
        return aftersales.apply_after_sale(buyer, order.id, order.lines[0].id, claim, mall.key())


def sent(seller: Seller, buyer: Actor, sku_id: int, units: int, *, signed: bool = True, waybill: str = "") -> OrderInfo:
    order = mall.buy(buyer, [(sku_id, units)])
    with unit_of_work():
        shipping.ship_order(seller[0], order.id, {}, "zto", waybill or mall.waybill(), mall.key())
    if signed:
        with unit_of_work():
            world = db.session.get_one(World, order.world_id)
        jump(world, timedelta(hours=44))
    return order


def waybill_that(world: World, stream: str, bp: int, *, happens: bool) -> str:
    """Return a waybill whose luck in this world is known."""
    numbers = (mall.waybill() for _ in range(1_000))
    return next(number for number in numbers if Chance(world.seed, stream, number).happens(bp) is happens)


def send_back(buyer: Actor, ticket: AfterSale) -> None:
    with unit_of_work():
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())


@pytest.fixture
def world(app_context: Flask) -> World:
    HEARD.clear()
    return make_world()


@pytest.fixture
def seller(world: World) -> Seller:
    return mall.make_seller(world)


@pytest.fixture
def buyer(world: World) -> Actor:
    return mall.make_trainee(world)


def test_exchange_for_a_dearer_sku_needs_stock_and_the_difference(world: World, seller: Seller, buyer: Actor) -> None:
    owner, shop = seller
    listing = mall.make_listing(*seller, skus=[("小", 1000, 5), ("大", 1500, 1), ("特价", 900, 5)])
    small, large, cheap = (sku.id for sku in listing.skus)
    order = sent(seller, buyer, small, 2)
    with pytest.raises(InvalidInput, match="同价或更贵"):
        ask(buyer, order, aftersales.Claim(EX, 1, Reason.SIZE, "", None, cheap))
    ticket = ask(buyer, order, aftersales.Claim(EX, 1, Reason.SIZE, "小了", None, large))
    assert (ticket.difference, ticket.exchange_spec) == (500, "大")
    mall.buy(mall.make_trainee(world), [(large, 1)])  # out of stock meanwhile
    with pytest.raises(Refused) as none_left, unit_of_work():
        aftersales.agree(owner, ticket.id, None)
    assert none_left.value.code == "out_of_stock"
    assert "建议买家改为退货退款" in none_left.value.message
    assert fresh(ticket).state == AfterSaleState.APPLIED
    with unit_of_work():
        set_stock(owner, shop.id, {large: 2})
        aftersales.agree(owner, ticket.id, None)
    assert fresh(ticket).state == AfterSaleState.WAIT_BUYER_SHIP
    assert stock_of(large) == (2, 2, 0)
    send_back(buyer, ticket)
    with unit_of_work():
        aftersales.receive_back(owner, ticket.id, None, 1, 0)
    assert stock_of(small) == (4, 0, 0)
    with pytest.raises(Refused) as unpaid, unit_of_work():
        reshipping.reship(owner, ticket.id, None, "zto", mall.waybill())
    assert unpaid.value.code == "difference_unpaid"
    before, key = wallet(buyer), mall.key()
    for _ in range(2):
        with unit_of_work():
            reshipping.pay_difference(buyer, ticket.id, key)
    assert wallet(buyer) == before - 500
    assert_sound(world.id)
    with unit_of_work():
        reshipping.reship(owner, ticket.id, None, "zto", mall.waybill())
    with pytest.raises(Refused):
        mall.complete(buyer, order.id)  # a ticket is open
    with unit_of_work():
        reshipping.confirm(buyer, ticket.id)
    assert (fresh(ticket).state, fresh(ticket).outcome) == (AfterSaleState.SUCCESS, Outcome.RESHIPPED)
    assert stock_of(large) == (1, 1, 0)
    line = mall.order_row(order.id).lines[0]
    assert (line.exchanged, line.applying, line.returnable) == (1, 0, 1)
    assert book.balance(world.id, book.shop_balance(shop.id)) == 475
    with pytest.raises(Refused):
        ask(buyer, order, aftersales.Claim(AfterSaleKind.RETURN, 2, Reason.QUALITY))
    mall.complete(buyer, order.id)
    assert_sound(world.id)


def test_exchange_that_is_never_sent_again_becomes_a_refund(world: World, seller: Seller, buyer: Actor) -> None:
    listing = mall.make_listing(*seller, skus=[("小", 1000, 5), ("大", 1500, 1)])
    small, large = (sku.id for sku in listing.skus)
    order = sent(seller, buyer, small, 1)
    silent = ask(buyer, order, aftersales.Claim(EX, 1, Reason.SIZE, "", None, large))
    jump(world, timedelta(hours=48))  # the seller says nothing: agreed
    send_back(buyer, silent)
    with unit_of_work():
        reshipping.pay_difference(buyer, silent.id, mall.key())
    jump(world, timedelta(hours=44 + 7 * 24))  # nobody takes it in: taken in as good
    assert fresh(silent).state == AfterSaleState.WAIT_RESHIP
    jump(world, timedelta(days=7))
    done = fresh(silent)
    assert (done.state, done.outcome, done.paid) == (AfterSaleState.SUCCESS, Outcome.REFUNDED, 1000)
    assert wallet(buyer) == 10_000_000
    assert (stock_of(small), stock_of(large)) == ((5, 0, 0), (1, 0, 0))
    assert mall.order_row(order.id).close_reason == CloseReason.REFUNDED
    assert_sound(world.id)


def test_resending_from_stock_or_refund_without(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    sku = mall.make_listing(*seller, skus=[("默认", 1000, 4)]).skus[0].id
    order = sent(seller, buyer, sku, 3)
    ticket = ask(buyer, order, aftersales.Claim(RS, 1, Reason.WRONG_GOODS, "少发一件"))
    with unit_of_work():
        aftersales.agree(owner, ticket.id, None)
    assert (fresh(ticket).state, stock_of(sku)) == (AfterSaleState.WAIT_RESHIP, (1, 1, 0))
    with unit_of_work():
        reshipping.reship(owner, ticket.id, None, "zto", mall.waybill())
    jump(world, timedelta(days=10))
    assert fresh(ticket).outcome == Outcome.RESHIPPED
    assert mall.order_row(order.id).state == OrderState.SHIPPED  # its clock stood, and runs on
    again = ask(buyer, order, aftersales.Claim(RS, 3, Reason.WRONG_GOODS, "又少了"))
    jump(world, timedelta(hours=48))  # silent, and without stock: the money goes back
    assert (fresh(again).kind, fresh(again).paid) == (RO, 3000)
    assert_sound(world.id)


def test_dispute_by_rule_and_by_the_instructor(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    sku = mall.make_listing(*seller, skus=[("默认", 1000, 9)]).skus[0].id
    order = sent(seller, buyer, sku, 3)

    def dispute(pictures: tuple[str, ...] = ()) -> AfterSale:
        ticket = ask(buyer, order, aftersales.Claim(RO, 1, Reason.QUALITY, "收到时已经裂了"))
        with unit_of_work():
            aftersales.reject(owner, ticket.id, None, "发出时完好")
            disputes.escalate(buyer, ticket.id, None, "buyer", "有开箱照片，请看图片", pictures)
        return fresh(ticket)

    by_rule = dispute(("a", "b"))
    assert by_rule.state == AfterSaleState.DISPUTE
    with unit_of_work():
        disputes.add_evidence(owner, by_rule.id, "seller", "我们发货前检查过的")
    with pytest.raises(NotFound), unit_of_work():
        disputes.add_evidence(mall.make_trainee(world), by_rule.id, "buyer", "我也来说两句话")
    jump(world, timedelta(hours=48))
    assert (fresh(by_rule).state, fresh(by_rule).paid) == (AfterSaleState.SUCCESS, 1000)
    assert "没有图片反驳" in fresh(by_rule).verdict
    lost = dispute()
    jump(world, timedelta(hours=48))
    assert (fresh(lost).state, fresh(lost).outcome) == (AfterSaleState.CLOSED, Outcome.NONE)

    with unit_of_work():
        change_setting(teacher, world.id, "dispute_by_instructor", 1)
    judged = dispute()
    jump(world, timedelta(hours=48))
    assert fresh(judged).state == AfterSaleState.DISPUTE
    stranger = make_actor(Role.INSTRUCTOR, make_world().scope_id)
    with pytest.raises(NotFound), unit_of_work():
        disputes.decide(stranger, judged.id, None, for_buyer=True, why="别班的讲师不能裁决")
    with unit_of_work():
        disputes.decide(teacher, judged.id, None, for_buyer=True, why="包装照片显示运输受损")
    assert fresh(judged).paid == 1000
    with pytest.raises(Refused), unit_of_work():
        disputes.decide(teacher, judged.id, None, for_buyer=False, why="再来一次不行")
    decided = [event for event in HEARD if isinstance(event, events.DisputeDecided)]
    assert [(e.for_buyer, e.by_instructor) for e in decided] == [(True, False), (False, False), (True, True)]
    assert_sound(world.id)


def test_parcels_are_stopped_refused_or_lost(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    sku = mall.make_listing(*seller, skus=[("默认", 1000, 40)]).skus[0].id
    ends: dict[AfterSaleState, AfterSale] = {}
    for luck in (True, False):  # seven of ten are stopped
        number = waybill_that(world, "intercept", 7_000, happens=luck)
        order = sent(seller, buyer, sku, 1, signed=False, waybill=number)
        ticket = mall.ask_back(buyer, order.id, order.lines[0].id)
        assert ticket.parcel_id is not None
        with unit_of_work():
            aftersales.agree(owner, ticket.id, None)
        ends.setdefault(fresh(ticket).state, ticket)
    stopped, failed = ends[AfterSaleState.BUYER_SHIPPED], ends[AfterSaleState.REJECTED]
    assert "拦截失败" in fresh(failed).reject_reason
    with pytest.raises(Refused) as on_the_way, unit_of_work():
        aftersales.cancel(buyer, stopped.id)
    assert on_the_way.value.code == "goods_back"
    with unit_of_work():
        claim = aftersales.Claim(AfterSaleKind.RETURN, 1, Reason.DISLIKE)
        aftersales.modify(buyer, failed.id, None, claim)
    assert (fresh(failed).kind, fresh(failed).state) == (AfterSaleKind.RETURN, AfterSaleState.APPLIED)
    jump(world, timedelta(hours=36))
    assert fresh(stopped).back_signed_at is not None
    with unit_of_work():
        aftersales.receive_back(owner, stopped.id, None, 0, 1)
    assert fresh(stopped).paid == 1000
    assert_sound(world.id)

    at_the_door = sent(seller, buyer, sku, 2, signed=False)
    jump(world, timedelta(hours=40))
    parcel = db.session.scalars(sa.select(Parcel).where(Parcel.order_id == at_the_door.id)).one()
    with unit_of_work():
        opened = parcels.refuse_parcel(buyer, parcel.id)
    assert [ticket.state for ticket in opened] == [AfterSaleState.BUYER_SHIPPED]
    with pytest.raises(Refused), unit_of_work():
        parcels.refuse_parcel(buyer, parcel.id)
    jump(world, timedelta(days=9))  # back, and taken in by the clock
    assert mall.order_row(at_the_door.id).close_reason == CloseReason.REFUNDED
    assert db.session.get_one(Parcel, parcel.id).state == ParcelState.RETURNED

    with unit_of_work():
        change_setting(make_actor(Role.INSTRUCTOR, world.scope_id), world.id, "parcel_lost_bp", 2_000)
    lost, kept = (
        sent(seller, buyer, sku, 1, signed=False, waybill=waybill_that(world, "parcel-lost", 2_000, happens=luck))
        for luck in (True, False)
    )
    jump(world, timedelta(days=4))
    assert mall.order_row(lost.id).close_reason == CloseReason.REFUNDED
    assert mall.order_row(lost.id).parcels[0].state == ParcelState.LOST
    assert mall.order_row(kept.id).parcels[0].state == ParcelState.SIGNED
    assert_sound(world.id)


def test_a_waybill_without_goods_is_noticed_after_a_day(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    order = mall.buy(buyer, [(mall.make_listing(*seller).skus[0].id, 1)])
    with unit_of_work():
        shipping.ship_order(owner, order.id, {}, "zto", mall.waybill(), mall.key(), with_carrier=False)
    jump(world, timedelta(hours=24))
    assert [type(event) for event in HEARD] == [events.ParcelNotCollected]
    parcel = db.session.scalars(sa.select(Parcel).where(Parcel.order_id == order.id)).one()
    assert parcel.state == ParcelState.SHIPPED
    with pytest.raises(NotFound), unit_of_work():
        parcels.hand_over(buyer, parcel.id)
    with unit_of_work():
        parcels.hand_over(owner, parcel.id)
    jump(world, timedelta(hours=44))
    assert db.session.get_one(Parcel, parcel.id).state == ParcelState.SIGNED


def test_price_is_changed_once_before_payment(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("红", 1000, 9), ("蓝", 333, 9)], freight=800)
    red, blue = (sku.id for sku in listing.skus)
    order_id = mall.place(buyer, [(red, 2), (blue, 1)])[0]
    with unit_of_work():
        old = payments.open_payment(buyer, order_id)
    for goods, freight, field in ((2334, 800, "goods"), (2333, 801, "freight"), (0, 0, "goods"), (2333, 800, "goods")):
        with pytest.raises(InvalidInput) as wrong, unit_of_work():
            order_desk.change_price(owner, order_id, goods, freight, mall.key())
        assert wrong.value.field == field
    with unit_of_work():
        order_desk.change_price(owner, order_id, 2000, 0, mall.key())
    row = mall.order_row(order_id)
    assert (row.payable, [line.payable for line in row.lines]) == (2000, [1715, 285])  # 333 off: 285.47, 47.53
    assert [line.steps[-1][2] for line in row.lines] == [285, 48]
    with pytest.raises(Refused), unit_of_work():
        order_desk.change_price(owner, order_id, 1000, 0, mall.key())
    with unit_of_work():  # the old link is void: its amount is no longer what the order asks
        assert payments.payment_arrived(world.id, old.id, 3133) == payments.Settlement.WRONG_AMOUNT
    mall.pay(buyer, [order_id])
    assert wallet(buyer) == 10_000_000 - 2000
    with pytest.raises(Refused, match="待付款"), unit_of_work():
        order_desk.change_price(owner, order_id, 1, 0, mall.key())
    with unit_of_work():
        order_desk.mark_order(owner, order_id, Flag.RED, "老客户，送小样")
    with pytest.raises(NotFound), unit_of_work():
        order_desk.mark_order(buyer, order_id, Flag.RED, "")
    assert_sound(world.id)


def test_late_goods_out_of_stock_fast_refund_and_extension(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    sku = mall.make_listing(*seller, skus=[("默认", 1000, 9)], freight=600).skus[0].id
    late = mall.buy(buyer, [(sku, 2)])
    jump(world, timedelta(hours=49))
    key = mall.key()
    for _ in range(2):
        with unit_of_work():
            order_desk.report_out_of_stock(owner, late.id, key)
    assert [type(event).__name__ for event in HEARD] == ["ShippedLate", "OrderOutOfStock"]
    assert (mall.order_row(late.id).refunded, stock_of(sku)) == (2600, (9, 0, 0))

    whole = mall.buy(buyer, [(sku, 2)])
    ticket = mall.ask_back(buyer, whole.id, whole.lines[0].id, 2)
    run_due(world.id)
    assert fresh(ticket).state == AfterSaleState.SUCCESS  # at once: nothing was sent, and the whole line is asked back
    assert db.session.scalars(sa.select(Refund.attempts).where(Refund.ticket_id == ticket.id)).all() == [1]

    order = sent(seller, buyer, sku, 1)
    by = mall.order_row(order.id).receive_by
    assert by is not None
    with unit_of_work():
        shipping.extend_receipt(buyer, order.id)
    assert mall.order_row(order.id).receive_by == by + timedelta(days=3)
    with pytest.raises(Refused), unit_of_work():
        shipping.extend_receipt(buyer, order.id)
    jump(world, timedelta(days=9))
    assert mall.order_row(order.id).state == OrderState.SHIPPED
    jump(world, timedelta(days=3))
    assert mall.order_row(order.id).state == OrderState.COMPLETED
    jump(world, timedelta(days=8))
    with pytest.raises(Refused, match="只能因商品质量问题"):
        mall.ask_back(buyer, order.id, order.lines[0].id)
    quality = mall.ask_back(buyer, order.id, order.lines[0].id, 1, AfterSaleKind.RETURN, Reason.QUALITY)
    with unit_of_work():
        aftersales.cancel(buyer, quality.id)
    jump(world, timedelta(days=7))
    review = db.session.scalars(sa.select(Review).where(Review.order_id == order.id)).one()
    assert (review.by_default, review.text) == (True, "系统默认好评")
    assert reviews.scores(review.listing_id).count == 0
    assert_sound(world.id)

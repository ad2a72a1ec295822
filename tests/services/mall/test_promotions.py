"""Coupons and activities at the checkout, under the clock and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.models import World
from app.worlds.settings import change_setting
from app.worlds.ticker import run_due
from sim_mall.data import ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.domain.pricing.terms import Tier
from sim_mall.domain.promotion_flow import CouponScope, CouponState, GroupState, PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.goods import Stock
from sim_mall.models.promotions import Coupon, CouponTemplate, Group, LineDiscount, Promotion, PromotionItem
from sim_mall.models.trade import Notice, Order, OrderLine
from sim_mall.services import aftersales, checkout, coupons, groups, orders, payments, promotions
from sim_mall.services.checkout import Choice, Wanted
from sim_mall.services.offers import GroupChoice
from sim_mall.services.promotions import ItemDraft
from tests.factories import mall
from tests.factories import promotions as made
from tests.factories.mall_checks import assert_sound
from tests.factories.world import make_actor, make_world
from tests.services.mall.test_parallel import at_once

pytestmark = pytest.mark.usefixtures("app_context")
K = PromotionKind


@pytest.fixture
def buyer(world: World) -> Actor:
    return mall.make_trainee(world)


def jump(world: World, step: timedelta) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        clock.jump(teacher, world.id, step)
    run_due(world.id)
    db.session.expire_all()


def submit(buyer: Actor, lines: Sequence[tuple[int, int]], choice: Choice | None = None, **more: object) -> list[int]:
    with unit_of_work():
        wanted = [Wanted(sku, quantity) for sku, quantity in lines]
        return orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key(), choice=choice, **more)  # type: ignore[arg-type]


def state_of(coupon: Coupon) -> CouponState:
    db.session.expire_all()
    return db.session.get_one(Coupon, coupon.id).state


def stock_row(sku: int) -> tuple[int, int, int]:
    """Return (on hand, allocated, set aside)."""
    row = db.session.execute(sa.select(Stock.on_hand, Stock.allocated, Stock.aside).where(Stock.sku_id == sku)).one()
    return row[0], row[1], row[2]


def test_the_worked_order_is_bought_to_the_fen(world: World, seller: tuple[Actor, ShopInfo], buyer: Actor) -> None:
    owner, shop = seller
    a, b, c = (
        mall.make_listing(owner, shop, title, [("默认", price, 9)], freight=800)
        for title, price in (("纯棉四件套 柔软亲肤", 5990), ("加厚保温水杯 便携", 1999), ("厨房清洁海绵 三片装", 850))
    )
    made.start(owner, K.LIMITED, Rule(bp=8800), ItemDraft(a.id))
    made.start(owner, K.FULL, Rule(tiers=(Tier(10000, off=1000),)))
    five = made.claim(buyer, made.issue(owner, scope=CouponScope.LISTING, scope_ids=(a.id, b.id)))
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    three = made.claim(buyer, made.issue(teacher, platform=True, off=300))
    wanted = [(a.skus[0].id, 1), (b.skus[0].id, 2), (c.skus[0].id, 3)]
    bill = checkout.check_out(buyer, [Wanted(*line) for line in wanted])
    assert [line.payable for line in bill.quote.lines] == [4409, 3344, 2266]
    assert (bill.base, bill.quote.payable, len(bill.coupons)) == (12538, 10819, 2)
    assert [fen for _, fen in bill.discounts()] == [719, 1000, 500, 300]
    choice = Choice(coupons=(five.id, three.id))
    ids = submit(buyer, wanted, choice, shown=bill.shown())
    order = mall.order_row(ids[0])
    assert (order.goods_payable, order.freight, order.payable) == (10019, 800, 10819)
    lines = db.session.scalars(sa.select(OrderLine).order_by(OrderLine.id)).all()
    assert [[step[2] for step in line.steps] for line in lines] == [[719, 446, 284, 132], [338, 216, 100], [216, 68]]
    assert db.session.scalar(sa.select(sa.func.sum(LineDiscount.share))) == 2519
    assert (state_of(five), state_of(three)) == (CouponState.LOCKED, CouponState.LOCKED)
    mall.pay(buyer, ids)
    assert (state_of(five), state_of(three)) == (CouponState.USED, CouponState.USED)
    assert_sound(world.id)


def test_who_may_claim_and_use_a_coupon(world: World, seller: tuple[Actor, ShopInfo], buyer: Actor) -> None:
    owner, shop = seller
    sku = mall.make_listing(owner, shop).skus[0].id
    template = made.issue(owner, total=2, per_user=1)
    coupon = made.claim(buyer, template)
    other = mall.make_trainee(world)
    for who, code in ((buyer, "coupon_had"), (owner, "own_coupon")):
        with pytest.raises(Refused) as refused:
            made.claim(who, template)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        made.claim(mall.make_trainee(make_world()), template)
    theirs = made.claim(other, template)
    with pytest.raises(Refused) as gone:
        made.claim(mall.make_trainee(world), template)
    assert gone.value.code == "coupon_gone"
    assert db.session.get_one(CouponTemplate, template.id, populate_existing=True).claimed == 2
    with pytest.raises(Refused) as foreign:
        submit(buyer, [(sku, 1)], Choice(coupons=(theirs.id,)))
    assert foreign.value.code == "coupon_unusable"
    high = made.claim(buyer, made.issue(owner, threshold=100_00))
    with pytest.raises(Refused, match="门槛"):
        submit(buyer, [(sku, 1)], Choice(coupons=(high.id,)))
    with pytest.raises(Refused, match="一张店铺券"):
        submit(buyer, [(sku, 9)], Choice(coupons=(high.id, coupon.id)))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Order)) == 0
    with unit_of_work():
        coupons.stop_template(owner, made.issue(owner, name="停发券").id)
    with pytest.raises(InvalidInput) as wrong:
        made.issue(owner, off=500, threshold=500)
    assert wrong.value.field == "off"


def test_a_coupon_ends_on_the_second_and_comes_back_with_its_order(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    owner, shop = seller
    sku = mall.make_listing(owner, shop, skus=[("默认", 176_00, 10)]).skus[0].id
    now = clock.sim_now(world.id)
    large = made.claim(buyer, made.issue(owner, off=1000_00, ends_at=now + timedelta(hours=1)))
    ids = submit(buyer, [(sku, 1)], Choice(coupons=(large.id,)))
    assert mall.order_row(ids[0]).payable == 1  # never free, never below
    with pytest.raises(Refused):
        submit(buyer, [(sku, 1)], Choice(coupons=(large.id,)))
    with unit_of_work():
        orders.cancel_order(buyer, ids[0])
    assert state_of(large) == CouponState.UNUSED
    paid = submit(buyer, [(sku, 1)], Choice(coupons=(large.id,)))
    mall.pay(buyer, paid)
    jump(world, timedelta(minutes=59, seconds=59))
    line = db.session.scalars(sa.select(OrderLine).where(OrderLine.order_id == paid[0])).one()
    second = made.claim(buyer, made.issue(owner, days=1))
    mall.ask_back(buyer, paid[0], line.id)  # refunded as a whole, before anything was sent
    ticket = db.session.execute(sa.text("SELECT id, state FROM mall_after_sale")).one()
    if ticket.state != "success":
        with unit_of_work():
            aftersales.agree(owner, ticket.id, None)
    assert state_of(large) == CouponState.UNUSED
    jump(world, timedelta(seconds=1))  # the end is exclusive
    assert state_of(large) == CouponState.EXPIRED
    with pytest.raises(Refused):
        submit(buyer, [(sku, 1)], Choice(coupons=(large.id,)))
    assert state_of(second) == CouponState.UNUSED
    assert_sound(world.id)


def test_a_promotion_that_begins_while_somebody_pays_is_told(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    owner, shop = seller
    listing = mall.make_listing(owner, shop)
    sku = listing.skus[0].id
    shown = checkout.check_out(buyer, [Wanted(sku, 2)]).shown()
    promotion = made.start(owner, K.MULTI, Rule(min_qty=2, bp=9000))
    with pytest.raises(Conflict) as changed:
        submit(buyer, [(sku, 2)], shown=shown)
    assert changed.value.message == "价格有变化：应付由 ¥20.00 变为 ¥18.00，请确认后重新提交。"
    assert [issue.message for issue in changed.value.issues] == [
        "“纯棉四件套 柔软亲肤”的优惠后金额由 ¥20.00 变为 ¥18.00。"
    ]
    with unit_of_work():
        promotions.stop(owner, promotion.id)
    assert mall.order_row(submit(buyer, [(sku, 2)], shown=shown)[0]).payable == 2000
    with pytest.raises(Refused, match="发布后不能再改"), unit_of_work():
        promotions.change_promotion(owner, promotion.id, promotions.draft_of(promotion))
    with pytest.raises(NotFound), unit_of_work():
        promotions.stop(mall.make_seller(world)[0], promotion.id)


def test_a_flash_sale_has_stock_and_limits_of_its_own(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    owner, shop = seller
    listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)])
    sku = listing.skus[0].id
    now = clock.sim_now(world.id)
    draft = promotions.PromotionDraft(
        K.FLASH, "晚八点秒杀", now + timedelta(hours=1), now + timedelta(hours=3), Rule(per_user=2, per_order=2),
        items=(ItemDraft(listing.id, sku, 500, stock=4),),
    )  # fmt: skip
    with unit_of_work():
        promotion = promotions.publish(owner, promotions.create_promotion(owner, draft, mall.key()).id)
    assert (promotion.state, stock_row(sku)) == (PromotionState.SCHEDULED, (10, 0, 0))
    jump(world, timedelta(hours=1))
    assert stock_row(sku) == (10, 0, 4)
    first = submit(buyer, [(sku, 2)])
    assert (mall.order_row(first[0]).payable, stock_row(sku)) == (1000, (10, 2, 2))
    assert mall.order_row(first[0]).pay_by == clock.sim_now(world.id) + timedelta(minutes=15)
    bill = checkout.check_out(buyer, [Wanted(sku, 1)])
    assert (bill.quote.payable, bill.notes) == (1000, {0: "每人限购 2 件，你已买 2 件，按非秒杀价计算"})
    with unit_of_work():
        orders.cancel_order(buyer, first[0])
    assert stock_row(sku) == (10, 0, 4)
    paid = submit(buyer, [(sku, 1)])
    mall.pay(buyer, paid)
    other = mall.make_trainee(world)
    usual = submit(other, [(sku, 6)])  # more than the limit: the usual price, from the usual stock
    assert (mall.order_row(usual[0]).payable, stock_row(sku)) == (6000, (10, 7, 3))
    with pytest.raises(Refused, match="库存不足"):
        submit(other, [(sku, 3)])  # what is set aside is not for sale at the usual price
    jump(world, timedelta(hours=2))
    item = db.session.scalars(sa.select(PromotionItem)).one()
    assert (item.taken, item.stock, item.offered) == (1, 1, 4)
    assert stock_row(sku) == (10, 1, 0)  # the unpaid order timed out, the rest went back to sale
    assert db.session.get_one(Promotion, promotion.id).state == PromotionState.ENDED
    mall.ship(owner, paid[0])
    assert_sound(world.id)


def test_groups_fill_overflow_and_fail(world: World, seller: tuple[Actor, ShopInfo], buyer: Actor) -> None:
    owner, shop = seller
    listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)], freight=600)
    sku = listing.skus[0].id
    rule = Rule(size=2, hours=24, per_user=2)
    promotion = made.start(owner, K.GROUP, rule, ItemDraft(listing.id, sku, 700), hours=100)
    assert checkout.check_out(buyer, [Wanted(sku, 1)]).quote.goods_payable == 1000  # alone: the usual price
    opening = Choice(coupons=(), group=GroupChoice(promotion.id))
    head = submit(buyer, [(sku, 1)], opening)
    mall.pay(buyer, head)
    group = db.session.scalars(sa.select(Group)).one()
    assert (group.taken, group.size, mall.order_row(head[0]).forming) == (1, 2, True)
    with pytest.raises(Refused, match="成团后才能发货"):
        mall.ship(owner, head[0])
    joining = Choice(coupons=(), group=GroupChoice(promotion.id, group.id))
    with pytest.raises(Refused, match="已经在这个团里"):
        submit(buyer, [(sku, 1)], joining)
    second, third = mall.make_trainee(world), mall.make_trainee(world)
    theirs, late = submit(second, [(sku, 1)], joining), submit(third, [(sku, 1)], joining)
    mall.pay(second, theirs)
    assert db.session.get_one(Group, group.id, populate_existing=True).state == GroupState.SUCCESS
    assert not mall.order_row(head[0]).forming
    assert mall.order_row(head[0]).ship_by == clock.sim_now(world.id) + timedelta(hours=48)
    mall.pay(third, late)  # full meanwhile: the head of a new group
    newer = db.session.scalars(sa.select(Group).where(Group.id != group.id)).one()
    assert (newer.head_id, newer.taken) == (third.account_id, 1)
    mall.ship(owner, head[0])
    wallet = book.balance(world.id, book.wallet(third.person()))
    jump(world, timedelta(hours=24))
    failed = mall.order_row(late[0])
    assert (failed.state, failed.close_reason, failed.refunded) == (OrderState.CLOSED, CloseReason.GROUP, 1300)
    assert book.balance(world.id, book.wallet(third.person())) == wallet + 1300
    assert db.session.get_one(Group, newer.id).state == GroupState.FAILED
    with pytest.raises(Refused):
        groups.refuse_joining(second, promotion.id, newer.id)
    assert_sound(world.id)


def test_who_finds_no_seat_is_refunded_where_the_activity_says_so(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 10)], freight=600)
    sku, rule = listing.skus[0].id, Rule(size=2, hours=24, refund_full=True)
    promotion = made.start(seller[0], K.GROUP, rule, ItemDraft(listing.id, sku, 700), hours=100)
    mall.pay(buyer, submit(buyer, [(sku, 1)], Choice(coupons=(), group=GroupChoice(promotion.id))))
    group = db.session.scalars(sa.select(Group)).one()
    joining = Choice(coupons=(), group=GroupChoice(promotion.id, group.id))
    second, third = mall.make_trainee(world), mall.make_trainee(world)
    theirs, late = submit(second, [(sku, 1)], joining), submit(third, [(sku, 1)], joining)
    mall.pay(second, theirs)
    with unit_of_work():
        assert payments.pay_orders(third, late, mall.key()) == late
    row = mall.order_row(late[0])
    assert (row.state, row.close_reason, row.refunded, row.forming) == (
        OrderState.CLOSED,
        CloseReason.GROUP,
        1300,
        False,
    )
    assert book.balance(world.id, book.wallet(third.person())) == 10_000_000
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Group)) == 1
    assert stock_row(sku) == (10, 2, 0)
    assert_sound(world.id)


def test_a_virtual_group_needs_the_instructors_leave_and_teaches_the_rule(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 10)])
    sku, teacher = listing.skus[0].id, make_actor(Role.INSTRUCTOR, world.scope_id)
    item = ItemDraft(listing.id, sku, 700)
    promotion = made.start(seller[0], K.GROUP, Rule(size=3, hours=24, virtual=True), item, hours=100)
    states = []
    for allowed in (0, 1):
        with unit_of_work():
            change_setting(teacher, world.id, "group_virtual", allowed)
        order_id = submit(buyer, [(sku, 1)], Choice(coupons=(), group=GroupChoice(promotion.id)))[0]
        mall.pay(buyer, [order_id])
        jump(world, timedelta(hours=24))
        group = db.session.scalars(sa.select(Group).order_by(Group.id.desc())).first()
        assert group is not None
        row = mall.order_row(order_id)
        states.append((group.state, group.virtual, row.state, row.ship_by is not None))
    assert states == [
        (GroupState.FAILED, False, OrderState.CLOSED, False),
        (GroupState.SUCCESS, True, OrderState.PAID, True),
    ]
    told = db.session.scalars(sa.select(Notice.title).where(Notice.account_id == seller[0].person())).all()
    assert "虚拟成团提醒" in told
    mall.ship(seller[0], order_id)
    assert_sound(world.id)


def test_flash_prices_stack_only_where_the_world_allows_it(
    world: World, seller: tuple[Actor, ShopInfo], buyer: Actor
) -> None:
    listing = mall.make_listing(*seller, skus=[("默认", 2000, 10)])
    sku = listing.skus[0].id
    made.start(seller[0], K.FLASH, Rule(per_user=5), ItemDraft(listing.id, sku, 1500, stock=5))
    made.start(seller[0], K.FULL, Rule(tiers=(Tier(1500, off=300),)))
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    seen = []
    for allowed in (0, 1):
        with unit_of_work():
            change_setting(teacher, world.id, "flash_stacks", allowed)
        seen.append(checkout.check_out(buyer, [Wanted(sku, 1)]).quote.payable)
    assert seen == [1500, 1200]


def test_bundles_and_free_freight_at_the_checkout(seller: tuple[Actor, ShopInfo], buyer: Actor) -> None:
    owner, shop = seller
    cup = mall.make_listing(owner, shop, "加厚保温水杯 便携", [("默认", 3000, 9)], freight=800)
    brush = mall.make_listing(owner, shop, "杯刷长柄 软毛", [("默认", 1000, 9)], freight=800)
    made.start(owner, K.BUNDLE, Rule(price=3500), ItemDraft(cup.id), ItemDraft(brush.id))
    made.start(owner, K.FREIGHT, Rule(free_from=6500))
    one = [Wanted(cup.skus[0].id, 1), Wanted(brush.skus[0].id, 1)]
    two = [Wanted(cup.skus[0].id, 2), Wanted(brush.skus[0].id, 2)]
    assert [checkout.check_out(buyer, lines).quote.payable for lines in (one, two)] == [3500 + 800, 7000]
    with pytest.raises(InvalidInput) as wrong:
        made.start(owner, K.FLASH, Rule(), ItemDraft(cup.id, cup.skus[0].id, 3000, stock=10))
    assert [issue.message for issue in wrong.value.issues] == [
        "“加厚保温水杯 便携（默认）”的活动价要低于原价 30.00 元、至少 0.01 元。",
        "“加厚保温水杯 便携（默认）”的秒杀库存应在 1 到 9（现有可售库存）之间。",
    ]


def test_one_coupon_in_five_orders_and_the_last_flash_units(app: Flask) -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 50)])
    other = mall.make_listing(owner, shop, "加厚保温水杯 便携", [("默认", 2000, 50)]).skus[0].id
    sku = listing.skus[0].id
    made.start(owner, K.FLASH, Rule(per_user=1), ItemDraft(listing.id, sku, 500, stock=3))
    buyers = [mall.make_trainee(world) for _ in range(8)]
    coupon = made.claim(buyers[0], made.issue(owner))
    choice = Choice(coupons=(coupon.id,))
    shown = checkout.check_out(buyers[1], [Wanted(sku, 1)]).shown()
    world_id, coupon_id = world.id, coupon.id
    db.session.remove()

    def with_coupon() -> None:
        orders.submit_orders(buyers[0], [Wanted(other, 1)], mall.RECEIVER, key=mall.key(), choice=choice)

    answers = at_once(app, [with_coupon] * 5, width=5)
    assert (answers["ok"], sum(answers.values())) == (1, 5)
    assert set(answers) <= {"ok", "coupon_unusable", "conflict", "wrong_state"}

    def flash(buyer: Actor) -> None:
        ids = orders.submit_orders(buyer, [Wanted(sku, 1)], mall.RECEIVER, key=mall.key(), shown=shown)
        payments.pay_orders(buyer, ids, mall.key())

    answers = at_once(app, [partial(flash, buyer) for buyer in buyers], width=8)
    assert (answers["ok"], sum(answers.values())) == (3, 8)
    assert set(answers) <= {"ok", "out_of_stock", "price_changed", "flash_gone"}
    assert db.session.get_one(Coupon, coupon_id).state == CouponState.LOCKED
    assert stock_row(sku) == (50, 3, 0)
    assert_sound(world_id)


def test_the_platform_bears_its_own_coupon(world: World, seller: tuple[Actor, ShopInfo], buyer: Actor) -> None:
    """3.00 off 30.00: the buyer pays 27.00, the shop gets 30.00 less fees; a unit that comes back takes 1.00 along."""
    owner, shop = seller
    sku = mall.make_listing(owner, shop, skus=[("默认", 1000, 9)]).skus[0].id
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    coupon = made.claim(buyer, made.issue(teacher, platform=True, off=300))
    order_id = submit(buyer, [(sku, 3)], Choice(coupons=(coupon.id,)))[0]
    mall.pay(buyer, [order_id])
    mall.ship(owner, order_id)
    mall.complete(buyer, order_id)
    row = mall.order_row(order_id)
    assert (row.payable, row.settled, row.subsidy) == (2700, 2700, 300)
    purse = book.shop_balance(shop.id)
    assert book.balance(world.id, purse) == 3000 - row.fee
    line_id = row.lines[0].id
    ticket = mall.ask_back(buyer, order_id, line_id, kind=AfterSaleKind.RETURN, reason=Reason.QUALITY)
    with unit_of_work():
        aftersales.agree(owner, ticket.id, None)
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
        aftersales.receive_back(owner, ticket.id, None, 1, 0)
    row = mall.order_row(order_id)
    assert (row.refunded, row.subsidy_back) == (900, 100)
    postage = 1000  # for goods of poor quality the shop bears the way back
    assert book.balance(world.id, purse) == 3000 - 1000 - postage - row.fee + row.fee_back
    assert_sound(world.id)

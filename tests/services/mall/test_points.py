"""Points (积分) and the member's price (会员价) from the checkout to the refund, and the books that agree."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.trade import OrderLine
from sim_mall.services import aftersales, cart, checkout, favourites, orders, points
from sim_mall.services.checkout import Choice, Wanted
from sim_mall.services.offers import GroupChoice
from sim_mall.services.promotions import ItemDraft
from tests.factories import mall
from tests.factories import promotions as made
from tests.factories.mall_checks import assert_sound
from tests.factories.world import make_world
from tests.services.mall.test_parallel import at_once
from tests.services.mall.test_promotions import jump, submit

pytestmark = pytest.mark.usefixtures("app_context")


def _give(buyer: Actor, amount: int) -> None:
    """Let the buyer have points, as the platform gives them."""
    with unit_of_work():
        moves = {book.ISSUE: -amount, book.points(buyer.person()): amount}
        book.post(buyer.world(), f"test-points:{buyer.person()}:{mall.key()}", "points_earned", moves)


def _return_one(owner: Actor, buyer: Actor, order_id: int, line: OrderLine) -> None:
    ticket = mall.ask_back(buyer, order_id, line.id, kind=AfterSaleKind.RETURN, reason=Reason.QUALITY)
    with unit_of_work():
        aftersales.agree(owner, ticket.id, None)
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
        aftersales.receive_back(owner, ticket.id, None, 1, 0)


def test_points_are_earned_spent_and_returned_with_refunds() -> None:
    """3 x 10.00: points take half, 15.00, off; the shop still gets 30.00; each unit that comes back brings 5.00."""
    world = make_world()
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    sku, dear = (
        listing.skus[0].id
        for listing in (
            mall.make_listing(owner, shop, skus=[("默认", 10_00, 9)]),
            mall.make_listing(owner, shop, "加厚保温水杯 便携", [("默认", 2_000_00, 9)]),
        )
    )
    first = mall.buy(buyer, [(dear, 1)])
    mall.ship(owner, first.id)
    assert points.balance(buyer) == 0
    mall.complete(buyer, first.id)
    assert (points.balance(buyer), mall.order_row(first.id).points_earned) == (2_000, 2_000)  # 1 %

    priced = checkout.check_out(buyer, [Wanted(sku, 3)], choice=Choice(points=9_999))
    assert (priced.points, priced.points_most, priced.quote.payable) == (1_500, 1_500, 1_500)
    assert priced.discounts() == [("积分抵扣", 1_500)]
    [order_id] = submit(buyer, [(sku, 3)], Choice(points=9_999), shown=priced.shown())
    row = mall.order_row(order_id)
    assert (row.payable, row.points, points.balance(buyer)) == (1_500, 1_500, 500)
    mall.pay(buyer, [order_id])
    mall.ship(owner, order_id)
    mall.complete(buyer, order_id)
    row = mall.order_row(order_id)
    assert (row.settled, row.subsidy, row.points_earned) == (1_500, 1_500, 15)
    assert points.balance(buyer) == 515
    before = book.balance(world.id, book.wallet(buyer.person()))
    [line] = row.lines
    for expected_back, expected_points in ((500, 500 + 515 - 5), (1_000, 1_000 + 515 - 10), (1_500, 1_500 + 515 - 15)):
        _return_one(owner, buyer, order_id, line)
        row = mall.order_row(order_id)
        assert (row.points_back, points.balance(buyer)) == (expected_back, expected_points)
    assert book.balance(world.id, book.wallet(buyer.person())) == before + 1_500
    assert (row.state, row.points_earned, row.subsidy_back) == (OrderState.CLOSED, 0, 1_500)
    _return_one(owner, buyer, first.id, mall.order_row(first.id).lines[0])  # what it had earned goes too
    assert points.balance(buyer) == 0
    assert_sound(world.id)


def test_points_come_back_when_nothing_comes_of_an_order() -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    _give(buyer, 700)
    listing = mall.make_listing(owner, shop, skus=[("默认", 1_000, 9)])
    sku = listing.skus[0].id
    [cancelled] = submit(buyer, [(sku, 1)], Choice(points=300))
    assert points.balance(buyer) == 400
    with unit_of_work():
        orders.cancel_order(buyer, cancelled)
    assert points.balance(buyer) == 700
    [unpaid] = submit(buyer, [(sku, 1)], Choice(points=300))
    jump(world, timedelta(minutes=31))
    assert (mall.order_row(unpaid).state, points.balance(buyer)) == (OrderState.CLOSED, 700)
    [unshipped] = submit(buyer, [(sku, 2)], Choice(points=301))
    mall.pay(buyer, [unshipped])
    ticket = mall.ask_back(buyer, unshipped, mall.order_row(unshipped).lines[0].id, 1)
    with unit_of_work():
        aftersales.agree(owner, ticket.id, None)
    assert points.balance(buyer) == 399 + 150  # half of 301, rounded down; the rest with the other unit
    group = made.start(owner, PromotionKind.GROUP, Rule(size=2), ItemDraft(listing.id, sku, 800))
    [alone] = submit(buyer, [(sku, 1)], Choice(group=GroupChoice(group.id), points=400))
    mall.pay(buyer, [alone])
    assert points.balance(buyer) == 149
    jump(world, timedelta(hours=25))
    assert (mall.order_row(alone).state, points.balance(buyer)) == (OrderState.CLOSED, 549)
    assert_sound(world.id)


def test_points_are_spent_once(app: Flask) -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    _give(buyer, 400)
    sku = mall.make_listing(owner, shop, skus=[("默认", 1_000, 50)]).skus[0].id
    shown = checkout.check_out(buyer, [Wanted(sku, 1)], choice=Choice(coupons=(), points=400)).shown()
    world_id = world.id
    db.session.remove()

    def buy(key: str) -> None:
        choice = Choice(coupons=(), points=400)
        orders.submit_orders(buyer, [Wanted(sku, 1)], mall.RECEIVER, key=key, shown=shown, choice=choice)

    answers = at_once(app, [partial(buy, mall.key()) for _ in range(5)], width=5)
    assert (answers["ok"], sum(answers.values())) == (1, 5)
    assert set(answers) <= {"ok", "price_changed", "insufficient_funds"}
    assert points.balance(buyer) == 0
    assert_sound(world_id)


def test_a_member_of_the_shop_pays_the_members_price() -> None:
    world: World = make_world()
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    listing = mall.make_listing(owner, shop, skus=[("默认", 1_000, 9)])
    sku = listing.skus[0].id
    made.start(owner, PromotionKind.MEMBER, Rule(bp=9_000), ItemDraft(listing.id, sku))

    def price() -> int:
        return checkout.check_out(buyer, [Wanted(sku, 1)]).quote.payable

    assert price() == 1_000
    with unit_of_work():
        favourites.set_favourite(buyer, shop_id=shop.id, kept=True)
    assert price() == 900
    assert checkout.check_out(buyer, [Wanted(sku, 1)]).discounts() == [("活动价（测试活动）", 100)]
    made.start(owner, PromotionKind.LIMITED, Rule(bp=8_500), ItemDraft(listing.id, sku))
    assert price() == 850  # the lower of the two, never both
    made.start(owner, PromotionKind.FLASH, Rule(), ItemDraft(listing.id, sku, 990, stock=2))
    assert price() == 990  # a flash price goes before, even where it is dearer


def test_an_unticked_last_line_takes_no_share_of_a_discount() -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    _give(buyer, 500)
    names = ("纯棉四件套 柔软亲肤", "加厚保温水杯 便携", "不锈钢炒锅 家用")
    skus = [mall.make_listing(owner, shop, name, [("默认", 10_00, 9)]).skus[0].id for name in names]
    with unit_of_work():
        for sku in skus:
            cart.add_to_cart(buyer, sku, 1)
    items = {row.sku.id: row.item.id for row in cart.rows(buyer)}
    with unit_of_work():
        cart.update_cart(buyer, {}, [items[sku] for sku in skus[:2]])
    wanted = [Wanted(row.sku.id, row.item.quantity) for row in cart.rows(buyer, only_ticked=True)]
    priced = checkout.check_out(buyer, wanted, choice=Choice(points=499))
    assert sorted(line.sku.id for line in priced.lines) == sorted(skus[:2])
    assert [line.payable for line in priced.quote.lines] == [750, 751]

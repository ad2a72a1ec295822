"""The way of an order: submit, pay, ship, receive; money and stock at every step."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.flow import StateEvent
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.models import World
from app.worlds.settings import change_setting
from app.worlds.ticker import run_due
from sim_mall import open_platform
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.domain.payment_flow import PaymentState
from sim_mall.models.goods import Listing
from sim_mall.models.trade import CartItem, Notice, Order, OrderLine, Parcel, Payment
from sim_mall.services import cart, listings, orders, payments, reviews, shelves, shipping
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.world import make_actor, make_world

Seller = tuple[Actor, open_platform.ShopInfo]


def jump(world: World, step: timedelta) -> None:
    """Move the world's clock and fire what falls due."""
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        clock.jump(teacher, world.id, step)
    run_due(world.id)


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def buyer(world: World) -> Actor:
    return mall.make_trainee(world)


def test_from_cart_to_settlement(world: World, seller: Seller, buyer: Actor) -> None:
    owner, shop = seller
    other, second = mall.make_seller(world)
    first = mall.make_listing(owner, shop, skus=[("默认", 1999, 5)], freight=800)
    more = mall.make_listing(other, second, "山野脆甜苹果 五斤装", [("五斤", 3580, 9)])
    with unit_of_work():
        cart.add_to_cart(buyer, first.skus[0].id, 2)
        cart.add_to_cart(buyer, more.skus[0].id, 1)
    rows = cart.rows(buyer)
    assert [(row.amount, row.problem) for row in rows] == [(3998, ""), (3580, "")]
    ids = mall.place(buyer, [(row.sku.id, row.item.quantity) for row in rows])
    assert len(ids) == 2
    assert count(CartItem) == 0
    assert stock_of(first.skus[0].id) == (5, 2, 0)
    assert book.balance(world.id, book.wallet(buyer.person())) == 10_000_000
    mall.pay(buyer, ids)
    assert book.balance(world.id, book.wallet(buyer.person())) == 10_000_000 - 4798 - 3580
    assert book.balance(world.id, book.ESCROW) == 8378
    assert_sound(world.id)

    mall.ship(owner, ids[0])
    assert stock_of(first.skus[0].id) == (3, 0, 0)
    assert mall.order_row(ids[0]).state == OrderState.SHIPPED
    mall.complete(buyer, ids[0])
    row = mall.order_row(ids[0])
    assert (row.state, row.fee) == (OrderState.COMPLETED, 240)  # 5 % of 47.98 is 2.399
    assert book.balance(world.id, book.shop_balance(shop.id)) == 4798 - 240
    assert book.balance(world.id, book.FEE) == 240
    assert book.balance(world.id, book.ESCROW) == 3580
    assert db.session.get_one(Listing, first.id).sold == 2
    assert audit.verify(world.scope_id).broken_seq is None
    assert_sound(world.id)


def test_two_lines_of_one_sku_with_one_left_are_refused_together(world: World, seller: Seller, buyer: Actor) -> None:
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 1)])
    sku = listing.skus[0].id
    with pytest.raises(Refused) as refused:
        mall.place(buyer, [(sku, 1), (sku, 1)])
    assert refused.value.code == "out_of_stock"
    assert (count(Order), stock_of(sku)) == (0, (1, 0, 0))
    assert_sound(world.id)


def test_third_of_three_short_leaves_nothing_reserved(world: World, seller: Seller, buyer: Actor) -> None:
    listing = mall.make_listing(*seller, skus=[("红", 1000, 5), ("黄", 1000, 5), ("蓝", 1000, 1)])
    with pytest.raises(Refused, match="只剩 1 件"):
        mall.place(buyer, [(sku.id, 2) for sku in listing.skus])
    assert [stock_of(sku.id) for sku in listing.skus] == [(5, 0, 0), (5, 0, 0), (1, 0, 0)]
    assert (count(Order), count(OrderLine)) == (0, 0)


def test_same_key_gives_one_order_and_another_body_409(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    key = mall.key()

    def submit(quantity: int) -> list[int]:
        with unit_of_work():
            return orders.submit_orders(buyer, [orders.Wanted(sku, quantity)], mall.RECEIVER, key=key)

    assert submit(1) == submit(1)
    with pytest.raises(Conflict) as refused:
        submit(2)
    assert (refused.value.code, refused.value.status) == ("key_reused", 409)
    assert (count(Order), stock_of(sku)) == (1, (10, 1, 0))


def test_changed_price_answers_with_old_and_new(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("默认", 1000, 5)])
    wanted = [orders.Wanted(listing.skus[0].id, 2)]
    shown = orders.check_out(buyer, wanted).shown()
    row = listings.load_listing(listing.id)
    change = listings.SkuChange(row.skus[0].id, "S1", "默认", 1290, 5)
    with unit_of_work():
        listings.edit_listing(owner, row.id, listings.draft_of(row), [change], row.version, row.state)
    with pytest.raises(Conflict) as refused, unit_of_work():
        orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key(), shown=shown)
    assert refused.value.code == "price_changed"
    assert refused.value.message == "价格有变化：应付由 ¥20.00 变为 ¥25.80，请确认后重新提交。"
    assert [issue.message for issue in refused.value.issues] == ["“纯棉四件套 柔软亲肤”的价格由 ¥10.00 变为 ¥12.90。"]
    assert count(Order) == 0
    again = orders.check_out(buyer, wanted).shown()
    with unit_of_work():
        ids = orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key(), shown=again)
    assert mall.order_row(ids[0]).payable == 2580


def test_own_goods_off_sale_and_unknown_goods_cannot_be_bought(world: World, seller: Seller, buyer: Actor) -> None:
    owner, shop = seller
    listing = mall.make_listing(owner, shop)
    sku = listing.skus[0].id
    with pytest.raises(Refused) as own:
        mall.place(owner, [(sku, 1)])
    assert own.value.code == "own_goods"
    stranger = mall.make_trainee(make_world())
    with pytest.raises(NotFound):
        mall.place(stranger, [(sku, 1)])
    with unit_of_work():
        shelves.move_listings(owner, [listing.id], "take_off")
    with pytest.raises(Refused) as off:
        mall.place(buyer, [(sku, 1)])
    assert off.value.code == "off_sale"
    with pytest.raises(InvalidInput):
        mall.place(buyer, [])
    assert (count(Order), stock_of(sku)) == (0, (10, 0, 0))


def test_pay_notice_five_times_pays_once(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 1)])[0]
    with unit_of_work():
        payment = payments.open_payment(buyer, order_id)
    answers = []
    for _ in range(5):
        with unit_of_work():
            answers.append(payments.payment_arrived(world.id, payment.id, 1000))
    assert answers == [payments.Settlement.PAID, *[payments.Settlement.REPEATED] * 4]
    assert book.balance(world.id, book.ESCROW) == 1000
    assert mall.order_row(order_id).state == OrderState.PAID


def test_wrong_amount_is_not_paid_and_raises_an_alert(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 1)])[0]
    with unit_of_work():
        payment = payments.open_payment(buyer, order_id)
        answer = payments.payment_arrived(world.id, payment.id, 999)
    assert answer is payments.Settlement.WRONG_AMOUNT
    assert mall.order_row(order_id).state == OrderState.PENDING_PAY
    assert book.balance(world.id, book.ESCROW) == 0
    assert [row.action for row in audit.latest(world.scope_id, 1)] == ["payment.wrong_amount"]


def test_late_payment_goes_back_once(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 1)])[0]
    with unit_of_work():
        payment = payments.open_payment(buyer, order_id)
    with unit_of_work():
        orders.cancel_order(buyer, order_id)
    answers = []
    for _ in range(2):
        with unit_of_work():
            answers.append(payments.payment_arrived(world.id, payment.id, 1000))
    assert answers == [payments.Settlement.RETURNED, payments.Settlement.REPEATED]
    assert book.balance(world.id, book.wallet(buyer.person())) == 10_000_000
    assert db.session.get_one(Payment, payment.id).state == PaymentState.RETURNED
    assert mall.order_row(order_id).state == OrderState.CLOSED
    assert_sound(world.id)


def test_empty_wallet_pays_nothing(world: World, seller: Seller) -> None:
    poor = mall.make_trainee(world, capital=999)
    sku = mall.make_listing(*seller).skus[0].id
    ids = mall.place(poor, [(sku, 1)])
    with pytest.raises(Refused) as refused:
        mall.pay(poor, ids)
    assert refused.value.code == "insufficient_funds"
    assert mall.order_row(ids[0]).state == OrderState.PENDING_PAY
    assert (count(Payment), book.balance(world.id, book.wallet(poor.person()))) == (0, 999)


def test_unpaid_order_is_cancelled_by_the_clock(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 3)])[0]
    jump(world, timedelta(minutes=29))
    assert mall.order_row(order_id).state == OrderState.PENDING_PAY
    jump(world, timedelta(minutes=2))
    row = mall.order_row(order_id)
    assert (row.state, row.close_reason) == (OrderState.CLOSED, CloseReason.TIMEOUT)
    assert row.closed_at == row.pay_by
    assert stock_of(sku) == (10, 0, 0)
    with pytest.raises(Refused):
        mall.pay(buyer, [order_id])
    assert_sound(world.id)


def test_seller_closes_an_unpaid_order_with_a_reason(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 1)])[0]
    with pytest.raises(InvalidInput), unit_of_work():
        orders.close_order(seller[0], order_id, "")
    with unit_of_work():
        orders.close_order(seller[0], order_id, "暂时缺货")
    assert mall.order_row(order_id).close_reason == CloseReason.SELLER
    assert stock_of(sku) == (10, 0, 0)
    told = db.session.scalars(sa.select(Notice).where(Notice.account_id == buyer.person())).all()
    assert "暂时缺货" in told[-1].text


def test_partial_shipment_and_the_way_of_parcels(world: World, seller: Seller, buyer: Actor) -> None:
    owner, _ = seller
    listing = mall.make_listing(*seller, skus=[("红", 1000, 5), ("蓝", 2000, 5)])
    order = mall.buy(buyer, [(listing.skus[0].id, 2), (listing.skus[1].id, 1)])
    red, blue = order.lines
    mall.ship(owner, order.id, {red.id: 1})
    assert mall.order_row(order.id).state == OrderState.PART_SHIPPED
    with pytest.raises(Refused, match="最多还能发 1 件"):
        mall.ship(owner, order.id, {red.id: 2})
    with pytest.raises(Refused):
        mall.complete(buyer, order.id)
    mall.ship(owner, order.id)
    row = mall.order_row(order.id)
    assert row.state == OrderState.SHIPPED
    assert [(line.id, line.shipped) for line in row.lines] == [(red.id, 2), (blue.id, 1)]
    assert count(Parcel) == 2
    assert_sound(world.id)
    jump(world, timedelta(hours=13))
    states = {parcel.state for parcel in db.session.scalars(sa.select(Parcel))}
    assert states == {ParcelState.IN_TRANSIT}
    jump(world, timedelta(days=2))
    db.session.expire_all()
    assert {parcel.state for parcel in db.session.scalars(sa.select(Parcel))} == {ParcelState.SIGNED}


@pytest.mark.parametrize(
    ("carrier", "waybill", "field"),
    [("", "1", "carrier"), ("zto", "123", "waybill"), ("sf", "75000000000001", "waybill")],
)
def test_wrong_waybill_ships_nothing(
    world: World, seller: Seller, buyer: Actor, carrier: str, waybill: str, field: str
) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order = mall.buy(buyer, [(sku, 1)])
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        shipping.ship_order(seller[0], order.id, {}, carrier, waybill, mall.key())
    assert refused.value.field == field
    assert mall.order_row(order.id).state == OrderState.PAID
    assert (count(Parcel), stock_of(sku)) == (0, (10, 1, 0))


def test_a_waybill_is_used_once_and_a_double_click_ships_once(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    one, two = mall.buy(buyer, [(sku, 1)]), mall.buy(buyer, [(sku, 1)])
    key, number = mall.key(), mall.waybill()
    for _ in range(2):
        with unit_of_work():
            shipping.ship_order(seller[0], one.id, {}, "zto", number, key)
    assert count(Parcel) == 1
    with pytest.raises(Refused) as refused, unit_of_work():
        shipping.ship_order(seller[0], two.id, {}, "zto", number, mall.key())
    assert refused.value.code == "waybill_used"
    with pytest.raises(Refused) as unpaid:
        mall.ship(seller[0], mall.place(buyer, [(sku, 1)])[0])
    assert unpaid.value.code == "unpaid"


def test_receipt_by_the_clock_settles(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order = mall.buy(buyer, [(sku, 1)])
    mall.ship(seller[0], order.id)
    jump(world, timedelta(days=9, hours=23))
    assert mall.order_row(order.id).state == OrderState.SHIPPED
    jump(world, timedelta(hours=2))
    row = mall.order_row(order.id)
    assert row.state == OrderState.COMPLETED
    assert row.completed_at == row.shipped_at + timedelta(days=10)  # type: ignore[operator]
    assert_sound(world.id)


def test_late_shipping_tells_the_seller(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order_id = mall.place(buyer, [(sku, 1)])[0]
    with unit_of_work():  # a promise that is changed afterwards holds for later orders
        db.session.execute(sa.update(Listing).values(promise_hours=360))
    mall.pay(buyer, [order_id])
    order = mall.order_row(order_id)
    assert order.ship_by == order.paid_at + timedelta(hours=48)  # type: ignore[operator]
    jump(world, timedelta(hours=49))
    told = db.session.scalars(sa.select(Notice.title).where(Notice.account_id == seller[0].person())).all()
    assert {"订单延迟发货", "违规：延迟发货"} <= set(told)
    assert mall.order_row(order.id).state == OrderState.PAID


def test_reviews_need_a_completed_order_and_are_written_once(world: World, seller: Seller, buyer: Actor) -> None:
    listing = mall.make_listing(*seller)
    order = mall.buy(buyer, [(listing.skus[0].id, 1)])
    said = [reviews.LineReview(order.lines[0].id, 5, "很好用")]
    with pytest.raises(Refused), unit_of_work():
        reviews.write_reviews(buyer, order.id, 5, 5, said, mall.key())
    mall.ship(seller[0], order.id)
    mall.complete(buyer, order.id)
    for bad in (0, 6):
        with pytest.raises(InvalidInput), unit_of_work():
            reviews.write_reviews(buyer, order.id, bad, 5, said, mall.key())
    contact = [reviews.LineReview(order.lines[0].id, 5, "加微信返现")]
    with pytest.raises(InvalidInput), unit_of_work():
        reviews.write_reviews(buyer, order.id, 5, 5, contact, mall.key())
    with unit_of_work():
        assert reviews.write_reviews(buyer, order.id, 4, 3, said, mall.key()) == 1
    with pytest.raises(Refused), unit_of_work():
        reviews.write_reviews(buyer, order.id, 5, 5, said, mall.key())
    scores = reviews.scores(listing_id=listing.id)
    assert (scores.count, scores.description, scores.service, scores.logistics) == (1, 500, 400, 300)
    assert scores.overall == 400
    row = db.session.get_one(Listing, listing.id)
    assert (row.rating_sum, row.rating_count) == (12, 1)


def test_other_peoples_orders_are_not_found(world: World, seller: Seller, buyer: Actor) -> None:
    sku = mall.make_listing(*seller).skus[0].id
    order = mall.buy(buyer, [(sku, 1)])
    stranger, _ = mall.make_seller(world)
    with pytest.raises(NotFound):
        mall.ship(stranger, order.id)
    with pytest.raises(NotFound):
        mall.complete(stranger, order.id)
    with pytest.raises(NotFound):
        open_platform.get_order(stranger, order.id)
    with pytest.raises(NotFound):
        mall.pay(stranger, [order.id])
    assert mall.order_row(order.id).version == 2


def _play_the_seed() -> list[tuple[str, str, timedelta]]:
    """Let a class pause, jump and wait; return what fell due in its world: flow or notice, event, simulated time."""
    world = make_world(seed="again-5")
    seller, shop = mall.make_seller(world)
    teacher, buyer = make_actor(Role.INSTRUCTOR, world.scope_id), mall.make_trainee(world)
    sku = mall.make_listing(seller, shop, skus=[("默认", 1000, 20)]).skus[0].id
    with unit_of_work():
        change_setting(teacher, world.id, "parcel_lost_bp", 2_000)
        change_setting(teacher, world.id, "pay_minutes", 10)
    seen = db.session.scalar(sa.select(sa.func.max(StateEvent.id))) or 0
    start = clock.sim_now(world.id)
    mall.place(buyer, [(sku, 1)])
    for number in range(3):
        sent = mall.buy(buyer, [(sku, 1)])
        with unit_of_work():
            shipping.ship_order(seller, sent.id, {}, "zto", f"7500990000{number:04d}", mall.key())
    late = mall.buy(buyer, [(sku, 1)]).id
    with wall.frozen(wall.now() + timedelta(minutes=40)):  # the class is paused: no deadline of 10 minutes fires
        assert run_due(world.id) == 0
        with unit_of_work():
            clock.jump(teacher, world.id, timedelta(days=11))
        run_due(world.id)
    assert mall.order_row(late).state == OrderState.PAID
    events = sa.select(StateEvent.flow, StateEvent.event, StateEvent.sim_at).where(StateEvent.id > seen)
    found = [(row.flow, row.event, row.sim_at - start) for row in db.session.execute(events.order_by(StateEvent.id))]
    told = sa.select(Notice.title, Notice.at).where(Notice.account_id == seller.person()).order_by(Notice.id)
    return found + [("notice", row.title, row.at - start) for row in db.session.execute(told)]


@pytest.mark.usefixtures("app_context")
def test_a_paused_class_jumps_in_due_order_and_its_seed_plays_the_same_again() -> None:
    first = _play_the_seed()
    assert first == _play_the_seed()
    events = [event for _, event, _ in first]
    moments = [moment for flow, _, moment in first if flow != "notice" and moment]
    assert moments == sorted(moments)
    assert moments[0] == timedelta(minutes=10)
    assert events.count("lose") == 1  # by the seed, not by luck
    told = [(title, moment) for flow, title, moment in first if flow == "notice"]
    assert ("订单延迟发货", timedelta(hours=48)) in told
    received = next(moment for _, event, moment in first if event == "auto_receive")
    assert received == timedelta(days=10)

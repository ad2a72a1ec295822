"""From listing to shipping: orders are fetched and bought once, money and stock agree at every step."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden, NotFound, Refused
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import due, ticker
from app.worlds.models import DueState, DueTask, World
from sim_mall.domain.aftersale_flow import AfterSaleKind
from sim_mall.open_platform import CARRIERS, get_order, listings_by_id
from sim_mall.services import aftersales
from sim_supply import api
from sim_supply.domain.order_flow import OrderState
from sim_supply.domain.waybill import CODES
from sim_supply.models.orders import FetchedLine, FetchedOrder, Mapping, PurchaseLine, PurchaseOrder, Route
from sim_supply.models.stock import OwnStock
from sim_supply.services import desk, fetching, orders
from sim_supply.services.sync import publish_stock
from tests.factories import mall, supply
from tests.factories.world import make_world


@pytest.fixture
def world(app_context: Flask) -> World:
    world = make_world()
    supply.import_rows(
        world,
        [
            supply.row(1),
            supply.row(2, supplier_code="GYS2"),
            supply.row(3, stock=1),
        ],
    )
    return world


def wallet(world: World, actor: Actor) -> int:
    return book.balance(world.id, book.wallet(actor.person()))


def saleable(world: World, shop_id: int, code: str = "P1-1") -> int:
    mall_sku_id = supply.mall_sku(shop_id, code)
    listing_id = db.session.scalars(sa.select(Mapping.mall_listing_id).where(Mapping.mall_sku_id == mall_sku_id)).one()
    listing = listings_by_id(world.id, [listing_id])[listing_id]
    return next(sku.saleable for sku in listing.skus if sku.id == mall_sku_id)


def stock(world: World, code: str = "P1-1") -> tuple[int, int]:
    sku = supply.sku(world, code)
    return sku.stock, sku.reserved


def test_the_whole_way_of_an_order(world: World) -> None:
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    supply.list_products(seller, world, "P1")
    order = supply.buy_goods(buyer, shop.id, ("P1-1", 2))
    before = wallet(world, seller)

    report = supply.fetch(seller)

    assert (report.new, report.pushed, report.waiting, report.own_lines) == (1, 1, 0, 0)
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.number) == (OrderState.PUSHED, f"CG{order.number}-1")
    assert (purchase.paid, wallet(world, seller)) == (2 * 2000 + 500, before - 4500)
    assert book.balance(world.id, book.supplier(purchase.supplier_id)) == 4500
    assert stock(world) == (10, 2)
    assert saleable(world, shop.id) == 8

    supply.jump(world, minutes=9)
    assert supply.purchases(shop.id)[0].state == OrderState.PUSHED
    supply.jump(world, minutes=1)
    [purchase] = supply.purchases(shop.id)
    assert purchase.state == OrderState.ACCEPTED
    assert purchase.accepted_at is not None
    assert purchase.ships_at is not None
    assert timedelta(hours=2) <= purchase.ships_at - purchase.accepted_at <= timedelta(hours=24)

    supply.jump(world, hours=24)
    [purchase] = supply.purchases(shop.id)
    assert purchase.state == OrderState.SHIPPED
    assert purchase.shipped_at == purchase.ships_at
    assert stock(world) == (8, 0)
    assert saleable(world, shop.id) == 8
    shipped = get_order(seller, order.id)
    assert (shipped.state, shipped.lines[0].shipped) == ("shipped", 2)

    mall.complete(buyer, order.id)
    ticker.run_due(world.id)
    [purchase] = supply.purchases(shop.id)
    assert purchase.state == OrderState.DONE
    assert purchase.refunded == 0
    assert book.prove(world.id).sound
    assert audit.verify(world.scope_id).broken_seq is None
    assert db.session.scalars(sa.select(DueTask).where(DueTask.status == DueState.FAILED)).all() == []


def test_the_waybill_has_the_carriers_form(world: World) -> None:
    assert set(CODES) <= set(CARRIERS)
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1", "P2")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1), ("P2-1", 1))
    supply.fetch(seller)
    supply.jump(world, days=2)
    made = supply.purchases(shop.id)
    assert [p.state for p in made] == [OrderState.SHIPPED] * 2
    assert len({p.waybill for p in made}) == 2
    assert get_order(seller, made[0].fetched.mall_order_id).state == "shipped"


def test_one_order_is_split_by_supplier(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1", "P2")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1), ("P2-1", 3))
    report = supply.fetch(seller)
    assert (report.new, report.pushed) == (1, 2)
    assert sorted(p.paid for p in supply.purchases(shop.id)) == [2500, 6500]


def test_fetching_twice_buys_once(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    first, second = supply.fetch(seller), supply.fetch(seller)
    assert (first.new, second.new, second.pushed) == (1, 0, 0)
    assert len(supply.purchases(shop.id)) == 1
    assert stock(world) == (10, 2)


def test_the_same_key_answers_the_same(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    with unit_of_work():
        first = fetching.fetch_orders(seller, "one-key")
    with unit_of_work():
        again = fetching.fetch_orders(seller, "one-key")
    assert first == again
    assert first.new == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FetchedOrder)) == 1


def test_an_order_paid_late_in_the_past_is_not_lost(world: World) -> None:
    """A due task that is still waiting may pay an order at an earlier moment than the last fetch."""
    seller, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    with unit_of_work():
        due.schedule(world.id, fetching.sim_now(world.id) - timedelta(hours=2), "supply.follow", 10**6)
    supply.fetch(seller)
    cursor = db.session.scalars(sa.select(fetching.SupplyShop.fetched_to_at)).one()
    assert cursor == fetching.sim_now(world.id) - timedelta(hours=2)


def test_parallel_fetches_buy_once(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        supply.import_rows(world, [supply.row(1)])
        seller, shop = mall.make_seller(world)
        supply.list_products(seller, world, "P1")
        supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
        world_id = world.id
        db.session.remove()
    gate = threading.Barrier(6)
    reports, refused = [], []

    def run() -> None:
        with app.app_context():
            gate.wait()
            try:
                reports.append(supply.fetch(seller))
            except DomainError as error:
                refused.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert refused == []
        assert sorted(report.new for report in reports) == [0, 0, 0, 0, 0, 1]
        [purchase] = supply.purchases(shop.id)
        assert purchase.paid == 4500
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PurchaseLine)) == 1
        assert stock(db.session.get_one(World, world_id)) == (10, 2)
        db.session.remove()


def test_goods_without_mapping_stay_with_the_seller(world: World) -> None:
    seller, shop = mall.make_seller(world)
    own = mall.make_listing(seller, shop)
    supply.list_products(seller, world, "P1")
    buyer = mall.make_trainee(world)
    order = mall.buy(buyer, [(own.skus[0].id, 1), (supply.mall_sku(shop.id), 1)])
    report = supply.fetch(seller)
    assert (report.new, report.pushed, report.own_lines) == (1, 1, 1)
    routes = dict(db.session.execute(sa.select(FetchedLine.mall_sku_id, FetchedLine.route)).all())
    assert routes == {own.skus[0].id: Route.OWN, supply.mall_sku(shop.id): Route.SUPPLIER}
    supply.jump(world, days=2)
    assert get_order(seller, order.id).state == "part_shipped"
    own_line = next(line for line in order.lines if line.sku_id == own.skus[0].id)
    mall.ship(seller, order.id, {own_line.id: 1})
    ticker.run_due(world.id)
    db.session.expire_all()
    assert db.session.scalars(sa.select(FetchedLine.closed)).all() == [True, True]


def test_money_short_leaves_the_order_unpushed(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    have = wallet(world, seller)
    with unit_of_work():
        book.post(world.id, "spend", "test", {book.wallet(seller.person()): -(have - 4499), book.ISSUE: have - 4499})
    report = supply.fetch(seller)
    assert (report.pushed, report.waiting) == (0, 1)
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.paid, purchase.note) == (OrderState.CREATED, 0, orders.SHORT_OF_MONEY)
    assert stock(world) == (10, 0)
    with pytest.raises(Refused, match=r"钱包余额 44\.99 元，不够支付采购款 45\.00 元") as refusal, unit_of_work():
        orders.push_order(seller, purchase.id)
    assert refusal.value.code == "insufficient_funds"
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.attempt, stock(world)) == (OrderState.CREATED, 0, (10, 0))
    with unit_of_work():
        book.post(world.id, "more", "test", {book.wallet(seller.person()): 1, book.ISSUE: -1})
        orders.push_order(seller, purchase.id)
    assert (supply.purchases(shop.id)[0].state, wallet(world, seller)) == (OrderState.PUSHED, 0)


def test_a_pushed_order_is_not_pushed_again(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    with pytest.raises(Refused, match="已经推送给供应商"), unit_of_work():
        orders.push_order(seller, purchase.id)
    assert supply.purchases(shop.id)[0].paid == 2500


def test_two_shops_share_the_last_unit_and_the_supplier_rejects_one(world: World) -> None:
    first, shop_a = mall.make_seller(world)
    second, shop_b = mall.make_seller(world)
    for seller in (first, second):
        supply.list_products(seller, world, "P3")
    buyer = mall.make_trainee(world)
    supply.buy_goods(buyer, shop_a.id, ("P3-1", 1))
    supply.buy_goods(buyer, shop_b.id, ("P3-1", 1))
    supply.fetch(first)
    before = wallet(world, second)
    supply.fetch(second)
    assert stock(world, "P3-1") == (1, 1)
    assert saleable(world, shop_b.id, "P3-1") == 0
    supply.jump(world, minutes=10)
    [won], [lost] = supply.purchases(shop_a.id), supply.purchases(shop_b.id)
    assert (won.state, lost.state) == (OrderState.ACCEPTED, OrderState.REJECTED)
    assert (lost.paid, lost.refunded, wallet(world, second)) == (2500, 2500, before)
    assert lost.note == orders.OUT_OF_STOCK
    supply.jump(world, days=2)
    assert stock(world, "P3-1") == (0, 0)

    supply.import_rows(world, [supply.row(3, stock=5)])
    with unit_of_work():
        orders.push_order(second, lost.id)
    supply.jump(world, days=2)
    [again] = supply.purchases(shop_b.id)
    assert (again.state, again.attempt, again.paid - again.refunded) == (OrderState.SHIPPED, 2, 2500)
    assert stock(world, "P3-1") == (4, 0)
    assert book.prove(world.id).sound


def test_the_seller_cancels_before_shipping(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    before = wallet(world, seller)
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    with unit_of_work():
        orders.cancel_order(seller, purchase.id)
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.refunded, wallet(world, seller)) == (OrderState.CANCELLED, 4500, before)
    assert stock(world) == (10, 0)
    supply.jump(world, days=1)
    assert supply.purchases(shop.id)[0].state == OrderState.CANCELLED
    assert book.prove(world.id).sound
    assert desk.read_desk(seller).own_lines == 1
    mall.ship(seller, purchase.fetched.mall_order_id)
    ticker.run_due(world.id)
    assert desk.read_desk(seller).own_lines == 0


def test_what_waits_for_a_seller(world: World) -> None:
    newcomer = mall.make_trainee(world)
    assert desk.read_todo(newcomer) == desk.Todo()
    seller, shop = mall.make_seller(world)
    assert desk.read_todo(seller) == desk.Todo(nothing_listed=True)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    assert desk.read_todo(seller) == desk.Todo(unfetched=1)
    supply.fetch(seller)
    assert desk.read_todo(seller) == desk.Todo()
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    assert desk.read_todo(seller) == desk.Todo(unfetched=1)


def test_a_shipped_order_cannot_be_cancelled(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    supply.fetch(seller)
    supply.jump(world, days=2)
    [purchase] = supply.purchases(shop.id)
    with pytest.raises(Refused, match="已经发货"), unit_of_work():
        orders.cancel_order(seller, purchase.id)
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.refunded) == (OrderState.SHIPPED, 0)


def test_a_refund_before_shipping_cancels_the_purchase(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    buyer = mall.make_trainee(world)
    order = supply.buy_goods(buyer, shop.id, ("P1-1", 2))
    before = wallet(world, seller)
    supply.fetch(seller)
    supply.jump(world, minutes=10)
    mall.ask_back(buyer, order.id, order.lines[0].id, 2)
    supply.jump(world, days=4)
    assert get_order(seller, order.id).state == "closed"
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.refunded, wallet(world, seller)) == (OrderState.CANCELLED, 4500, before)
    assert stock(world) == (10, 0)
    assert saleable(world, shop.id) == 10
    assert book.prove(world.id).sound


def test_a_part_refund_before_shipping_buys_the_rest(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    buyer = mall.make_trainee(world)
    order = supply.buy_goods(buyer, shop.id, ("P1-1", 3))
    supply.fetch(seller)
    mall.ask_back(buyer, order.id, order.lines[0].id, 1)
    supply.jump(world, days=5)
    [purchase] = supply.purchases(shop.id)
    assert (purchase.state, purchase.paid, purchase.refunded) == (OrderState.SHIPPED, 6500, 2000)
    assert purchase.lines[0].cancelled == 1
    assert stock(world) == (8, 0)
    assert get_order(seller, order.id).lines[0].shipped == 2
    assert saleable(world, shop.id) == 8
    assert book.prove(world.id).sound


def test_a_returned_unit_is_sold_again_from_the_shop_and_counted_once(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P3")
    buyer = mall.make_trainee(world)
    order = supply.buy_goods(buyer, shop.id, ("P3-1", 1))
    supply.fetch(seller)
    supply.jump(world, days=2)
    assert (stock(world, "P3-1"), saleable(world, shop.id, "P3-1")) == ((0, 0), 0)
    _send_back(seller, buyer, order.id, order.lines[0].id)
    ticker.run_due(world.id)
    assert (stock(world, "P3-1"), saleable(world, shop.id, "P3-1")) == ((0, 0), 1)

    with unit_of_work():
        publish_stock(world.id, [supply.sku(world, "P3-1").id])
    assert saleable(world, shop.id, "P3-1") == 1

    again = supply.buy_goods(buyer, shop.id, ("P3-1", 1))
    report = supply.fetch(seller)
    assert (report.new, report.pushed, report.own_lines) == (1, 0, 1)
    mall.ship(seller, again.id)
    ticker.run_due(world.id)
    with unit_of_work():
        publish_stock(world.id, [supply.sku(world, "P3-1").id])
    assert saleable(world, shop.id, "P3-1") == 0
    assert db.session.scalars(sa.select(OwnStock.units)).all() == [0]
    assert book.prove(world.id).sound


def _send_back(seller: Actor, buyer: Actor, order_id: int, line_id: int) -> None:
    ticket = mall.ask_back(buyer, order_id, line_id, 1, AfterSaleKind.RETURN)
    with unit_of_work():
        aftersales.agree(seller, ticket.id, None)
    with unit_of_work():
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
    with unit_of_work():
        aftersales.receive_back(seller, ticket.id, None, 1, 0)


def test_stock_never_goes_below_zero(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    for _ in range(4):
        supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    supply.fetch(seller)
    supply.jump(world, days=3)
    assert stock(world) == (2, 0)
    with pytest.raises(Refused, match="库存不足"):
        supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 3))


def test_others_see_nothing(world: World) -> None:
    seller, shop = mall.make_seller(world)
    stranger, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    for act in (orders.push_order, orders.cancel_order):
        with pytest.raises(NotFound), unit_of_work():
            act(stranger, purchase.id)
    with pytest.raises(Forbidden), unit_of_work():
        orders.cancel_order(supply.make_instructor(world), purchase.id)
    assert supply.purchases(shop.id)[0].state == OrderState.PUSHED


def test_without_a_shop_nothing_is_fetched(world: World) -> None:
    trainee = mall.make_trainee(world)
    with pytest.raises(Refused, match="请先注册店铺"):
        supply.fetch(trainee)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FetchedOrder)) == 0


def test_progress_and_evidence(world: World) -> None:
    seller, shop = mall.make_seller(world)
    idle = mall.make_trainee(world)
    supply.list_products(seller, world, "P1", "P2")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1), ("P2-1", 1))
    supply.fetch(seller)
    supply.jump(world, days=2)
    progress = api.progress(world.id, [seller.person(), idle.person()])
    assert progress[seller.person()] == api.SupplyProgress(listed_by_click=2, orders_fetched=1, orders_shipped=2)
    assert progress[idle.person()] == api.SupplyProgress()
    assert api.evidence(world.id, seller.person()) == {
        "listed_by_click": 2,
        "orders_fetched": 1,
        "own_lines": 0,
        "purchase_orders": {"shipped": 2},
        "purchases_paid": 5000,
        "purchases_refunded": 0,
        "suppliers": [{"name": "供应商 GYS1", "orders": 1}, {"name": "供应商 GYS2", "orders": 1}],
    }


def test_every_purchase_has_its_fetched_line_once(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    supply.fetch(seller)
    line = db.session.scalars(sa.select(PurchaseLine)).one()
    order = db.session.scalars(sa.select(PurchaseOrder)).one()
    with pytest.raises(DomainError), unit_of_work():
        db.session.add(
            PurchaseLine(
                order_id=order.id, fetched_line_id=line.fetched_line_id, sku_id=line.sku_id, quantity=1, cost=1
            )
        )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PurchaseLine)) == 1

"""Sourcing as services: bundles, sync settings, overselling, own stock, returns, alerts, fetching, reconciliation."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from app.worlds.ticker import run_due
from sim_mall import open_platform
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.open_platform import get_order, listings_by_id
from sim_mall.services import aftersales, goods_tables
from sim_mall.services.listings import load_listing
from sim_supply import mall_client
from sim_supply.domain.cooperation import CooperationState
from sim_supply.domain.order_flow import OrderState
from sim_supply.domain.return_flow import ReturnState, Settlement
from sim_supply.domain.stock_flow import StockKind, StockState
from sim_supply.domain.sync_rules import SyncRule
from sim_supply.models.catalogue import Cooperation, Supplier
from sim_supply.models.orders import Mapping
from sim_supply.models.stock import CostAlert, OwnMove, OwnStock, StockOrder, SupplierReturn, SyncLog
from sim_supply.services import (
    cooperations,
    cost_alerts,
    incremental,
    mappings,
    orders,
    profit,
    reconcile,
    returns,
    stocking,
    sync_settings,
    warehouse,
)
from sim_supply.services.mappings import Part
from sim_supply.services.stocking import Counted
from tests.factories import mall, supply
from tests.factories.world import make_world


@pytest.fixture
def world(app_context: Flask) -> World:
    found = make_world()
    supply.import_rows(found, [supply.row(1), supply.row(2), supply.row(3, supplier_code="GYS2")])
    return found


@pytest.fixture
def seller(world: World) -> Actor:
    actor, _ = mall.make_seller(world)
    return actor


def shop_of(seller: Actor) -> mall_client.ShopInfo:
    shop = mall_client.my_shop(seller)
    assert shop is not None
    return shop


def saleable(seller: Actor, code: str = "P1-1") -> int:
    db.session.rollback()
    shop = shop_of(seller)
    mapping = db.session.scalars(sa.select(Mapping).where(Mapping.mall_sku_id == supply.mall_sku(shop.id, code))).one()
    [listing] = listings_by_id(shop.world_id, [mapping.mall_listing_id]).values()
    return next(sku.saleable for sku in listing.skus if sku.id == mapping.mall_sku_id)


def test_a_bundle_is_bought_as_its_parts_and_shipped_as_one(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1")
    shop = shop_of(seller)
    mall_sku = supply.mall_sku(shop.id)
    one, two, other = (supply.sku(world, code).id for code in ("P1-1", "P2-1", "P3-1"))
    with pytest.raises(InvalidInput, match="同一家供应商"), unit_of_work():
        mappings.map_sku(seller, shop.id, mall_sku, [Part(one, 1), Part(other, 1)])
    with unit_of_work():
        mappings.map_sku(seller, shop.id, mall_sku, [Part(one, 3), Part(two, 1)])
    assert saleable(seller) == 3
    buyer = mall.make_trainee(world)
    order = supply.buy_goods(buyer, shop.id, ("P1-1", 2))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    assert [(line.sku_id, line.quantity) for line in purchase.lines] == [(one, 6), (two, 2)]
    with pytest.raises(Refused, match="没有发货"), unit_of_work():
        mappings.unmap_sku(seller, shop.id, mall_sku)
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id)
    with unit_of_work():
        aftersales.agree(seller, ticket.id, None)
    supply.jump(world, hours=30)
    [purchase] = supply.purchases(shop.id)
    assert purchase.state == OrderState.SHIPPED
    assert [line.wanted for line in purchase.lines] == [3, 1]
    assert get_order(seller, order.id).lines[0].shipped == 1
    assert (supply.sku(world, "P1-1").stock, supply.sku(world, "P2-1").stock) == (7, 9)


def test_a_long_interval_oversells_across_two_shops(world: World, seller: Actor) -> None:
    other, others_shop = mall.make_seller(world)
    for actor in (seller, other):
        supply.list_products(actor, world, "P1")
    with unit_of_work():
        sync_settings.save(other, SyncRule(minutes=60), auto_reprice=False)
    buyer = mall.make_trainee(world)
    supply.buy_goods(buyer, shop_of(seller).id, ("P1-1", 8))
    supply.fetch(seller)
    assert saleable(seller) == 2
    assert saleable(other) == 10  # not yet told
    supply.buy_goods(buyer, others_shop.id, ("P1-1", 5))
    supply.fetch(other)
    supply.jump(world, minutes=61)
    [late] = supply.purchases(others_shop.id)
    assert (late.state, late.refunded) == (OrderState.REJECTED, late.paid)
    assert [order.id for order in warehouse.oversold(other)] == [late.id]
    assert saleable(other) == 0
    logged = db.session.scalars(sa.select(SyncLog).where(SyncLog.shop_id == others_shop.id, SyncLog.kind == "delayed"))
    assert [(row.before, row.after) for row in logged] == [(10, 5)] or saleable(other) == 0


def test_ratio_safety_lock_and_few(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1")
    shop = shop_of(seller)
    for rule, units in (
        (SyncRule(ratio_bp=5000), 5),
        (SyncRule(ratio_bp=5000, few_is_none=True, safety=1), 0),
        (SyncRule(safety=3), 7),
    ):
        with unit_of_work():
            sync_settings.save(seller, rule, auto_reprice=False)
        assert saleable(seller) == units
    with unit_of_work():
        mappings.lock_stock(seller, shop.id, supply.mall_sku(shop.id), 99)
    assert saleable(seller) == 99
    with unit_of_work():
        mappings.lock_stock(seller, shop.id, supply.mall_sku(shop.id), None)
    assert saleable(seller) == 7
    assert sync_settings.log_of(shop.id, 1).total == 5


def test_safety_stock_of_mall_and_sync_does_not_count_twice(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1")
    shop = shop_of(seller)
    with unit_of_work():
        sync_settings.save(seller, SyncRule(safety=3), auto_reprice=False)
    sku_id = supply.mall_sku(shop.id)
    seen = []
    for safety in (2, 5, 0):
        info = next(iter(open_platform.own_listings(seller, shop.id)))
        listing = load_listing(info.id)
        sku = next(row for row in listing.skus if row.id == sku_id)
        edit = goods_tables.SkuEdit(
            sku_id, sku.price, sku.stock.on_hand, sku.price, sku.stock.on_hand, safety, sku.stock.safety
        )
        with unit_of_work():
            goods_tables.batch_edit(seller, [info.id], [edit], {})
        run_due(world.id)
        seen.append(saleable(seller))
    assert seen == [7, 5, 7]


def test_stocking_is_received_counted_and_sold_at_the_average(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1")
    shop, sku = shop_of(seller), supply.sku(world)
    wallet = book.wallet(seller.person())
    before = book.balance(world.id, wallet)
    with unit_of_work():
        [order_id] = stocking.order_goods(seller, {sku.id: 4}, StockKind.STOCK, supply.key())
    assert before - book.balance(world.id, wallet) == 4 * 2000 + 500
    assert saleable(seller) == 6
    supply.jump(world, hours=70)
    order = stocking.get_order(seller, order_id)
    assert order.state == StockState.ARRIVED
    [line] = order.lines
    wrong = {line.id: Counted(line.came_good - 1, line.came_bad)}
    with pytest.raises(InvalidInput, match="与开箱实物不符"), unit_of_work():
        stocking.receive(seller, order_id, wrong)
    good, bad = line.came_good, line.came_bad
    with unit_of_work():
        stocking.receive(seller, order_id, {line.id: Counted(good, bad)})
    row = db.session.scalars(sa.select(OwnStock)).one()
    assert (row.units, row.value, row.damaged) == (good, good * 2000 + 500, bad)
    assert saleable(seller) == 6 + good
    buyer = mall.make_trainee(world)
    bought = supply.buy_goods(buyer, shop.id, ("P1-1", 1))
    assert supply.fetch(seller).own_lines == 1
    assert supply.purchases(shop.id) == []
    [package] = warehouse.packages(seller)
    assert [(pick.code, pick.units) for pick in warehouse.pick_list([package])] == [("P1-1", 1)]
    number = warehouse.suggested_waybill(package.order, "zto")
    for scanned in ({}, {"P1-1": 2}, {"P1-1": 1, "P2-1": 1}):
        with pytest.raises(InvalidInput, match="复核不通过"), unit_of_work():
            warehouse.pack_and_ship(seller, package.order.id, scanned, "zto", number, supply.key())
    with unit_of_work():
        warehouse.pack_and_ship(seller, package.order.id, {"P1-1": 1}, "zto", number, supply.key())
    assert get_order(seller, bought.id).state == "shipped"
    row = db.session.scalars(sa.select(OwnStock).execution_options(populate_existing=True)).one()
    sums = db.session.execute(sa.select(sa.func.sum(OwnMove.units), sa.func.sum(OwnMove.value))).one()
    assert (row.units, row.value) == tuple(sums) == (good - 1, (good * 2000 + 500) * (good - 1) // good)
    [report] = profit.report(seller, shop.id)
    assert (report.units, report.income, report.cost) == (1, 4000, (good * 2000 + 500) - row.value)
    supplier = db.session.get_one(Supplier, sku.product.supplier_id)
    sheet = reconcile.sheet(seller, shop.id, supplier)
    assert (sheet.agrees, sheet.payable) == (True, before - book.balance(world.id, wallet))


@pytest.mark.parametrize("settlement", list(Settlement))
def test_returned_goods_go_to_the_supplier_and_are_counted_once(
    world: World, seller: Actor, settlement: Settlement
) -> None:
    supply.list_products(seller, world, "P1")
    shop, buyer = shop_of(seller), mall.make_trainee(world)
    order = supply.buy_goods(buyer, shop.id, ("P1-1", 2))
    supply.fetch(seller)
    supply.jump(world, hours=30)
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, 1, AfterSaleKind.RETURN, Reason.DISLIKE)
    with unit_of_work():
        aftersales.agree(seller, ticket.id, None)
    [row] = returns.returnable(seller)
    assert row.ticket.id == ticket.id
    with unit_of_work():
        [return_id] = returns.ask(seller, ticket.id, settlement, supply.key())
    with unit_of_work():
        aftersales.fill_waybill(buyer, ticket.id, "zto", mall.waybill())
        aftersales.receive_back(seller, ticket.id, None, 1, 0)
    assert db.session.scalars(sa.select(OwnStock.units)).all() == []
    assert saleable(seller) == 8
    supply.jump(world, hours=3)
    with unit_of_work():
        returns.send(seller, return_id, "zto", mall.waybill())
    supply.jump(world, hours=60)
    done = db.session.get_one(SupplierReturn, return_id)
    assert (done.state, done.good) == (ReturnState.CREDITED, 1)
    if settlement is Settlement.CREDIT:
        assert (done.credited, supply.sku(world).stock) == (2000, 9)
        assert saleable(seller) == 9
    else:
        replacement = db.session.get_one(StockOrder, done.replacement_id)
        assert (replacement.kind, replacement.paid) == (StockKind.EXCHANGE, 0)
        supply.jump(world, hours=70)
        assert supply.sku(world).stock == 8
    supplier = db.session.get_one(Supplier, done.supplier_id)
    assert reconcile.sheet(seller, shop.id, supplier).agrees
    assert book.prove(world.id).sound


def test_a_cancellation_is_asked_for_once_the_supplier_has_accepted(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1", "P2")
    shop, buyer = shop_of(seller), mall.make_trainee(world)
    for code in ("P1-1", "P2-1"):
        supply.buy_goods(buyer, shop.id, (code, 1))
    supply.fetch(seller)
    supply.jump(world, minutes=11)
    first, second = supply.purchases(shop.id)
    assert first.state == second.state == OrderState.ACCEPTED
    with unit_of_work():
        assert orders.cancel_order(seller, first.id).state == OrderState.CANCEL_REQ
    supply.jump(world, minutes=11)
    assert supply.purchases(shop.id)[0].state == OrderState.CANCELLED
    for _ in range(48):
        second = supply.purchases(shop.id)[1]
        if second.state == OrderState.PICKED:
            break
        supply.jump(world, minutes=30)
    with unit_of_work():
        orders.cancel_order(seller, second.id)
    supply.jump(world, minutes=11)
    assert "不同意取消" in supply.purchases(shop.id)[1].note
    supply.jump(world, hours=24)
    assert supply.purchases(shop.id)[1].state == OrderState.SHIPPED


def test_cooperation_lowers_costs_and_opens_closed_suppliers(world: World, seller: Actor) -> None:
    supplier = supply.product(world).supplier
    with unit_of_work():
        supplier.closed_shop = True
    with pytest.raises(Refused, match="只供应合作分销商"):
        supply.list_products(seller, world, "P1")
    with unit_of_work():
        cooperations.apply(seller, supplier.id, "主营家居收纳，做直播带货", supply.key())
    supply.jump(world, minutes=61)
    row = db.session.scalars(sa.select(Cooperation)).one()
    assert (row.state, row.discount_bp) == (CooperationState.APPROVED, 200)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop_of(seller).id, ("P1-1", 1))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop_of(seller).id)
    assert purchase.lines[0].cost == 1960


def test_a_new_cost_is_told_and_followed_where_wanted(world: World, seller: Actor) -> None:
    other, others_shop = mall.make_seller(world)
    for actor in (seller, other):
        supply.list_products(actor, world, "P1")
    with unit_of_work():
        sync_settings.save(other, SyncRule(), auto_reprice=True)
    supply.import_rows(world, [supply.row(1, cost_price="30.00")])
    db.session.rollback()
    mine, theirs = db.session.scalars(sa.select(CostAlert).order_by(CostAlert.id)).all()
    assert (mine.old_margin_bp, mine.new_margin_bp, mine.done) == (4500, 2000, False)
    assert (theirs.new_price, theirs.done) == (6000, True)
    shop = shop_of(seller)
    with unit_of_work():
        assert cost_alerts.reprice(seller, shop.id, [mine.id]) == 1
    prices = {
        mapping.shop_id: listings_by_id(world.id, [mapping.mall_listing_id])[mapping.mall_listing_id].price_from
        for mapping in db.session.scalars(sa.select(Mapping)).all()
    }
    assert prices == {shop.id: 6000, others_shop.id: 6000}


def test_incremental_fetching_takes_each_order_once(world: World, seller: Actor) -> None:
    supply.list_products(seller, world, "P1")
    shop, buyer = shop_of(seller), mall.make_trainee(world)
    supply.buy_goods(buyer, shop.id, ("P1-1", 1))
    with unit_of_work():
        assert incremental.fetch_increment(seller, supply.key()).new == 0  # not settled yet
    supply.jump(world, minutes=5)
    with unit_of_work():
        assert incremental.fetch_increment(seller, supply.key()).new == 1
        assert incremental.fetch_increment(seller, supply.key()).new == 0
    with unit_of_work():
        incremental.set_automatic(seller, 10, forward=False)
    supply.buy_goods(buyer, shop.id, ("P1-1", 1))
    supply.jump(world, minutes=25)
    assert len(supply.purchases(shop.id)) == 2
    assert timedelta(hours=1) < incremental.FIRST_LOOK

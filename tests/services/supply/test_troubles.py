"""Late and lost parcels of suppliers: made by chance, told to the mall, answered; money and stock agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from app.worlds.settings import change_setting
from sim_mall import open_platform
from sim_mall.domain.aftersale_flow import AfterSaleKind
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Notice, Order, Parcel
from sim_mall.services import parcels
from sim_supply import mall_client
from sim_supply.domain.trouble_flow import Claim, TroubleKind, TroubleState
from sim_supply.models.catalogue import Supplier
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import StockOrder
from sim_supply.models.troubles import ParcelTrouble
from sim_supply.services import reconcile, supplier_profiles, troubles, warehouse
from tests.factories import mall, supply
from tests.factories.world import make_actor, make_world
from tests.services.supply.test_random_day import check

STOCK = 100_000


@pytest.fixture
def world(app_context: Flask) -> World:
    found = make_world()
    supply.import_rows(
        found,
        [
            supply.row(1, stock=STOCK),
            supply.row(2, stock=STOCK, supplier_code="GYS2"),
            supply.row(3, stock=STOCK, supplier_code="GYS3"),
        ],
    )
    with unit_of_work():
        teacher = make_actor(Role.INSTRUCTOR, found.scope_id)
    with unit_of_work():
        change_setting(teacher, found.id, "supplier_safe_parcels", 0)
        rates = {"GYS1": (0, 10_000), "GYS2": (10_000, 0), "GYS3": (0, 0)}
        for row in db.session.scalars(sa.select(Supplier).where(Supplier.world_id == found.id)):
            row.late_bp, row.lost_bp = rates[row.code]
    return found


def parcel_of(purchase: PurchaseOrder) -> Parcel:
    db.session.rollback()
    return db.session.scalars(sa.select(Parcel).where(Parcel.waybill == purchase.waybill)).one()


def wallet(world: World, actor: Actor) -> int:
    return book.balance(world.id, book.wallet(actor.person()))


def test_parcels_come_late_and_get_lost(world: World) -> None:
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    stranger, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1", "P2", "P3")
    for codes in ((("P1-1", 2), ("P3-1", 1)), (("P2-1", 1),), (("P1-1", 1),)):
        supply.buy_goods(buyer, shop.id, *codes)
    supply.fetch(seller)
    hidden = None
    for _ in range(25):  # when a supplier sends, within its day, is a matter of chance
        supply.jump(world, hours=1)
        foreseen = sa.select(ParcelTrouble.id).where(ParcelTrouble.state == TroubleState.FORESEEN)
        if hidden is None and (hidden := db.session.scalar(foreseen.limit(1))) is not None:
            with pytest.raises(NotFound):
                troubles.get_trouble(seller, hidden)
    assert hidden is not None
    kinds = sorted(db.session.scalars(sa.select(ParcelTrouble.kind)))
    assert kinds == [TroubleKind.LATE, TroubleKind.LOST, TroubleKind.LOST]
    supply.jump(world, hours=20)
    purchases = {order.number: order for order in supply.purchases(shop.id)}
    assert len(purchases) == 4
    found = {(row.kind, row.purchase.paid): row for row in troubles.list_open(seller)}
    late = found[TroubleKind.LATE, 2500]
    lost = found[TroubleKind.LOST, 4500]
    small = found[TroubleKind.LOST, 2500]
    assert {row.state for row in found.values()} == {TroubleState.HAPPENED}

    # the mall knows: the lost one asks for the buyer's money, the late one comes later by so much
    assert parcel_of(lost.purchase).state is ParcelState.LOST
    tickets = db.session.scalars(sa.select(AfterSale).where(AfterSale.order_id == lost.purchase.fetched.mall_order_id))
    assert [(t.kind, t.quantity) for t in tickets] == [(AfterSaleKind.REFUND_ONLY, 2)]
    assert 24 <= late.hours <= 72 and parcel_of(late.purchase).late_hours == late.hours
    assert [risk.kind for risk in warehouse.risks(seller)] == []  # what has troubles is not told twice
    supply.jump(world, hours=23)
    assert parcel_of(late.purchase).state is ParcelState.IN_TRANSIT

    # the seller informs, and claims once
    with pytest.raises(NotFound), unit_of_work():
        troubles.inform(stranger, lost.id)
    with pytest.raises(NotFound), unit_of_work():
        troubles.claim(stranger, lost.id, Claim.MONEY)
    with unit_of_work():
        assert troubles.inform(seller, lost.id) is True
        assert troubles.inform(seller, lost.id) is False
        assert troubles.inform(seller, late.id) is True
    told = db.session.scalars(sa.select(Notice.title).where(Notice.account_id == buyer.account_id)).all()
    assert (told.count("包裹丢失说明"), told.count("包裹延误说明")) == (1, 1)
    with pytest.raises(Refused) as wrong, unit_of_work():
        troubles.claim(seller, late.id, Claim.GOODS)
    assert wrong.value.code == "not_lost"
    before = wallet(world, seller)
    with unit_of_work():
        troubles.claim(seller, lost.id, Claim.MONEY)
        troubles.claim(seller, late.id, Claim.MONEY)
        troubles.claim(seller, small.id, Claim.GOODS)
    with pytest.raises(Refused), unit_of_work():
        troubles.claim(seller, lost.id, Claim.MONEY)
    supply.jump(world, hours=3)
    settled = {row.id: row for row in troubles.list_settled(seller)}
    assert (settled[lost.id].credited, settled[late.id].credited) == (4500, 500)
    assert wallet(world, seller) == before + 5000
    again = db.session.get_one(StockOrder, settled[small.id].replacement_id or 0)
    assert [(line.quantity, line.cost) for line in again.lines] == [(1, 0)]
    supply.jump(world, days=8)
    assert parcel_of(late.purchase).state is ParcelState.SIGNED
    for supplier in db.session.scalars(sa.select(Supplier).where(Supplier.world_id == world.id)).all():
        assert reconcile.sheet(seller, shop.id, supplier).agrees
        past = supplier_profiles.performance(supplier)
        assert (past.shipped, past.overdue, past.rejected) == ({"GYS1": 2}.get(supplier.code, 1), 0, 0)
    check(world)


def test_the_first_parcels_of_a_shop_are_spared_and_a_stopped_one_averts_it(world: World) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        change_setting(teacher, world.id, "supplier_safe_parcels", 1)
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    supply.list_products(seller, world, "P1")
    for _ in range(2):
        supply.buy_goods(buyer, shop.id, ("P1-1", 1))
    supply.fetch(seller)
    supply.jump(world, hours=25)
    row = db.session.scalars(sa.select(ParcelTrouble)).one()
    parcel = parcel_of(row.purchase)
    if parcel.state is ParcelState.SHIPPED:
        supply.jump(world, hours=5)
    line = parcel.lines[0].line_id
    mall.ask_back(buyer, parcel.order_id, line)
    ticket = db.session.scalars(sa.select(AfterSale).where(AfterSale.line_id == line)).one()
    with unit_of_work():
        parcels.stop_parcel(ticket, db.session.get_one(Order, ticket.order_id))
    stopped = parcel_of(row.purchase).state is ParcelState.RETURNING
    supply.jump(world, hours=20)
    row = db.session.scalars(sa.select(ParcelTrouble)).one()
    assert row.state is (TroubleState.AVERTED if stopped else TroubleState.HAPPENED)
    supply.jump(world, days=9)
    check(world)


def test_only_the_system_reports_parcels(world: World) -> None:
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    supply.list_products(seller, world, "P3")
    order = supply.buy_goods(buyer, shop.id, ("P3-1", 1))
    supply.fetch(seller)
    supply.jump(world, hours=25)
    [purchase] = supply.purchases(shop.id)
    place = (order.id, purchase.carrier, purchase.waybill)
    who = system(world.id, world.scope_id)
    with pytest.raises(Forbidden), unit_of_work():
        open_platform.report_parcel(seller, *place, lost=True)
    with pytest.raises(InvalidInput), unit_of_work():
        open_platform.report_parcel(who, *place, lost=False, hours=0)
    with pytest.raises(NotFound), unit_of_work():
        open_platform.report_parcel(who, order.id, purchase.carrier, "75000000000000", lost=True)
    with pytest.raises(NotFound), unit_of_work():
        mall_client.tell_buyer(buyer, order.id, "包裹", "没有权限")
    supply.jump(world, days=4)
    with unit_of_work():
        assert open_platform.report_parcel(who, *place, lost=True) is False
    assert parcel_of(purchase).state is ParcelState.SIGNED


def test_a_profile_is_edited_by_who_imports(world: World) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    supplier = db.session.scalars(sa.select(Supplier).where(Supplier.code == "GYS1")).one()
    profile = supplier_profiles.profile_of(supplier)
    other = make_actor(Role.INSTRUCTOR, make_world(seed="other").scope_id)
    with pytest.raises(NotFound), unit_of_work():
        supplier_profiles.edit_profile(other, supplier.id, profile)
    with pytest.raises(Forbidden), unit_of_work():
        supplier_profiles.edit_profile(mall.make_trainee(world), supplier.id, profile)
    with unit_of_work():
        changed = replace(profile, freight_by="supplier", grade="A", late=None, lost=None, sla_hours=12)
        supplier_profiles.edit_profile(teacher, supplier.id, changed)
    assert supply.product(world, "P1").freight_by == "supplier"
    assert supply.product(world, "P2").freight_by == "distributor"
    supplier = db.session.scalars(sa.select(Supplier).where(Supplier.code == "GYS1")).one()
    assert supplier_profiles.profile_of(supplier) == changed
    assert supplier_profiles.rates(supplier) == (300, 50)
    supply.import_rows(world, [supply.row(9)])
    assert supply.product(world, "P9").freight_by == "supplier"

"""A day of chance: orders, cancellations, returns to both warehouses, two kills; stock and money agree at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.ledger import book
from app.worlds.models import World
from sim_mall.domain.order_flow import OrderState as MallState
from sim_mall.models.goods import Stock
from sim_mall.models.trade import Order, OrderLine, Reservation
from sim_supply import mall_client
from sim_supply.domain.order_flow import UNSHIPPED
from sim_supply.models.catalogue import Sku, Supplier
from sim_supply.models.orders import Mapping, PurchaseLine, PurchaseOrder
from sim_supply.models.stock import OwnMove, OwnStock, StockLine, StockOrder, SupplierReturn
from sim_supply.services import reconcile
from tests.conftest import ROOT
from tests.factories import mall, supply
from tests.factories.supply_day import STOCK, Day
from tests.factories.world import make_world

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.conftest import test_settings
from app.core.uow import unit_of_work
from app.factory import create_app
from app.core.actor import system
from app.worlds import ticker
app = create_app(test_settings(sys.argv[1], Path(sys.argv[2])))
with app.app_context():
    handler = app.extensions["due_handlers"]["supply.ship"]
    count = 0
    def dies(task):
        global count
        handler(task)
        count += 1
        if count == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    app.extensions["due_handlers"]["supply.ship"] = dies
    ticker.run_due(int(sys.argv[3]))
"""


def run_day(world: World, orders: int) -> None:
    """Let two shops sell so many orders."""
    supply.import_rows(world, [supply.row(n, stock=STOCK, supplier_code=f"GYS{n % 2}") for n in range(1, 5)])
    sellers = [(seller, shop.id) for seller, shop in (mall.make_seller(world) for _ in range(2))]
    for seller, _ in sellers:
        supply.list_products(seller, world, "P1", "P2", "P3", "P4")
    buyer = mall.make_trainee(world, capital=10**10)
    codes = [f"P{n}-1" for n in range(1, 5)]
    Day(world, sellers, buyer, codes, every=5, pause=(20, 300), hours=[40]).run(orders)


def check(world: World) -> None:
    """Prove that stock of the mall, of suppliers and own stock, and all money agree."""
    db.session.rollback()
    assert book.prove(world.id).sound
    held = dict(
        db.session.execute(
            sa.select(Reservation.sku_id, sa.func.sum(Reservation.quantity)).group_by(Reservation.sku_id)
        ).all()
    )
    for stock in db.session.scalars(sa.select(Stock)):
        assert stock.allocated == held.get(stock.sku_id, 0)
    for sku in db.session.scalars(sa.select(Sku)).all():
        lines = db.session.execute(
            sa.select(PurchaseLine, PurchaseOrder).join(PurchaseOrder).where(PurchaseLine.sku_id == sku.id)
        ).all()
        sent = sum(line.wanted for line, order in lines if order.shipped_at is not None)
        aside = sum(line.wanted for line, order in lines if order.state in UNSHIPPED and order.stock_reserved)
        stocked = db.session.execute(
            sa.select(StockLine.quantity, StockOrder.sent_at).join(StockOrder).where(StockLine.sku_id == sku.id)
        ).all()
        gone = sum(row.quantity for row in stocked if row.sent_at is not None)
        waiting = sum(row.quantity for row in stocked if row.sent_at is None)
        back = db.session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(SupplierReturn.good), 0)).where(SupplierReturn.sku_id == sku.id)
        )
        assert sku.stock == STOCK - sent - gone + back
        assert sku.reserved == aside + waiting
    for own in db.session.scalars(sa.select(OwnStock)):
        sums = db.session.execute(
            sa.select(sa.func.sum(OwnMove.units), sa.func.sum(OwnMove.value)).where(OwnMove.stock_id == own.id)
        ).one()
        assert (own.units, own.value) == tuple(sums)
    shops = db.session.execute(sa.select(Mapping.shop_id).distinct()).scalars().all()
    for shop_id in shops:
        shop = mall_client.shop_by_id(world.id, shop_id)
        owner = supply.actor_of(world, shop.owner_id)
        for supplier in db.session.scalars(sa.select(Supplier).where(Supplier.world_id == world.id)):
            assert reconcile.sheet(owner, shop_id, supplier).agrees
    unsent = db.session.scalars(
        sa.select(sa.func.count()).select_from(Order).where(Order.state.in_((MallState.PAID, MallState.PART_SHIPPED)))
    ).one()
    assert unsent == 0
    over = sa.select(OrderLine.id).where(OrderLine.shipped + OrderLine.cancelled > OrderLine.quantity)
    assert db.session.scalars(over).all() == []


def test_a_random_day(app_context: Flask) -> None:
    world = make_world()
    run_day(world, 14)
    check(world)


@pytest.mark.sqlite_only
def test_a_killed_process_leaves_nothing_half_done(app_context: Flask, database_url: str, tmp_path: Path) -> None:
    world = make_world()
    supply.import_rows(world, [supply.row(n, stock=STOCK) for n in (1, 2)])
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1", "P2")
    buyer = mall.make_trainee(world, capital=10**10)
    for _ in range(4):
        supply.buy_goods(buyer, shop.id, ("P1-1", 1), ("P2-1", 2))
    supply.fetch(seller)
    supply.advance(world, hours=40)
    world_id = world.id
    db.session.remove()
    for _ in range(2):
        command = [sys.executable, "-c", KILLED, database_url, str(tmp_path), str(world_id)]
        run = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        assert run.returncode == -signal.SIGKILL
        db.session.remove()
        world = db.session.get_one(World, world_id)
        supply.release_lease(world)
    supply.jump(world, hours=1)
    check(world)

"""Catalogues, listed goods and purchase orders of the supply system for tests, made through the services."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts import sessions
from app.core.actor import Actor, system
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import clock, ticker
from app.worlds.models import World
from sim_mall.data import OrderInfo
from sim_supply.data import FetchReport
from sim_supply.domain.catalogue import COLUMNS
from sim_supply.domain.pricing import PriceRule, RuleKind
from sim_supply.domain.return_flow import ReturnState, Settlement
from sim_supply.domain.trouble_flow import TroubleKind, TroubleState
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import Mapping as GoodsMapping
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import SupplierReturn
from sim_supply.models.troubles import ParcelTrouble
from sim_supply.services import fetching, imports, listing
from tests.factories.mall import buy
from tests.factories.world import make_actor

_count = itertools.count(1)
_RUN = secrets.token_hex(3)
DOUBLE = PriceRule(RuleKind.PERCENT, percent_bp=20_000)


def key() -> str:
    """Return a key that no other call has, in this process or another."""
    return f"supply-test-{_RUN}-{next(_count)}"


def row(number: int = 1, sku: int = 1, **changes: Any) -> dict[str, str]:
    """Return one good row of a catalogue; changes replace cells."""
    cells = {
        "supplier_code": "GYS1",
        "category_l1": "居家",
        "category_l2": "收纳",
        "spu_code": f"P{number}",
        "name": f"可折叠收纳箱{number}号",
        "brief": "加厚牛津布",
        "unit": "个",
        "sku_code": f"P{number}-{sku}",
        "spec": f"尺寸:{sku}号;颜色:米白",
        "cost_price": "20.00",
        "retail_price": "49.90",
        "stock": "10",
        "keywords": "收纳",
        "image_url": "",
        **dict.fromkeys(("retail_floor", "retail_ceiling", "alarm_stock", "mode", "freight_by"), ""),
    }
    return {**cells, **{name: str(value) for name, value in changes.items()}}


def csv_text(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = tuple(COLUMNS)) -> str:
    """Return rows as CSV text; cells with commas, quotes or newlines are quoted."""

    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if set(value) & set(',"\n') else value

    lines = [",".join(columns), *(",".join(cell(r.get(c, "")) for c in columns) for r in rows)]
    return "\r\n".join(lines) + "\r\n"


def csv_bytes(rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> bytes:
    """Return rows as a CSV file."""
    return csv_text(rows).encode(encoding)


def make_instructor(world: World) -> Actor:
    """Create an instructor of the world's class."""
    return make_actor(Role.INSTRUCTOR, world.scope_id)


def import_rows(world: World, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Take rows into the world's library; all of them must be good."""
    report = imports.import_catalogue(system(world.id, world.scope_id), csv_bytes(rows), "catalogue.csv")
    assert report["committed"], report
    return report


def product(world: World, code: str = "P1") -> Product:
    """Return a product of the library as it stands now."""
    db.session.rollback()
    return db.session.scalars(sa.select(Product).where(Product.world_id == world.id, Product.code == code)).one()


def sku(world: World, code: str = "P1-1") -> Sku:
    """Return a SKU of the library as it stands now."""
    db.session.rollback()
    return db.session.scalars(sa.select(Sku).where(Sku.world_id == world.id, Sku.code == code)).one()


def list_products(actor: Actor, world: World, *codes: str, rule: PriceRule = DOUBLE) -> listing.ListingResult:
    """Put products on sale by one click."""
    ids = [product(world, code).id for code in codes or ("P1",)]
    with unit_of_work():
        return listing.list_goods(actor, ids, [], rule, 0, key())


def mall_sku(shop_id: int, code: str = "P1-1") -> int:
    """Return the mall SKU behind which a supply SKU of the shop stands."""
    query = (
        sa.select(GoodsMapping.mall_sku_id)
        .join(Sku, Sku.id == GoodsMapping.sku_id)
        .where(GoodsMapping.shop_id == shop_id, Sku.code == code)
    )
    return db.session.scalars(query).one()


def buy_goods(buyer: Actor, shop_id: int, *wanted: tuple[str, int]) -> OrderInfo:
    """Buy listed goods by supply SKU code and pay."""
    return buy(buyer, [(mall_sku(shop_id, code), units) for code, units in wanted])


def fetch(actor: Actor) -> FetchReport:
    """Fetch the shop's orders."""
    with unit_of_work():
        return fetching.fetch_orders(actor, key())


def purchases(shop_id: int) -> list[PurchaseOrder]:
    """Return the shop's purchase orders as they stand now."""
    db.session.rollback()
    query = sa.select(PurchaseOrder).where(PurchaseOrder.shop_id == shop_id).order_by(PurchaseOrder.id)
    return list(db.session.scalars(query))


def jump(world: World, **step: int) -> int:
    """Move the world's clock on and fire what is due; return how many tasks fired."""
    with unit_of_work():
        clock.jump(system(world.id, world.scope_id), world.id, timedelta(**step))
    return ticker.run_due(world.id)


def make_return(owner: Actor, purchase: PurchaseOrder, sku_id: int, ticket_id: int = 1) -> SupplierReturn:
    """Write a return to the supplier that waits for its answer; inside a unit of work."""
    row = SupplierReturn(
        state=ReturnState.REQUESTED,
        world_id=purchase.world_id,
        shop_id=purchase.shop_id,
        owner_id=owner.person(),
        supplier_id=purchase.supplier_id,
        purchase_id=purchase.id,
        sku_id=sku_id,
        ticket_id=ticket_id + purchase.id * 1000,
        number=f"TG-{purchase.id}",
        settlement=Settlement.CREDIT,
        reason="quality",
        quantity=1,
        unit_cost=100,
        requested_at=purchase.created_at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_trouble(owner: Actor, purchase: PurchaseOrder) -> ParcelTrouble:
    """Write a lost parcel that waits for the seller; inside a unit of work."""
    row = ParcelTrouble(
        state=TroubleState.HAPPENED,
        kind=TroubleKind.LOST,
        world_id=purchase.world_id,
        owner_id=owner.person(),
        purchase_id=purchase.id,
        happened_at=purchase.created_at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def actor_of(world: World, account_id: int) -> Actor:
    """Return a trainee of the world's class as an actor."""
    return sessions.actor_in(account_id, Role.TRAINEE, world.scope_id)


def advance(world: World, **step: int) -> None:
    """Move the world's clock on; fire nothing."""
    with unit_of_work():
        clock.jump(system(world.id, world.scope_id), world.id, timedelta(**step))


def release_lease(world: World) -> None:
    """Let the lease of a process that was killed run out."""
    with unit_of_work():
        row = db.session.get_one(World, world.id)
        row.lease_holder, row.lease_until = None, None

"""Many orders are fetched by a job, a few at a time: nothing twice, nothing half, whatever interrupts it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from sim_mall.data import ShopInfo
from sim_supply.data import FetchReport
from sim_supply.models.orders import FetchedLine, FetchedOrder, SupplyShop
from sim_supply.services import fetch_job, fetching, incremental
from tests.factories import mall, supply
from tests.factories.queries import count_queries
from tests.factories.world import make_world

ORDERS = 7


class Killed(BaseException):
    """The process is gone."""


class Dying(jobs.Progress):
    """Dies when it is to tell the start of the third batch."""

    def report(self, done: int, total: int, message: str = "") -> None:
        if done >= 4:
            raise Killed


@pytest.fixture
def world(app_context: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(fetch_job, "AT_ONCE", 3)
    monkeypatch.setattr(fetch_job, "STEP", 2)
    world = make_world()
    supply.import_rows(world, [supply.row(1, stock=100), supply.row(2, stock=100, supplier_code="GYS2")])
    return world


@pytest.fixture
def shop(world: World) -> tuple[Actor, ShopInfo]:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1", "P2")
    return seller, shop


def sell(world: World, shop: ShopInfo, orders: int = ORDERS) -> None:
    buyer = mall.make_trainee(world)
    for _ in range(orders):
        supply.buy_goods(buyer, shop.id, ("P1-1", 1), ("P2-1", 2))


def start(seller: Actor, key: str = "") -> FetchReport | str:
    with unit_of_work():
        return fetch_job.fetch_or_start(seller, key or supply.key())


def payload(seller: Actor) -> Mapping[str, Any]:
    return {"account": seller.person(), "world": seller.world()}


def assert_each_once(world: World, shop: ShopInfo, orders: int = ORDERS) -> None:
    """Every order is there once, whole, with its two purchase orders paid and its stock set aside."""
    found = Counter(supply_order.fetched_order_id for supply_order in supply.purchases(shop.id))
    fetched = db.session.scalars(sa.select(FetchedOrder.mall_order_id).where(FetchedOrder.shop_id == shop.id)).all()
    assert (len(fetched), len(set(fetched)), sorted(found.values())) == (orders, orders, [2] * orders)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FetchedLine)) == 2 * orders
    assert [supply.sku(world, code).reserved for code in ("P1-1", "P2-1")] == [orders, 2 * orders]
    paid = sum(purchase.paid for purchase in supply.purchases(shop.id))
    suppliers = {purchase.supplier_id for purchase in supply.purchases(shop.id)}
    assert paid == sum(book.balance(world.id, book.supplier(supplier_id)) for supplier_id in suppliers)
    assert book.prove(world.id).sound


def test_many_orders_are_fetched_by_a_job(world: World, shop: tuple[Actor, ShopInfo]) -> None:
    seller, info = shop
    sell(world, info, 3)
    assert isinstance(start(seller), FetchReport)
    sell(world, info, ORDERS - 3)
    public_id = start(seller, "the-key")
    assert isinstance(public_id, str)
    job = jobs.get_job(seller, public_id)
    assert (job.status, job.done_steps, job.total_steps) == (jobs.JobState.DONE, 4, 4)
    assert {name: json.loads(job.result)[name] for name in ("new", "pushed")} == {"new": 4, "pushed": 8}
    assert job.message == "抓取到 4 笔新订单，已向供应商推送 8 张采购单。"
    assert start(seller, "the-key") == public_id
    again = start(seller)
    assert isinstance(again, FetchReport)
    assert again.new == 0
    assert_each_once(world, info)
    assert fetching.unfetched(seller, info) == 0


def test_a_job_that_waits_is_not_started_again(
    app_context: Flask, world: World, shop: tuple[Actor, ShopInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, info = shop
    sell(world, info, 4)
    rung: list[int] = []
    monkeypatch.setitem(app_context.extensions, "job_bell", rung.append)
    assert start(seller) == start(seller)
    assert len(rung) == 1
    jobs.run(rung[0])
    assert_each_once(world, info, 4)


def test_a_death_between_and_within_batches(
    world: World, shop: tuple[Actor, ShopInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, info = shop
    sell(world, info)
    with pytest.raises(Killed):
        fetch_job.run(payload(seller), Dying(0))
    assert_each_once(world, info, 4)
    assert db.session.scalars(sa.select(SupplyShop.fetched_to_at)).one() is None
    take = fetching.take_orders

    def dies(*arguments: Any) -> FetchReport:
        take(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "take_orders", dies)
        with pytest.raises(Killed):
            fetch_job.run(payload(seller), jobs.Progress(0))
    assert_each_once(world, info, 4)
    result = fetch_job.run(payload(seller), jobs.Progress(0))
    assert (result["new"], result["pushed"]) == (3, 6)
    assert_each_once(world, info)


def test_asking_what_is_new_costs_the_same_for_many(
    app_context: Flask, world: World, shop: tuple[Actor, ShopInfo]
) -> None:
    seller, info = shop

    def cost() -> tuple[int, int]:
        db.session.expire_all()
        with count_queries(app_context) as desk:
            fetching.unfetched(seller, info)
        with count_queries(app_context) as batch:
            ids = fetching.changed_ids(seller, info)
            fetching.mall_client.sold_orders(seller, info.id, ids)
        return len(desk), len(batch)

    sell(world, info, 2)
    few = cost()
    sell(world, info, 5)
    assert cost() == few


def test_automatic_fetching_of_a_busy_shop_catches_up(
    world: World, shop: tuple[Actor, ShopInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fetch ends after so many orders; the rest comes a minute later, not an interval later."""
    monkeypatch.setattr(incremental, "MOST_ORDERS", 2)
    seller, info = shop
    for _ in range(3):
        sell(world, info, 2)
        supply.jump(world, hours=1)
    with unit_of_work():
        report = incremental.fetch_increment(seller, supply.key())
    assert (report.new, report.more) == (2, True)
    with unit_of_work():
        incremental.set_automatic(seller, 600, forward=False)
    supply.jump(world, minutes=601)
    for _ in range(3):
        supply.jump(world, minutes=2)
    found = Counter(purchase.fetched_order_id for purchase in supply.purchases(info.id))
    assert sorted(found.values()) == [2] * 6

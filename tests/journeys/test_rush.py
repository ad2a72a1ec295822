"""A rush over HTTP at the real server: a flash sale sells what it has; ``kill -9`` in the middle of 500 orders.

After the kill there is no half order and no lost paid order, and the same key again is the same order.
"""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from functools import partial

import pytest
import sqlalchemy as sa

from app.core.db import db
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.trade import Order
from sim_mall.services.promotions import ItemDraft
from tests.benchmarks.crowd import inside
from tests.factories import mall, promotions
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.shoppers import Shopper, Till, in_parallel, make_shoppers
from tests.factories.world import make_world
from tests.infrastructure.server import Server

SHOPS, BUYERS, CLIENTS = 10, 50, 4  # each buyer submits one order per shop: 500 orders
AFTER = 4  # buyers that have paid when the server is killed


class Rush:
    """Buyers who submit and pay until the server is gone. paid, placed: batch by buyer, as the server answered."""

    def __init__(self, server: Server, buyers: list[Shopper], goods: list[tuple[int, int]]) -> None:
        self.server, self.goods = server, goods
        self.waiting = list(reversed(buyers))
        self.placed: dict[Shopper, str] = {}
        self.paid: dict[Shopper, str] = {}
        self.open: list[Shopper] = []  # submitted, and the answer never came
        self.enough = threading.Event()

    def client(self) -> None:
        till = Till(self.server.port)
        while self.waiting:
            buyer = self.waiting.pop()
            try:
                self.shop(till, buyer)
            except (OSError, http.client.HTTPException):
                self.open.append(buyer)
                break
            if len(self.paid) >= AFTER:
                self.enough.set()
        till.close()

    def shop(self, till: Till, buyer: Shopper) -> None:
        key = f"rush-{buyer.account_id}"
        total = sum(price for _, price in self.goods)
        status, batch = till.submit(buyer, self.goods, key, total)
        assert status == 302, status
        assert self.placed.setdefault(buyer, batch) == batch
        assert till.pay(buyer, batch, f"{key}-pay")
        self.paid[buyer] = batch

    def run(self) -> None:
        threads = [threading.Thread(target=self.client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        assert self.enough.wait(60)
        self.server.kill_web()
        for thread in threads:
            thread.join(60)
        assert self.open, "the server was not killed in the middle"
        assert self.waiting


def orders_of(buyers: list[Shopper]) -> dict[int, list[Order]]:
    """Return the orders by buyer."""
    db.session.expire_all()
    found: dict[int, list[Order]] = {buyer.account_id: [] for buyer in buyers}
    for order in db.session.scalars(sa.select(Order).where(Order.buyer_id.in_(found))):
        found[order.buyer_id].append(order)
    return found


@pytest.mark.sqlite_only
def test_a_killed_server_leaves_whole_orders(server: Server) -> None:
    with inside(server) as app:
        world = make_world()
        sellers = [mall.make_seller(world) for _ in range(SHOPS)]
        listings = [mall.make_listing(*seller, skus=[("默认", 10_00, BUYERS)]) for seller in sellers]
        goods = [(listing.skus[0].id, 10_00) for listing in listings]
        buyers = make_shoppers(app, world, BUYERS, "rush")
        world_id = world.id
        db.session.remove()
        rush = Rush(server, buyers, goods)
        rush.run()

        for account_id, orders in orders_of(buyers).items():
            assert len(orders) in {0, SHOPS}, account_id  # all shops of a submit, or none
            assert len({order.state for order in orders}) <= 1  # all paid, or none
        found = orders_of(buyers)
        for buyer in rush.placed:
            assert len(found[buyer.account_id]) == SHOPS
        for buyer in rush.paid:
            assert {order.state for order in found[buyer.account_id]} == {OrderState.PAID}
        assert_sound(world_id)
        db.session.remove()

        server.start_web()
        till = Till(server.port)
        for buyer in [*rush.open, next(iter(rush.paid)), rush.waiting[-1]]:  # cut off, done before, not yet begun
            rush.shop(till, buyer)
        till.close()
        again = orders_of(buyers)
        for buyer in rush.paid:
            assert [order.state for order in again[buyer.account_id]] == [OrderState.PAID] * SHOPS
        assert_sound(world_id)


def buy_in_flash(till: Till, buyer: Shopper, sku_id: int, price: int) -> int:
    """Submit one piece at the flash price; return the status."""
    return till.submit(buyer, [(sku_id, 10_00)], f"flash-{buyer.account_id}", price)[0]


@pytest.mark.sqlite_only
def test_a_flash_sale_of_ten_to_a_hundred(server: Server) -> None:
    with inside(server) as app:
        world = make_world()
        owner, shop = mall.make_seller(world)
        listing = mall.make_listing(owner, shop, skus=[("默认", 10_00, 60)])
        sku_id = listing.skus[0].id
        promotions.start(owner, PromotionKind.FLASH, Rule(per_user=1), ItemDraft(listing.id, sku_id, 5_00, stock=10))
        buyers = make_shoppers(app, world, 100, "flash")
        world_id = world.id
        db.session.remove()
        calls = [partial(buy_in_flash, buyer=buyer, sku_id=sku_id, price=5_00) for buyer in buyers]
        answers = Counter(status for status, _ in in_parallel(server.port, 16, calls))
        assert answers == {302: 10, 409: 90}
        found = [order for orders in orders_of(buyers).values() for order in orders]
        assert [order.payable for order in found] == [5_00] * 10
        assert stock_of(sku_id)[:2] == (60, 10)
        assert_sound(world_id)

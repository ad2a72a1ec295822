"""``python -m tests.benchmarks.trade``: orders per second over HTTP, a flash sale of 100 to 1,000 buyers, a quote.

On the real server, on each database that is asked for (``--backend``); ``--orders`` at each width of clients.
Ends with 1 when the flash sale does not sell exactly what it has, or a quote takes a millisecond.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from flask import Flask

from app.core.db import db
from sim_mall.domain.pricing.engine import quote
from sim_mall.domain.pricing.terms import (
    Cart,
    CartLine,
    Coupon,
    Freight,
    FullReduction,
    ItemPrice,
    MultiBuy,
    OfferKind,
    Tier,
)
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.services.promotions import ItemDraft
from tests.benchmarks.crowd import inside
from tests.conftest import make_schema
from tests.factories import mall, promotions
from tests.factories.mall_checks import assert_sound
from tests.factories.shoppers import Shopper, Till, in_parallel, make_shoppers
from tests.factories.world import make_world
from tests.infrastructure.services import Services

WIDTHS = (1, 8, 32)
PRICE, FLASH_PRICE = 10_00, 5_00
QUOTE_LIMIT = 1.0  # ms


def spread(seconds: Sequence[float]) -> str:
    """Return median and 95th percentile in words."""
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    return f"p50 {statistics.median(ordered) * 1000:6.0f} ms   p95 {p95 * 1000:6.0f} ms"


def full_cart() -> Cart:
    """Return twenty lines of four shops with every promotion there is."""
    lines = tuple(CartLine(n, f"S{n % 4}", 1_000 + 137 * n, 1 + n % 3) for n in range(20))
    kinds = (OfferKind.FLASH, OfferKind.GROUP, OfferKind.LIVE, OfferKind.LIMITED, OfferKind.MEMBER)
    return Cart(
        lines=lines,
        item_prices=tuple(
            ItemPrice(f"offer{n}", kinds[n % 5], frozenset({n, (n + 7) % 20}), bp=9_500 - 100 * n) for n in range(10)
        ),
        multi_buys=(MultiBuy("two", frozenset(range(4, 14)), 2, 9_000),),
        full_reductions=tuple(
            FullReduction(f"full{n}", f"S{n}", None, (Tier(5_000, off=500), Tier(10_000, off=1_200))) for n in range(4)
        ),
        shop_coupons=tuple(Coupon(f"coupon{n}", f"S{n}", None, 3_000, off=300) for n in range(4)),
        platform_coupon=Coupon("platform", None, None, 10_000, bp=9_500, cap=2_000),
        points=1_234,
        freight=tuple(Freight(f"S{n}", 800, 20_000) for n in range(4)),
    )


def measure_quote() -> float:
    """Print and return the milliseconds of one quote (median of 500)."""
    cart = full_cart()
    times = []
    for _ in range(500):
        began = time.perf_counter()
        quote(cart)
        times.append((time.perf_counter() - began) * 1000)
    steps = sum(len(line.steps) for line in quote(cart).lines)
    median, p95 = statistics.median(times), sorted(times)[474]
    print(f"  quote of 20 lines, {steps} steps     p50 {median:.3f} ms   p95 {p95:.3f} ms")
    return median


def _buy(till: Till, buyer: Shopper, sku_id: int, key: str, paid: int) -> int:
    return till.submit(buyer, [(sku_id, PRICE)], key, paid)[0]


def measure_orders(app: Flask, port: int, orders: int) -> bool:
    """Print orders per second at each width; say whether every one was placed."""
    world = make_world()
    seller = mall.make_seller(world)
    stock = [("默认", PRICE, 100_000)]
    skus = [mall.make_listing(*seller, title=f"基准商品 {n}号", skus=stock).skus[0].id for n in range(8)]
    buyers = make_shoppers(app, world, 64, "bench")
    world_id = world.id
    db.session.remove()
    ok = True
    for width in WIDTHS:
        count = orders if width > 1 else orders // 3
        calls = [
            partial(_buy, buyer=buyers[n % 64], sku_id=skus[n % 8], key=f"w{width}-{n}", paid=PRICE)
            for n in range(count)
        ]
        began = time.perf_counter()
        answers = in_parallel(port, width, calls)
        rate = count / (time.perf_counter() - began)
        states = Counter(status for status, _ in answers)
        print(f"  {width:2} clients: {rate:6.1f} orders/s   {spread([took for _, took in answers])}   {dict(states)}")
        ok = ok and set(states) == {302}
    assert_sound(world_id)
    return ok


def measure_flash(app: Flask, port: int, units: int, people: int) -> bool:
    """Print how a flash sale goes; say whether exactly what it has was sold."""
    world = make_world()
    owner, shop = mall.make_seller(world)
    listing = mall.make_listing(owner, shop, skus=[("默认", PRICE, units * 2)])
    sku_id = listing.skus[0].id
    item = ItemDraft(listing.id, sku_id, FLASH_PRICE, stock=units)
    promotions.start(owner, PromotionKind.FLASH, Rule(per_user=1), item)
    buyers = make_shoppers(app, world, people, "flash")
    world_id = world.id
    db.session.remove()
    calls = [
        partial(_buy, buyer=buyer, sku_id=sku_id, key=f"flash-{buyer.account_id}", paid=FLASH_PRICE) for buyer in buyers
    ]
    began = time.perf_counter()
    answers = in_parallel(port, 64, calls)
    took = time.perf_counter() - began
    states = Counter(status for status, _ in answers)
    print(f"  flash sale of {units} to {people}: {took:.1f} s   {spread([s for _, s in answers])}   {dict(states)}")
    assert_sound(world_id)
    return states == {302: units, 409: people - units}


def main() -> None:
    """Measure on the databases that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.trade", description=__doc__)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--orders", type=int, default=300)
    asked = parser.parse_args()
    ok = measure_quote() < QUOTE_LIMIT
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        for backend in asked.backend or ["sqlite", "postgres"]:
            print(f"== {backend}")
            server = services.server(backend)
            with inside(server) as app:
                ok = measure_orders(app, server.port, asked.orders) and ok
                ok = measure_flash(app, server.port, 100, 1_000) and ok
    if not ok:
        sys.exit("not every order was as it should be, or a quote took too long")


if __name__ == "__main__":
    main()

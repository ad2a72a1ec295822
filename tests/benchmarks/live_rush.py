"""``python -m tests.benchmarks.live_rush [--buyers 1000] [--pieces 100]``: viewers want what a live room has kept.

The pieces are live stock; as many again are on sale in the shop and must not be touched. Ends with 1 unless exactly
the pieces are sold at the live price, and the figures of the room say so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from flask import Flask

from app.core.db import db
from app.core.uow import unit_of_work
from sim_livestream.services import figures, goods
from sim_mall.models.goods import Stock
from tests.benchmarks.crowd import inside
from tests.benchmarks.trade import spread
from tests.conftest import make_schema
from tests.factories.live import Show, make_show
from tests.factories.mall_checks import assert_sound
from tests.factories.shoppers import Shopper, Till, in_parallel, make_shoppers
from tests.infrastructure.services import Services

LIVE_PRICE = 39_00
WIDTH = 64


def _buy(till: Till, buyer: Shopper, show: Show) -> int:
    form: dict[str, object] = {
        "sku": show.sku_id,
        "quantity": 1,
        "address": "default",
        "expected": LIVE_PRICE,
        "key": f"live-{buyer.account_id}",
    }
    return till.ask(buyer, f"/live/{show.number}/items/{show.item_id}/buy", form)[0]


def measure(app: Flask, port: int, people: int, pieces: int) -> bool:
    """Print how the rush goes; say whether exactly the pieces were sold, and the room's figures are right."""
    show = make_show(skus=(("默认", 50_00, pieces * 2),), live=LIVE_PRICE)
    with unit_of_work():
        goods.price_item(show.host, show.number, show.item_id, {}, 1, {show.sku_id: pieces})
    buyers = make_shoppers(app, show.world, people, "live")
    db.session.remove()
    began = time.perf_counter()
    answers = in_parallel(port, WIDTH, [partial(_buy, buyer=buyer, show=show) for buyer in buyers])
    took = time.perf_counter() - began
    states = Counter(status for status, _ in answers)
    print(f"  {people} viewers, {pieces} pieces: {took:.1f} s   {spread([s for _, s in answers])}   {dict(states)}")
    _room, counted = figures.room_figures(show.host, show.number)
    stock = db.session.get_one(Stock, show.sku_id)
    print(f"  orders {counted.orders}, GMV paid {counted.gmv_paid} fen; on sale in the shop {stock.saleable}")
    assert_sound(show.world_id)
    exact = (counted.orders, counted.gmv_placed, counted.gmv_paid) == (pieces, *[pieces * LIVE_PRICE] * 2)
    return exact and states == {302: pieces, 409: people - pieces} and (stock.saleable, stock.aside) == (pieces, 0)


def main() -> None:
    """Measure on the databases that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.live_rush", description=__doc__)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--buyers", type=int, default=1_000)
    parser.add_argument("--pieces", type=int, default=100)
    asked = parser.parse_args()
    ok = True
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        for backend in asked.backend or ["sqlite", "postgres"]:
            print(f"== {backend}")
            server = services.server(backend)
            with inside(server) as app:
                ok = measure(app, server.port, asked.buyers, asked.pieces) and ok
    if not ok:
        sys.exit("not exactly what the room had was sold")


if __name__ == "__main__":
    main()

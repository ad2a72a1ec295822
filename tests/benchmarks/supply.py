"""``python -m tests.benchmarks.supply``: import, one-click listing, fetching and sync at full size.

``--backend`` chooses the database; ``--skus``, ``--listed``, ``--orders`` and ``--synced`` make it smaller. Orders are
copied by bulk insert from one that was really bought, so that only fetching is measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.core import jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.factory import create_app
from app.ledger import book
from app.worlds.models import World
from sim_mall.models.goods import Stock
from sim_mall.models.trade import Order, OrderLine, Reservation
from sim_supply.models.catalogue import Sku
from sim_supply.services import fetch_job, sync
from tests.conftest import make_schema, test_settings
from tests.factories import mall, supply
from tests.factories.world import make_world
from tests.infrastructure.services import Services

MANY = 1_000_000
CHUNK = 500


@contextmanager
def timed(name: str, count: int) -> Iterator[None]:
    """Print how long the block took, how many that is per second, and the process's greatest memory."""
    began = time.perf_counter()
    yield
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {name:34} {took:7.1f} s   {count / took:8.1f}/s   peak {peak:5.0f} MB", flush=True)


def rows(count: int) -> list[dict[str, str]]:
    """Return so many SKUs, five to a product."""
    return [supply.row(n // 5, n % 5, stock=MANY, supplier_code=f"GYS{n % 20 // 5}") for n in range(count)]


def copy_order(order_id: int, count: int) -> None:
    """Write the paid order of one line so many times more, with the stock that it holds."""
    tables = db.metadata.tables
    bought, sold, held = (tables[model.__tablename__] for model in (Order, OrderLine, Reservation))
    order = dict(db.session.execute(sa.select(bought).where(bought.c.id == order_id)).mappings().one())
    line = dict(db.session.execute(sa.select(sold).where(sold.c.order_id == order_id)).mappings().one())
    reserved = dict(db.session.execute(sa.select(held).where(held.c.line_id == line["id"])).mappings().one())
    lines = line["id"] - order_id  # how far the numbers of lines are ahead of those of orders
    with unit_of_work():
        for start in range(0, count, CHUNK):
            part = range(start, min(start + CHUNK, count))
            new = [order_id + 1 + n for n in part]
            db.session.execute(
                sa.insert(bought), [{**order, "id": n, "number": f"B{n}", "batch": f"B{n}"} for n in new]
            )
            db.session.execute(sa.insert(sold), [{**line, "id": n + lines, "order_id": n} for n in new])
            db.session.execute(sa.insert(held), [{**reserved, "line_id": n + lines} for n in new])
        db.session.execute(
            sa.update(Stock).where(Stock.sku_id == line["sku_id"]).values(allocated=Stock.allocated + count)
        )


def run(world: World, skus: int, listed: int, orders: int, synced: int) -> None:
    """Measure one after the other in one world."""
    data = rows(skus)
    with timed(f"import of {skus:,} SKUs", skus):
        supply.import_rows(world, data)
    with timed("the same file again", skus):
        supply.import_rows(world, data)
    seller = mall.make_trainee(world, capital=10**13)
    shop = mall.open_shop(seller)
    with timed(f"one-click listing of {listed:,} SKUs", listed):
        supply.list_products(seller, world, *(f"P{n}" for n in range(listed // 5)))
    fetch_many(world, seller, shop.id, orders)
    more = range(listed // 5, -(-synced // 5))
    for start in range(more.start, more.stop, 100):
        supply.list_products(seller, world, *(f"P{n}" for n in more[start : start + 100]))
    ids = list(db.session.scalars(sa.select(Sku.id).order_by(Sku.id).limit(synced)))
    with unit_of_work():
        db.session.execute(sa.update(Sku).values(stock=Sku.stock - 1))
    with timed(f"sync of {synced:,} SKUs, all changed", synced), unit_of_work():
        sync.publish_stock(world.id, ids)
    with timed("the same, nothing changed", synced), unit_of_work():
        sync.publish_stock(world.id, ids)


def fetch_many(world: World, seller: Actor, shop_id: int, orders: int) -> None:
    """Let the job fetch so many orders."""
    world_id, owner = world.id, seller.person()
    order = supply.buy_goods(mall.make_trainee(world, capital=10**9), shop_id, ("P0-0", 1))
    copy_order(order.id, orders - 1)
    with timed(f"fetch of {orders:,} orders, bought", orders):
        result = fetch_job.run({"account": owner, "world": world_id}, jobs.Progress(0))
    assert (result["new"], result["pushed"]) == (orders, orders), result
    with timed("the same, nothing new", orders):
        assert fetch_job.run({"account": owner, "world": world_id}, jobs.Progress(0))["new"] == 0
    assert book.prove(world_id).sound


def main() -> None:
    """Measure on the databases that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.supply", description=__doc__)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), action="append")
    for name, count in (("skus", 50_000), ("listed", 500), ("orders", 10_000), ("synced", 5_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        for backend in asked.backend or ["sqlite", "postgres"]:
            print(f"== {backend}")
            app = create_app(test_settings(services.databases(backend).fresh(), Path(folder)))
            with app.app_context():
                run(make_world(), asked.skus, asked.listed, asked.orders, asked.synced)
                db.session.remove()


if __name__ == "__main__":
    main()

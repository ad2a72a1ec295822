"""A day of chance at full size: ``python -m tests.benchmarks.supply_day [--orders 2000]``.

Four shops sell, a tenth of the orders is cancelled, 8 % come back to the own warehouse or to the supplier, parcels get
lost; the process that does it is killed twice in the middle and begins again. At the end the stock of the mall and of
the suppliers and all money must agree (the same proof as in the suite's small version).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from app.core.db import db
from app.core.permissions import Role
from app.factory import create_app
from app.worlds.models import World
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import SupplierReturn
from sim_supply.models.troubles import ParcelTrouble
from tests.conftest import ROOT, make_schema, test_settings
from tests.factories import mall, supply
from tests.factories.supply_day import STOCK, Day
from tests.factories.world import make_world
from tests.services.supply.test_random_day import check

SHOPS = 4
CODES = [f"P{n}-1" for n in range(1, 9)]


def prepare(folder: Path) -> None:
    """Make the database, the world, suppliers, shops and a buyer."""
    url = f"sqlite:///{folder / 'day.db'}"
    make_schema(url)
    app = create_app(test_settings(url, folder))
    with app.app_context():
        world = make_world()
        rows = [supply.row(n, stock=STOCK, supplier_code=f"GYS{n % 3}") for n in range(1, len(CODES) + 1)]
        supply.import_rows(world, rows)
        sellers = [mall.make_seller(world) for _ in range(SHOPS)]
        for seller, _ in sellers:
            supply.list_products(seller, world, *(code.split("-")[0] for code in CODES))
        buyer = mall.make_trainee(world, capital=10**11)
        facts = {
            "world": world.id,
            "shops": [[seller.account_id, shop.id] for seller, shop in sellers],
            "buyer": buyer.account_id,
        }
        (folder / "day.json").write_text(json.dumps(facts), encoding="utf-8")


def work(folder: Path, orders: int) -> None:
    """Do what is left of the day; says on standard output how far it is."""
    facts = json.loads((folder / "day.json").read_text(encoding="utf-8"))
    app = create_app(test_settings(f"sqlite:///{folder / 'day.db'}", folder))
    with app.app_context():
        world = db.session.get_one(World, facts["world"])
        supply.release_lease(world)
        sellers = [(supply.actor_of(world, account), shop) for account, shop in facts["shops"]]
        buyer = supply.actor_of(world, facts["buyer"])
        assert buyer.role is Role.TRAINEE
        hours = [1] * 48
        Day(world, sellers, buyer, CODES, every=40, pause=(10, 40), hours=hours, say=partial(print, flush=True)).run(
            orders
        )


def run_until(folder: Path, orders: int, word: str) -> bool:
    """Let a process work until it says this word, then kill it; say whether it came to its end before."""
    command = [sys.executable, "-m", "tests.benchmarks.supply_day", "--work", str(folder), "--orders", str(orders)]
    quiet = (folder / "worker.log").open("a", encoding="utf-8")
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=quiet, text=True)
    assert child.stdout is not None
    last = ""
    for line in child.stdout:
        last = line.strip()
        if last == word:
            time.sleep(0.05)  # somewhere in the middle of what follows
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            return False
    if child.wait() != 0:
        sys.exit((folder / "worker.log").read_text(encoding="utf-8")[-3000:])
    return last == "done"


def main() -> None:
    """Run the day, kill it twice, prove the sums."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.supply_day", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.orders)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        prepare(folder)
        for word in (f"order {asked.orders // 2}", "hour 20"):
            if run_until(folder, asked.orders, word):
                sys.exit(f"was to be killed at {word}")
            print(f"killed after {word}, {time.perf_counter() - began:.0f} s")
        run_until(folder, asked.orders, "")
        app = create_app(test_settings(f"sqlite:///{folder / 'day.db'}", folder))
        with app.app_context():
            world = db.session.scalars(sa.select(World)).one()
            check(world)
            for model in (Order, AfterSale, PurchaseOrder, SupplierReturn, ParcelTrouble):
                found = db.session.execute(sa.select(model.state, sa.func.count()).group_by(model.state)).all()  # type: ignore[attr-defined]
                print(f"  {model.__name__:15}", ", ".join(f"{state} {count}" for state, count in found))
        print(f"stock and money agree; {asked.orders} orders in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()

"""``python -m tests.benchmarks.goods``: lists, search and product page with 50,000 listings and 1,000,000 orders.

On a PostgreSQL of its own; rows come by bulk insert. Prints the slowest statement of each page; more than
``LIMIT`` ms is a failure. ``--listings`` and ``--orders`` make it smaller.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.factory import create_app
from app.worlds.chance import Chance
from sim_mall.domain.words import index_grams
from sim_mall.models.goods import Category, Listing, SearchGram, Sku, Stock
from sim_mall.models.shops import Shop
from sim_mall.services import goods_lists, order_lists, search
from sim_mall.services.listing_reading import load_listing
from tests.conftest import make_schema, test_settings
from tests.factories import mall
from tests.factories.world import make_actor, make_world
from tests.infrastructure.services import Services

LIMIT = 50.0
ROUNDS = 7
WORDS = [
    "纯棉",
    "磨毛",
    "四件套",
    "被套",
    "枕头",
    "毛巾",
    "浴巾",
    "马克杯",
    "咖啡",
    "绿茶",
    "红茶",
    "坚果",
    "零食",
    "抱枕",
    "台灯",
    "夜灯",
    "收纳",
    "书架",
    "钢笔",
    "本子",
    "帆布包",
    "雨伞",
    "跑鞋",
    "瑜伽垫",
    "帐篷",
]
MARKS = [
    "家用",
    "学生",
    "宿舍",
    "办公",
    "便携",
    "加厚",
    "简约",
    "北欧",
    "复古",
    "新款",
    "大号",
    "小号",
    "礼盒",
    "送礼",
    "耐用",
    "柔软",
    "防滑",
    "静音",
    "环保",
    "手工",
]
LEVELS = [(l1, l2) for l1 in ("居家", "餐厨", "食品", "文具", "运动户外") for l2 in ("甲", "乙", "丙", "丁")]
AT = datetime(2026, 11, 1, tzinfo=UTC)


def _titles(count: int) -> Iterator[str]:
    dice = Chance("benchmark", "titles", 0)
    for number in range(count):
        yield f"{dice.pick(WORDS)} {dice.pick(MARKS)}{dice.pick(WORDS)} {dice.pick(MARKS)} {number}号"


def fill(world_id: int, shops: list[Shop], listings: int) -> None:
    """Write categories, listings, SKUs, stock and grams."""
    dice = Chance("benchmark", "goods", 0)
    categories = [Category(world_id=world_id, l1=l1, l2=l2) for l1, l2 in LEVELS]
    db.session.add_all(categories)
    db.session.flush()
    base = (db.session.scalar(sa.select(sa.func.max(Listing.id))) or 0) + 1
    rows: list[dict[str, Any]] = []
    skus: list[dict[str, Any]] = []
    stocks: list[dict[str, Any]] = []
    grams: list[tuple[int, str, int, int]] = []

    def flush() -> None:
        for table, found in ((Listing, rows), (Sku, skus), (Stock, stocks)):
            db.session.execute(sa.insert(table), found)
            found.clear()
        driver: Any = db.session.connection().connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {SearchGram.__tablename__} FROM STDIN") as copy:
            for row in grams:
                copy.write_row(row)
        grams.clear()

    for place, title in enumerate(_titles(listings)):
        listing_id, price, category = base + place, dice.between(100, 50_000), dice.pick(categories)
        rows.append({
            "id": listing_id, "state": "on_sale", "world_id": world_id, "shop_id": dice.pick(shops).id, "version": 1,
            "category_id": category.id, "title": title, "brief": "耐用", "unit": "件", "attributes": {}, "axes": [],
            "pictures": [], "audit_notes": [], "price_from": price, "price_to": price, "sold": dice.between(0, 3000),
            "created_at": AT, "changed_at": AT, "listed_at": AT, "free_shipping": place % 3 == 0,
        })  # fmt: skip
        for ordinal in range(2):
            sku_id = listing_id * 2 + ordinal
            sku = {"id": sku_id, "world_id": world_id, "listing_id": listing_id, "ordinal": ordinal}
            skus.append({**sku, "price": price, "values": []})
            stocks.append({"sku_id": sku_id, "on_hand": 100, "allocated": 0, "damaged": 0})
        grams += [(world_id, gram, listing_id, 3) for gram in index_grams(title)]
        if len(rows) >= 2_000:
            flush()
    if rows:
        flush()


def fill_orders(world_id: int, shops: list[Shop], buyers: list[int], count: int) -> None:
    """Write completed orders with one line each, made by the server itself."""
    first = db.session.scalar(sa.select(sa.func.min(Listing.id))) or 1
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Listing)) or 1
    shop_ids, buyer_ids = [shop.id for shop in shops], buyers
    columns = db.metadata.tables["mall_order"].columns
    moment = "timestamptz '2026-10-01' + g * interval '1 second'"
    moments = ("placed_at", "pay_by", "paid_at", "shipped_at", "completed_at", "modified_at", "ship_by", "receive_by")
    values: dict[str, str] = {
        "id": "g",
        "world_id": str(world_id),
        "number": "'N' || g",
        "batch": "'B' || g",
        "state": "'completed'",
        "version": "1",
        "shop_id": f"(ARRAY{shop_ids})[1 + g % {len(shop_ids)}]",
        "shop_name": "'店'",
        "buyer_id": f"(ARRAY{buyer_ids})[1 + g % {len(buyer_ids)}]",
        "source": "'mall'",
        "goods_payable": "1000",
        "freight": "0",
        "payable": "1000",
        **dict.fromkeys(moments, moment),
    }
    series = f"generate_series(1, {count}) AS g"
    _insert("mall_order", columns, values, series)
    lines = {
        "id": "g",
        "order_id": "g",
        "listing_id": f"{first} + g % {total}",
        "sku_id": f"({first} + g % {total}) * 2",
        "title": "'商品'",
        "unit_price": "1000",
        "quantity": "1",
        "base": "1000",
        "payable": "1000",
        "steps": "'[]'",
        "shipped": "1",
    }
    _insert("mall_order_line", db.metadata.tables["mall_order_line"].columns, lines, series)


def _insert(table: str, columns: Any, values: dict[str, str], source: str) -> None:
    """Fill a table from a series; columns that are not named take an empty value of their type where one is needed."""
    for column in columns:
        if column.name in values or column.nullable or column.server_default is not None:
            continue
        kind = column.type.python_type if hasattr(column.type, "python_type") else str
        values[column.name] = {int: "0", str: "''", bool: "false", list: "'[]'", dict: "'{}'"}.get(kind, "''")
    names = ", ".join(f'"{name}"' for name in values)
    db.session.execute(sa.text(f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} FROM {source}"))


@contextmanager
def timed() -> Iterator[list[tuple[float, str]]]:
    """Collect each statement with its milliseconds."""
    seen: list[tuple[float, str]] = []

    def before(connection: Any, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def after(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(((time.perf_counter() - connection.info["began"]) * 1000, statement))

    sa.event.listen(db.engine, "before_cursor_execute", before)
    sa.event.listen(db.engine, "after_cursor_execute", after)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", before)
        sa.event.remove(db.engine, "after_cursor_execute", after)


def measure(name: str, call: Callable[[], object]) -> float:
    """Print the queries of one page and its slowest statement (best of the rounds, so that the disk is warm)."""
    best: list[tuple[float, str]] = []
    for _ in range(ROUNDS):
        db.session.expire_all()
        with timed() as seen:
            call()
        if not best or max(seen) < max(best):
            best = list(seen)
    slowest, statement = max(best)
    print(f"  {name:34} {len(best)} queries, all {sum(took for took, _ in best):6.1f} ms, slowest {slowest:6.1f} ms")
    if slowest > LIMIT:
        print("      " + " ".join(statement.split())[:300])
    return slowest


def pages(world_id: int, shop: Shop, listing_id: int) -> dict[str, Callable[[], object]]:
    """Return what is measured."""

    def find(**asked: Any) -> Callable[[], object]:
        return lambda: search.page_of(search.find(world_id, search.Search(**asked)), 1, 20)

    sort = search.Sort
    return {
        "home: new": find(sort=sort.NEW),
        "home: best sellers": lambda: search.best_sellers(world_id),
        "categories": lambda: search.category_counts(world_id),
        "category, by sales": find(l1="居家", l2="甲", sort=sort.SOLD),
        "category, page 40": lambda: search.page_of(search.find(world_id, search.Search(l1="居家")), 40, 20),
        "all by price, 10 to 20 yuan, free": find(low=1000, high=2000, free=True, left=True, sort=sort.PRICE_UP),
        "search 号 (in every title)": find(q="号"),
        "search 茶": find(q="茶"),
        "search 咖啡": find(q="咖啡"),
        "search 加厚四件套 by price": find(q="加厚四件套", sort=sort.PRICE_UP),
        "search 号 12345": find(q="号 12345"),
        "search without results": find(q="飞机大炮"),
        "help without results": lambda: search.words_with_results(world_id, "红茶 飞机 大炮"),
        "suggestions 毛": lambda: search.suggestions(world_id, "毛"),
        "product page: listing": lambda: load_listing(listing_id),
        "product page: more of the shop": lambda: search.best_sellers(world_id, shop_id=shop.id, besides=listing_id),
        "shop: units sold": lambda: search.units_sold(shop.id),
        "seller: list of goods": lambda: db.session.scalars(goods_lists.manage_query(shop, "", "").limit(20)).all(),
        "seller: counts": lambda: (goods_lists.state_counts(shop), goods_lists.alarm_count(shop)),
        "seller: counts of orders": lambda: order_lists.seller_counts(shop),
    }


def run(app: Flask, listings: int, orders: int) -> bool:
    """Fill and measure; say whether all was fast enough."""
    with app.app_context():
        world = make_world()
        sellers = [mall.make_seller(world, f"基准店{n}") for n in range(40)]
        shops = [db.session.get_one(Shop, info.id) for _, info in sellers]
        buyers = [make_actor(Role.TRAINEE, world.scope_id, f"买家{n}").person() for n in range(40)]
        began = time.perf_counter()
        with unit_of_work():
            fill(world.id, shops, listings)
        with unit_of_work():
            fill_orders(world.id, shops, buyers, orders)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
        print(f"== {listings:,} listings, {orders:,} orders, written in {time.perf_counter() - began:.0f} s")
        listing_id = db.session.scalars(sa.select(Listing.id).where(Listing.shop_id == shops[0].id).limit(1)).one()
        slowest = [measure(name, call) for name, call in pages(world.id, shops[0], listing_id).items()]
        return max(slowest) <= LIMIT


def main() -> None:
    """Measure on a PostgreSQL of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.goods", description=__doc__)
    parser.add_argument("--listings", type=int, default=50_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        databases = services.databases("postgres")
        url = databases.fresh()
        app = create_app(test_settings(url, Path(folder)))
        if not run(app, asked.listings, asked.orders):
            sys.exit(f"a query took longer than {LIMIT:.0f} ms")


if __name__ == "__main__":
    main()

"""One-click listing and the library: price, stock, idempotence, refusals, query budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.models.goods import Listing
from sim_mall.open_platform import listings_by_id, set_stock
from sim_supply.domain.pricing import PriceRule, RuleKind
from sim_supply.models.orders import Mapping
from sim_supply.services import desk, library, listing
from sim_supply.services.sync import publish_stock
from tests.factories import mall, supply
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_world

EXAMPLE = PriceRule(RuleKind.MARGIN, margin_bp=2500, freight=500, fee_bp=500, round_nine=True)


@pytest.fixture
def world(app_context: Flask) -> World:
    world = make_world()
    supply.import_rows(
        world,
        [
            supply.row(1, cost_price="23.50"),
            supply.row(1, sku=2, cost_price="30.00", stock=0),
            supply.row(2, name="帽", category_l2="配饰"),
            supply.row(3, name="加微信领取的箱子", supplier_code="GYS2"),
        ],
    )
    return world


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements of the block."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_preview_of_the_worked_example(world: World) -> None:
    seller, _ = mall.make_seller(world)
    [product] = listing.preview(seller, [supply.product(world).id], EXAMPLE)
    first = product.skus[0].quote
    assert (first.computed, first.price, product.listing_id) == (4071, 4090, None)


def test_one_click_puts_goods_on_sale_with_price_and_stock(world: World) -> None:
    seller, shop = mall.make_seller(world)
    result = supply.list_products(seller, world, "P1", rule=EXAMPLE)
    assert (result.listed, result.already, result.skus) == (1, 0, 2)
    mapping = db.session.scalars(sa.select(Mapping).order_by(Mapping.id)).all()
    info = listings_by_id(world.id, [mapping[0].mall_listing_id])[mapping[0].mall_listing_id]
    assert (info.state, info.shop_id, info.category_l1, info.category_l2) == ("on_sale", shop.id, "居家", "收纳")
    assert [(sku.code, sku.spec, sku.price, sku.saleable) for sku in info.skus] == [
        ("P1-1", "1号 / 米白", 4090, 10),
        ("P1-2", "2号 / 米白", 5090, 0),
    ]
    assert [m.mall_sku_id for m in mapping] == [sku.id for sku in info.skus]


def test_again_it_is_shown_as_listed(world: World) -> None:
    seller, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    again = supply.list_products(seller, world, "P1", "P2")
    assert (again.listed, again.already) == (1, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Listing)) == 2
    [shown] = listing.preview(seller, [supply.product(world).id], EXAMPLE)
    assert shown.listing_id is not None


def test_the_same_key(world: World) -> None:
    seller, _ = mall.make_seller(world)
    ids = [supply.product(world).id]
    results = []
    for _ in range(2):
        with unit_of_work():
            results.append(listing.list_goods(seller, ids, [], EXAMPLE, 0, "key"))
    assert results[0] == results[1]
    with pytest.raises(Conflict), unit_of_work():
        listing.list_goods(seller, ids, [], EXAMPLE, 800, "key")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Listing)) == 1


def test_chosen_specifications_only(world: World) -> None:
    seller, shop = mall.make_seller(world)
    with unit_of_work():
        result = listing.list_goods(
            seller, [supply.product(world).id], [supply.sku(world, "P1-2").id], EXAMPLE, 0, supply.key()
        )
    assert (result.listed, result.skus) == (1, 1)
    assert supply.mall_sku(shop.id, "P1-2")


def test_a_short_name_gets_its_category(world: World) -> None:
    seller, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P2")
    assert db.session.scalars(sa.select(Listing.title)).all() == ["配饰 帽"]


def test_a_refusal_of_the_mall_names_the_goods_and_lists_nothing(world: World) -> None:
    seller, _ = mall.make_seller(world)
    before = fingerprint()
    with pytest.raises(Refused, match=r"“加微信领取的箱子”不能上架：.*微信"):
        supply.list_products(seller, world, "P1", "P3")
    assert changed(before, fingerprint()) == []


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (PriceRule(RuleKind.PERCENT, percent_bp=0), "percent"),
        (PriceRule(RuleKind.MARGIN, margin_bp=9_400, fee_bp=500), "margin"),
    ],
)
def test_impossible_rules_are_refused(world: World, rule: PriceRule, field: str) -> None:
    seller, _ = mall.make_seller(world)
    before = fingerprint()
    with pytest.raises(InvalidInput) as refusal:
        supply.list_products(seller, world, "P1", rule=rule)
    assert refusal.value.field == field
    assert changed(before, fingerprint()) == []


def test_who_may_list(world: World) -> None:
    instructor = supply.make_instructor(world)
    with pytest.raises(Forbidden):
        supply.list_products(instructor, world, "P1")
    with pytest.raises(Refused, match="请先注册店铺"):
        supply.list_products(mall.make_trainee(world), world, "P1")
    stranger, _ = mall.make_seller(make_world())
    with pytest.raises(NotFound):
        supply.list_products(stranger, world, "P1")
    with pytest.raises(InvalidInput, match="请先选择"), unit_of_work():
        listing.list_goods(mall.make_seller(world)[0], [], [], EXAMPLE, 0, supply.key())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Mapping)) == 0


def test_a_new_stock_of_the_supplier_reaches_the_mall(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.import_rows(world, [supply.row(1, cost_price="23.50", stock=25)])
    [mapping] = db.session.scalars(sa.select(Mapping).where(Mapping.mall_sku_id == supply.mall_sku(shop.id)))
    info = listings_by_id(world.id, [mapping.mall_listing_id])[mapping.mall_listing_id]
    assert info.skus[0].saleable == 25


def test_stock_below_what_the_malls_orders_hold_leaves_nothing_saleable(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    mall_sku_id = supply.mall_sku(shop.id)
    mall.place(mall.make_trainee(world), [(mall_sku_id, 6)])
    supply.import_rows(world, [supply.row(1, cost_price="23.50", stock=2)])
    [mapping] = db.session.scalars(sa.select(Mapping).where(Mapping.mall_sku_id == mall_sku_id))
    info = listings_by_id(world.id, [mapping.mall_listing_id])[mapping.mall_listing_id]
    assert info.skus[0].saleable == 0
    with pytest.raises(Refused), unit_of_work():
        set_stock(seller, shop.id, {mall_sku_id: 5})
    with unit_of_work():
        set_stock(seller, shop.id, {mall_sku_id: 6})


def test_stock_sync_of_goods_nobody_lists(world: World) -> None:
    with unit_of_work():
        assert publish_stock(world.id, [supply.sku(world).id]) == 0


def test_browse_filters(world: World) -> None:
    seller, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1")

    def names(**filters: object) -> list[str]:
        page = library.browse(seller, library.Filters(**filters), 1)  # type: ignore[arg-type]
        return [card.name for card in page.items]

    assert names() == ["可折叠收纳箱1号", "帽", "加微信领取的箱子"]
    assert names(q="收纳箱") == ["可折叠收纳箱1号"]
    assert names(q="%") == []
    assert names(category="居家/配饰") == ["帽"]
    assert len(names(category="居家")) == 3
    assert names(supplier_id=supply.product(world, "P3").supplier_id) == ["加微信领取的箱子"]
    assert names(listed="yes") == ["可折叠收纳箱1号"]
    assert names(listed="no") == ["帽", "加微信领取的箱子"]
    assert names(sort="cost")[0] == "帽"
    [card, *_] = library.browse(seller, library.Filters(), 1).items
    assert (card.cost_from, card.cost_to, card.available, card.skus) == (2350, 3000, 10, 2)
    assert card.listing_id is not None


def test_the_library_asks_a_fixed_number_of_queries(world: World) -> None:
    seller, _ = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    with counted() as few:
        library.browse(seller, library.Filters(), 1)
    supply.import_rows(world, [supply.row(number) for number in range(10, 40)])
    supply.list_products(seller, world, *(f"P{number}" for number in range(10, 20)))
    db.session.expire_all()
    with counted() as many:
        page = library.browse(seller, library.Filters(), 1)
    assert len(page.items) == 24
    assert len(many) <= len(few) + 1
    assert len(many) <= 12


def test_orders_and_listed_goods_ask_a_fixed_number_of_queries(world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.import_rows(world, [supply.row(number, supplier_code=f"GYS{number}") for number in range(10, 18)])
    supply.list_products(seller, world, *(f"P{number}" for number in range(10, 18)))
    buyer = mall.make_trainee(world)

    def counts() -> tuple[int, int]:
        db.session.rollback()
        with counted() as orders:
            for order in desk.list_orders(seller, (), "", 1).items:
                assert [line.sku.product.category.path for line in order.lines]
        db.session.rollback()
        with counted() as goods:
            for row in desk.list_mappings(seller, "", 1).items:
                assert row.mapping.product.category.path
        return len(orders), len(goods)

    supply.buy_goods(buyer, shop.id, ("P10-1", 1))
    supply.fetch(seller)
    few = counts()
    for number in range(11, 18):
        supply.buy_goods(buyer, shop.id, (f"P{number}-1", 1), ("P10-1", 1))
    supply.fetch(seller)
    assert len(supply.purchases(shop.id)) == 15
    assert counts() == few

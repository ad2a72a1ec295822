"""Shops, listings, search, addresses, the open platform and the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.clock import sim_now
from app.worlds.models import World
from app.worlds.settings import change_setting
from sim_mall import api, open_platform
from sim_mall.data import MallProgress, ShopAudience
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.domain.traffic import Source
from sim_mall.models.goods import Listing, SearchGram
from sim_mall.models.shops import Shop
from sim_mall.services import addresses, listings, ranking, reviews, search, shelves, shop_life, shops, visits
from sim_mall.services.rules.violations import Case, record_violation
from tests.factories import mall
from tests.factories.mall_checks import assert_sound, stock_of
from tests.factories.queries import count_queries
from tests.factories.world import make_actor, make_world


def titles(world: World, q: str, **more: object) -> list[str]:
    query = search.find(world.id, search.Search(q=q, **more))  # type: ignore[arg-type]
    return [listing.title for listing in db.session.scalars(query)]


def test_shop_passes_the_rules_and_opens_with_its_deposit(world: World) -> None:
    actor = mall.make_trainee(world)
    with unit_of_work():
        shop = shops.register_shop(actor, mall.application("暖居 生活馆"), mall.key())
    assert shop.state == ShopState.DEPOSIT_DUE
    with unit_of_work():
        shops.pay_deposit(actor)
    assert open_platform.my_shop(actor).state == "open"  # type: ignore[union-attr]
    assert book.balance(world.id, book.deposit(shop.id)) == 100_000
    assert book.balance(world.id, book.wallet(actor.person())) == 9_900_000
    with pytest.raises(Refused), unit_of_work():
        shops.pay_deposit(actor)
    other = mall.make_trainee(world)
    with pytest.raises(Refused) as taken, unit_of_work():
        shops.register_shop(other, mall.application("暖居生活馆"), mall.key())
    assert (taken.value.code, taken.value.field) == ("name_taken", "name")
    with pytest.raises(Refused) as second, unit_of_work():
        shops.register_shop(actor, mall.application("第二家店"), mall.key())
    assert second.value.code == "has_shop"
    elsewhere = mall.make_trainee(make_world())
    with unit_of_work():
        shops.register_shop(elsewhere, mall.application("暖居生活馆"), mall.key())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Shop)) == 2


def test_application_names_the_field_that_is_wrong(world: World) -> None:
    actor = mall.make_trainee(world)
    for change, field in (
        ({"agreed": False}, "agreed"),
        ({"name": "京东自营"}, "name"),
        ({"intro": "加微信"}, "intro"),
    ):
        with pytest.raises(InvalidInput) as refused, unit_of_work():
            shops.register_shop(actor, replace(mall.application("好店一家"), **change), mall.key())  # type: ignore[arg-type]
        assert refused.value.field == field
    assert open_platform.my_shop(actor) is None


def test_instructor_reviews_where_the_world_says_so(world: World) -> None:
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    actor = mall.make_trainee(world)
    with unit_of_work():
        change_setting(teacher, world.id, "shop_review_by_instructor", 1)
        shop = shops.register_shop(actor, mall.application(), mall.key())
    assert [row.id for row in shops.waiting_shops(teacher)] == [shop.id]
    with pytest.raises(Forbidden):
        shops.approve_shop(actor, shop.id)
    with pytest.raises(InvalidInput), unit_of_work():
        shops.reject_shop(teacher, shop.id, "name", "")
    with unit_of_work():
        shops.reject_shop(teacher, shop.id, "name", "店名太笼统")
    assert (shop.state, shop.review_field, shop.review_reason) == (ShopState.REJECTED, "name", "店名太笼统")
    with unit_of_work():
        shops.resubmit_shop(actor, mall.application("小满生活馆"))
        shops.approve_shop(teacher, shop.id)
    assert shop.state == ShopState.DEPOSIT_DUE
    other_teacher = make_actor(Role.INSTRUCTOR, make_world().scope_id)
    with pytest.raises(NotFound), unit_of_work():
        shops.approve_shop(other_teacher, shop.id)
    assert audit.verify(world.scope_id).broken_seq is None


def test_shop_rests_and_closes_with_its_money(world: World) -> None:
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    sku = mall.make_listing(owner, shop).skus[0].id
    order = mall.buy(buyer, [(sku, 1)])
    with unit_of_work():
        shop_life.suspend_shop(owner)
    with pytest.raises(Refused):
        mall.place(buyer, [(sku, 1)])
    assert titles(world, "四件套") == []
    with pytest.raises(Refused, match="未完成的订单"), unit_of_work():
        shop_life.close_shop(owner)
    mall.ship(owner, order.id)
    mall.complete(buyer, order.id)
    with pytest.raises(Refused, match="公示要满 30 天"), unit_of_work():
        shop_life.close_shop(owner)
    with unit_of_work():
        clock.jump(make_actor(Role.INSTRUCTOR, world.scope_id), world.id, timedelta(days=30))
    assert all(item.met for item in shop_life.obligations(db.session.get_one(Shop, shop.id)))
    with unit_of_work():
        shop_life.close_shop(owner)
    assert book.balance(world.id, book.deposit(shop.id)) == 0
    assert book.balance(world.id, book.wallet(owner.person())) == 10_000_000 + 950
    assert_sound(world.id)


def test_listing_is_audited_and_named_in_full(world: World) -> None:
    owner, shop = mall.make_seller(world)
    bad = mall.draft("短", [("红", 100, 1), ("红", 100, 1)], brief="<script>")
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        open_platform.create_listing(owner, shop.id, bad)
    assert refused.value.code == "audit_refused"
    assert [issue.field for issue in refused.value.issues] == ["title", "brief", "skus"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Listing)) == 0
    stranger = mall.make_trainee(world)
    with pytest.raises(NotFound), unit_of_work():
        open_platform.create_listing(stranger, shop.id, mall.draft())
    draft = mall.draft()
    with unit_of_work():
        first = open_platform.create_listing(owner, shop.id, draft)
    with unit_of_work():
        assert open_platform.create_listing(owner, shop.id, draft) == first
    assert (first.state, first.price_from, first.skus[0].saleable) == ("on_sale", 1000, 10)


def test_draft_shelves_and_recycling(world: World) -> None:
    owner, shop = mall.make_seller(world)
    with unit_of_work():
        bare = listings.create_listing(owner, shop.id, mall.draft("纯棉毛巾两条装"), ListingState.DRAFT)
        listings.submit_listing(owner, bare.id)
        assert bare.state == ListingState.REJECTED
        assert [field for field, _ in bare.audit_notes] == ["attribute:件数", "attribute:材质"]
        whole = replace(mall.draft(), attributes={"件数": "四件套", "材质": "纯棉"})
        listing = listings.create_listing(owner, shop.id, whole, ListingState.DRAFT)
    buyer = mall.make_trainee(world)
    with pytest.raises(NotFound):
        open_platform.get_listing(buyer, listing.id)
    with unit_of_work():
        listings.submit_listing(owner, listing.id)
    assert open_platform.get_listing(buyer, listing.id).state == "on_sale"
    with pytest.raises(Refused, match="出售中"), unit_of_work():
        shelves.move_listings(owner, [listing.id], "recycle")
    for event, state in (("take_off", "warehouse"), ("recycle", "recycled"), ("restore", "draft")):
        with unit_of_work():
            assert shelves.move_listings(owner, [listing.id], event) == 1
        assert db.session.get_one(Listing, listing.id).state == state
    with unit_of_work():
        listings.submit_listing(owner, listing.id)
        teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
        shelves.force_off(teacher, listing.id, "标题与商品不符")
    row = db.session.get_one(Listing, listing.id)
    assert (row.state, row.audit_notes) == (ListingState.FORCED_OFF, [["rule", "标题与商品不符"]])
    stranger, _ = mall.make_seller(world)
    with pytest.raises(NotFound), unit_of_work():
        shelves.move_listings(stranger, [listing.id], "put_on")


def test_edit_checks_version_and_reserved_stock(world: World) -> None:
    owner, shop = mall.make_seller(world)
    info = mall.make_listing(owner, shop, skus=[("红", 1000, 5), ("蓝", 1000, 5)])
    mall.place(mall.make_trainee(world), [(info.skus[0].id, 3)])
    row = listings.load_listing(info.id)
    keep = listings.SkuChange(info.skus[0].id, "", "红", 1200, 3)
    new = listings.SkuChange(None, "", "绿", 900, 7)
    with pytest.raises(Conflict), unit_of_work():
        listings.edit_listing(owner, row.id, listings.draft_of(row), [keep], row.version - 1, ListingState.ON_SALE)
    with pytest.raises(Refused, match="占用"), unit_of_work():
        listings.edit_listing(
            owner, row.id, listings.draft_of(row), [replace(keep, stock=2)], row.version, ListingState.ON_SALE
        )
    with pytest.raises(Refused, match="占用"), unit_of_work():
        listings.edit_listing(owner, row.id, listings.draft_of(row), [new], row.version, ListingState.ON_SALE)
    with unit_of_work():
        row = listings.edit_listing(
            owner, row.id, listings.draft_of(row), [keep, new], row.version, ListingState.ON_SALE
        )
    found = listings.listing_info(row)
    assert [(sku.spec, sku.price, sku.saleable) for sku in found.skus] == [("红", 1200, 0), ("绿", 900, 7)]
    assert (found.price_from, found.price_to) == (900, 1200)
    assert_sound(world.id)


def test_stock_is_set_per_shop_and_not_below_reservations(world: World) -> None:
    owner, shop = mall.make_seller(world)
    sku = mall.make_listing(owner, shop).skus[0].id
    mall.place(mall.make_trainee(world), [(sku, 4)])
    with unit_of_work():
        open_platform.set_stock(owner, shop.id, {sku: 6})
    assert stock_of(sku) == (6, 4, 0)
    with pytest.raises(Refused), unit_of_work():
        open_platform.set_stock(owner, shop.id, {sku: 3})
    with pytest.raises(NotFound), unit_of_work():
        open_platform.set_stock(*mall.make_seller(world)[:1], shop.id, {sku: 9})
    assert stock_of(sku) == (6, 4, 0)
    assert_sound(world.id)


def test_search_by_words_category_price_and_order(world: World) -> None:
    owner, shop = mall.make_seller(world, "暖居生活馆")
    make = mall.make_listing
    make(owner, shop, "全棉床笠 夏凉床单", [("1.5米", 9900, 5)], "居家", "床品")
    make(owner, shop, "床头小夜灯 USB充电", [("暖光", 3900, 5)], "灯具", "夜灯")
    make(owner, shop, "手冲咖啡壶 A5 托盘", [("600ml", 12900, 5)], "餐厨", "咖啡具")
    assert titles(world, "床") == ["床头小夜灯 USB充电", "全棉床笠 夏凉床单"]
    assert titles(world, "床单") == ["全棉床笠 夏凉床单"]
    assert titles(world, "usb") == ["床头小夜灯 USB充电"]
    assert titles(world, "床 usb") == ["床头小夜灯 USB充电"]
    assert titles(world, "ａ５") == ["手冲咖啡壶 A5 托盘"]
    assert len(titles(world, "暖居")) == 3  # the shop's name counts
    assert titles(world, "飞机") == titles(world, "！！") == titles(world, "%") == []
    assert titles(world, "", l1="餐厨") == ["手冲咖啡壶 A5 托盘"]
    assert titles(world, "", low=5000, high=10000) == ["全棉床笠 夏凉床单"]
    by_price = titles(world, "", sort=search.Sort.PRICE_UP)
    assert by_price == ["床头小夜灯 USB充电", "全棉床笠 夏凉床单", "手冲咖啡壶 A5 托盘"]
    assert titles(make_world(), "床") == []
    counts = [(item.l1, item.l2, item.count) for item in search.category_counts(world.id)]
    assert sorted(counts) == [("居家", "床品", 1), ("灯具", "夜灯", 1), ("餐厨", "咖啡具", 1)]
    with unit_of_work():
        shelves.move_listings(owner, [row.id for row in listings.own_listings(owner, shop.id)], "take_off")
    assert titles(world, "床") == []
    assert (db.session.scalar(sa.select(sa.func.count()).select_from(SearchGram)) or 0) > 0


def test_best_goods_first_by_relevance_then_by_rating_speed_sales_and_points(app: Flask, world: World) -> None:
    buyer = mall.make_trainee(world)
    sold = []
    for name, stars in (("好评生活馆", 5), ("差评生活馆", 1)):
        owner, shop = mall.make_seller(world, name)
        listing = mall.make_listing(owner, shop, f"全棉床笠 {name}")
        order = mall.buy(buyer, [(listing.skus[0].id, 1)])
        mall.ship(owner, order.id)
        mall.complete(buyer, order.id)
        with unit_of_work():
            said = [reviews.LineReview(order.lines[0].id, stars, "如图")]
            reviews.write_reviews(buyer, order.id, stars, stars, said, mall.key())
        sold.append((owner, shop, listing))
    assert titles(world, "床笠") == ["全棉床笠 差评生活馆", "全棉床笠 好评生活馆"]  # not ranked yet: the newer first
    flushed = ranking.flush()
    assert flushed == 2  # payment, shipment and review marked both shops
    assert titles(world, "床笠") == titles(world, "", l1="居家") == ["全棉床笠 好评生活馆", "全棉床笠 差评生活馆"]
    owner, shop, _ = sold[1]
    with unit_of_work():
        open_platform.create_listing(owner, shop.id, mall.draft("床头小夜灯", brief="全棉灯罩"))
    with unit_of_work():
        assert ranking.refresh(world.id) == 1  # the new goods take on what their shop has
        assert ranking.refresh(world.id) == 0
    assert titles(world, "全棉")[-1] == "床头小夜灯"  # the word stands in its brief only: a third of the relevance
    with count_queries(app) as seen, unit_of_work():
        ranking.refresh(world.id)
    few = len(seen)
    mall.make_listing(*mall.make_seller(world)[:2], "再开一家")
    with count_queries(app) as seen, unit_of_work():
        ranking.refresh(world.id)
    assert len(seen) == few <= 9
    with unit_of_work():
        record_violation(world.id, sold[0][1].id, Case("R1", ("shop", sold[0][1].id), "最佳", {}, "R1:test"))
    with unit_of_work():
        ranking.refresh(world.id)
    ranks = dict(db.session.execute(sa.select(Listing.id, Listing.search_rank).order_by(Listing.id)).all())
    assert ranks[sold[0][2].id] < ranks[sold[1][2].id]


def test_addresses_need_a_district_and_one_is_the_default(world: World) -> None:
    actor = mall.make_trainee(world)
    draft = addresses.AddressDraft("收货人甲", "13900000001", "1101", "示例路 1 号")
    for change, field in (
        ({}, "division_code"),
        ({"division_code": "xx"}, "division_code"),
        ({"division_code": mall.DISTRICT, "phone": "123"}, "phone"),
        ({"division_code": mall.DISTRICT, "detail": " "}, "detail"),
    ):
        with pytest.raises(InvalidInput) as refused, unit_of_work():
            addresses.save_address(actor, replace(draft, **change), mall.key())  # type: ignore[arg-type]
        assert refused.value.field == field
    assert open_platform.default_address(actor) is None
    first, second = mall.add_address(actor), mall.add_address(actor)
    assert [(row.id, row.is_default) for row in addresses.addresses(actor)] == [(second, True), (first, False)]
    assert open_platform.default_address(actor).region == "北京市东城区"  # type: ignore[union-attr]
    with pytest.raises(NotFound), unit_of_work():
        addresses.remove_address(mall.make_trainee(world), first)


def test_open_platform_fetches_ships_and_sells_in_a_room(world: World) -> None:
    owner, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    sku = mall.make_listing(owner, shop, freight=500).skus[0].id
    mall.add_address(buyer)
    with unit_of_work():
        order = open_platform.place_live_order(
            buyer, room_id=7, item_id=3, sku_id=sku, quantity=2, live_price=850, key=mall.key()
        )
    assert (order.source, order.room_id, order.payable, order.state) == ("live", 7, 2200, "pending_pay")
    now = sim_now(world.id)
    window = (now - timedelta(minutes=5), now)
    sent = ("paid", "part_shipped")
    assert open_platform.order_versions(owner, shop.id, *window, sent) == {}
    with unit_of_work():
        paid = open_platform.pay_order(buyer, order.id, mall.key())
    changed = open_platform.order_versions(owner, shop.id, *window, sent)
    assert open_platform.sold_orders(owner, shop.id, list(changed)) == [paid]
    with pytest.raises(NotFound):
        open_platform.order_versions(buyer, shop.id, *window, sent)
    with unit_of_work():
        parcel = open_platform.ship(
            shops.system_of(world.id), order.id, {order.lines[0].id: 2}, "sf", "SF0000000000001", mall.key()
        )
    assert (parcel.carrier, parcel.state) == ("sf", "shipped")
    assert open_platform.get_order(owner, order.id).state == "shipped"
    assert open_platform.listings_by_id(world.id, [1, 999]).keys() <= {1}
    assert_sound(world.id)


def test_figures_of_shop_person_and_world(world: World) -> None:
    owner, shop = mall.make_seller(world)
    buyer, idle = mall.make_trainee(world), mall.make_trainee(world)
    listing = mall.make_listing(owner, shop, freight=500)
    sku = listing.skus[0].id
    mall.place(buyer, [(sku, 1)])
    order = mall.buy(buyer, [(sku, 2)])
    mall.ship(owner, order.id)
    mall.complete(buyer, order.id)
    with unit_of_work():
        reviews.write_reviews(buyer, order.id, 4, 5, [reviews.LineReview(order.lines[0].id, 5, "不错")], mall.key())
    figures = api.shop_metrics(world.id)[0]
    assert (figures.orders, figures.orders_paid, figures.completed, figures.live_orders) == (2, 1, 1, 0)
    assert (figures.gmv_placed, figures.gmv_paid, figures.refunded, figures.rating) == (1500 + 2500, 2500, 0, 467)
    for place in (listing.id, 0):
        visits.note_view(buyer, shop.id, place, Source.SEARCH)
    visits.flush()
    assert api.audiences(world.id) == {shop.id: ShopAudience(2, 1)}  # one rating is too few for a score
    found = api.progress(world.id, [owner.person(), buyer.person(), idle.person()])
    assert found[owner.person()] == MallProgress(shop.id, "open", 1, 1, 1, 1, 0, 0, 0)
    assert (found[buyer.person()].orders_bought, found[buyer.person()].reviews_written) == (1, 1)
    assert found[idle.person()] == MallProgress()
    facts = api.evidence(world.id, owner.person())
    assert facts["listings"] == [
        {"title": listing.title, "price_from": 1000, "price_to": 1000, "sold": 2, "on_sale": True}
    ]
    assert facts["orders"]["交易成功"] == facts["orders"]["待付款"] == 1
    assert facts["reviews"] == {"count": 1, "mean_hundredths": 467}
    assert facts["definitions"]["gmv_paid"] == api.definitions()["gmv_paid"].text
    assert api.evidence(world.id, idle.person()) == {"bought": 0, "reviews_written": 0, "shop": None}
    totals = api.world_totals(world.id)
    assert (totals["shops_open"], totals["gmv_paid"], totals["completed"]) == (1, 2500, 1)

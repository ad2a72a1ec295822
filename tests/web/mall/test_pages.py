"""Pages of the mall and the seller centre: what people see, press, and are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.settings import change_setting
from sim_mall.data import ListingInfo, ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.service import ServiceThread
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Address, CartItem, Order, Review
from sim_mall.services import practice, service_desk
from tests.factories import mall
from tests.factories.mall_checks import assert_sound
from tests.factories.queries import count_queries
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_world, sign_in


@dataclass(frozen=True, slots=True)
class Market:
    """A world with a seller, a buyer, an instructor and one listing."""

    world_id: int
    seller: Actor
    shop: ShopInfo
    buyer: Actor
    teacher: Actor
    listing: ListingInfo

    @property
    def sku(self) -> int:
        return self.listing.skus[0].id


@pytest.fixture
def market(app: Flask) -> Market:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world, "暖居生活馆")
        listing = mall.make_listing(seller, shop, skus=[("雾蓝", 1990, 10), ("燕麦", 2990, 10)], freight=600)
        buyer = mall.make_trainee(world, "钱多多")
        teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
        return Market(world.id, seller, shop, buyer, teacher, listing)


def browser(app: Flask, actor: Actor) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        sign_in(client, actor)
    return client


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="{name}"', page)
    assert found, name
    return (found.group(1) or found.group(2) or "").replace("&#34;", '"')


def test_trainee_registers_a_shop_and_publishes(app: Flask, market: Market) -> None:
    with app.app_context():
        fresh = mall.make_trainee(make_world())
    client = browser(app, fresh)
    assert client.get("/seller/").location == "/seller/register"
    page = client.get("/seller/register").text
    form = {"key": field(page, "key"), "name": "山野果园", "subject": "sole", "business": "农产品", "intro": "现摘现发"}
    refused = client.post("/seller/register", data=form)
    assert refused.status_code == 400 and "请阅读并勾选开店协议。" in refused.text and "现摘现发" in refused.text
    assert client.post("/seller/register", data=form | {"agreed": "y"}).location == "/seller/register"
    assert "缴纳保证金" in client.get("/seller/register").text
    assert client.post("/seller/register/deposit").location == "/seller/"
    assert client.get("/seller/").status_code == 200
    page = client.get("/seller/products/new").text
    goods = {
        "key": field(page, "key"),
        "title": "高山脆甜红富士苹果",
        "category_l1": "水果",
        "category_l2": "苹果",
        "unit": "箱",
        "skus-0-spec": "五斤",
        "skus-0-price": "35.8",
        "skus-0-stock": "20",
    }
    more = client.post("/seller/products/new", data=goods | {"add_sku": "1"})
    assert more.status_code == 200 and 'name="skus-1-price"' in more.text and "高山脆甜红富士苹果" in more.text
    cheap = client.post("/seller/products/new", data=goods | {"skus-0-price": "0", "target": "sale"})
    assert cheap.status_code == 400 and "金额应在 0.01" in cheap.text
    assert client.post("/seller/products/new", data=goods | {"target": "sale"}).location == "/seller/products/"
    with app.app_context():
        listing = db.session.scalars(sa.select(Listing).where(Listing.title == "高山脆甜红富士苹果")).one()
        assert (listing.state, listing.price_from) == (ListingState.ON_SALE, 3580)
        listing_id = listing.id
    bulk = {"ids": str(listing_id), "action": "take_off", "back": "/seller/products/?tab=on_sale"}
    assert client.post("/seller/products/bulk", data=bulk).location == "/seller/products/?tab=on_sale"
    assert "仓库中" in client.get("/seller/products/?tab=warehouse").text
    edit = client.get(f"/seller/products/{listing_id}/edit").text
    change = goods | {
        "key": field(edit, "key"),
        "version": field(edit, "version"),
        "skus-0-id": field(edit, "skus-0-id"),
        "skus-0-price": "39.9",
        "target": "sale",
    }
    assert client.post(f"/seller/products/{listing_id}/edit", data=change).status_code == 302
    assert "39</span>" in client.get(f"/mall/products/{listing_id}").text


def test_buying_from_search_to_review_through_the_pages(app: Flask, market: Market) -> None:
    client, seller = browser(app, market.buyer), browser(app, market.seller)
    assert market.listing.title in client.get("/mall/search?q=四件").text
    assert "没有找到相关商品" in client.get("/mall/search?q=飞机").text
    added = client.post("/mall/cart/items", data={"sku": market.sku, "quantity": "2", "action": "cart"})
    assert added.location == "/mall/cart"
    empty = client.get("/mall/checkout").text
    assert "还没有收货地址" in empty
    page = client.get("/mall/addresses/new?back=/mall/checkout").text
    where = {
        "key": field(page, "key"),
        "name": "收货人甲",
        "phone": "13900000001",
        "province": "11",
        "city": "1101",
        "district": mall.DISTRICT,
        "detail": "示例路 1 号",
        "back": "/mall/checkout",
    }
    wrong = client.post("/mall/addresses/new", data=where | {"district": ""})
    assert wrong.status_code == 400 and "请选择到区、县一级。" in wrong.text
    assert client.post("/mall/addresses/new", data=where).location == "/mall/checkout"
    page = client.get("/mall/checkout").text
    with app.app_context():
        address = db.session.scalars(sa.select(Address.id)).one()
    order_form = {
        "key": field(page, "key"),
        "shown": field(page, "shown"),
        "line": field(page, "line"),
        "address": str(address),
        f"message-{market.shop.id}": "请发顺丰",
    }
    assert order_form["line"] == f"{market.sku}x2"
    desk = client.post("/mall/checkout", data=order_form).location
    assert client.post("/mall/checkout", data=order_form).location == desk  # a double click
    page = client.get(desk).text
    with app.app_context():
        order_id = db.session.scalars(sa.select(Order.id)).one()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(CartItem)) == 0
    paid = client.post(desk, data={"key": field(page, "key"), "order": str(order_id)})
    assert paid.location == f"/mall/orders/{order_id}"
    assert "待发货" in client.get(paid.location).text

    page = seller.get(f"/seller/orders/{order_id}").text
    assert "请发顺丰" in page
    ship = {"key": field(page, "key"), "carrier": "sf", "waybill": "123"}
    refused = seller.post(f"/seller/orders/{order_id}/ship", data=ship)
    assert refused.status_code == 400 and "运单号不符合顺丰速运的格式" in refused.text
    assert seller.post(f"/seller/orders/{order_id}/ship", data=ship | {"waybill": "SF0000000000001"}).status_code == 302
    assert client.post(f"/mall/orders/{order_id}/confirm").status_code == 302
    page = client.get(f"/mall/orders/{order_id}/review").text
    with app.app_context():
        line = mall.order_row(order_id).lines[0].id
    said = {
        "key": field(page, "key"),
        "service": "5",
        "logistics": "4",
        f"description-{line}": "5",
        f"text-{line}": "很柔软<b>",
    }
    refused = client.post(f"/mall/orders/{order_id}/review", data=said)
    assert refused.status_code == 400 and "不能包含网页代码" in refused.text
    said[f"text-{line}"] = "很柔软"
    assert client.post(f"/mall/orders/{order_id}/review", data=said).location == f"/mall/orders/{order_id}"
    shown = client.get(f"/mall/products/{market.listing.id}").text
    assert "很柔软" in shown and "钱**" in shown
    with app.app_context():
        assert db.session.scalars(sa.select(Review.text)).all() == ["很柔软"]
        assert_sound(market.world_id)


def test_changed_price_shows_old_and_new_and_keeps_the_form(app: Flask, market: Market) -> None:
    client = browser(app, market.buyer)
    with app.app_context():
        address = mall.add_address(market.buyer)
    page = client.get(f"/mall/checkout?sku={market.sku}&quantity=1").text
    with app.app_context():
        from sim_mall.services import listings

        row = listings.load_listing(market.listing.id)
        changes = [
            listings.SkuChange(sku.id, sku.code, sku.spec, sku.price + 500, sku.stock.on_hand) for sku in row.skus
        ]
        with unit_of_work():
            listings.edit_listing(market.seller, row.id, listings.draft_of(row), changes, row.version, row.state)
    form = {name: field(page, name) for name in ("key", "shown", "line", "direct")} | {"address": str(address)}
    answer = client.post("/mall/checkout", data=form)
    assert answer.status_code == 409
    assert "应付由 ¥25.90 变为 ¥30.90" in answer.text
    again = form | {name: field(answer.text, name) for name in ("key", "shown")}
    assert client.post("/mall/checkout", data=again).status_code == 302
    with app.app_context():
        assert db.session.scalars(sa.select(Order.payable)).all() == [3090]


def test_after_sale_through_the_pages(app: Flask, market: Market) -> None:
    client, seller = browser(app, market.buyer), browser(app, market.seller)
    with app.app_context():
        order = mall.buy(market.buyer, [(market.sku, 2)])
        mall.ship(market.seller, order.id)
        line = order.lines[0].id
    path = f"/mall/orders/{order.id}/lines/{line}/after-sale"
    page = client.get(path).text
    form = {"key": field(page, "key"), "kind": "return", "quantity": "1", "reason": "quality", "amount": "99"}
    refused = client.post(path, data=form)
    assert refused.status_code == 400 and "退款金额最多 ¥19.90" in refused.text
    location = client.post(path, data=form | {"amount": ""}).location
    ticket = int(location.rsplit("/", 1)[1])
    desk = f"/seller/aftersales/{ticket}"
    assert str(ticket) in seller.get("/seller/aftersales/").text
    stale = seller.post(f"{desk}/agree", data={"version": "9"})
    assert stale.status_code == 409
    page = seller.get(desk).text
    assert seller.post(f"{desk}/agree", data={"version": field(page, "version")}).location == desk
    back = {"carrier": "zto", "waybill": mall.waybill()}
    assert client.post(f"/mall/aftersales/{ticket}/waybill", data=back).status_code == 302
    page = seller.get(desk).text
    wrong = seller.post(f"{desk}/receive", data={"version": field(page, "version"), "good": "1", "bad": "1"})
    assert wrong.status_code == 400 and "应等于退货数量 1" in wrong.text
    done = seller.post(f"{desk}/receive", data={"version": field(page, "version"), "good": "0", "bad": "1"})
    assert done.status_code == 302
    assert "退款成功" in client.get(f"/mall/aftersales/{ticket}").text
    assert "退款成功" in client.get("/mall/messages").text
    with app.app_context():
        assert db.session.get_one(AfterSale, ticket).state == AfterSaleState.SUCCESS
        assert_sound(market.world_id)


def test_instructor_reviews_shops_and_takes_goods_off(app: Flask, market: Market) -> None:
    with app.app_context():
        with unit_of_work():
            change_setting(market.teacher, market.world_id, "shop_review_by_instructor", 1)
        fresh = make_actor(Role.TRAINEE, market.teacher.scope_id, "郑新")
        with unit_of_work():
            from sim_mall.services import shops

            shop_id = shops.register_shop(fresh, mall.application("拾光手作"), mall.key()).id
    client = browser(app, market.teacher)
    page = client.get("/seller/reviews/").text
    assert "拾光手作" in page and "郑新" in page
    blank = client.post(f"/seller/reviews/{shop_id}", data={"decision": "reject", "field": "name", "reason": ""})
    assert blank.status_code == 400 and "请写明原因" in blank.text
    form = {"decision": "reject", "field": "name", "reason": "店名太笼统"}
    assert client.post(f"/seller/reviews/{shop_id}", data=form).status_code == 302
    assert "店名太笼统" in browser(app, fresh).get("/seller/register").text
    product = f"/mall/products/{market.listing.id}"
    assert "违规下架" in client.get(product).text
    assert "加入购物车" not in client.get(product).text
    assert client.post(f"{product}/force-off", data={"reason": "标题夸大"}).location == product
    assert "标题夸大" in browser(app, market.seller).get("/seller/products/").text
    with app.app_context():
        assert db.session.get_one(Shop, shop_id).state == ShopState.REJECTED


def test_every_page_of_the_mall_opens(app: Flask, market: Market) -> None:
    with app.app_context():
        order = mall.buy(market.buyer, [(market.sku, 1)])
        ticket_id = mall.ask_back(market.buyer, order.id, order.lines[0].id, 1, AfterSaleKind.REFUND_ONLY).id
        batch = mall.order_row(order.id).batch
    buyer = browser(app, market.buyer)
    for path in (
        "/mall/",
        "/mall/categories",
        "/mall/search?q=",
        "/mall/search?l1=居家&sort=price_up&low=1&high=abc",
        f"/mall/products/{market.listing.id}",
        f"/mall/shops/{market.shop.id}",
        "/mall/cart",
        f"/mall/checkout?sku={market.sku}",
        f"/mall/pay/{batch}",
        "/mall/orders/",
        "/mall/orders/?tab=to_ship",
        f"/mall/orders/{order.id}",
        f"/mall/orders/{order.id}/lines/{order.lines[0].id}/after-sale",
        "/mall/aftersales/",
        f"/mall/aftersales/{ticket_id}",
        "/mall/me",
        "/mall/wallet",
        "/mall/messages?kind=order",
        "/mall/addresses/",
        "/mall/divisions?parent=11",
    ):
        assert buyer.get(path).status_code == 200, path
    seller = browser(app, market.seller)
    for path in (
        "/seller/",
        "/seller/products/?tab=soldout&q=四件",
        "/seller/orders/?tab=late",
        f"/seller/orders/{order.id}",
        "/seller/aftersales/?tab=all",
        f"/seller/aftersales/{ticket_id}",
        "/seller/funds?account=deposit",
        "/seller/register",
        f"/seller/products/{market.listing.id}/edit",
    ):
        assert seller.get(path).status_code == 200, path
    page = seller.get("/seller/service/practice").text
    assert "还没有接待过模拟顾客" in page
    invited = {"count": "1", "key": field(page, "key")}
    assert seller.post("/seller/service/practice", data=invited).location == "/seller/service/"
    with app.app_context():
        practice.step()
        thread_id = db.session.scalars(sa.select(ServiceThread.id)).one()
    assert "模拟顾客" in seller.get(f"/seller/service/{thread_id}").text
    with app.app_context(), unit_of_work():
        service_desk.close(market.seller, thread_id)
    with app.app_context():
        practice.step()
    page = seller.get("/seller/service/practice").text
    assert "等不及离开" in page
    assert "1.70" in page
    assert "3 分钟内首次回复" in seller.get(f"/seller/service/{thread_id}").text


def test_who_may_not_is_told_and_nothing_changes(app: Flask, market: Market) -> None:
    with app.app_context():
        order = mall.buy(market.buyer, [(market.sku, 1)])
        ticket_id = mall.ask_back(market.buyer, order.id, order.lines[0].id).id
        stranger, _ = mall.make_seller(make_world())
        classmate = mall.make_trainee(make_world())
        before = fingerprint()
    own = {
        "get": [f"/mall/orders/{order.id}", f"/mall/aftersales/{ticket_id}", f"/seller/orders/{order.id}"],
        "post": [
            f"/mall/orders/{order.id}/confirm",
            f"/mall/aftersales/{ticket_id}/cancel",
            f"/seller/aftersales/{ticket_id}/refund",
        ],
    }
    outsider = browser(app, stranger)
    for path in (*own["get"], f"/mall/products/{market.listing.id}", f"/mall/shops/{market.shop.id}"):
        assert outsider.get(path).status_code == 404, path
    for path in own["post"]:
        assert outsider.post(path, data={"version": "1"}).status_code == 404, path
    assert outsider.post(f"/seller/aftersales/{ticket_id}/agree", data={"version": "1"}).status_code == 404
    assert browser(app, classmate).post("/mall/cart/items", data={"sku": market.sku}).status_code == 404
    teacher = browser(app, market.teacher)
    for path in ("/mall/cart", "/seller/", "/mall/orders/"):
        assert teacher.get(path).status_code == 403, path
    assert teacher.post("/mall/checkout", data={"key": "k"}).status_code == 403
    nobody = app.test_client()
    for path in ("/mall/", "/seller/", "/mall/checkout"):
        assert nobody.get(path).status_code == 302
        assert nobody.get(path).location.startswith("/login")
    buyer = browser(app, market.buyer)
    assert buyer.get("/seller/reviews/").status_code == 403
    assert buyer.post("/mall/cart/items", data={"sku": "x"}).status_code == 400
    assert buyer.post("/mall/checkout", data={"line": "1x1", "address": "1"}).status_code == 400  # no key
    with app.app_context():
        assert changed(before, fingerprint()) == ["accounts_account"]  # the first sign-in of each


def test_lists_cost_a_fixed_number_of_queries(app: Flask, market: Market) -> None:
    buyer, seller = browser(app, market.buyer), browser(app, market.seller)

    def cost(client: FlaskClient, path: str) -> int:
        client.get(path)
        with count_queries(app) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    buyers = ("/mall/", "/mall/search?q=件套", "/mall/orders/", "/mall/aftersales/", "/mall/messages", "/mall/cart")
    sellers = ("/seller/products/", "/seller/orders/", "/seller/aftersales/", "/seller/funds", "/seller/")

    with app.app_context(), unit_of_work():
        change_setting(market.teacher, market.world_id, "rule_strictness", 0)  # one buyer orders a lot within an hour

    def fill(count: int) -> None:
        with app.app_context():
            for number in range(count):
                made = mall.make_listing(market.seller, market.shop, f"第{number}款 全棉四件套", [("默认", 1000, 50)])
                order = mall.buy(market.buyer, [(made.skus[0].id, 1), (market.sku, 1)])
                mall.ask_back(market.buyer, order.id, order.lines[0].id)

    fill(1)
    few = [cost(buyer, path) for path in buyers] + [cost(seller, path) for path in sellers]
    fill(4)
    many = [cost(buyer, path) for path in buyers] + [cost(seller, path) for path in sellers]
    assert many == few
    assert max(many[:-1]) <= 30
    assert many[-1] <= 40  # the desk of the seller: a dozen figures


def test_hostile_text_is_shown_as_text(app: Flask, market: Market) -> None:
    client = browser(app, market.buyer)
    page = client.get("/mall/search?q=<script>alert(1)</script>").text
    assert "<script>alert" not in page
    for q in ("'; DROP TABLE mall_order;--", "%", "_", "\u202e床", "😀", "x" * 3000):
        assert client.get("/mall/search", query_string={"q": q}).status_code == 200
    assert client.get("/mall/orders/99999999999").status_code == 404
    assert client.get("/mall/search?page=999&low=-1&sort=no").status_code == 200


def test_state_names_of_orders_are_all_known() -> None:
    from sim_mall.views.shown import ORDER_TONES

    assert set(ORDER_TONES) == set(OrderState)

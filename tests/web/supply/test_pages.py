"""Pages of the supply system: who gets in, the way through the forms, bad input, double submits."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import db
from app.core.permissions import Role
from app.worlds.models import World
from sim_mall.models.goods import Listing
from sim_supply.domain.order_flow import OrderState
from sim_supply.models.catalogue import Sku
from sim_supply.models.orders import PurchaseOrder
from sim_supply.services import fetch_job
from tests.factories import mall, supply
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_world, sign_in


@pytest.fixture
def web(app_context: Flask) -> FlaskClient:
    app_context.config["WTF_CSRF_ENABLED"] = False
    return app_context.test_client()


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def world(app_context: Flask) -> World:
    world = make_world()
    supply.import_rows(world, [supply.row(1, cost_price="23.50"), supply.row(2, supplier_code="GYS2")])
    return world


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def flashed(client: FlaskClient, path: str, data: dict[str, object]) -> str:
    answer = client.post(path, data=data, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


RULE = {
    "rule": "margin",
    "margin": "25",
    "percent": "150",
    "add": "10",
    "freight": "5.00",
    "round_nine": "y",
    "buyer_freight": "0",
}

READING = ("/supply/", "/supply/catalogue", "/supply/listings", "/supply/orders/", "/supply/orders/?state=own")


def test_a_new_trainee_is_told_to_open_a_shop(web: FlaskClient, world: World) -> None:
    sign_in(web, mall.make_trainee(world))
    assert "先把店铺开起来" in page(web, "/supply/")
    for path in READING:
        page(web, path)


def test_the_way_through_the_pages(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    product, sku = supply.product(world), supply.sku(world)
    sign_in(web, seller)
    text = page(web, "/supply/catalogue?q=收纳箱1")
    assert "可折叠收纳箱1号" in text
    assert "可折叠收纳箱2号" not in text
    text = page(web, f"/supply/listing?product={product.id}")
    assert "¥40.90" in text
    assert "算得 ¥40.71" in text
    text = web.post(
        "/supply/listing",
        data={**RULE, "rule": "add", "action": "preview", "key": "k", "product": product.id, "sku": sku.id},
    ).text
    assert "¥33.90" in text
    assert count(Listing) == 0
    form = {**RULE, "action": "list", "key": "k2", "product": product.id, "sku": sku.id}
    assert "已上架 1 个商品（1 个规格）" in flashed(web, "/supply/listing", form)
    assert "已上架" in page(web, f"/supply/listing?product={product.id}")
    assert "可折叠收纳箱1号" in page(web, "/supply/listings")

    order = supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 2))
    text = flashed(web, "/supply/orders/fetch", {"key": "f1"})
    assert "抓取到 1 笔新订单，已向供应商推送 1 张采购单。" in text
    assert f"CG{order.number}-1" in text
    assert "没有新的待发货订单。" in flashed(web, "/supply/orders/fetch", {"key": "f2"})
    [purchase] = supply.purchases(shop.id)
    assert "等待供应商接单" in page(web, "/supply/orders/?state=pushed")
    assert "¥52.00" in page(web, f"/supply/orders/{purchase.id}")
    supply.jump(world, days=2)
    [purchase] = supply.purchases(shop.id)
    assert purchase.waybill in page(web, f"/supply/orders/{purchase.id}")
    assert purchase.waybill in page(web, "/supply/orders/?state=shipped")


def test_fetching_twice_with_one_key_is_one_fetch(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    sign_in(web, seller)
    for _ in range(2):
        assert "抓取到 1 笔新订单" in flashed(web, "/supply/orders/fetch", {"key": "same"})
    assert count(PurchaseOrder) == 1


def test_many_orders_are_fetched_with_progress(web: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_job, "AT_ONCE", 1)
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    for _ in range(2):
        supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    sign_in(web, seller)
    text = flashed(web, "/supply/orders/fetch", {"key": "many"})
    assert "抓取到 2 笔新订单，已向供应商推送 2 张采购单。" in text
    assert 'href="/supply/orders/"' in text
    assert 'data-poll-done=""' in text  # what came of it is read before the page goes on
    flashed(web, "/supply/orders/fetch", {"key": "many"})
    assert count(PurchaseOrder) == 2
    assert "没有新的待发货订单。" in flashed(web, "/supply/orders/fetch", {"key": "none"})


def test_push_and_cancel_by_button(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    sign_in(web, seller)
    answer = web.post(f"/supply/orders/{purchase.id}/push")
    assert (answer.status_code, "已经推送给供应商" in answer.text) == (409, True)
    assert "采购单已取消，货款已退回钱包。" in flashed(web, f"/supply/orders/{purchase.id}/cancel", {})
    answer = web.post(f"/supply/orders/{purchase.id}/cancel")
    assert answer.status_code == 409
    assert supply.purchases(shop.id)[0].state == OrderState.CANCELLED
    answer = web.post("/supply/orders/push", data={})
    assert (answer.status_code, "请先勾选要推送的采购单" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin": "abc"}, "请填写百分数"),
        ({"margin": "95"}, "目标毛利率太高"),
        ({"margin": ""}, "请填写目标毛利率"),
        ({"freight": "-1"}, "金额应在"),
        ({"add": "1.234"}, "请填写金额"),
        ({"rule": "guess"}, "有效"),
        ({"sku": ""}, "请至少勾选一个规格"),
    ],
)
@pytest.mark.sqlite_only
def test_bad_rules_show_beside_their_field_and_list_nothing(
    web: FlaskClient, world: World, changes: dict[str, str], message: str
) -> None:
    seller, _ = mall.make_seller(world)
    product, sku = supply.product(world), supply.sku(world)
    sign_in(web, seller)
    before = fingerprint()
    form = {**RULE, "action": "list", "key": "k", "product": product.id, "sku": sku.id, **changes}
    answer = web.post("/supply/listing", data=form)
    assert answer.status_code == 400
    assert message in answer.text, re.findall("field-error.*", answer.text)
    assert changed(before, fingerprint()) == []


def test_strange_addresses(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    supply.list_products(seller, world, "P1")
    supply.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    supply.fetch(seller)
    [purchase] = supply.purchases(shop.id)
    sign_in(web, seller)
    page(web, "/supply/catalogue?page=999999999&supplier=abc&sort=x&listed=maybe&q=%27%22%3Cscript%3E")
    page(web, "/supply/catalogue?q=%00", 404)
    assert web.get("/supply/listing").status_code == 302
    page(web, "/supply/listing?product=99999", 404)
    page(web, "/supply/catalogue/99999", 404)
    page(web, "/supply/orders/99999", 404)
    stranger, _ = mall.make_seller(make_world())
    other = web.application.test_client()
    sign_in(other, stranger)
    before = fingerprint()
    page(other, f"/supply/orders/{purchase.id}", 404)
    page(other, f"/supply/catalogue/{supply.product(world).id}", 404)
    page(other, f"/supply/listing?product={supply.product(world).id}", 404)
    for verb in ("push", "cancel"):
        assert other.post(f"/supply/orders/{purchase.id}/{verb}").status_code == 404
    assert other.post("/supply/orders/push", data={"order": purchase.id}).status_code == 404
    assert changed(before, fingerprint()) == []


GETS = (
    "/supply/",
    "/supply/catalogue",
    "/supply/listing",
    "/supply/listings",
    "/supply/orders/",
    "/supply/catalogue/import",
    "/supply/catalogue/template.csv",
)
POSTS = ("/supply/listing", "/supply/orders/fetch", "/supply/orders/push", "/supply/catalogue/import")
TRAINEE_ONLY = {"/supply/listing", "/supply/listings", "/supply/orders/", "/supply/orders/fetch", "/supply/orders/push"}


def test_signed_out_people_are_sent_to_sign_in(web: FlaskClient, world: World) -> None:
    for path in GETS:
        assert web.get(path).headers["Location"].startswith("/login")
    before = fingerprint()
    for path in POSTS:
        assert web.post(path).status_code == 302
    assert changed(before, fingerprint()) == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.INSTRUCTOR, {*GETS, *POSTS} - TRAINEE_ONLY),
        (Role.TRAINEE, {*GETS, *POSTS} - {"/supply/catalogue/import", "/supply/catalogue/template.csv"}),
        (Role.ASSESSOR, set()),
        (Role.SUPERVISOR, set()),
    ],
)
@pytest.mark.sqlite_only
def test_roles(web: FlaskClient, world: World, role: Role, allowed: set[str]) -> None:
    sign_in(web, make_actor(role, world.scope_id))
    for path in GETS:
        assert (web.get(path).status_code == 403) is (path not in allowed), path
    before = fingerprint()
    for path in POSTS:
        if path not in allowed:
            assert web.post(path, data={"key": "k"}).status_code == 403, path
    assert changed(before, fingerprint()) == []


def upload(client: FlaskClient, data: bytes, name: str = "货源.csv", **fields: object) -> str:
    answer = client.post(
        "/supply/catalogue/import",
        data={"key": supply.key(), "file": (io.BytesIO(data), name), **fields},
        follow_redirects=True,
    )
    return answer.text


def test_import_by_page(web: FlaskClient, world: World) -> None:
    sign_in(web, supply.make_instructor(world))
    data = supply.csv_bytes([supply.row(7, cost_price=""), supply.row(8, cost_price="", retail_price="0")])
    text = upload(web, data)
    assert "第 3 行：零售价（retail_price）是 0，应大于 0。" in text
    assert "有 1 行没有成本价" in text
    path = re.findall(r'action="(/supply/catalogue/import/\d+)"', text)[0]
    answer = web.post(path, data={"key": "a", "take": "good"})
    assert (answer.status_code, "请填写“成本占零售价的百分比”" in answer.text) == (400, True)
    answer = web.post(path, data={"key": "b", "take": "all", "cost_percent": "50"})
    assert (answer.status_code, "有 1 行不合格" in answer.text) == (409, True)
    assert "已写入货源库" in flashed(web, path, {"key": "c", "take": "good", "cost_percent": "50"})
    assert supply.sku(world, "P7-1").cost == 2495
    answer = web.post(path, data={"key": "d", "take": "good", "cost_percent": "50"})
    assert (answer.status_code, "已经导入过" in answer.text) == (409, True)
    assert "货源.csv" in page(web, "/supply/catalogue/import")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "这个文件是空的"),
        (b"\x00\x01\x02", "文件内容不是 CSV"),
        (b"a,b\n1,2\n", "表头缺少这些列"),
    ],
)
@pytest.mark.sqlite_only
def test_bad_uploads(web: FlaskClient, world: World, data: bytes, message: str) -> None:
    sign_in(web, supply.make_instructor(world))
    before = fingerprint()
    assert message in upload(web, data)
    assert changed(before, fingerprint()) == []


@pytest.mark.sqlite_only
def test_upload_without_a_file_and_with_a_bad_percentage(web: FlaskClient, world: World) -> None:
    sign_in(web, supply.make_instructor(world))
    assert "请先选择要上传的文件" in web.post("/supply/catalogue/import", data={"key": "k"}).text
    assert "百分数应在 1 到 100 之间" in upload(web, supply.csv_bytes([supply.row(7)]), cost_percent="250")
    assert "请填写百分数" in upload(web, supply.csv_bytes([supply.row(7)]), cost_percent="一半")


@pytest.mark.sqlite_only
def test_the_template_can_be_imported(web: FlaskClient, world: World) -> None:
    sign_in(web, supply.make_instructor(world))
    template = web.get("/supply/catalogue/template.csv").data
    text = upload(web, template)
    path = re.findall(r'action="(/supply/catalogue/import/\d+)"', text)[0]
    flashed(web, path, {"key": "c", "take": "all"})
    assert supply.sku(world, "SPU1001-1").retail == 4990


@pytest.mark.sqlite_only
def test_an_import_of_another_class_is_not_found(web: FlaskClient, world: World) -> None:
    mine = supply.make_instructor(world)
    sign_in(web, mine)
    upload(web, supply.csv_bytes([supply.row(7)]))
    other = web.application.test_client()
    sign_in(other, supply.make_instructor(make_world()))
    assert other.get("/supply/catalogue/import/1").status_code == 404
    assert other.post("/supply/catalogue/import/1", data={"key": "k", "take": "all"}).status_code == 404
    assert count(Sku) == 2


@pytest.mark.sqlite_only
def test_hostile_text_is_shown_as_text(web: FlaskClient, world: World) -> None:
    supply.import_rows(world, [supply.row(9, name="<script>alert(1)</script>")])
    seller, _ = mall.make_seller(world)
    sign_in(web, seller)
    text = page(web, "/supply/catalogue")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text

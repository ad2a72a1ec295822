"""Product attributes by page, service and command; the supplier's price limits on the pages."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Scope
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.models.goods import Listing
from sim_supply import mall_client
from sim_supply.models.stock import CostAlert
from tests.factories import mall, supply
from tests.factories.world import make_actor, make_world, sign_in

FILE = "商品编码,属性名,属性值\nP1,材质,牛津布\nP1,产地,示例市\nP2,材质,棉麻\nP9,材质,无此商品\n"


@pytest.fixture
def world(app_context: Flask) -> World:
    world = make_world()
    supply.import_rows(world, [supply.row(1), supply.row(2, retail_floor="45.00", retail_ceiling="60.00")])
    return world


@pytest.fixture
def web(app_context: Flask) -> FlaskClient:
    app_context.config["WTF_CSRF_ENABLED"] = False
    return app_context.test_client()


def upload(web: FlaskClient, text: str, key: str) -> str:
    data = {"file": (io.BytesIO(text.encode()), "属性.csv"), "key": key}
    answer = web.post("/supply/catalogue/attributes", data=data)
    assert answer.status_code == 302, answer.text
    return answer.location


def test_attributes_are_checked_taken_and_listed(web: FlaskClient, world: World, app_context: Flask) -> None:
    seller, shop = mall.make_seller(world)
    sign_in(web, seller)
    assert web.get("/supply/catalogue/attributes").status_code == 403
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    sign_in(web, teacher)
    assert "导入商品属性" in web.get("/supply/catalogue/import").text
    bad = {"file": (io.BytesIO(b"a,b\n1,2\n"), "x.csv"), "key": "k0"}
    answer = web.post("/supply/catalogue/attributes", data=bad)
    assert answer.status_code == 400 and "表头缺少这些列" in answer.text
    assert web.post("/supply/catalogue/attributes", data={"key": "k00"}).status_code == 400

    report = upload(web, FILE, "k1")
    assert upload(web, FILE, "k1") == report
    text = web.get(report).text
    assert "货源库里没有商品编码 P9" in text and "只导入合格的 3 行" in text
    assert supply.product(world).attributes == {}
    assert web.post(report, data={"take": "all", "key": "k2"}).status_code == 409
    assert "商品属性已导入" in web.post(report, data={"take": "good", "key": "k3"}, follow_redirects=True).text
    assert "新增属性 3 项" in web.get(report).text
    assert web.post(report, data={"take": "good", "key": "k4"}).status_code == 409
    again = upload(web, "spu_code,attribute,value\nP1,材质,加厚牛津布\nP1,产地,示例市\n", "k5")
    web.post(again, data={"take": "all", "key": "k6"})
    assert "新增属性 0 项，修改 1 项，没有变化 1 项" in web.get(again).text
    assert supply.product(world).attributes == {"材质": "加厚牛津布", "产地": "示例市"}
    sign_in(web, make_actor(Role.INSTRUCTOR, make_world(seed="other").scope_id))
    assert web.get(report).status_code == 404

    # one click takes them over
    sign_in(web, seller)
    assert "加厚牛津布" in web.get(f"/supply/catalogue/{supply.product(world).id}").text
    supply.list_products(seller, world, "P1")
    listing = db.session.scalars(sa.select(Listing).where(Listing.shop_id == shop.id)).one()
    assert listing.attributes["材质"] == "加厚牛津布" and listing.attributes["产地"] == "示例市"
    assert web.get(f"/mall/products/{listing.id}").text.count("加厚牛津布") >= 1

    # by command
    code = db.session.get_one(Scope, world.scope_id).code
    run = app_context.test_cli_runner()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attributes.csv"
        path.write_text("spu_code,attribute,value\nP2,产地,示例县\n", encoding="utf-8")
        command = ["supply", "import-attributes", str(path), "--class", code]
        done = run.invoke(args=[*command, "--dry-run"])
        assert (done.exit_code, json.loads(done.stdout)["committed"]) == (0, False), done.output
        db.session.rollback()
        assert "产地" not in supply.product(world, "P2").attributes
        done = run.invoke(args=command)
        assert (done.exit_code, json.loads(done.stdout)["result"]["added"]) == (0, 1), done.output
        assert supply.product(world, "P2").attributes["产地"] == "示例县"
        path.write_text("spu_code,attribute,value\nP9,产地,示例县\n", encoding="utf-8")
        assert run.invoke(args=command).exit_code == 4
        assert run.invoke(args=["supply", "import-attributes", folder, "--class", code]).exit_code == 2
        assert run.invoke(args=[*command[:-1], "无此班"]).exit_code == 2


def test_prices_outside_the_suppliers_limits_are_told(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    sign_in(web, seller)
    ids = [supply.product(world, code).id for code in ("P1", "P2")]
    rule = {"rule": "percent", "percent": "150", "margin": "25", "add": "1", "freight": "0", "buyer_freight": "0"}
    data = {**rule, "product": ids, "action": "preview", "key": "p1"}
    text = web.post("/supply/listing", data=data).text
    assert "控价：已提到最低零售价 ¥45.00" in text and "1 个规格按规则算出的价格超出" in text
    text = web.post("/supply/listing", data={**data, "percent": "400"}).text
    assert "控价：已降到最高零售价 ¥60.00" in text
    assert "控价" not in web.post("/supply/listing", data={**data, "percent": "250"}).text

    supply.list_products(seller, world, "P2")
    sku_id = supply.mall_sku(shop.id, "P2-1")
    with unit_of_work():
        mall_client.set_prices(world.id, shop.id, {sku_id: 3000}, "dump")
    assert "低于最低零售价 ¥45.00" in web.get("/supply/listings").text
    supply.import_rows(world, [supply.row(2, cost_price="10.00", retail_floor="45.00", retail_ceiling="60.00")])
    text = web.get("/supply/costs").text
    assert "控价：已提到最低零售价 ¥45.00" in text and "按规则改价后" in text
    alert = db.session.scalars(sa.select(CostAlert)).one()
    web.post("/supply/costs", data={"alert": alert.id, "take": "reprice"})
    assert "低于最低零售价" not in web.get("/supply/listings").text
    assert "¥45.00" in web.get("/supply/costs?done=1").text

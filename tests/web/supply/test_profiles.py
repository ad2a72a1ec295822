"""Pages of supplier profiles and of troubles with parcels."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_supply.models.catalogue import Supplier
from sim_supply.models.troubles import ParcelTrouble
from tests.factories import mall, supply
from tests.factories.queries import count_queries
from tests.factories.world import make_actor, make_world, sign_in

PROFILE = {
    "name": "云杉工厂店",
    "description": "十年老厂",
    "grade": "A",
    "sla_hours": "12",
    "freight": "6.50",
    "freight_by": "supplier",
    "return_address": "示例省示例市工业园 3 号",
    "defect": "1.5",
    "late": "",
    "lost": "0.3",
    "papers": "营业执照、商标授权书",
}


@pytest.fixture
def world(app_context: Flask) -> World:
    world = make_world()
    supply.import_rows(world, [supply.row(1), supply.row(2)])
    return world


@pytest.fixture
def web(app_context: Flask) -> FlaskClient:
    app_context.config["WTF_CSRF_ENABLED"] = False
    return app_context.test_client()


def test_a_profile_is_edited_and_shown(web: FlaskClient, world: World) -> None:
    supplier_id = db.session.scalars(sa.select(Supplier.id).where(Supplier.code == "GYS1")).one()
    path = f"/supply/suppliers/{supplier_id}"
    trainee = mall.make_trainee(world)
    sign_in(web, trainee)
    assert "编辑资料" not in web.get(path).text
    assert [web.get(f"{path}/edit").status_code, web.post(f"{path}/edit", data=PROFILE).status_code] == [403, 403]

    sign_in(web, make_actor(Role.INSTRUCTOR, world.scope_id))
    assert "编辑资料" in web.get(path).text
    assert 'value="供应商 GYS1"' in web.get(f"{path}/edit").text
    for field, bad, words in (
        ("name", "", "请填写供应商名称"),
        ("sla_hours", "1", "发货时效应在 2 到 720 小时之间"),
        ("defect", "101", "百分数应在 0 到 100 之间"),
        ("grade", "Z", ""),
        ("freight", "-1", ""),
        ("freight_by", "邻居", ""),
    ):
        answer = web.post(f"{path}/edit", data={**PROFILE, field: bad, "key": "k-bad"})
        assert answer.status_code == 400 and words in answer.text, field
    db.session.rollback()
    assert db.session.get_one(Supplier, supplier_id).name == "供应商 GYS1"
    answer = web.post(f"{path}/edit", data={**PROFILE, "key": "k-good"}, follow_redirects=True)
    assert "供应商资料已保存" in answer.text

    sign_in(web, trainee)
    text = web.get(path).text
    for words in (
        "云杉工厂店",
        "A 级",
        "接单后 12 小时内",
        "1.5%",
        "3%",
        "0.3%",
        "供应商承担",
        "工业园 3 号",
        "商标授权书",
    ):
        assert words in text, words


def test_troubles_are_answered_on_the_board(web: FlaskClient, world: World) -> None:
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    supply.list_products(seller, world, "P1", "P2")
    for code in ("P1-1", "P2-1", "P1-1"):
        supply.buy_goods(buyer, shop.id, (code, 1))
    supply.fetch(seller)
    supply.jump(world, hours=30)
    ids = []
    for purchase in supply.purchases(shop.id):
        with unit_of_work():
            ids.append(supply.make_trouble(seller, purchase).id)
    sign_in(web, mall.make_seller(world)[0])
    for verb in ("inform", "claim"):
        assert web.post(f"/supply/risks/{ids[0]}/{verb}").status_code == 404
    sign_in(web, seller)
    with count_queries(web.application) as counted:
        text = web.get("/supply/risks").text
    assert len(counted) <= 41, len(counted)  # each count of the menu asks for which shop somebody works
    assert text.count("包裹丢失") >= 3 and "向供应商索赔：赔 ¥25.00" in text
    answer = web.post(f"/supply/risks/{ids[0]}/inform", follow_redirects=True)
    assert "已通过商城消息告诉买家" in answer.text and "已通知买家" in answer.text
    assert "之前已经通知过买家了" in web.post(f"/supply/risks/{ids[0]}/inform", follow_redirects=True).text
    assert (
        "索赔已提交" in web.post(f"/supply/risks/{ids[0]}/claim", data={"wanted": "money"}, follow_redirects=True).text
    )
    assert web.post(f"/supply/risks/{ids[0]}/claim", data={"wanted": "money"}).status_code == 409
    web.post(f"/supply/risks/{ids[1]}/claim", data={"wanted": "goods"})
    supply.jump(world, hours=3)
    text = web.get("/supply/risks").text
    assert "赔付 ¥25.00，已到钱包" in text and "补货单 JH" in text
    assert db.session.get_one(ParcelTrouble, ids[0]).credited == 2500

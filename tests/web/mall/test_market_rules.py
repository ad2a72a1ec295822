"""The instructor's world panel: every setting acts, is explained, and leaves a record."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.errors import DomainError
from app.core.uow import unit_of_work
from app.worlds import notices
from app.worlds.clock import get_world
from app.worlds.settings import change_setting
from sim_mall.services import market_rules
from tests.factories import mall, training
from tests.factories.tables import changed, fingerprint
from tests.factories.world import sign_in


def refused(code: str, call: object) -> None:
    before = fingerprint()
    with pytest.raises(DomainError) as caught, unit_of_work():
        call()  # type: ignore[operator]
    assert caught.value.code == code
    assert changed(before, fingerprint()) == []


def test_who_may_buy_from_whom(app: Flask) -> None:
    with app.app_context():
        row = training.make_class(training.make_school(training.make_region("滨海市"), "启航学校"), "本班")
        teacher = training.make_instructor(row, "宋老师")
        owner, buyer, mate = (training.make_trainee(row, name) for name in ("甲", "乙", "丙"))
        shop = mall.open_shop(owner)
        sku = mall.make_listing(owner, shop).skus[0].id

        def setting(name: str, value: int) -> None:
            with unit_of_work():
                change_setting(teacher, row.world_id, name, value)

        refused("own_goods", lambda: mall.place(owner, [(sku, 1)]))
        setting("buy_own_shop", 1)
        mall.place(owner, [(sku, 1)])
        setting("buy_who", market_rules.SHOP_RUNNERS_MAY)
        refused("shop_needed", lambda: mall.place(buyer, [(sku, 1)]))
        setting("buy_who", market_rules.NOBODY_MAY)
        refused("buying_paused", lambda: mall.place(owner, [(sku, 1)]))
        setting("buy_who", market_rules.ALL_MAY)
        with unit_of_work():
            limit = market_rules.add_block(teacher, buyer.person(), shop.id, "同组不能互刷", mall.key())
        refused("trade_blocked", lambda: mall.place(buyer, [(sku, 1)]))
        mall.place(mate, [(sku, 1)])
        refused("invalid_input", lambda: market_rules.add_block(teacher, 0, 0, "全部", mall.key()))
        refused("forbidden", lambda: market_rules.add_block(owner, 0, shop.id, "不行", mall.key()))
        with unit_of_work():
            market_rules.remove_block(teacher, limit)
        mall.place(buyer, [(sku, 1)])


def test_panel_of_the_instructor(app: Flask) -> None:
    with app.app_context():
        row = training.make_class(training.make_school(training.make_region("滨海市"), "启航学校"), "本班")
        teacher = training.make_instructor(row, "宋老师")
        owner, buyer = (training.make_trainee(row, name) for name in ("甲", "乙"))
        shop = mall.open_shop(owner)
        listing = mall.make_listing(owner, shop)
        code, world_id = row.code, row.world_id
    desk, trainee = app.test_client(), app.test_client()
    with app.app_context():
        sign_in(desk, teacher)
        sign_in(trainee, buyer)
    address = f"/classes/{code}/world"

    desk.post(f"{address}/settings", data={"buy_who": "1", "rule_strictness": "2", "pay_minutes": "15"})
    page = desk.get(address).text
    for word in (
        "谁可以买：全班学员都可以买 → 只有已开店的学员可以买",
        "规则力度：标准 → 严格",
        "15 分钟",
        "费率与买卖限制",
    ):
        assert word in page
    assert "只有已开店的学员可以买" in trainee.get(address).text
    desk.post(f"{address}/settings", data={"buy_who": "0"})

    empty = {"title": "", "text": "好的", "key": "a1"}
    assert "公告标题" in desk.post(f"{address}/announcements", data=empty, follow_redirects=True).text
    told = {"title": "明天停课", "text": "明天上午系统维护，市场暂停。", "key": "a2"}
    for _ in range(2):  # pressed twice, told once
        assert desk.post(f"{address}/announcements", data=told).status_code == 302
    with app.app_context():
        assert [one.title for one in notices.announcements(world_id)] == ["明天停课"]
        number = notices.announcements(world_id)[0].id
    assert "明天上午系统维护" in trainee.get("/").text
    assert trainee.post(f"{address}/announcements", data=told).status_code == 403
    assert desk.post(f"{address}/announcements/{number}/withdraw").status_code == 302
    assert desk.post(f"{address}/announcements/{number}/withdraw").status_code == 404
    assert "明天上午系统维护" not in trainee.get("/").text

    assert desk.post(f"{address}/freeze", data={"frozen": "1"}).status_code == 302
    with app.app_context():
        before = fingerprint()
    cart = {"sku": str(listing.skus[0].id), "quantity": "1"}
    answer = trainee.post("/mall/cart/items", data=cart)
    assert answer.status_code == 409 and "冻结" in answer.text
    assert trainee.get(f"/mall/products/{listing.id}").status_code == 200
    with app.app_context():
        assert changed(before, fingerprint()) == []
        world = get_world(world_id)
        assert (world.frozen, world.paused) == (True, True)
    assert "模拟市场已冻结" in trainee.get("/").text
    desk.post(f"{address}/freeze", data={"frozen": "0"})
    with app.app_context():
        world = get_world(world_id)
        assert (world.frozen, world.paused) == (False, False)

    assert desk.post("/seller/market/rates", data={"category": "居家", "percent": "abc"}).status_code == 400
    assert desk.post("/seller/market/rates", data={"category": "居家", "percent": "60"}).status_code == 400
    assert desk.post("/seller/market/rates", data={"category": "居家", "percent": "3.5"}).status_code == 302
    assert desk.post("/seller/market/blocks", data={"buyer_id": "0", "shop_id": "0", "key": "b"}).status_code == 400
    form = {"buyer_id": str(buyer.account_id), "shop_id": str(shop.id), "reason": "演示限制", "key": "c"}
    assert desk.post("/seller/market/blocks", data=form).status_code == 302
    page = desk.get("/seller/market").text
    assert "3.5%" in page and "演示限制" in page
    assert "类目“居家”费率：默认 → 3.50%" in desk.get(address).text
    answer = trainee.post("/mall/cart/items", data=cart)
    assert answer.status_code == 409 and "演示限制" in answer.text
    assert trainee.get("/seller/market").status_code == 403

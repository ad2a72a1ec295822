"""Pages of promotion: drafting, checking, publishing, coupons, groups, checkout with coupons, 价格试算."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.clock import local
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.clock import sim_now
from sim_mall.domain.promotion_flow import PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.promotions import Coupon, Group, Promotion
from sim_mall.models.trade import Order
from sim_mall.services import promotion_goods
from sim_mall.services.promotions import ItemDraft
from tests.factories import mall
from tests.factories import promotions as made
from tests.factories.queries import count_queries
from tests.factories.world import make_actor, make_world, sign_in


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1].replace("&#34;", '"').replace("&amp;", "&")


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
    return str(answer.get_data(as_text=True))


@pytest.mark.sqlite_only
def test_a_seller_drafts_checks_and_publishes(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world)
        listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)])
        sku = listing.skus[0].id
        with unit_of_work():
            promotion_goods.set_costs(owner, shop.id, {sku: 800})
        now = sim_now(world.id)
        client = sign_in(app.test_client(), owner)
        buyer = sign_in(app.test_client(), mall.make_trainee(world))
        start, end = (local(moment).strftime("%Y-%m-%dT%H:%M") for moment in (now, now + timedelta(days=2)))
    page = text(client.get("/seller/promotions"))
    assert all(word in page for word in ("限时折扣", "秒杀", "拼团", "优惠套餐", "还没有活动"))
    for kind in PromotionKind:
        text(client.get(f"/seller/promotions/new?kind={kind}"))
    assert client.get("/seller/promotions/new?kind=gift").status_code == 404
    page = text(client.get("/seller/promotions/new?kind=limited"))
    sent = {
        "csrf_token": hidden(page, "csrf_token"),
        "key": hidden(page, "key"),
        "kind": "limited",
        "name": "周末特惠",
        "starts_at": start,
        "ends_at": end,
        "bp": "12",
        "whole": "0",
        "item": f"{listing.id}-{sku}",
    }
    page = text(client.post("/seller/promotions", data=sent), 400)
    assert "请填写 0.1 到 9.99 之间的折扣" in page
    page = text(client.post("/seller/promotions", data={**sent, "bp": "8.8", f"price-{listing.id}-{sku}": "10"}), 400)
    assert "活动价要低于原价 10.00 元" in page
    answer = client.post("/seller/promotions", data={**sent, "bp": "8"})
    assert answer.status_code == 302
    page = text(client.get(answer.location))
    assert "每件 8.00 元，成本 8.00 元，扣平台服务费后每件亏 0.40 元" in page
    number = int(answer.location.rsplit("/", 1)[1])
    text(client.post(f"/seller/promotions/{number}/publish", data={"csrf_token": sent["csrf_token"]}), 302)
    with app.app_context():
        assert db.session.get_one(Promotion, number).state == PromotionState.RUNNING
    page = text(buyer.get(f"/mall/products/{listing.id}"))
    assert "限时8折" in page
    assert "活动价" in page
    assert "限时8折" in text(buyer.get("/mall/search"))
    page = text(client.get("/seller/promotions/new?kind=limited"))
    answer = client.post(
        "/seller/promotions", data={**sent, "key": hidden(page, "key"), "name": "再打一次", "bp": "9.5"}
    )
    page = text(client.get(answer.location))
    assert "两个活动价不叠加，买家按低的那个付款" in page
    other = int(answer.location.rsplit("/", 1)[1])
    assert buyer.get(answer.location).status_code == 404
    text(client.post(f"/seller/promotions/{other}/stop", data={"csrf_token": sent["csrf_token"]}), 302)
    assert "成本价" in text(client.get("/seller/promotions/costs"))


@pytest.mark.sqlite_only
def test_a_coupon_is_issued_claimed_and_used(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world)
        listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)])
        sku = listing.skus[0].id
        with unit_of_work():
            promotion_goods.set_costs(owner, shop.id, {sku: 800})
        person = mall.make_trainee(world)
        address_id = mall.add_address(person)
        seller, buyer = sign_in(app.test_client(), owner), sign_in(app.test_client(), person)
        teacher = sign_in(app.test_client(), make_actor(Role.INSTRUCTOR, world.scope_id))
    page = text(seller.get("/seller/coupons"))
    sent = {name: hidden(page, name) for name in ("csrf_token", "key", "starts_at", "ends_at")}
    sent |= {"name": "新人券", "threshold": "0", "off": "3", "total": "5", "per_user": "1", "scope": "all"}
    sent["channel"] = "centre"
    page = text(seller.post("/seller/coupons", data=sent), 409)
    assert "扣平台服务费后每件亏 1.35 元" in page
    assert "仍然发放" in page
    text(seller.post("/seller/coupons", data={**sent, "confirm": "y"}), 302)
    page = text(teacher.get("/seller/platform-coupons"))
    mine = {name: hidden(page, name) for name in ("csrf_token", "key", "starts_at", "ends_at")}
    data = {**mine, "name": "开业平台券", "threshold": "5", "off": "1", "total": "9", "per_user": "1"}
    data |= {"scope": "all", "channel": "centre"}
    text(teacher.post("/seller/platform-coupons", data=data), 302)
    page = text(buyer.get("/mall/coupons"))
    assert page.count("/claim") == 2
    for number in re.findall(r"/mall/coupons/(\d+)/claim", page):
        token = {"csrf_token": hidden(page, "csrf_token"), "key": f"claim-{number}"}
        text(buyer.post(f"/mall/coupons/{number}/claim", data=token), 302)
    assert "新人券" in text(buyer.get("/mall/my-coupons"))
    page = text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1"))
    assert "店铺券（新人券 无门槛减3）" in page
    form = {name: hidden(page, name) for name in ("csrf_token", "key", "shown", "line", "direct")}
    assert json.loads(form["shown"])["payable"] == 600
    with app.app_context():
        ids = [coupon.id for coupon in db.session.query(Coupon).order_by(Coupon.id)]
    page = text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1&coupon-{shop.id}=&coupon-platform="))
    assert json.loads(hidden(page, "shown"))["payable"] == 1000
    again = text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1&coupon-{shop.id}=99999"))
    assert "请重新选择" in again
    sent = {**form, "address": str(address_id)}
    page = text(buyer.post("/mall/checkout", data=sent), 409)  # the coupons of the page are not sent
    assert "应付由 ¥6.00 变为 ¥10.00" in page
    chosen = {f"coupon-{shop.id}": str(ids[0]), "coupon-platform": str(ids[1])}
    text(buyer.post("/mall/checkout", data={**sent, "key": "other-key", **chosen}), 302)
    with app.app_context():
        assert [order.payable for order in db.session.query(Order)] == [600]
    assert "已使用" in text(buyer.get("/mall/my-coupons?tab=locked"))


@pytest.mark.sqlite_only
def test_who_comes_too_late_for_a_flash_sale_is_told_cheaply(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world)
        listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)])
        sku = listing.skus[0].id
        made.start(owner, PromotionKind.FLASH, Rule(per_user=1), ItemDraft(listing.id, sku, 500, stock=1))
        people = [mall.make_trainee(world) for _ in range(2)]
        addresses = [mall.add_address(person) for person in people]
        one, two = (sign_in(app.test_client(), person) for person in people)
    forms = []
    for client, address in zip((one, two), addresses, strict=True):
        page = text(client.get(f"/mall/checkout?sku={sku}&quantity=1"))
        form = {name: hidden(page, name) for name in ("csrf_token", "key", "shown", "line", "direct")}
        assert json.loads(form["shown"])["payable"] == 500
        forms.append({**form, "address": str(address)})
    bought = one.post("/mall/checkout", data=forms[0])
    assert bought.status_code == 302
    with count_queries(app) as counted:
        page = text(two.post("/mall/checkout", data=forms[1]), 409)
    assert len(counted) <= 8, counted  # who asks, whether the market is frozen, and one look at the sale
    assert "秒杀库存已经抢光" in page
    assert f"/mall/checkout?sku={sku}&amp;quantity=1" in page
    again = one.post("/mall/checkout", data=forms[0])  # the winner's double click is answered as before
    assert (again.status_code, again.location) == (302, bought.location)
    page = text(two.get(f"/mall/checkout?sku={sku}&quantity=1"))
    assert json.loads(hidden(page, "shown"))["payable"] == 1000
    with app.app_context():
        assert db.session.query(Order).count() == 1


@pytest.mark.sqlite_only
def test_points_are_chosen_at_the_checkout_and_seen_afterwards(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world)
        sku = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)]).skus[0].id
        person = mall.make_trainee(world)
        address_id = mall.add_address(person)
        buyer, seller = sign_in(app.test_client(), person), sign_in(app.test_client(), owner)
    assert "还没有积分" in text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1"))
    with app.app_context(), unit_of_work():
        moves = {book.ISSUE: -800, book.points(person.person()): 800}
        book.post(person.world(), "test-points", "points_earned", moves, memo="购物返积分")
    page = text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1"))
    assert "共有 800 积分，本单最多用 500 积分" in page
    page = text(buyer.get(f"/mall/checkout?sku={sku}&quantity=1&points=300"))
    assert "积分抵扣" in page
    form = {name: hidden(page, name) for name in ("csrf_token", "key", "shown", "line", "direct")}
    assert (json.loads(form["shown"])["payable"], json.loads(form["shown"])["points"]) == (700, 300)
    refused = text(buyer.post("/mall/checkout", data={**form, "address": str(address_id)}), 409)  # without the points
    assert "应付由 ¥7.00 变为 ¥10.00" in refused
    form |= {"address": str(address_id), "points": "300", "key": "points-key"}
    text(buyer.post("/mall/checkout", data=form), 302)
    with app.app_context():
        order = db.session.query(Order).one()
        assert (order.payable, order.points) == (700, 300)
        path = f"/mall/orders/{order.id}"
    assert "积分抵扣" in text(buyer.get(path))
    page = text(buyer.get("/mall/wallet?kind=points"))
    assert "-300" in page
    assert "购物返积分" in page
    assert "会员价" in text(seller.get("/seller/promotions/new?kind=member"))


@pytest.mark.sqlite_only
def test_a_group_is_opened_and_joined_from_the_pages(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world)
        listing = mall.make_listing(owner, shop, skus=[("默认", 1000, 10)])
        sku = listing.skus[0].id
        promotion_id = made.start(owner, PromotionKind.GROUP, Rule(size=2), ItemDraft(listing.id, sku, 700)).id
        people = [mall.make_trainee(world) for _ in range(2)]
        addresses = [mall.add_address(person) for person in people]
        one, two = (sign_in(app.test_client(), person) for person in people)

    def buy(client: FlaskClient, address: int, **more: str) -> None:
        token = hidden(text(client.get(f"/mall/products/{listing.id}")), "csrf_token")
        sent = {"csrf_token": token, "sku": str(sku), "quantity": "1", "group": str(promotion_id), **more}
        answer = client.post("/mall/groups/buy", data=sent)
        page = text(client.get(answer.location))
        names = ["csrf_token", "key", "shown", "line", "direct", "group", *more]
        form = {name: hidden(page, name) for name in names}
        assert json.loads(form["shown"])["payable"] == 700
        answer = client.post("/mall/checkout", data={**form, "address": str(address)})
        page = text(client.get(answer.location))
        order = hidden(page, "order")
        sent = {"csrf_token": token, "key": hidden(page, "key"), "order": order}
        text(client.post(answer.location, data=sent), 302)

    assert "发起拼团" in text(one.get(f"/mall/products/{listing.id}"))
    buy(one, addresses[0])
    with app.app_context():
        group_id = db.session.query(Group.id).scalar()
    assert "你已在团里" in text(one.get(f"/mall/groups/{group_id}"))
    assert "还差 1 人成团" in text(two.get(f"/mall/products/{listing.id}"))
    assert "参与拼团" in text(two.get(f"/mall/groups/{group_id}"))
    buy(two, addresses[1], join=str(group_id))
    assert "已成团" in text(one.get(f"/mall/groups/{group_id}"))


@pytest.mark.sqlite_only
def test_prices_are_tried_out_by_trainees_and_instructors(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        trainee = sign_in(app.test_client(), mall.make_trainee(world))
        teacher = sign_in(app.test_client(), make_actor(Role.INSTRUCTOR, world.scope_id))
    page = text(teacher.get("/seller/promotions/quote"))
    token = {"csrf_token": hidden(page, "csrf_token")}
    form = {
        **token, "full_threshold": "100", "full_off": "10", "coupon_threshold": "0", "coupon_off": "5",
        "platform_off": "3", "fee": "8",
    }  # fmt: skip
    for row, (name, price, count) in enumerate((("A", "59.90", "1"), ("B", "19.99", "2"), ("C", "8.50", "3"))):
        form |= {f"id-{row}": name, f"shop-{row}": "S", f"price-{row}": price, f"qty-{row}": count}
    page = text(teacher.post("/seller/promotions/quote", data={**form, "bp-0": "8.8"}))
    assert "¥108.19" in re.sub(r"<[^>]+>", "", page)
    assert "请填写整数" in text(teacher.post("/seller/promotions/quote", data={**form, "qty-0": "x"}), 400)
    token["csrf_token"] = hidden(text(trainee.get("/seller/promotions/quote")), "csrf_token")
    good = json.dumps({"lines": [{"id": 1, "shop": 2, "unit_price": 5, "qty": 3}]})
    page = text(trainee.post("/seller/promotions/quote/json", data={**token, "json": good}))
    assert "refund_units" in page
    page = text(trainee.post("/seller/promotions/quote/json", data={**token, "json": '{"lines": [5]}'}), 400)
    assert "lines[0]：应为 JSON 对象。" in page

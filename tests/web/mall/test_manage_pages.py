"""Shop management through its pages: members, money, data, page, categories; at a fixed cost."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from PIL import Image

from app.core.actor import Actor
from app.core.uow import unit_of_work
from sim_mall.data import ShopInfo
from sim_mall.services import visits
from tests.factories import mall
from tests.factories.queries import count_queries
from tests.factories.world import make_world, sign_in


def browser(app: Flask, actor: Actor) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        return sign_in(client, actor)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def keys(page: str) -> list[str]:
    return re.findall(r'name="(?:\w-)?key"[^>]*value="([^"]+)"', page)


@pytest.fixture
def people(app: Flask) -> tuple[Actor, ShopInfo, Actor, Actor]:
    with app.app_context():
        world = make_world()
        owner, shop = mall.make_seller(world, "暖居生活馆")
        return owner, shop, mall.make_trainee(world, "韩梅梅"), mall.make_trainee(world, "钱多多")


def test_members_money_and_data(app: Flask, people: tuple[Actor, ShopInfo, Actor, Actor]) -> None:
    owner, shop, mate, buyer = people
    seller, helper, guest = (browser(app, one) for one in (owner, mate, buyer))
    with app.app_context():
        listing = mall.make_listing(owner, shop, skus=[("默认", 100_00, 20)])

    page = seller.get("/seller/team").text
    assert "韩梅梅" in page
    form = {"account_id": str(mate.account_id), "role": "service", "key": keys(page)[0]}
    assert seller.post("/seller/team/invite", data={**form, "role": "boss"}).status_code == 400
    assert seller.post("/seller/team/invite", data=form).status_code == 302
    assert "邀请你担任客服" in helper.get("/seller/team").text
    accept = re.search(r"/seller/team/invitations/(\d+)", helper.get("/seller/team").text)
    assert accept and helper.post(accept.group(0), data={"decision": "accept"}).status_code == 302
    # the menu holds what the role may do, the pages refuse the rest
    page = helper.get("/seller/aftersales/").text
    assert "暖居生活馆" in page and "/seller/funds" not in page and "/seller/decor/" not in page
    for path in (
        "/seller/funds",
        "/seller/data",
        "/seller/decor/",
        "/seller/products/",
        "/seller/funds/statement.xlsx",
    ):
        assert helper.get(path).status_code == 403
        assert guest.get(path).status_code == 302

    guest.get("/mall/search?q=四件")
    guest.get(f"/mall/products/{listing.id}", headers={"Referer": "http://localhost/mall/search?q=x"})
    guest.get(f"/mall/shops/{shop.id}")
    seller.get(f"/mall/products/{listing.id}")  # the own people do not count
    with app.app_context():
        assert visits.flush() == 2
        order = mall.buy(buyer, [(listing.skus[0].id, 1)])
        mall.ship(owner, order.id)
        mall.complete(buyer, order.id)
    page = seller.get("/seller/data?period=today").text
    assert all(word in page for word in ("访客数", "支付转化率", "搜索", "最近 180 天", "100%", "¥100.00"))
    book = load_workbook(io.BytesIO(seller.get("/seller/data/export.xlsx").data))
    assert book.sheetnames == ["概览", "每日", "流量来源", "商品"]
    assert seller.get("/seller/data/export.csv").data.startswith(b"\xef\xbb\xbf")

    page = seller.get("/seller/funds").text
    assert "货款结算" in page and "¥95.00" in page
    form = {"w-amount": "95.01", "w-key": keys(page)[0]}
    refused = seller.post("/seller/funds/withdraw", data=form)
    assert refused.status_code == 400 and "最多可提现 95.00 元" in refused.text and "data-open-now" in refused.text
    assert seller.post("/seller/funds/withdraw", data={**form, "w-amount": "abc"}).status_code == 400
    assert seller.post("/seller/funds/withdraw", data={**form, "w-amount": "45"}).status_code == 302
    page = seller.get("/seller/funds/day").text
    assert all(word in page for word in ("货款结算", "平台服务费", "提现", "¥50.00"))
    sheet = load_workbook(io.BytesIO(seller.get("/seller/funds/statement.xlsx").data))
    assert sheet.sheetnames == ["店铺余额日账单", "店铺余额明细", "保证金日账单", "保证金明细"]

    def cost(path: str) -> int:
        seller.get(path)
        with count_queries(app) as seen:
            assert seller.get(path).status_code == 200
        return len(seen)

    paths = ("/seller/data", "/seller/funds", "/seller/team", f"/mall/shops/{shop.id}", "/seller/decor/")
    few = [cost(path) for path in paths]
    with app.app_context():
        for number in range(3):
            more = mall.make_listing(owner, shop, f"第{number}款 全棉四件套", [("默认", 1000, 50)])
            visits.note_view(buyer, shop.id, more.id, visits.Source.HOME)
            mall.buy(buyer, [(more.skus[0].id, 1)])
        visits.flush()
    assert all(now <= before for now, before in zip([cost(path) for path in paths], few, strict=True))
    assert max(few) <= 40


def photo(width: int = 900, height: int = 400) -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "#3f74ea").save(made, "PNG")
    return io.BytesIO(made.getvalue()), "poster.png"


def test_the_page_of_a_shop_is_built_published_and_brought_back(
    app: Flask, people: tuple[Actor, ShopInfo, Actor, Actor]
) -> None:
    owner, shop, _, buyer = people
    seller, guest = browser(app, owner), browser(app, buyer)
    with app.app_context():
        kept = mall.make_listing(owner, shop, "雾蓝纯棉四件套")
        gone = mall.make_listing(owner, shop, "燕麦亚麻四件套")
    address = f"/mall/shops/{shop.id}"

    def version() -> str:
        return field(seller.get("/seller/decor/").text, "version")

    def add(kind: str) -> str:
        answer = seller.post("/seller/decor/blocks", data={"kind": kind, "version": version()})
        assert answer.status_code == 302
        return str(answer.location)

    text = add("text")
    form = {"title": "开店寄语", "text": "认真 & 用心", "align": "center", "version": version()}
    assert seller.post(text, data={**form, "text": "<script>alert(1)</script>"}).status_code == 400
    assert seller.post(text, data=form).status_code == 302
    assert seller.post(text, data=form).status_code == 409  # somebody else changed it meanwhile

    goods = add("goods")
    picked: dict[str, Any] = {
        "title": "店主推荐",
        "mode": "manual",
        "count": "6",
        "ids": [str(kept.id), str(gone.id)],
        "version": version(),
    }
    assert seller.post(goods, data={**picked, "ids": ["99999"]}).status_code == 400
    assert seller.post(goods, data=picked).status_code == 302
    zones = add("hotzone")
    zone: dict[str, Any] = {
        "zone-0-x": "0",
        "zone-0-y": "0",
        "zone-0-w": "50",
        "zone-0-h": "100",
        "zone-0-target": str(gone.id),
    }
    wrong = {**zone, "zone-0-w": "101", "version": version(), "picture": photo()}
    refused = seller.post(zones, data=wrong, content_type="multipart/form-data")
    assert refused.status_code == 400 and "1 到 100" in refused.text
    zone |= {"version": version(), "alt": "海报"}
    assert seller.post(zones, data={**zone, "picture": photo()}, content_type="multipart/form-data").status_code == 302
    media = add("media")
    bad = {"file": (io.BytesIO(b"MZ not a video"), "a.mp4"), "version": version()}
    assert seller.post(media, data=bad, content_type="multipart/form-data").status_code == 400
    film = {"file": (io.BytesIO(mall.small_film()), "a.mp4"), "version": version()}
    assert seller.post(media, data=film, content_type="multipart/form-data").status_code == 302

    assert "开店寄语" in seller.get("/seller/decor/preview").text
    assert "开店寄语" not in guest.get(address).text  # a draft
    key = keys(seller.get("/seller/decor/").text)[0]
    assert seller.post("/seller/decor/publish", data={"version": version(), "key": key}).status_code == 302
    page = guest.get(address).text
    assert "开店寄语" in page and "认真 &amp; 用心" in page
    assert "decor-hotzone" in page and "<video" in page
    section = page.split("decor is-goods")[1].split("</section>")[0]
    assert "雾蓝纯棉四件套" in section and "燕麦亚麻四件套" in section

    with app.app_context(), unit_of_work():
        from sim_mall.services import shelves

        shelves.move_listings(owner, [gone.id], "take_off")
    page = guest.get(address).text
    section = page.split("decor is-goods")[1].split("</section>")[0]
    assert "雾蓝纯棉四件套" in section and "燕麦亚麻四件套" not in page  # off the shelf: hidden, its zone too
    picture = re.search(r"/files/[\w-]+", page)
    assert picture and guest.get(picture.group(0)).mimetype == "image/jpeg"

    order = field(seller.get("/seller/decor/").text, "order").split(",")
    turned = {"order": ",".join(reversed(order)), "version": version()}
    assert seller.post("/seller/decor/order", data=turned).status_code == 302
    assert field(seller.get("/seller/decor/").text, "order").split(",") == order[::-1]
    assert seller.post(f"{text}/remove", data={"version": version()}).status_code == 302
    form = {"version": version(), "key": keys(seller.get("/seller/decor/").text)[0]}
    assert seller.post("/seller/decor/publish", data=form).status_code == 302
    assert "开店寄语" not in guest.get(address).text
    assert seller.post("/seller/decor/rollback", data={"number": "1", "key": mall.key()}).status_code == 302
    assert "开店寄语" in guest.get(address).text and "恢复自第 1 版" in seller.get("/seller/decor/").text
    assert seller.post("/seller/decor/rollback", data={"number": "9", "key": mall.key()}).status_code == 404
    assert seller.post("/seller/decor/plain").status_code == 302
    assert "开店寄语" not in guest.get(address).text

    answer = seller.post("/seller/categories/", data={"name": "新品上市", "key": mall.key()})
    assert answer.status_code == 302
    assert seller.post("/seller/categories/", data={"name": "新品上市", "key": mall.key()}).status_code == 409
    filled = {"name": ["当季新品"], "ids": [str(kept.id), str(gone.id)]}
    saved = seller.post(answer.location, data=filled)
    assert saved.status_code == 302
    number = str(answer.location).rsplit("/", 1)[1]
    assert "当季新品" in guest.get(address).text
    page = guest.get(f"{address}?category={number}").text
    assert "雾蓝纯棉四件套" in page and "燕麦亚麻四件套" not in page
    assert guest.get(f"/seller/categories/{number}").status_code in {404, 409}
    assert seller.post(f"/seller/categories/{number}/remove").status_code == 302
    assert "当季新品" not in guest.get(address).text

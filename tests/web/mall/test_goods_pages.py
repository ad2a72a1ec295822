"""Goods in the seller centre and on the product page: pictures, matrix, tables, freight, registration by steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import db
from app.worlds.models import World
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.models.goods import FreightTemplate, Listing, Sku
from sim_mall.models.shops import Shop
from sim_mall.services import listings
from tests.factories import mall
from tests.factories.world import make_world, sign_in
from tests.permissions.furniture_goods import square

SHEET = "标题,一级类目,二级类目,属性,规格,商家编码,价格,库存\n"


@dataclass(frozen=True, slots=True)
class Room:
    """A world with a seller at a browser."""

    world_id: int
    shop_id: int
    client: FlaskClient
    buyer: FlaskClient


@pytest.fixture
def room(app: Flask) -> Room:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world, "云上小铺")
        buyer = mall.make_trainee(world)
        mall.add_address(buyer)
        client, other = app.test_client(), app.test_client()
        sign_in(client, seller)
        sign_in(other, buyer)
        return Room(world.id, shop.id, client, other)


def key(page: str, name: str = "key") -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def upload(client: FlaskClient, data: bytes, use: str = "cover") -> tuple[int, dict[str, str]]:
    body = {"key": mall.key(), "use": use, "file": (BytesIO(data), "a.png")}
    answer = client.post("/seller/pictures", data=body, headers={"Accept": "application/json"})
    return answer.status_code, answer.get_json()


def test_a_listing_with_everything(app: Flask, room: Room) -> None:
    client = room.client
    assert upload(client, b"GIF89a not a picture")[0] == 400
    status, small = upload(client, square(side=300))
    assert status == 400
    assert "短边至少 600 像素" in small["error"]
    first, second = (upload(client, square(colour))[1] for colour in ("teal", "salmon"))
    assert client.get(first["url"]).content_type == "image/jpeg"
    rules = {"name": "分区模板", "unit": "piece", "first-0": "1", "first_fee-0": "6", "step-0": "1", "step_fee-0": "2",
             "first-1": "1", "first_fee-1": "9.9", "step-1": "1", "step_fee-1": "3", "regions-1": "11"}  # fmt: skip
    page = client.get("/seller/freight/new").text
    refused = client.post("/seller/freight/new", data={**rules, "key": key(page), "no_ship": "11"})
    assert refused.status_code == 400
    assert "不配送地区里有已设置运费的地区" in refused.text
    assert client.post("/seller/freight/new", data={**rules, "key": key(page)}).status_code == 302
    assert "默认：首 1 件 6.00 元，每续 1 件 2.00 元" in client.get("/seller/freight/").text
    with app.app_context():
        template = db.session.scalars(sa.select(FreightTemplate.id)).one()
    page = client.get("/seller/products/new").text
    goods = {
        "key": key(page), "title": "棉麻抱枕套 简约客厅", "category_l1": "居家", "category_l2": "床品", "unit": "件",
        "brief": "亲肤透气", "brand": "云上", "pictures": f"{first['name']},{second['name']}", "target": "sale",
        "detail": f'<h3>尺寸</h3><p onclick="x()">45 厘米</p><img src="{first["url"]}" alt="图"><script>x</script>'
                  '<img src="https://evil.example/x.png">',
        "freight_template": str(template), "alarm": "3", "seven_day": "y", "more_attributes": "产地:浙江",
        "skus-0-spec": "颜色:米白;尺寸:45", "skus-0-price": "29.9", "skus-0-stock": "10",
        "skus-0-picture": second["name"],
        "skus-1-spec": "颜色:雾蓝;尺寸:45", "skus-1-price": "31.9", "skus-1-stock": "2",
    }  # fmt: skip
    refused = client.post("/seller/products/new", data=goods)
    assert refused.status_code == 400
    assert "“床品”类目必须填写“件数”。" in refused.text
    wide = goods | {"attribute:件数": "单件", "attribute:材质": "棉麻"}
    assert client.post("/seller/products/new", data=wide | {"pictures": "nobodys"}).status_code == 400
    stopped = client.post("/seller/products/new", data=wide)
    assert (stopped.status_code, "没有上传品牌授权" in stopped.text) == (400, True)
    wide |= {"anyway": "1", "stock_at_payment": "y", "skus-0-safety": "4", "skus-1-safety": "2"}
    nothing = client.post("/seller/products/new", data=wide)
    assert "规格“颜色:雾蓝;尺寸:45”的安全库存 2 件不少于库存 2 件" in nothing.text
    wide |= {"skus-1-safety": "0"}
    wrong = client.post("/seller/products/new", data=wide | {"video_file": (BytesIO(b"MZ\x00 no film"), "a.mp4")})
    assert (wrong.status_code, "文件内容不是完整的 MP4 视频" in wrong.text) == (400, True)
    film = {"video_file": (BytesIO(mall.small_film()), "a.mp4")}
    bulky = client.post("/seller/freight/new", data=rules | {"key": mall.key(), "name": "按体积", "unit": "cm3"})
    assert bulky.status_code == 302
    with app.app_context():
        by_volume = db.session.scalars(sa.select(FreightTemplate.id).order_by(FreightTemplate.id.desc())).first()
    no_volume = client.post("/seller/products/new", data=wide | {"freight_template": str(by_volume)})
    assert "按体积计费，请给每个规格填写体积" in no_volume.text
    assert client.post("/seller/products/new", data=wide | film).status_code == 302
    with app.app_context():
        row = db.session.scalars(sa.select(Listing)).one()
        listing_id = row.id
        assert row.axes == [["颜色", ["米白", "雾蓝"]], ["尺寸", ["45"]]]
        assert row.pictures == [first["name"], second["name"]]
        assert "script" not in row.detail and "onclick" not in row.detail and "evil" not in row.detail
        assert row.attributes == {"件数": "单件", "材质": "棉麻", "产地": "浙江"}
        assert (row.score >= 40, row.free_shipping) == (True, False)
        assert [sku.spec for sku in listings.load_listing(listing_id).skus] == ["米白 / 45", "雾蓝 / 45"]
    seen = room.buyer.get(f"/mall/products/{listing_id}").text
    source = re.search(r'<video[^>]* src="([^"]+)"', seen)
    assert source and "付款减库存：先付先得" in seen and "<span data-show-left>8</span>" in seen
    whole, part = room.buyer.get(source[1]), room.buyer.get(source[1], headers={"Range": "bytes=4-7"})
    assert (whole.content_type, whole.data) == ("video/mp4", mall.small_film())
    assert (part.status_code, part.data) == (206, b"ftyp")
    assert "运费 ¥9.90（寄往北京市东城区）" in seen
    assert 'data-axis="0"' in seen and "45 厘米" in seen and first["url"] in seen
    edit = client.get(f"/seller/products/{listing_id}/edit").text
    assert "质量分" in edit and "颜色:雾蓝;尺寸:45" in edit and "删除现有视频" in edit
    used = client.post(f"/seller/freight/{template}", data={**rules, "unit": "cm3"})
    assert (used.status_code, "还没有填写体积" in used.text) == (409, True)
    picked = re.search(r'name="sku" value="(\d+)"', seen)
    assert picked
    _buy_too_late(app, room, int(picked[1]))
    file = {"key": mall.key(), "title": "质检报告", "file": (BytesIO(b"%PDF-1.4 x"), "a.pdf")}
    assert client.post(f"/seller/products/{listing_id}/files", data=file).status_code == 302
    assert "质检报告" in room.buyer.get(f"/mall/products/{listing_id}").text
    assert client.post(f"/seller/freight/{template}/remove").status_code == 409
    twice = client.post("/seller/products/new", data=wide | {"key": mall.key()})
    assert "重复铺货" in twice.text
    copied = client.post(f"/seller/products/{listing_id}/copy", data={"key": mall.key()})
    assert "副本" in client.get(copied.location).text
    assert "库存预警" in client.get("/seller/products/?tab=alarm").text
    assert room.buyer.get(f"/seller/products/{listing_id}/edit").status_code == 404


def _buy_too_late(app: Flask, room: Room, sku: int) -> None:
    """Two orders for more than there is: the first payment takes the stock, the second comes back at once."""
    with app.app_context():
        buyer = mall.make_trainee(db.session.get_one(World, room.world_id))
        first, second = (mall.place(buyer, [(sku, 4)])[0] for _ in range(2))
        batch = {order_id: mall.order_row(order_id).batch for order_id in (first, second)}
        guest = app.test_client()
        sign_in(guest, buyer)
    desk = guest.get(f"/mall/pay/{batch[second]}").text
    assert "付款减库存：先付先得" in desk and "还没有占用库存" in guest.get(f"/mall/orders/{second}").text
    for order_id, told in ((first, "支付成功"), (second, "来晚一步")):
        paid = {"key": mall.key(), "order": str(order_id)}
        answer = guest.post(f"/mall/pay/{batch[order_id]}", data=paid, follow_redirects=True)
        assert told in answer.text
    assert "付款时已售完" in answer.text and "已自动退回钱包" in answer.text
    assert "付款时库存已不够" in room.client.get(f"/seller/orders/{second}").text


def test_tables_of_goods(app: Flask, room: Room) -> None:
    client = room.client
    rows = [
        "竹纤维毛巾 吸水柔软,居家,毛巾,材质:竹纤维,颜色:白,T1,19.9,30",
        "竹纤维毛巾 吸水柔软,,,,颜色:灰,T2,19.9,abc",
        "粗陶咖啡杯 手作质感,餐厨,杯壶,材质:陶,,C1,39,12",
        "云南红糖 手工古法,食品,调味,产地:云南,,S1,12,5",
    ]

    def send(text: str) -> str:
        answer = client.post("/seller/products/import", data={"file": (BytesIO(text.encode("gb18030")), "a.csv")})
        assert answer.status_code == 302, answer.text
        return str(answer.location)

    bad = client.post("/seller/products/import", data={"file": (BytesIO(b"a,b\n1,2\n"), "a.csv")})
    assert "表头缺少这些列：标题、一级类目、价格、库存" in bad.text
    where = send(SHEET + "\n".join(rows))
    page = client.get(where).text
    assert "“库存”应是整数，现在是“abc”。" in page
    assert "同一件商品的其他行有错" in page
    assert "食品经营许可证" in page
    refused = client.post(where, data={"key": key(page), "target": "sale"})
    assert refused.status_code == 409
    taken = client.post(where, data={"key": key(page), "target": "sale", "good_only": "1"})
    assert taken.status_code == 302
    again = client.post(where, data={"key": key(page), "target": "sale", "good_only": "1"})
    assert again.status_code in (302, 409)
    with app.app_context():
        cup = db.session.scalars(sa.select(Listing)).one()
        cup_id = cup.id
        assert (cup.title, cup.state) == ("粗陶咖啡杯 手作质感", ListingState.ON_SALE)
        sku = db.session.scalars(sa.select(Sku).where(Sku.listing_id == cup_id)).one().id
    sheet = (
        SHEET.replace("库存", "库存,安全库存,体积立方厘米,付款减库存")
        + "粗陶咖啡杯 手作质感,餐厨,杯壶,材质:陶,,C1,39,12,{},{},是"
    )
    denied = client.get(send(sheet.format("二", "") + "\n")).text
    assert "“安全库存”应是整数，现在是“二”。" in denied
    where = send(sheet.format(2, 1500).replace("标题,", "商品ID,标题,").replace("粗陶", f"{cup_id},粗陶", 1))
    taken = client.post(where, data={"key": key(client.get(where).text), "target": "sale"})
    assert taken.status_code == 302
    with app.app_context():
        row = listings.load_listing(cup_id)
        kept = [(sku.volume_cm3, sku.stock.safety, sku.stock.saleable) for sku in listings.live_skus(row)]
        assert (row.stock_at_payment, kept) == (True, [(1500, 2, 10)])
        sku = listings.live_skus(row)[0].id
    book = client.get("/seller/products/export.xlsx").data
    assert book[:2] == b"PK"
    assert client.get("/seller/products/import/template.xlsx").data[:2] == b"PK"
    back = client.post("/seller/products/import", data={"file": (BytesIO(book), "b.xlsx")})
    assert "可修改商品" in client.get(back.location).text
    page = client.get(f"/seller/products/batch?ids={cup_id}").text
    assert f'name="price-{sku}"' in page
    sent = {"ids": str(cup_id), f"price-{sku}": "45", f"was-price-{sku}": "3900", f"stock-{sku}": "20",
            f"was-stock-{sku}": "12", f"safety-{sku}": "5", f"was-safety-{sku}": "2",
            f"category-{cup_id}": "餐厨/餐具"}  # fmt: skip
    assert client.post("/seller/products/batch", data=sent).status_code == 302
    stale = client.post("/seller/products/batch", data=sent | {f"price-{sku}": "50"})
    assert stale.status_code == 409
    with app.app_context():
        cup = db.session.get_one(Listing, cup_id)
        assert (cup.price_from, cup.category.l2, cup.skus[0].stock.saleable) == (4500, "餐具", 15)
    assert room.buyer.get(f"/seller/products/batch?ids={cup_id}").status_code in (302, 404)


def test_registration_step_by_step(app: Flask, room: Room) -> None:
    client, path = room.buyer, "/seller/register/steps/"
    assert client.get(f"{path}papers").location == "/seller/register"
    assert client.post(f"{path}subject", data={"key": "a", "subject": "company"}).location.endswith("papers")
    wrong = client.post(f"{path}papers", data={"key": "b", "holder": "钱多多", "id_number": "110101199001011234"})
    assert wrong.status_code == 400
    assert "身份证号以 99 开头" in wrong.text
    assert "营业执照上的名称" in wrong.text
    for step, following in (("papers", "account"), ("account", "sign")):
        page = client.get(f"{path}{step}?practice=1").text
        fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))
        assert client.post(f"{path}{step}", data=fields | {"bank": "练习银行"}).location.endswith(following)
    sign = {"key": "c", "name": "云上粮仓", "business": "食品生鲜", "intro": ""}
    assert client.post(f"{path}sign", data=sign).location.endswith("submit")
    assert "云上粮仓" in client.get(f"{path}submit").text
    assert client.post(f"{path}submit", data={"key": "d"}).status_code == 400
    assert client.post(f"{path}submit", data={"key": "d", "agreed": "y"}).status_code == 302
    page = client.get("/seller/register").text
    assert "需要有效的《食品经营许可证》" in page
    assert client.post("/seller/register/licences/practice", data={"kind": "food", "back": "submit"}).status_code == 302
    assert client.post(f"{path}submit", data={"key": "e", "agreed": "y"}).status_code == 302
    with app.app_context():
        shop = db.session.scalars(sa.select(Shop).where(Shop.name == "云上粮仓")).one()
        assert shop.state == ShopState.DEPOSIT_DUE
    assert "¥2,000.00" in client.get("/seller/register").text

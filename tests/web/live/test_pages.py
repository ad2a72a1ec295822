"""Pages of the live rooms: who gets in, the host's and the viewer's way, bad input, double submits."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_livestream.models.selling import LiveItem, LivePrice, LiveSale
from sim_livestream.services import chat, goods, rooms
from sim_mall.domain.freight import FreightRow, FreightTemplate, FreightUnit
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Order
from sim_mall.services import addresses, freight
from tests.factories.live import RECEIVER_FIELDS, Show, make_show, make_viewer, room_row
from tests.factories.mall import add_address, key, make_listing, make_seller
from tests.factories.queries import count_queries
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_world, sign_in

SCRIPT = {"X-Requested-With": "fetch", "Accept": "application/json"}


@pytest.fixture
def show(app_context: Flask) -> Show:
    return make_show()


def browser(app: Flask, actor: Actor) -> FlaskClient:
    return sign_in(app.test_client(), actor)


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def buy_fields(show: Show, **changes: Any) -> dict[str, Any]:
    return {"sku": show.sku_id, "quantity": 1, "key": key(), **RECEIVER_FIELDS, **changes}


def reading(show: Show) -> list[str]:
    return [
        "/live/",
        "/live/studio",
        f"/live/studio/{show.number}",
        f"/live/studio/{show.number}/figures",
        f"/live/{show.number}",
        f"/live/{show.number}/figures",
        f"/live/{show.number}/items/{show.item_id}",
    ]


def writing(show: Show) -> list[str]:
    room, studio = f"/live/{show.number}", f"/live/studio/{show.number}"
    item = f"{studio}/items/{show.item_id}"
    return [
        *(f"{room}/{verb}" for verb in ("pause", "resume", "end", "unmute", "ticket")),
        f"{room}/items/{show.item_id}/buy",
        f"{room}/comments/1/hide",
        f"{room}/comments/1/mute",
        *(f"{studio}/{verb}" for verb in ("edit", "start", "items", "unpin", "slides")),
        *(f"{item}/{verb}" for verb in ("price", "status", "move", "remove", "pin")),
        *(f"{studio}/slides/1{verb}" for verb in ("", "/show", "/remove")),
    ]


def test_signed_out_people_are_sent_to_sign_in(app_context: Flask, show: Show) -> None:
    client = app_context.test_client()
    before = fingerprint()
    for path in reading(show):
        answer = client.get(path)
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)
    for path in writing(show):
        assert client.post(path).status_code == 302
        assert client.post(path, headers=SCRIPT).status_code == 401
    assert changed(before, fingerprint()) == []


def test_another_world_sees_nothing(app_context: Flask, show: Show) -> None:
    stranger, _shop = make_seller(make_world())
    teacher = make_actor(Role.INSTRUCTOR, make_world().scope_id)
    client, taught = browser(app_context, stranger), browser(app_context, teacher)
    before = fingerprint()
    form = buy_fields(show, title="标题", listing=show.listing.id, status="on", step=1, account=1, **{"new-title": "x"})
    form |= {"new-seconds": 30, "slide-1-title": "x", "slide-1-seconds": 30}
    for path in reading(show)[2:]:
        page(client, path, 404)
    for path in writing(show):
        assert client.post(path, data=form).status_code == 404, path
    page(taught, f"/live/{show.number}", 404)
    page(taught, f"/live/{show.number}/figures", 404)
    assert taught.post(f"/live/{show.number}/end").status_code == 404
    assert show.host.name not in page(client, "/live/")
    assert changed(before, fingerprint()) == []


def test_a_viewer_of_the_class_may_watch_and_not_run(app_context: Flask, show: Show) -> None:
    client = browser(app_context, make_viewer(show))
    page(client, "/live/")
    text = page(client, f"/live/{show.number}")
    assert "秋季上新专场" in text
    assert "data-keep-order" not in text
    before = fingerprint()
    page(client, f"/live/studio/{show.number}", 404)
    page(client, f"/live/{show.number}/figures", 404)
    for path in writing(show):
        if path.endswith(("/buy", "/ticket")):
            continue
        data = {"title": "标题", "status": "on", "step": 1, "listing": show.listing.id, "account": 1}
        data |= {"new-title": "x", "new-seconds": 30, "slide-1-title": "x", "slide-1-seconds": 30}
        assert client.post(path, data=data).status_code == 404, path
    assert changed(before, fingerprint()) == []


def test_instructors_watch_and_keep_order_but_do_not_sell_or_buy(app_context: Flask, show: Show) -> None:
    client = browser(app_context, make_actor(Role.INSTRUCTOR, show.scope_id))
    assert "data-keep-order" in page(client, f"/live/{show.number}")
    assert "累计观众" in page(client, f"/live/{show.number}/figures")
    before = fingerprint()
    assert client.post(f"/live/{show.number}/items/{show.item_id}/buy", data=buy_fields(show)).status_code == 403
    page(client, "/live/studio", 403)
    assert client.post(f"/live/studio/{show.number}/start").status_code == 403
    assert changed(before, fingerprint()) == []
    with unit_of_work():
        comment_id = chat.say(make_viewer(show), show.number, "吵吵", key()).id
    answer = client.post(f"/live/{show.number}/comments/{comment_id}/hide", headers=SCRIPT)
    assert answer.get_json() == {"ok": True, "message": "消息已隐藏。"}
    db.session.expire_all()
    assert db.session.get_one(LiveComment, comment_id).hidden_by is not None


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.SUPERVISOR, Role.CENTRE, Role.INSTITUTION_ADMIN, Role.SYSADMIN])
def test_other_roles_have_no_business_here(app_context: Flask, show: Show, role: Role) -> None:
    client = browser(app_context, make_actor(role, show.scope_id))
    before = fingerprint()
    for path in reading(show):
        page(client, path, 403)
    for path in writing(show):
        assert client.post(path).status_code == 403
    assert changed(before, fingerprint()) == []


def test_the_hosts_way_from_plan_to_figures(app_context: Flask) -> None:
    host, shop = make_seller(make_world())
    listing = make_listing(host, shop, "手冲挂耳咖啡", (("原味", 49_90, 30), ("深烘", 59_90, 30)))
    client = browser(app_context, host)
    assert "创建直播间" in page(client, "/live/studio")
    answer = client.post("/live/studio", data={"title": "咖啡专场", "notice": "", "key": key()})
    console = answer.headers["Location"]
    number = int(console.rsplit("/", 1)[1])
    assert "开播" in page(client, console)
    assert "手冲挂耳咖啡" in page(client, console)
    assert client.post(f"{console}/items", data={"listing": listing.id}).status_code == 302
    item = db.session.scalars(sa.select(LiveItem)).one()
    prices = {f"price_{sku.id}": "39.90" for sku in listing.skus}
    answer = client.post(f"{console}/items/{item.id}/price", data={**prices, "limit": "2"}, headers=SCRIPT)
    assert answer.get_json()["ok"] is True
    assert set(db.session.scalars(sa.select(LivePrice.price))) == {39_90}
    aside = {f"stock_{listing.skus[0].id}": "12", f"stock_{listing.skus[1].id}": ""}
    assert client.post(f"{console}/items/{item.id}/price", data={**prices, **aside}).status_code == 302
    assert "店铺可售 18 件，最多划出 30 件。已被下单 0 件。" in page(client, console)
    refused = client.post(
        f"{console}/items/{item.id}/price", data={f"stock_{listing.skus[0].id}": "31"}, headers=SCRIPT
    )
    assert (refused.status_code, "最多可划出 30 件" in refused.get_data(as_text=True)) == (400, True)
    client.post(f"{console}/slides", data={"new-title": "福利", "new-text": "最后十单", "new-seconds": "30"})
    slide = db.session.scalars(sa.select(LiveSlide).where(LiveSlide.title == "福利")).one()
    assert client.post(f"{console}/start").status_code == 302
    assert client.post(f"{console}/items/{item.id}/pin", headers=SCRIPT).get_json()["ok"] is True
    client.post(f"{console}/slides/{slide.id}/show")
    assert "结束讲解" in page(client, console)
    client.post(f"/live/{number}/pause")
    assert "恢复" in page(client, console)
    client.post(f"/live/{number}/resume")
    assert "在线" in page(client, f"{console}/figures")
    answer = client.post(f"/live/{number}/end")
    assert answer.headers["Location"] == f"/live/{number}/figures"
    text = page(client, f"/live/{number}/figures")
    assert "手冲挂耳咖啡" in text
    assert client.get(console).headers["Location"] == f"/live/{number}/figures"
    assert "直播已结束" in page(client, f"/live/{number}")
    assert client.post(f"{console}/start").status_code == 409


def test_a_room_needs_a_title_and_a_time_ahead(app_context: Flask, show: Show) -> None:
    client = browser(app_context, show.host)
    before = fingerprint()
    for form, words in (
        ({"title": ""}, "请填写直播标题"),
        ({"title": "好" * 31}, "标题 2 到 30 个字"),
        ({"title": "标题", "planned": "2020-01-01T10:00"}, "至少要在 10 分钟以后"),
        ({"title": "标题", "planned": "昨天"}, "预告时间"),
    ):
        answer = client.post("/live/studio", data={**form, "key": key()})
        assert answer.status_code == 400
        assert words in answer.text
    assert changed(before, fingerprint()) == []


def test_without_a_shop_the_studio_says_what_to_do(app_context: Flask, show: Show) -> None:
    client = browser(app_context, make_viewer(show))
    text = page(client, "/live/studio")
    assert "/seller/register" in text
    assert client.post("/live/studio", data={"title": "标题", "key": key()}).status_code == 409
    assert db.session.scalar(sa.select(sa.func.count(LiveRoom.id))) == 1


def test_buying_in_the_room(app_context: Flask, show: Show) -> None:
    viewer = make_viewer(show)
    client = browser(app_context, viewer)
    sheet = page(client, f"/live/{show.number}/items/{show.item_id}")
    assert "支付" in sheet
    assert "39" in sheet
    form = buy_fields(show, quantity=2)
    url = f"/live/{show.number}/items/{show.item_id}/buy"
    first = client.post(url, data=form, headers=SCRIPT)
    again = client.post(url, data=form, headers=SCRIPT)
    assert first.status_code == 200
    assert first.get_json() == again.get_json()
    assert first.get_json()["payable"] == 78_00
    assert db.session.scalar(sa.select(sa.func.count(Order.id))) == 1
    other = client.post(url, data={**form, "quantity": 3}, headers=SCRIPT)
    assert (other.status_code, other.get_json()["code"]) == (409, "key_reused")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"quantity": "一"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"name": ""}, "name"),
        ({"phone": "12345"}, "phone"),
        ({"province": "", "city": "", "district": ""}, "province"),
        ({"district": ""}, "division_code"),
        ({"district": "999999"}, "division_code"),
        ({"detail": ""}, "detail"),
        ({"key": ""}, "key"),
    ],
)
def test_bad_input_of_the_buying_sheet(app_context: Flask, show: Show, changes: dict[str, str], field: str) -> None:
    client = browser(app_context, make_viewer(show))
    before = fingerprint()
    answer = client.post(
        f"/live/{show.number}/items/{show.item_id}/buy", data=buy_fields(show, **changes), headers=SCRIPT
    )
    assert (answer.status_code, answer.get_json().get("field")) == (400, field)
    assert changed(before, fingerprint()) == []


def test_an_order_goes_to_the_default_address_or_to_another_one(app_context: Flask, show: Show) -> None:
    viewer = make_viewer(show)
    kept = add_address(viewer)
    client = browser(app_context, viewer)
    sheet = page(client, f"/live/{show.number}/items/{show.item_id}")
    assert "收货人甲" in sheet
    assert "寄到别的地址" in sheet
    there = {"province": "310000", "city": "310100", "district": "310101", "name": "老王", "phone": "13800000002"}
    forms = (
        {"sku": show.sku_id, "quantity": 1, "address": "default", "key": key()},
        buy_fields(show, address="other", **there, detail="别处路 2 号"),
    )
    for form in forms:
        answer = client.post(f"/live/{show.number}/items/{show.item_id}/buy", data=form, headers=SCRIPT)
        assert answer.get_json()["ok"] is True
    to = sa.select(Order.receiver_name, Order.receiver_phone, Order.receiver_region, Order.receiver_detail)
    first, second = (tuple(row) for row in db.session.execute(to.order_by(Order.id)))
    assert first[0] == "收货人甲"
    assert second == ("老王", "13800000002", "上海市黄浦区", "别处路 2 号")
    found = addresses.default_address(viewer)
    assert found is not None
    assert (found.id, found.name) == (kept, "收货人甲")  # typed for this order alone


def test_the_sheet_says_why_it_cannot_be_bought(app_context: Flask, show: Show) -> None:
    client = browser(app_context, make_viewer(show))
    with unit_of_work():
        rooms.pause(show.host, show.number)
    text = page(client, f"/live/{show.number}/items/{show.item_id}")
    assert "直播暂停中" in text
    assert "buy-foot" not in text
    answer = client.post(f"/live/{show.number}/items/{show.item_id}/buy", data=buy_fields(show), headers=SCRIPT)
    assert answer.status_code == 409
    assert db.session.scalar(sa.select(sa.func.count(LiveSale.id))) == 0


def test_the_ticket_is_for_people_of_the_class(app_context: Flask, show: Show) -> None:
    answer = browser(app_context, make_viewer(show)).post(f"/live/{show.number}/ticket")
    assert answer.get_json()["expires_in"] == 120
    assert answer.get_json()["ticket"]


def test_hostile_words_are_shown_as_words(app_context: Flask, show: Show) -> None:
    hostile = "<script>alert(1)</script>"
    client = browser(app_context, show.host)
    client.post(f"/live/studio/{show.number}/edit", data={"title": hostile, "notice": hostile, "key": key()})
    assert room_row(show.number).title == hostile
    with unit_of_work():
        rooms.pause(show.host, show.number)
    for path in ("/live/", f"/live/{show.number}", f"/live/studio/{show.number}", f"/live/{show.number}/figures"):
        assert "<script>alert" not in page(client, path)


def test_csrf_is_asked_for(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context():
        show = make_show()
        client = browser(app, show.host)
    answer = client.post(f"/live/{show.number}/end", headers=SCRIPT)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "csrf")
    with app.app_context():
        assert str(room_row(show.number).state) == "live"


def test_pages_cost_the_same_however_much_there_is(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        client, host = browser(app, make_viewer(show)), browser(app, show.host)
    paths = {"/live/": client, f"/live/{show.number}": client, f"/live/studio/{show.number}": host}

    def costs() -> list[int]:
        counts = []
        for path, of in paths.items():
            with count_queries(app) as seen:
                page(of, path)
            counts.append(len(seen))
        return counts

    costs()
    before = costs()
    with app.app_context():
        world = db.session.get_one(World, show.world_id)
        for _ in range(6):
            make_show(world=world)
            listing = make_listing(show.host, show.shop)
            with unit_of_work():
                goods.add_item(show.host, show.number, listing.id)
                chat.say(make_viewer(show), show.number, "好看", key())
    assert costs() == before
    assert max(before) <= 62  # pages of the console: room, bag, live stock, stage, figures, and the shell around them


def test_coupons_and_the_whole_price_on_the_pages(app: Flask) -> None:
    with app.app_context():
        show = make_show(freight=6_00)
        host, guest = browser(app, show.host), browser(app, make_viewer(show))
    fields = {"threshold": "50", "off": "5", "total": "10", "each": "1", "days": "3", "key": key()}
    studio, room = f"/live/studio/{show.number}", f"/live/{show.number}"
    bad = host.post(f"{studio}/coupons", data={**fields, "off": "五元"}, headers=SCRIPT)
    assert (bad.status_code, bad.get_json()["error"]) == (400, "请填写减多少元，最多两位小数。")
    assert host.post(f"{studio}/coupons", data=fields, headers=SCRIPT).get_json()["ok"] is True
    console = host.get(studio).get_data(as_text=True)
    assert "满50减5" in console
    keys = re.findall(r'name="key" value="([^"]+)"', console)
    assert len(keys) == len(set(keys)) == 4  # what one form did never stands in the way of another
    item = f"{room}/items/{show.item_id}"
    assert "data-price" in guest.get(item, headers=SCRIPT).get_data(as_text=True)
    price = guest.get(f"{item}/price?sku={show.sku_id}&quantity=2", headers=SCRIPT).get_json()
    assert (price["freight"], price["payable"]) == (6_00, 84_00)
    taken = guest.post(f"{room}/coupons/1/claim", data={"key": key()}, headers=SCRIPT)
    assert taken.get_json()["words"] == "满50减5"
    assert guest.get(f"{item}/price?sku={show.sku_id}&quantity=2", headers=SCRIPT).get_json()["payable"] == 79_00
    buying = {"sku": show.sku_id, "quantity": 2, "key": key(), "expected": "8400", **RECEIVER_FIELDS}
    refused = guest.post(f"{item}/buy", data=buying, headers=SCRIPT)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "price_changed")
    bought = guest.post(f"{item}/buy", data={**buying, "expected": "7900", "key": key()}, headers=SCRIPT)
    assert bought.get_json()["payable"] == 79_00
    assert host.post(f"{studio}/coupons/1/stop", headers=SCRIPT).get_json()["ok"] is True
    gone = guest.post(f"{room}/coupons/1/claim", data={"key": key()}, headers=SCRIPT)
    assert gone.status_code == 409
    own = host.get(f"{item}/price", headers=SCRIPT)
    assert (own.status_code, own.get_json()) == (200, {"refusal": "这是你自己的店铺，不能购买自己的商品。"})


def test_freight_follows_the_region_that_is_chosen_in_the_sheet(app: Flask) -> None:
    with app.app_context():
        show = make_show(freight=6_00)
        with unit_of_work():
            far = FreightRow(1, 20_00, 1, 0, regions=("65",))
            rules = FreightTemplate(FreightUnit.PIECE, FreightRow(1, 6_00, 1, 0), (far,), no_ship=("54",))
            template = freight.create_template(show.host, "按地区", rules, key())
            db.session.get_one(Listing, show.listing.id).freight_template_id = template
        viewer = make_viewer(show)
        add_address(viewer)
        guest = browser(app, viewer)
    item = f"/live/{show.number}/items/{show.item_id}"
    assert 'name="province"' in page(guest, item)

    def told(region: str | None) -> tuple[int, bool]:
        query = "" if region is None else f"&region={region}"
        answer = guest.get(f"{item}/price?sku={show.sku_id}&quantity=1{query}", headers=SCRIPT).get_json()
        return answer["payable"], answer["blocked"]

    assert [told(region) for region in (None, "", "110101", "650102")] == [
        (45_00, False),
        (45_00, False),
        (45_00, False),
        (59_00, False),
    ]
    assert told("540102")[1] is True
    there = {"province": "650000", "city": "650100", "district": "650102", "expected": "5900"}
    bought = guest.post(f"{item}/buy", data=buy_fields(show, **there), headers=SCRIPT).get_json()
    assert bought["payable"] == 59_00
    with app.app_context():
        assert db.session.scalars(sa.select(Order.receiver_region)).one().startswith("新疆维吾尔自治区")
    nowhere = {"province": "540000", "city": "540100", "district": "540102"}
    refused = guest.post(f"{item}/buy", data=buy_fields(show, **nowhere), headers=SCRIPT)
    assert refused.status_code == 409


def test_a_cover_is_uploaded_and_shown_in_the_lobby(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        host, guest = browser(app, show.host), browser(app, make_viewer(show))
    drawn = io.BytesIO()
    Image.new("RGB", (300, 400), "#8a4b00").save(drawn, "PNG")
    edit = f"/live/studio/{show.number}/edit"
    fields = {"title": "换了封面的直播", "minutes": "120", "notice": ""}
    wrong = host.post(edit, data={**fields, "cover": (io.BytesIO(b"<svg/>"), "cover.png")}, headers=SCRIPT)
    assert wrong.status_code == 400
    assert "/files/" not in page(guest, "/live/")
    sent = host.post(edit, data={**fields, "cover": (io.BytesIO(drawn.getvalue()), "cover.png")}, headers=SCRIPT)
    assert sent.get_json()["ok"] is True
    found = re.search(r'src="(/files/[^"]+)"', page(guest, "/live/"))
    assert found is not None
    picture = guest.get(found.group(1))
    assert (picture.status_code, picture.content_type) == (200, "image/jpeg")
    assert host.post(edit, data=fields, headers=SCRIPT).get_json()["ok"] is True
    assert found.group(1) in page(guest, "/live/")  # sent without a picture, the cover stays

"""Pages of trade: both sides of an exchange, a dispute, batch shipping, export, invoice, favourites, reviews."""

from __future__ import annotations

from contextvars import Context
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from PIL import Image
from werkzeug.test import TestResponse

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from sim_mall.domain.aftersale_flow import AfterSaleState, Outcome
from sim_mall.domain.order_flow import OrderState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.buyers import Favourite
from sim_mall.models.trade import Order, Parcel, Review
from sim_mall.services import favourites
from tests.factories import mall
from tests.factories.mall_checks import assert_sound
from tests.factories.queries import count_queries
from tests.factories.world import make_actor, make_world, sign_in


def photo() -> tuple[BytesIO, str]:
    data = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(data, "PNG")
    data.seek(0)
    return data, "p.png"


class Visitor:
    """One person's browser: every request in a context of its own, and nothing stale to be read afterwards."""

    def __init__(self, app: Flask, actor: Actor) -> None:
        self.client: FlaskClient = app.test_client()
        sign_in(self.client, actor)

    def get(self, path: str) -> TestResponse:
        answer = Context().run(self.client.get, path)
        db.session.rollback()
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        answer = Context().run(self.client.post, path, data=data)
        db.session.rollback()
        return answer


def latest_ticket() -> AfterSale:
    return db.session.scalars(sa.select(AfterSale).order_by(AfterSale.id.desc())).first()  # type: ignore[return-value]


def test_exchange_and_dispute_through_the_pages(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        listing = mall.make_listing(seller, shop, skus=[("小", 1000, 5), ("大", 1500, 5)])
        small, large = (sku.id for sku in listing.skus)
        buyer, teacher = mall.make_trainee(world), make_actor(Role.INSTRUCTOR, world.scope_id)
        order = mall.buy(buyer, [(small, 2)])
        mall.ship(seller, order.id)
        line = order.lines[0].id
        mine, desk, judge = (Visitor(app, actor) for actor in (buyer, seller, teacher))

        form = mine.get(f"/mall/orders/{order.id}/lines/{line}/after-sale")
        assert "补差价 ¥5.00/件" in form.text
        wrong = {"key": "a1", "kind": "resend", "quantity": "1", "reason": "dislike"}
        answer = mine.post(f"/mall/orders/{order.id}/lines/{line}/after-sale", data=wrong)
        assert (answer.status_code, "补寄不能选这个原因" in answer.text) == (400, True)
        asked: dict[str, Any] = {
            "key": "a2",
            "kind": "exchange",
            "quantity": "1",
            "reason": "size",
            "exchange_sku_id": str(large),
        }
        asked["pictures"] = photo()
        answer = mine.post(f"/mall/orders/{order.id}/lines/{line}/after-sale", data=asked)
        ticket = latest_ticket()
        assert answer.location.endswith(f"/mall/aftersales/{ticket.id}")
        assert (ticket.difference, len(ticket.pictures)) == (500, 1)
        number = ticket.id
        assert mine.get(f"/files/{ticket.pictures[0]}").content_type == "image/jpeg"

        page = desk.get(f"/seller/aftersales/{number}")
        assert "同意换货" in page.text
        assert desk.post(f"/seller/aftersales/{number}/agree", data={"version": ticket.version}).status_code == 302
        way = {"key": "a3", "carrier": "zto", "waybill": mall.waybill()}
        assert mine.post(f"/mall/aftersales/{number}/waybill", data=way).status_code == 302
        taken = {"key": "a4", "version": str(latest_ticket().version), "good": "1", "bad": "0"}
        assert desk.post(f"/seller/aftersales/{number}/receive", data=taken).status_code == 302
        again = {"key": "a5", "version": str(latest_ticket().version), "carrier": "zto", "waybill": mall.waybill()}
        assert desk.post(f"/seller/aftersales/{number}/reship", data=again).status_code == 409
        assert "支付差价 ¥5.00" in mine.get(f"/mall/aftersales/{number}").text
        for _ in range(2):
            assert mine.post(f"/mall/aftersales/{number}/difference", data={"key": "a6"}).status_code == 302
        again["version"] = str(latest_ticket().version)
        assert desk.post(f"/seller/aftersales/{number}/reship", data=again).status_code == 302
        assert mine.post(f"/mall/aftersales/{number}/confirm").status_code == 302
        assert latest_ticket().outcome == Outcome.RESHIPPED

        back = {"key": "b1", "kind": "return", "quantity": "1", "reason": "quality", "text": "有裂纹"}
        mine.post(f"/mall/orders/{order.id}/lines/{line}/after-sale", data=back)
        ticket = latest_ticket()
        number = ticket.id
        refused = {"key": "b2", "version": str(ticket.version), "reason": "发出时完好", "pictures": photo()}
        unknown = {"key": "b2", "version": str(ticket.version), "reason": "发出时完好", "code": "?"}
        assert desk.post(f"/seller/aftersales/{number}/reject", data=unknown).status_code == 400
        refused["code"] = "intact"
        assert desk.post(f"/seller/aftersales/{number}/reject", data=refused).status_code == 302
        assert "商品没有所说的问题：发出时完好" in mine.get(f"/mall/aftersales/{number}").text
        said = {"key": "b3", "version": str(latest_ticket().version), "text": "太短"}
        assert mine.post(f"/mall/aftersales/{number}/evidence", data=said).status_code == 400
        said |= {"text": "开箱就有裂纹，见图片"}
        assert mine.post(f"/mall/aftersales/{number}/evidence", data=said | {"pictures": photo()}).status_code == 302
        assert latest_ticket().state == AfterSaleState.DISPUTE
        more = {"key": "b4", "text": "发货前都检查过"}
        assert desk.post(f"/seller/aftersales/{number}/evidence", data=more).status_code == 302
        assert "1" in judge.get("/seller/disputes/").text
        words = judge.get(f"/seller/disputes/{number}").text
        assert "系统按规则会支持" in words
        assert "开箱就有裂纹" in words
        verdict = {"key": "b5", "version": str(latest_ticket().version), "side": "buyer", "why": "图片清楚，支持买家"}
        assert judge.post(f"/seller/disputes/{number}", data=verdict).status_code == 302
        assert "图片清楚" in mine.get(f"/mall/aftersales/{number}").text
        assert latest_ticket().paid == 1000
        stranger = Visitor(app, make_actor(Role.INSTRUCTOR, make_world().scope_id))
        assert stranger.get(f"/seller/disputes/{number}").status_code == 404
        assert_sound(world.id)


def sheet(rows: list[list[str]]) -> tuple[BytesIO, str]:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    data = BytesIO()
    book.save(data)
    data.seek(0)
    return data, "发货.xlsx"


def test_seller_desk_of_many_orders(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        sku = mall.make_listing(seller, shop, skus=[("默认", 1000, 50)], freight=500).skus[0].id
        buyer = mall.make_trainee(world)
        orders = [mall.buy(buyer, [(sku, 1)]) for _ in range(4)]
        unpaid = mall.place(buyer, [(sku, 2)])[0]
        desk, mine = Visitor(app, seller), Visitor(app, buyer)

        assert (
            desk.post(f"/seller/orders/{unpaid}/price", data={"key": "p", "goods": "30", "freight": "0"}).status_code
            == 400
        )
        assert (
            desk.post(f"/seller/orders/{unpaid}/price", data={"key": "q", "goods": "18", "freight": "0"}).status_code
            == 302
        )
        assert "¥18.00" in mine.get(f"/mall/orders/{unpaid}").text
        marked = {"key": "m", "flag": "red", "seller_note": "=送小样"}
        assert desk.post(f"/seller/orders/{orders[0].id}/mark", data=marked).status_code == 302
        assert "送小样" not in mine.get(f"/mall/orders/{orders[0].id}").text
        assert desk.get("/seller/orders/?flag=red").text.count("order-card") == 1
        assert desk.get("/seller/orders/?flag=any&source=live").text.count("order-card") == 0
        assert desk.get("/seller/orders/?from=2000-01-01&to=bad&refund=1").status_code == 200

        exported = desk.post("/seller/orders/export?tab=to_ship")
        rows = list(load_workbook(BytesIO(exported.data)).active.iter_rows())
        assert len(rows) == 5
        assert {row[0].value for row in rows[1:]} == {order.number for order in orders}
        assert ("=送小样", "s") in {(row[-1].value, row[-1].data_type) for row in rows[1:]}  # text, no formula
        template = load_workbook(BytesIO(desk.get("/seller/orders/to-ship.xlsx").data)).active
        assert [cell.value for cell in template[1]][:3] == ["订单号", "快递公司", "运单号"]
        assert desk.get(f"/seller/orders/slips?id={orders[0].id}&id={orders[1].id}&id=x").text.count("panel slip") == 2

        header, good, twice = ["订单号", "快递公司", "运单号"], mall.waybill(), mall.waybill()
        rows_in = [
            [orders[0].number, "中通快递", good],
            [orders[1].number, "中通快递", "x"],
            [orders[2].number, "zto", twice],
            [orders[3].number, "zto", twice],
            ["999", "中通快递", mall.waybill()],
        ]
        answer = desk.post("/seller/orders/batch", data={"key": "batch-1", "file": sheet([header, *rows_in])})
        assert answer.status_code == 400
        assert "3 行有错误，还没有发货" in answer.text
        assert "运单号不符合中通快递的格式" in answer.text
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Parcel)) == 0
        skipping = {"key": "batch-2", "skip": "y", "file": sheet([header, *rows_in])}
        assert "2 笔已发货" in desk.post("/seller/orders/batch", data=skipping).text
        again = {"key": "batch-2", "skip": "y", "file": sheet([header, rows_in[0]])}
        desk.post("/seller/orders/batch", data=again)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Parcel)) == 2
        bad = desk.post("/seller/orders/batch", data={"key": "batch-3", "file": sheet([["甲", "乙"], ["1", "2"]])})
        assert (bad.status_code, "第一行缺少" in bad.text) == (400, True)

        later = {"key": "s", "carrier": "zto", "waybill": mall.waybill(), "later": "y"}
        assert desk.post(f"/seller/orders/{orders[1].id}/ship", data=later).status_code == 302
        page = desk.get(f"/seller/orders/{orders[1].id}").text
        assert "交给快递" in page
        parcel = db.session.scalars(sa.select(Parcel.id).where(Parcel.order_id == orders[1].id)).one()
        assert desk.post(f"/seller/orders/{orders[1].id}/parcels/{parcel}/hand-over").status_code == 302
        assert desk.post(f"/seller/orders/{orders[3].id}/out-of-stock", data={"key": "o"}).status_code == 302
        assert mall.order_row(orders[3].id).state == OrderState.CLOSED

        ask = {"key": "i", "kind": "company", "title": "示例公司", "tax_number": "1"}
        assert mine.post(f"/mall/orders/{orders[0].id}/invoice", data=ask).status_code == 400
        ask |= {"tax_number": "91MOCK000000000001"}
        assert mine.post(f"/mall/orders/{orders[0].id}/invoice", data=ask).status_code == 302
        assert "示例公司" in desk.get("/seller/invoices/").text
        assert desk.get(f"/seller/orders/{orders[0].id}/invoice").status_code == 404
        assert desk.post(f"/seller/orders/{orders[0].id}/invoice").status_code == 302
        assert "没有法律效力" in mine.get(f"/mall/orders/{orders[0].id}/invoice").text
        assert desk.get(f"/seller/orders/{orders[0].id}/invoice").status_code == 200
        with count_queries(app) as few:
            desk.get("/seller/orders/?tab=all")
        for _ in range(5):
            mall.buy(buyer, [(sku, 1)])
        with count_queries(app) as many:
            desk.get("/seller/orders/?tab=all")
        assert len(many) <= len(few) + 1
        assert_sound(world.id)


def test_buyer_keeps_reviews_and_reads(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        listing = mall.make_listing(seller, shop, skus=[("默认", 1000, 9)])
        buyer = mall.make_trainee(world)
        order = mall.buy(buyer, [(listing.skus[0].id, 1)])
        mall.ship(seller, order.id)
        mine, desk = Visitor(app, buyer), Visitor(app, seller)

        assert "中通快递" in mine.get(f"/mall/orders/{order.id}/tracking").text
        assert mine.post(f"/mall/orders/{order.id}/extend").status_code == 302
        assert mine.post(f"/mall/orders/{order.id}/extend").status_code == 409
        for path in (f"/mall/products/{listing.id}/favourite", f"/mall/shops/{shop.id}/favourite"):
            for _ in range(2):
                assert mine.post(path, data={"kept": "1"}).status_code == 302
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Favourite)) == 2
        assert listing.title in mine.get("/mall/favourites/").text
        assert shop.name in mine.get("/mall/favourites/?tab=shops").text
        assert "已收藏" in mine.get(f"/mall/products/{listing.id}").text
        mine.post(f"/mall/products/{listing.id}/favourite", data={"kept": "0"})
        assert "还没有收藏" in mine.get("/mall/favourites/").text
        with unit_of_work():
            favourites.remember([(world.id, buyer.person(), listing.id)] * 2)
        assert listing.title in mine.get("/mall/footprints/").text
        assert mine.post("/mall/footprints/clear").status_code == 302
        assert "还没有足迹" in mine.get("/mall/footprints/").text

        mall.complete(buyer, order.id)
        line = order.lines[0].id
        said = {"key": "r1", "service": "5", "logistics": "4", f"description-{line}": "5", f"text-{line}": "不错"}
        broken = (BytesIO(b"\x89PNG\r\n\x1a\nbroken"), "p.png")
        answer = mine.post(f"/mall/orders/{order.id}/review", data=said | {f"pictures-{line}": broken})
        assert (answer.status_code, "第 1 张图片" in answer.text) == (400, True)
        assert (
            mine.post(f"/mall/orders/{order.id}/review", data=said | {f"pictures-{line}": photo()}).status_code == 302
        )
        review = db.session.scalars(sa.select(Review)).one()
        assert len(review.pictures) == 1
        assert (
            mine.post(f"/mall/reviews/{review.id}/follow", data={"key": "f", "text": "用了一周，仍然好"}).status_code
            == 302
        )
        assert mine.post(f"/mall/reviews/{review.id}/follow", data={"key": "g", "text": "再来一次"}).status_code == 409
        assert "用了一周" in desk.get("/seller/comments/?kind=follow").text
        assert (
            desk.post(f"/seller/comments/{review.id}/reply", data={"key": "h", "text": "谢谢支持"}).status_code == 302
        )
        assert mine.post(f"/seller/comments/{review.id}/reply", data={"key": "j", "text": "冒充"}).status_code == 404
        page = mine.get(f"/mall/products/{listing.id}").text
        assert all(words in page for words in ("不错", "用了一周，仍然好", "谢谢支持"))

        page = mine.get("/mall/messages").text
        assert "交易物流" in page
        assert mine.post("/mall/messages/read", data={"kind": "order"}).location.endswith("kind=order")
        assert "全部已读" not in mine.get("/mall/messages?kind=order").text
        assert mine.get("/mall/me").status_code == 200
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Order)) == 1

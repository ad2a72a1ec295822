"""Style pages: each room with made-up content, to look at macros and tokens before and beside the real pages.

They are rendered with the project's own templates and macros, but are no part of the application.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from flask import Flask, flash, redirect, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    FileField,
    Form,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from app.core.web import assets, formats, picture_views

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
ROOMS = ("home", "mall", "product", "seller", "live", "grading", "dash", "login", "error", "form")
CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'"


@dataclass(frozen=True)
class Item:
    """A navigation entry."""

    label: str
    url: str
    icon: str
    active: bool = False
    count: int = 0
    group: str = ""


@dataclass(frozen=True)
class Hat:
    """A hat of the switcher."""

    id: str
    label: str
    scope_name: str
    active: bool = False


@dataclass(frozen=True)
class SimClock:
    """The simulated clock."""

    now: datetime = NOW
    rate: int = 60
    paused: bool = False


ROOM_TABS = (
    ("首页", "home"),
    ("商城", "shopping-bag"),
    ("卖家中心", "building-store"),
    ("直播", "broadcast"),
    ("评审", "clipboard-check"),
)
NAV: dict[str, list[Item]] = {
    "home": [
        Item("现在要做", "/", "home", active=True),
        Item("我的班级", "/", "school"),
        Item("任务", "/", "list-check", count=2),
        Item("消息", "/", "bell"),
    ],
    "mall": [
        Item("首页", "/mall/", "home", active=True),
        Item("分类", "/mall/", "category"),
        Item("消息", "/mall/", "message", count=3),
        Item("购物车", "/mall/", "shopping-cart", count=2),
        Item("我的", "/mall/", "user"),
    ],
    "seller": [
        Item("工作台", "/seller/", "layout-dashboard", active=True),
        Item("商品", "/seller/", "package", group="开店"),
        Item("装修", "/seller/", "brush", group="开店"),
        Item("订单", "/seller/", "clipboard-list", count=5, group="交易"),
        Item("售后", "/seller/", "receipt-refund", count=1, group="交易"),
        Item("促销", "/seller/", "discount", group="推广"),
    ],
    "live": [Item("直播广场", "/live/", "broadcast", active=True), Item("我的直播间", "/live/", "video")],
    "grading": [
        Item("待评", "/grading/", "clipboard-check", active=True, count=4),
        Item("已评", "/grading/", "checks"),
    ],
    "dash": [Item("总览", "/dashboards/", "chart-bar", active=True), Item("班级", "/dashboards/", "school")],
}


@dataclass(frozen=True)
class Person:
    """The signed-in person."""

    account_id: int


@dataclass
class Shell:
    """Stands in for the kernel's shell."""

    signed_in: bool = True
    name: str = "林小满"
    demo_mode: bool = True
    sim_clock: SimClock | None = field(default_factory=SimClock)
    actor: Person = field(default_factory=lambda: Person(7))
    hats: tuple[Hat, ...] = (
        Hat("1", "学员", "2026 秋 电商一班", active=True),
        Hat("2", "考评员", "滨江区"),
    )

    @property
    def hat(self) -> Hat | None:
        return next((hat for hat in self.hats if hat.active), None)

    @property
    def rooms(self) -> list[Item]:
        return [Item(name, f"/{name}", icon, active=not n) for n, (name, icon) in enumerate(ROOM_TABS)]

    def nav(self, room: str) -> list[Item]:
        return NAV.get(room, [])


class Sample(Form):
    """One field of each kind."""

    name = StringField(
        "店铺名称", [validators.InputRequired("请填写店铺名称。")], description="2–20 个字，本班不能重名。"
    )
    price = StringField("统一加价")
    subject = RadioField("经营主体", choices=[SelectChoice("p", "个人"), SelectChoice("c", "企业")], default="p")
    kind = SelectField("主营类目", choices=[SelectChoice("1", "茶饮"), SelectChoice("2", "居家")])
    secret = PasswordField("支付密码", [validators.InputRequired("请填写支付密码。")])
    text = TextAreaField("店铺简介", render_kw={"maxlength": 200, "data-count": ""})
    file = FileField("营业执照")
    agree = BooleanField("我已阅读并同意《店铺服务协议》")


GOODS = (
    ("明前龙井绿茶 罐装 150g 高山云雾茶", "茶饮", 12800, 2310, "云上茶舍"),
    ("手绘青花瓷马克杯 家用办公室礼物", "杯", 4590, 12400, "青禾家居"),
    ("全棉水洗四件套 简约纯色", "床品", 25900, 86, "青禾家居"),
    ("大容量帆布双肩包 通勤上课两用", "箱包", 8900, 421, "远行箱包铺"),
    ("冰糖橙 当季现摘 5斤装", "水果", 3280, 9821, "南山果园"),
    ("阅读护眼台灯 三档调光", "灯具", 13900, 310, "青禾家居"),
    ("瓦楞纸猫抓板 耐磨不掉屑", "宠物", 1990, 1200, "毛球日常"),
    ("活页手账本 A5 含内芯", "文具", 2650, 77, "纸上时光"),
)


def _context(page: str) -> dict[str, Any]:
    products = [
        {
            "url": "/mall/products/1",
            "title": title,
            "picture": picture_views.picture_url("product", title, category),
            "price_fen": price,
            "was_fen": price * 5 // 4 if index % 3 == 0 else None,
            "sold": sold,
            "shop_name": shop,
            "rating": "4.8",
            "badge": "限时" if index == 1 else "",
        }
        for index, (title, category, price, sold, shop) in enumerate(GOODS)
    ]
    form = Sample()
    if page == "form":
        form.validate()
    return {
        "shell": Shell() if page not in {"login", "error"} else Shell(signed_in=False),
        "request_id": "3f9c2ab41d",
        "products": products,
        "form": form,
        "now": NOW,
        "until": (datetime.now(UTC) + timedelta(hours=5)).isoformat(),  # noqa: DTZ005, RUF100
        "shop_name": "云上茶舍",
        "status": 404,
        "title": "没有找到",
        "advice": "页面不存在，或者你无权查看。请检查地址，或从首页重新进入。",
    }


def style_app() -> Flask:
    """Return a small application that shows the style pages at /style/<page>."""
    app = Flask("style", root_path=str(ROOT / "app"))
    app.secret_key = "style pages hold no data"
    loaders = [FileSystemLoader(ROOT / "app" / "templates"), FileSystemLoader(Path(__file__).parent / "templates")]
    app.jinja_loader = ChoiceLoader(loaders)
    app.jinja_env.globals.update(csrf_token=lambda: "token")
    for module in (assets, formats, picture_views):
        module.register(app)
    app.add_url_rule("/account/hat", "accounts.switch_hat", lambda: "", methods=["POST"])

    received: list[dict[str, str]] = []
    polled: list[int] = []

    @app.post("/style/<page>")
    def receive(page: str) -> Response:
        received.append(request.form.to_dict())
        if page == "slow":
            sleep(1)
        return redirect("/style/login" if page == "expired" else "/style/home")

    @app.get("/style/received")
    def answer() -> list[dict[str, str]]:
        return received

    @app.get("/style/part")
    def part() -> str:
        polled.append(1)
        return f"<p>第 {len(polled)} 次</p>" if len(polled) < 3 else "<p data-poll-done>好了</p>"

    @app.get("/style/<page>")
    def show(page: str) -> str:
        if page == "home":
            flash("已提交任务“注册店铺”。")
        return render_template("errors/error.html" if page == "error" else f"style/{page}.html", **_context(page))

    @app.after_request
    def guard(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = CSP
        return response

    return app


class QuietHandler(WSGIRequestHandler):
    """Writes no line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()

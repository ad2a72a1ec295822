"""The supply system through its pages: import, listing, order, fetch, ship, return to the supplier, reconciliation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.infrastructure.server import Server
from tests.journeys import moves
from tests.journeys.opening import open_platform, trainee
from tests.journeys.people import Person

NAMES = ["苏禾", "简宁", "艾青"]
PAGES = (
    *("suppliers", "mappings", "costs", "warehouse/", "returns/", "risks", "fetching"),
    *("sync", "stock/", "reconciliation/", "profit", "categories"),
)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_way_of_goods_and_money(browser: Browser, server: Server, phone: bool) -> None:
    """Everybody at the same width: the way is the same at both."""
    made = open_platform(browser, server, "SP" if phone else "SU", NAMES)
    instructor, code = made.people["instructor"], made.class_code
    if phone:
        instructor = made.people["pocket"] = Person(browser, server.base_url, instructor.login, phone=True)
        instructor.sign_in()
    seller = trainee(browser, server, made, 0, phone=phone)
    buyer = trainee(browser, server, made, 2, phone=phone)
    moves.open_shop(seller, "禾下货栈")
    moves.import_catalogue(instructor)
    moves.list_goods(seller)
    moves.add_to_cart(buyer, "茶", "云雾绿茶礼罐", "250g")
    moves.check_out(buyer, NAMES[2])
    order = moves.order_of(buyer, "云雾绿茶礼罐")
    moves.fetch_orders(seller)
    moves.jump(instructor, code, "+3 天")
    moves.wait_for(buyer, order, "确认收货")

    page = buyer.go(order)
    page.get_by_role("link", name="申请退款").first.click()
    page.get_by_label("退货退款").check()
    buyer.press("申请退款")
    expect(page).to_have_url(re.compile(r"/mall/aftersales/\d+$"))
    number = page.url.rsplit("/", 1)[1]
    seller.go(f"/seller/aftersales/{number}")
    seller.press("同意退货")
    desk = seller.go("/supply/returns/")
    desk.get_by_role("button", name="退货款", exact=True).first.click()
    expect(desk).to_have_url(re.compile(r"/supply/returns/\d+$"))
    way = desk.url
    moves.wait_for(buyer, f"/mall/aftersales/{number}", "提交运单号")
    page.get_by_label("快递公司").select_option(label="中通快递")
    page.get_by_label("运单号").fill("75000000004711")
    buyer.press("提交运单号")
    moves.wait_for(seller, f"/seller/aftersales/{number}", "完好数量")
    desk.get_by_label("完好数量").fill("1")
    desk.get_by_label("损坏数量").fill("0")
    seller.press("确认收货并退款")
    moves.jump(instructor, code, "+1 天")
    path = way.removeprefix(server.base_url)
    moves.wait_for(seller, path, "寄给供应商")
    desk.get_by_label("快递公司").select_option(label="中通快递")
    desk.get_by_label("运单号").fill("75000000004712")
    seller.press("寄出")
    moves.jump(instructor, code, "+3 天")
    moves.wait_for(seller, path, "已结清")
    moves.wait_for(seller, "/supply/reconciliation/", "账实相符")
    desk.get_by_role("link", name="明细").first.click()
    expect(desk.locator("main").get_by_text("退供").locator("visible=true").first).to_be_visible()
    expect(desk.get_by_text("有差异")).to_have_count(0)
    for name in PAGES:
        seller.go(f"/supply/{name}")
        wide = desk.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (name, wide)
    for person in made.people.values():
        person.close()

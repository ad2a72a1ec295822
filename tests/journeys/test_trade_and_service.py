"""Fields 3 and 6 in a browser: a talk that ends in an order, a changed price, two parcels, a dispute, a rating."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.infrastructure.server import Server
from tests.journeys import moves
from tests.journeys.opening import open_platform, trainee
from tests.journeys.people import Person

NAMES = ["欧阳婉儿", "古丽·阿依夏"]
pytestmark = pytest.mark.sqlite_only


def prepare_desk(seller: Person) -> None:
    """A keyword's answer, a coupon for the chat only, and the seat is open."""
    page = seller.go("/seller/service/settings")
    page.locator("#keyword-words").fill("发货, 几天到")
    page.locator("#keyword-answer").fill("亲，付款后 48 小时内发货。")
    seller.press("添加自动回复")
    seller.sees("回复过 0 次")
    page = seller.go("/seller/coupons")
    page.get_by_label("优惠券名称").fill("客服专享券")
    page.get_by_label("减多少元").fill("2")
    page.get_by_label("发放方式").select_option(label="客服发放")
    seller.press("发放优惠券")
    seller.sees("发放中")
    seller.go("/seller/service/")
    seller.press("上线接待")
    seller.sees("接待中")


def talk(seller: Person, buyer: Person) -> None:
    """The buyer asks on a phone, robot and seat answer at once, the coupon is taken in the chat."""
    page = buyer.go("/mall/search?q=糕")
    page.get_by_text("手工桂花糕").first.click()
    page.get_by_role("button", name="联系客服").first.click()
    chat = page.locator("[data-chat]")
    expect(chat).to_have_attribute("data-live", "yes")
    page.get_by_label("消息", exact=True).fill("几天到呀")
    page.get_by_label("消息", exact=True).press("Enter")
    expect(chat.get_by_text("亲，付款后 48 小时内发货。")).to_be_visible()

    desk = seller.go("/seller/service/")
    desk.locator("[data-thread-line]").first.click()
    expect(desk.locator("[data-chat]")).to_have_attribute("data-live", "yes")
    desk.get_by_label("回复", exact=True).fill("今天下单，明天就能发。")
    desk.get_by_label("回复", exact=True).press("Enter")
    expect(chat.get_by_text("今天下单，明天就能发。")).to_be_visible()
    desk.get_by_text("发优惠券", exact=True).click()
    seller.press("发送优惠券")
    chat.get_by_role("button", name="领取优惠券").click()
    expect(chat.get_by_role("button", name="已领取")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def end_talk(seller: Person, buyer: Person) -> None:
    """The seat ends the talk, the buyer rates it, the figures know."""
    seller.go("/seller/service/")
    seller.page.locator("[data-thread-line]").first.click()
    seller.press("邀请评价")
    seller.sees("已邀请买家评价")
    seller.press("结束会话")
    seller.sees("会话已结束")
    page = buyer.go("/mall/service/")
    page.get_by_role("link", name=re.compile("桂花小筑")).click()
    buyer.press("提交评价")
    buyer.sees("谢谢你的评价")
    page = seller.go("/seller/service/figures")
    expect(page.locator("main")).to_contain_text("5.00")


def order_three(seller: Person, buyer: Person) -> tuple[str, str]:
    """Three pieces, lowered by the seller before they are paid; return the order's address on both sides."""
    for _ in range(3):
        moves.add_to_cart(buyer, "糕", "手工桂花糕")
    moves.submit_order(buyer, NAMES[1])
    desk = buyer.page.url
    page = seller.go("/seller/orders/")
    page.get_by_role("link", name="查看详情").first.click()
    page.get_by_label("商品金额改为（元）").fill("50")
    page.get_by_label("运费改为（元）").fill("0")
    seller.press("确认改价")
    expect(page.get_by_text("确认改价")).to_have_count(0)
    page = buyer.page
    page.goto(desk)
    expect(page.locator(".paybar")).to_contain_text("50.00")
    buyer.press("支付")
    expect(page).to_have_url(re.compile("/mall/orders/"))
    return moves.order_of(buyer, "手工桂花糕"), seller.page.url


def ship(seller: Person, order: str, count: str, waybill: str) -> None:
    """Send some units as a parcel."""
    page = seller.go(order)
    page.get_by_role("spinbutton").first.fill(count)
    page.get_by_label("快递公司").select_option(label="中通快递")
    page.get_by_label("运单号").fill(waybill)
    seller.press("发货")
    expect(page.get_by_text(waybill)).to_be_visible()


def dispute(instructor: Person, seller: Person, buyer: Person, order: str) -> None:
    """One unsent piece: refused by the seller, brought before the platform, decided by the instructor."""
    page = buyer.go(order)
    page.get_by_role("link", name="申请退款").first.click()
    page.get_by_label("仅退款").check()
    page.get_by_label("申请数量").fill("1")
    buyer.press("申请退款")
    expect(page).to_have_url(re.compile(r"/mall/aftersales/\d+$"))
    number = page.url.rsplit("/", 1)[1]
    desk = seller.go(f"/seller/aftersales/{number}")
    desk.get_by_text("拒绝申请").click()
    desk.get_by_label("拒绝原因").fill("已经打包，马上发出")
    seller.press("拒绝")
    seller.sees("已拒绝")
    buyer.go(f"/mall/aftersales/{number}")
    page.locator("summary", has_text="申请平台介入").click()
    page.get_by_label("情况说明").last.fill("还没有发出，我不想要了。")
    buyer.press("申请平台介入")
    buyer.sees("平台介入中")
    ruling = instructor.go(f"/seller/disputes/{number}")
    instructor.sees("没有买家签收的记录")
    ruling.get_by_label("支持买家，退款").check()
    ruling.get_by_label("裁决理由").fill("商品还没有发出，应当退款。")
    instructor.press("作出裁决")
    moves.wait_for(buyer, f"/mall/aftersales/{number}", "退款成功")
    expect(page.locator("main")).to_contain_text("¥16.6")  # a third of 50.00, to the fen


def test_a_talk_an_order_and_a_dispute(browser: Browser, server: Server) -> None:
    made = open_platform(browser, server, "TS", NAMES)
    seller = trainee(browser, server, made, 0)
    buyer = trainee(browser, server, made, 1, phone=True)
    moves.open_shop(seller, "桂花小筑")
    moves.list_by_hand(seller)
    prepare_desk(seller)
    talk(seller, buyer)
    order, desk = order_three(seller, buyer)
    desk = desk.removeprefix(server.base_url)
    page = seller.go(desk)
    page.get_by_role("radio", name="红旗").check(force=True)
    page.get_by_label("卖家备注").fill("老客户，附赠一块")
    seller.press("保存备注")
    seller.sees("备注 · 红旗")
    ship(seller, desk, "1", "75000000004401")
    dispute(made.people["instructor"], seller, buyer, order)
    ship(seller, desk, "1", "75000000004402")
    page = buyer.go(f"{order}/tracking")
    expect(page.get_by_role("region", name=re.compile("^包裹"))).to_have_count(2)
    end_talk(seller, buyer)
    seller.page.set_viewport_size({"width": 390, "height": 844})
    for path in (desk, "/seller/orders/", "/seller/aftersales/", "/seller/service/", "/seller/service/figures"):
        seller.go(path)
        assert seller.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    for person in made.people.values():
        person.close()

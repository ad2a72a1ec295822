"""Fields 4 and 5 in a browser: activities and coupons down to the fen, the shop's page, its people and its figures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.infrastructure.server import Server
from tests.journeys import moves
from tests.journeys.opening import open_platform, trainee
from tests.journeys.people import Person

NAMES = ["欧阳婉儿", "卫青禾", "古丽·阿依夏"]
pytestmark = pytest.mark.sqlite_only


def start_activities(seller: Person) -> str:
    """A discount, a reduction that stacks with it (the page says how low), a coupon; return the discount's page."""
    page = seller.go("/seller/promotions/new?kind=limited")
    page.get_by_label("活动名称").fill("开业八折")
    page.get_by_label("折扣", exact=True).fill("8")
    page.get_by_role("checkbox", name=re.compile("手工桂花糕.*参加活动")).check()
    seller.press("保存草稿")
    seller.sees("发布前检查")
    discount = page.url
    seller.press("发布")
    seller.sees("进行中")

    page = seller.go("/seller/promotions/new?kind=full")
    page.get_by_label("活动名称").fill("满三十减五")
    page.get_by_label("第 1 档满多少元").fill("30")
    page.get_by_label("第 1 档减多少元").fill("5")
    page.get_by_label("全店商品").check()
    seller.press("保存草稿")
    stack = page.get_by_role("row").filter(has_text="手工桂花糕").first
    expect(stack).to_contain_text("买 2 件，开业八折 + 满三十减五")
    expect(stack).to_contain_text("13.49")  # (31.98 - 5.00) / 2
    seller.press("发布")
    seller.sees("进行中")

    page = seller.go("/seller/coupons")
    page.get_by_label("优惠券名称").fill("新客见面礼")
    page.get_by_label("使用门槛（元）").fill("20")
    page.get_by_label("减多少元").fill("3")
    seller.press("发放优惠券")
    seller.sees("发放中")
    return discount


def decorate(seller: Person) -> None:
    """Blocks in an order, seen by the phone's preview, published."""
    page = seller.go("/seller/decor/")
    for kind, save in (("优惠券", "保存模块"), ("文字", "保存模块"), ("商品推荐", "保存模块")):
        page.get_by_label("添加模块").select_option(label=kind)
        seller.press("添加模块")
        if kind == "文字":
            page.get_by_label("正文").fill("桂花当季，当天蒸制。")
        seller.press(save)
        expect(page).to_have_url(re.compile(r"/seller/decor/$"))
    blocks = page.locator("[data-decor-list] li")
    expect(blocks).to_have_count(3)
    page.get_by_role("button", name="上移文字").click()
    expect(blocks.first).to_contain_text("文字")
    expect(page.frame_locator("iframe").get_by_text("新客见面礼")).to_be_visible()
    seller.press("发布")
    seller.sees("买家看到的是第 1 版")


def buy(buyer: Person) -> None:
    """The buyer takes the coupon on the shop's page and pays what discount, reduction and coupon leave."""
    page = buyer.go("/mall/search?q=糕")
    page.get_by_text("手工桂花糕").first.click()
    page.get_by_role("link", name=re.compile("进店|桂花小筑")).first.click()
    buyer.sees("桂花当季，当天蒸制。")
    buyer.press("领取新客见面礼")
    buyer.sees("领取成功")
    moves.add_to_cart(buyer, "糕", "手工桂花糕")
    moves.add_to_cart(buyer, "糕", "手工桂花糕")
    page = buyer.go("/mall/cart")
    buyer.sees("优惠明细")
    # 2 × 19.99 at 80 % = 31.98, less 5.00 from 30.00 on, less the coupon's 3.00
    expect(page.locator(".paybar")).to_contain_text("23.98")
    moves.check_out(buyer, NAMES[2])
    buyer.go("/mall/orders/")
    buyer.sees("23.98")


def invite(seller: Person, mate: Person) -> None:
    """A classmate becomes the shop's customer service: orders yes, money no."""
    page = seller.go("/seller/team")
    option = page.get_by_label("同学").locator("option", has_text=NAMES[1])
    page.get_by_label("同学").select_option(value=option.get_attribute("value"))
    page.get_by_role("radio", name=re.compile("^客服")).check()
    seller.press("发出邀请")
    mate.go("/seller/team")
    mate.press("接受邀请")
    mate.go("/seller/orders/")
    mate.sees("手工桂花糕")
    answer = mate.page.goto("/seller/funds")
    assert answer is not None
    assert answer.status == 403


def fits(page: Page, path: str) -> None:
    """Open a page at a phone's width: nothing stands out at the side."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_activities_and_the_running_of_a_shop(browser: Browser, server: Server) -> None:
    made = open_platform(browser, server, "PM", NAMES)
    seller, mate = (trainee(browser, server, made, number) for number in (0, 1))
    buyer = trainee(browser, server, made, 2, phone=True)
    moves.open_shop(seller, "桂花小筑")
    moves.list_by_hand(seller)
    discount = start_activities(seller)
    decorate(seller)
    buy(buyer)
    invite(seller, mate)

    page = seller.go(discount.removeprefix(server.base_url))
    effect = page.locator(".figures, .page").first
    expect(effect).to_contain_text("¥23.98")
    moves.wait_for(seller, "/seller/data", "¥23.98")
    page = seller.go("/seller/funds")
    expect(page.locator("main")).to_contain_text("担保中")
    for path in (discount, "/seller/promotions/new?kind=flash", "/seller/coupons", "/seller/decor/", "/seller/data"):
        fits(seller.page, path)
    for person in made.people.values():
        person.close()

"""A whole show: planned, on air with a camera, kept in order by an assistant, bought in on a phone, replayed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.infrastructure.server import Server
from tests.journeys.people import Person

HOST, ASSISTANT, VIEWER = "trainee01", "trainee20", "trainee09"
WORDS = "画面很清楚"


def plan(host: Person) -> str:
    """Create the room, put goods with a live price into the bag, take an assistant into the crew; return its number."""
    page = host.go("/live/studio")
    page.get_by_label("直播标题").fill("周五上新：从选品讲起")
    host.press("创建直播间")
    expect(page).to_have_url(re.compile(r"/live/studio/\d+$"))
    page.wait_for_load_state("load")
    page.get_by_role("button", name="添加商品").click()
    page.locator("#choices").get_by_role("button", name="加入").first.click()
    page.locator("#choose").get_by_role("button", name="关闭").click()
    item = page.locator(".console-item").first
    expect(item).to_be_visible()
    item.locator(".price-menu summary").click()
    for price in item.get_by_label(re.compile("^直播价")).all():
        price.fill(f"{float(price.input_value()) - 1:.2f}")
    item.get_by_role("button", name="保存").click()
    page.get_by_role("button", name=re.compile("^团队")).click()
    page.locator("#crew").get_by_role("button", name="加入团队").click()
    expect(page.locator("#crew .crew-list b").first).to_be_visible()
    page.locator("#crew-sheet").get_by_role("button", name="关闭").click()
    return page.url.rsplit("/", 1)[1]


def go_live(host: Person) -> None:
    """Start, switch the camera on, explain the item, give a coupon."""
    page = host.page
    page.get_by_role("button", name="开播", exact=True).click()
    expect(page.locator("#console-top .onair")).to_be_visible()
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator("[data-camera-state]")).to_have_text("正在推送画面。")
    page.get_by_role("button", name="讲解", exact=True).first.click()
    page.get_by_role("tab", name="活动").click()
    page.locator("summary", has_text="发优惠券").click()
    page.get_by_label("满（元，0 无门槛）").fill("0")
    page.get_by_label("减（元）").fill("1")
    page.get_by_role("button", name="发优惠券").click()
    expect(page.locator("#coupons").get_by_text("已领 0/20")).to_be_visible()


def keep_order(assistant: Person, number: str) -> None:
    """The assistant mutes the writer of a message."""
    page = assistant.go(f"/live/studio/{number}")
    page.locator(".show-messages").get_by_text(WORDS).first.click()
    page.get_by_role("button", name="10 分钟").click()


def buy(viewer: Person) -> None:
    """Take the coupon, buy the explained item at the live price less the coupon, without leaving the room."""
    page = viewer.page
    page.locator(".game-coupons").click()
    page.get_by_role("button", name="立即领取").click()
    expect(page.get_by_text("已经领到")).to_be_visible()
    page.locator("#game").get_by_role("button", name="关闭").click()
    page.locator("[data-card]").click()
    lines = page.locator("[data-buy-lines]")
    for words in ("商品", "活动价", "直播券", "运费"):
        expect(lines.get_by_text(words).first).to_be_visible()
    page.get_by_text("寄到别的地址").click()
    expect(lines.get_by_text("选好地区后显示")).to_be_visible()  # freight follows the region
    page.get_by_label("收货人", exact=True).fill("家里人")
    page.get_by_label("手机号", exact=True).fill("13900000002")
    for level, place in (("省份", "河北省"), ("城市", "石家庄市"), ("区县", "长安区")):
        page.get_by_label(level).select_option(label=place)
    page.get_by_label("详细地址").fill("示例路 3 号")
    expect(lines.get_by_text("选好地区后显示")).to_be_hidden()
    page.get_by_role("button", name="支付", exact=True).click()
    expect(page.get_by_text("支付成功")).to_be_visible()
    page.get_by_role("button", name="继续看直播").click()


@pytest.mark.sqlite_only
def test_a_whole_show(browser: Browser, demo_server: Server) -> None:
    url = demo_server.base_url
    people = [Person(browser, url, HOST), Person(browser, url, ASSISTANT), Person(browser, url, VIEWER, phone=True)]
    host, assistant, viewer = people
    for person in people:
        person.sign_in(demo_server.demo_password)
    number = plan(host)
    go_live(host)

    room = viewer.go(f"/live/{number}")
    buy(viewer)
    room.get_by_label("发消息").fill(WORDS)
    room.get_by_label("发消息").press("Enter")
    expect(host.page.get_by_text(WORDS).first).to_be_visible()
    keep_order(assistant, number)
    expect(room.get_by_text(re.compile("禁言")).first).to_be_visible()

    host.page.get_by_role("button", name="从钱包发红包").click()
    room.locator(".game-packets").click()
    room.get_by_role("button", name="抢红包").click()
    expect(room.get_by_text("已存入你的钱包")).to_be_visible()
    room.locator("#game").get_by_role("button", name="关闭").click()

    # a camera, an encoder and three browsers share the machine with all other tests: the picture may take its time
    expect(room.locator("[data-live-room]")).to_have_attribute("data-picture", "on", timeout=60_000)
    assert room.evaluate("document.querySelector('[data-video]').videoHeight") >= 480
    host.page.get_by_role("button", name="关闭画面").click()
    expect(room.locator("[data-video]")).to_be_hidden(timeout=60_000)  # the slides again, not a picture that stands

    host.press("结束直播")
    expect(host.page).to_have_url(re.compile(r"/figures$"), timeout=20_000)
    expect(room.get_by_text("直播已结束").first).to_be_visible()
    replay = viewer.go(f"/live/{number}/replay")
    expect(replay.locator("[data-chapter]").first).to_be_visible()
    board = host.go(f"/live/{number}/board")
    expect(board.get_by_text("看播转化率")).to_be_visible()
    for person in people:
        person.close()

"""A show with a camera: picture, message and red packet arrive on a phone; end, replay, board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.infrastructure.server import Server
from tests.journeys.people import Person

HOST, VIEWER = "trainee02", "trainee09"


@pytest.mark.sqlite_only
def test_a_whole_show(browser: Browser, demo_server: Server) -> None:
    people = [
        Person(browser, demo_server.base_url, HOST),
        Person(browser, demo_server.base_url, VIEWER, phone=True),
    ]
    host, viewer = people
    for person in people:
        person.sign_in(demo_server.demo_password)
    page = host.go("/live/studio")
    page.get_by_role("row").filter(has=page.locator(".onair")).get_by_role("link", name="进入").click()
    expect(page).to_have_url(re.compile(r"/live/studio/\d+$"))
    number = page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator("[data-camera-state]")).to_have_text("正在推送画面。")

    room = viewer.go(f"/live/{number}")
    expect(room.locator("[data-live-room]")).to_have_attribute("data-picture", "on", timeout=40_000)
    assert room.evaluate("document.querySelector('[data-video]').videoHeight") >= 480
    room.get_by_label("发消息").fill("画面很清楚")
    room.get_by_label("发消息").press("Enter")
    expect(page.get_by_text("画面很清楚").first).to_be_visible()

    page.get_by_role("tab", name="活动").click()
    page.get_by_role("button", name="从钱包发红包").click()
    room.locator(".game-packets").click()
    room.get_by_role("button", name="抢红包").click()
    expect(room.get_by_text("已存入你的钱包")).to_be_visible()
    room.locator("#game").get_by_role("button", name="关闭").click()

    host.press("结束直播")
    expect(page).to_have_url(re.compile(r"/figures$"), timeout=20_000)
    expect(room.get_by_text("直播已结束").first).to_be_visible()
    replay = viewer.go(f"/live/{number}/replay")
    expect(replay.locator("[data-chapter]").first).to_be_visible()
    board = host.go(f"/live/{number}/board")
    expect(board.get_by_text("看播转化率")).to_be_visible()
    for person in people:
        person.close()

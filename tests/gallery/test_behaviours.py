"""What the front end does in a real browser, on the style pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gallery.style import serving, style_app
from tests.infrastructure.browser import context_options


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**context_options())
    yield context.new_page()
    context.close()


@pytest.fixture
def base() -> Iterator[str]:
    with serving(style_app()) as address:
        yield address


def received(page: Page, base: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = page.request.get(f"{base}/style/received").json()
    return answer


def test_a_form_is_sent_once_and_its_button_is_busy(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    page.get_by_label("店铺名称").fill("云上茶舍")
    button = page.get_by_role("button", name="注册店铺")
    page.evaluate("document.querySelector('form[data-draft]').action = '/style/slow'")
    classes = button.evaluate("button => { button.click(); button.click(); return button.className; }")
    assert classes == "btn btn-primary is-busy"
    page.wait_for_url("**/style/home")
    assert [form["name"] for form in received(page, base)] == ["云上茶舍"]


def test_a_dangerous_action_asks_and_no_means_no(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    page.get_by_role("button", name="删除草稿").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("确定删除草稿“云上茶舍”吗？")
    dialog.get_by_role("button", name="取消").click()
    expect(dialog).to_have_count(0)
    assert received(page, base) == []
    page.get_by_role("button", name="删除草稿").click()
    dialog.get_by_role("button", name="删除草稿").click()
    page.wait_for_url("**/style/home")
    assert len(received(page, base)) == 1


def test_typed_text_survives_an_expired_session(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    page.evaluate("document.querySelector('form[data-draft]').action = '/style/expired'")
    page.get_by_label("店铺简介").fill("高山绿茶，产地直发。")
    page.get_by_label("支付密码").fill("secret")
    page.get_by_role("button", name="注册店铺").click()
    page.wait_for_url("**/style/login")
    assert "secret" not in page.evaluate("JSON.stringify(localStorage)")
    page.goto(f"{base}/style/seller")
    page.goto(f"{base}/style/form")
    expect(page.get_by_label("店铺简介")).to_have_value("高山绿茶，产地直发。")
    expect(page.get_by_text("刚才填写的内容已经恢复")).to_be_visible()


def test_a_draft_is_offered_and_forgotten_after_a_good_submit(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    page.get_by_label("店铺简介").fill("第一稿")
    page.wait_for_timeout(600)
    page.goto(f"{base}/style/form")
    expect(page.get_by_label("店铺简介")).to_have_value("")
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("店铺简介")).to_have_value("第一稿")
    page.get_by_role("button", name="注册店铺").click()
    page.wait_for_url("**/style/home")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('draft:'))") == []
    assert received(page, base)[0]["text"] == "第一稿"


def test_parts_refresh_until_done(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    expect(page.locator("#poll")).to_have_text("第 1 次")
    expect(page.locator("#poll")).to_have_text("好了", timeout=8000)


def test_fields_help(page: Page, base: str) -> None:
    page.goto(f"{base}/style/form")
    page.get_by_label("支付密码").fill("x")
    page.get_by_role("button", name="显示密码").click()
    expect(page.locator("#secret")).to_have_attribute("type", "text")
    page.get_by_label("店铺简介").fill("四个字呀")
    expect(page.locator(".field-count")).to_have_text("4 / 200")
    page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"x" * 2048})
    expect(page.locator("[data-drop-name]")).to_have_text("a.png（2 KB）")
    page.get_by_role("tab", name="费用").click()
    expect(page.get_by_text("费用内容")).to_be_visible()
    page.get_by_role("tab", name="费用").press("ArrowRight")
    expect(page.get_by_text("规则内容")).to_be_visible()


def test_steps_sheets_and_clocks(page: Page, base: str) -> None:
    page.goto(f"{base}/style/product")
    quantity = page.get_by_label("数量", exact=True)
    page.get_by_role("button", name="增加数量").click()
    expect(quantity).to_have_value("2")
    page.get_by_role("button", name="减少数量").click()
    expect(page.get_by_role("button", name="减少数量")).to_be_disabled()
    page.get_by_role("button", name="价格明细").click()
    sheet = page.get_by_role("dialog", name="价格明细")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="价格明细")).to_be_focused()
    first = page.locator("[data-sim-clock]").inner_text()
    expect(page.locator("[data-sim-clock]")).not_to_have_text(first, timeout=4000)
    assert first.startswith("11月20日 ")


def test_bulk_bar_counts_rows_and_charts_are_drawn(page: Page, base: str) -> None:
    page.goto(f"{base}/style/seller")
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()
    page.get_by_label("选择订单 202611201").check()
    page.get_by_label("选择订单 202611202").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    expect(page.locator("#c1 canvas")).to_have_count(1)
    page.get_by_text("查看数据表").click()
    expect(page.get_by_role("cell", name="480")).to_be_visible()


def test_menu_help_tour_and_toast(page: Page, base: str) -> None:
    page.goto(f"{base}/style/home")
    expect(page.get_by_text("已提交任务")).to_be_visible()
    page.get_by_role("button", name="关闭提示").click()
    expect(page.get_by_text("已提交任务")).to_have_count(0)
    page.locator("summary.who").click()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    page.goto(f"{base}/style/form")
    page.get_by_role("button", name="看一看").click()
    tour = page.locator("dialog.tour")
    expect(tour).to_contain_text("起个店名")
    tour.get_by_role("button", name="下一步").click()
    tour.get_by_role("button", name="知道了").click()
    page.reload()
    expect(page.get_by_text("三步看懂这一页")).to_have_count(0)
    page.get_by_role("button", name="看引导").click()
    expect(tour).to_contain_text("起个店名")

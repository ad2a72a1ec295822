"""Fields 1 and 2 in a browser: registering step by step, then publishing goods with pictures and a matrix."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.infrastructure.server import Server
from tests.journeys.opening import open_platform, trainee
from tests.journeys.people import Person
from tests.permissions.furniture_goods import square

NAMES = ["欧阳婉儿", "卫青禾"]
pytestmark = pytest.mark.sqlite_only


def register_by_steps(person: Person) -> None:
    """Walk the steps as an enterprise, be refused for the licence, add it, pay."""
    page = person.go("/seller/register")
    page.get_by_role("link", name="分步填写").click()
    page.get_by_label("企业", exact=True).check()
    person.press("保存，下一步")
    page.get_by_label("身份证号", exact=True).fill("110101199003071234")
    page.get_by_label("经营者姓名").fill("卫青禾")
    person.press("保存，下一步")
    person.sees("请使用练习号段：身份证号以 99 开头")
    for step in ("papers", "account"):
        page.get_by_role("link", name="填入练习资料").click()
        expect(page).to_have_url(re.compile(f"{step}.practice=1"))
        person.press("保存，下一步")
    page.get_by_label("店铺名称").fill("青禾粮仓")
    page.get_by_label("主营类目").select_option(label="食品生鲜")
    person.press("保存，下一步")
    page.get_by_label("我已阅读并同意").check()
    person.press("提交申请")
    person.sees("需要有效的《食品经营许可证》")
    page.get_by_role("link", name="去补充资质").click()
    person.press("填入练习食品经营许可证")
    page.get_by_label("我已阅读并同意").check()
    person.press("提交申请")
    person.press("缴纳保证金")
    expect(page).to_have_url(re.compile(r"/seller/$"))


def add_template(person: Person) -> None:
    """A freight template with a dearer region."""
    page = person.go("/seller/freight/new")
    page.get_by_label("模板名称").fill("偏远加价")
    person.press("添加地区运费")
    expect(page.locator("[data-freight-row]")).to_have_count(2)
    page.get_by_role("button", name="删除这一行").last.click()
    person.press("保存模板")
    person.sees("西藏自治区、新疆维吾尔自治区")


def publish(person: Person) -> None:
    """Goods with two pictures, six SKUs over two axes, a detail and required attributes."""
    page = person.go("/seller/products/new")
    page.get_by_label("商品标题").fill("云南小粒咖啡豆 中度烘焙")
    page.get_by_label("一级类目").fill("茶饮")
    page.get_by_label("二级类目").fill("冲饮")
    page.get_by_label("品牌").fill("无品牌")
    for name, value in (("产地", "云南保山"), ("保质期", "12 个月"), ("净含量", "250 克")):
        page.get_by_label(name, exact=True).fill(value)
    drawn: list[FilePayload] = [
        {"name": f"{colour}.png", "mimeType": "image/png", "buffer": square(colour)} for colour in ("sienna", "tan")
    ]
    page.locator("[data-gallery-file]").set_input_files(drawn)
    pictures = page.locator("[data-gallery] li")
    expect(pictures).to_have_count(2)
    first = pictures.first.get_attribute("data-name")
    pictures.first.get_by_role("button", name="往后移").click()
    expect(pictures.last).to_have_attribute("data-name", first or "")
    page.locator("[data-open-matrix]").click()
    page.get_by_label("规格项 1", exact=True).fill("烘焙")
    page.get_by_label("规格项 1 的值").fill("浅烘、中烘、深烘")
    page.get_by_label("规格项 2", exact=True).fill("规格")
    page.get_by_label("规格项 2 的值").fill("250克、500克")
    page.get_by_label("统一售价").click()
    expect(page.locator(".sku-edit")).to_have_count(6)
    page.get_by_label("统一售价").fill("45.8")
    page.get_by_label("统一数量").fill("20")
    person.press("应用到全部规格")
    page.get_by_label("商品详情编辑区").fill("产自保山的小粒咖啡，现烘现发。")
    page.get_by_label("运费模板", exact=True).select_option(label="偏远加价")
    person.press("立即上架")
    expect(page).to_have_url(re.compile(r"/seller/products/$"))
    person.sees("6 个规格")


def choose(person: Person) -> None:
    """The buyer finds it by one character and chooses on both axes."""
    page = person.go("/mall/")
    page.locator("#mall-q").fill("咖")
    expect(page.get_by_role("option").first).to_be_visible()
    page.locator("#mall-q").press("Enter")
    page.get_by_text("云南小粒咖啡豆").first.click()
    page.get_by_text("深烘", exact=True).click()
    page.get_by_text("500克", exact=True).click()
    page.get_by_role("button", name="加入购物车", exact=True).locator("visible=true").last.click()
    person.sees("已加入购物车")
    person.go("/mall/cart")
    person.sees("深烘 / 500克")


def test_a_shop_registers_by_steps_and_publishes(browser: Browser, server: Server) -> None:
    made = open_platform(browser, server, "SG", NAMES)
    seller, buyer = trainee(browser, server, made, 1), trainee(browser, server, made, 0, phone=True)
    register_by_steps(seller)
    add_template(seller)
    publish(seller)
    choose(buyer)
    for person in made.people.values():
        person.close()

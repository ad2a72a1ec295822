"""The moves of the main job, one function per step, through the pages alone."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, Route, expect

from app.core import clock
from tests.journeys.people import Person

CATALOGUE = """supplier_code,category_l1,category_l2,spu_code,name,brief,unit,sku_code,spec,\
cost_price,retail_price,stock
QS1,茶饮,绿茶,T100,云雾绿茶礼罐,明前采摘,罐,T100-1,规格:125g,,59.90,40
QS1,茶饮,绿茶,T100,云雾绿茶礼罐,明前采摘,罐,T100-2,规格:250g,,99.90,8
QS2,居家,杯具,M200,手绘青花马克杯,陶瓷厚胎,只,M200-1,颜色:青花,,39.90,30
"""
REPORT = ("店铺定位与特色", "选品与商品打造", "运营与推广过程", "数据复盘与改进")
LONG_TEXT = "面向本地上班族，做健康轻便的茶饮零食；选品看复购，详情写清产地与保质期，客服当日回复。"


def settle(page: Page) -> None:
    """Wait until the page that a button led to has loaded."""
    page.wait_for_load_state("load")


def assign_task(instructor: Person, class_code: str) -> str:
    """Step 2: assign the first task; return the address of its board."""
    page = instructor.go(f"/classes/{class_code}/tasks/new")
    page.get_by_label("任务名称").fill("开好店铺，完成第一笔订单")
    page.get_by_label("任务说明").fill("课前读资料，课上开店。")
    page.get_by_label("截止时间").fill(f"{clock.local(clock.now()).date() + timedelta(days=10)}T18:00")
    page.get_by_text("再加一份资料").first.click()
    page.get_by_label("资料名称").first.fill("开店须知")
    page.get_by_label("链接或文字").first.fill("先想清楚卖给谁，再决定卖什么。")
    page.get_by_label("必读，作为一个步骤").first.check()
    page.locator(".step-choice", has_text="开店").get_by_role("checkbox").first.check()
    page.locator(".step-choice", has_text="订单完成").get_by_role("checkbox").first.check()
    instructor.press("布置任务")
    expect(page).to_have_url(re.compile(r"/tasks/\d+$"))
    return page.url


def read_resource(person: Person, class_code: str) -> None:
    """Step 2, the trainee's side: open the task and read what must be read."""
    page = person.go(f"/classes/{class_code}/tasks/")
    page.get_by_role("link", name=re.compile("开好店铺")).first.click()
    settle(page)
    person.sees("开店须知")
    person.press("我读完了")
    settle(page)


def open_shop(person: Person, name: str) -> None:
    """Step 3: register a shop and pay the deposit from the wallet."""
    page = person.go("/seller/register")
    page.get_by_label("店铺名称").fill(name)
    page.get_by_label("个人", exact=True).check()
    page.get_by_label("我已阅读并同意").check()
    person.press("注册店铺")
    person.sees("缴纳保证金")
    person.press("缴纳保证金")
    expect(page).to_have_url(re.compile(r"/seller/$"))


def import_catalogue(instructor: Person) -> None:
    """Step 4, the instructor's side: check the file, give the cost rule, take all rows."""
    page = instructor.go("/supply/catalogue/import")
    page.get_by_label("货源文件").set_input_files(
        {"name": "货源.csv", "mimeType": "text/csv", "buffer": CATALOGUE.encode()}
    )
    page.get_by_label("成本占零售价的百分比").fill("50")
    instructor.press("检查文件")
    instructor.press("导入全部 3 行")
    wait_for(instructor, "/supply/catalogue", "云雾绿茶礼罐")


def list_goods(person: Person) -> None:
    """Step 4, the trainee's side: one click puts the library's goods on sale at a price rule."""
    page = person.go("/supply/catalogue")
    page.get_by_label("全选本页").check()
    person.press("一键上架")
    expect(page).to_have_url(re.compile("/supply/listing"))
    page.get_by_role("button", name="一键上架", exact=True).first.click()
    expect(page).to_have_url(re.compile("/supply/listings"))
    person.sees("云雾绿茶礼罐")


def list_by_hand(person: Person) -> None:
    """A listing of the shop's own stock."""
    page = person.go("/seller/products/new")
    page.get_by_label("商品标题").fill("手工桂花糕 礼盒装")
    page.get_by_label("一级类目").fill("零食")
    page.get_by_label("二级类目").fill("糕点")
    page.get_by_label("价格（元）").fill("19.99")
    page.get_by_label("库存").fill("10")
    person.press("立即上架")
    expect(page).to_have_url(re.compile(r"/seller/products/$"))


def add_to_cart(person: Person, words: str, title: str, spec: str = "") -> None:
    """Step 5: find goods by a search of one or two characters and put them into the cart."""
    page = person.go(f"/mall/search?q={words}")
    page.get_by_text(title).first.click()
    expect(page).to_have_url(re.compile(r"/mall/products/\d+"))
    if spec:
        choice = page.get_by_text(spec, exact=True)
        if not choice.first.is_visible():  # on the phone the choice is a sheet
            page.get_by_role("button", name="加入购物车", exact=True).first.click()
        choice.first.click()
    buttons = page.get_by_role("button", name="加入购物车", exact=True)
    buttons.locator("visible=true").last.click()
    person.sees("已加入购物车")


def check_out(person: Person, name: str) -> None:
    """Step 5: write an address, submit the orders of two shops, pay from the wallet."""
    submit_order(person, name)
    person.press("支付")
    expect(person.page).to_have_url(re.compile("/mall/orders/"))


def submit_order(person: Person, name: str) -> None:
    """Write an address and submit what is ticked in the cart; the page is the pay desk then."""
    page = person.go("/mall/cart")
    person.press("结算")
    expect(page).to_have_url(re.compile("/mall/checkout"))
    page.get_by_role("link", name="新增地址").first.click()
    page.get_by_label("收货人").fill(name)
    page.get_by_label("手机号").fill("13900000001")
    page.get_by_label("省", exact=True).select_option(label="河北省")
    for label in ("市", "区县"):
        select = page.get_by_label(label, exact=True)
        expect(select.locator("option").nth(1)).to_be_attached()
        select.select_option(index=1)
    page.get_by_label("详细地址").fill("和平路 1 号 3 单元")
    person.press("保存地址")
    expect(page).to_have_url(re.compile("/mall/checkout"))
    person.press("提交订单")
    expect(page).to_have_url(re.compile("/mall/pay/"))


def order_links(person: Person) -> dict[str, str]:
    """Return the addresses of the person's orders by shop name."""
    page = person.go("/mall/orders/")
    found: dict[str, str] = {}
    for link in page.get_by_role("link", name="订单详情").all():
        address = link.get_attribute("href") or ""
        found.setdefault(address, "")
    for address in found:
        page = person.go(address)
        found[address] = page.locator("main").inner_text()
    return found


def order_of(person: Person, words: str) -> str:
    """Return the address of the order whose page holds these words."""
    return next(address for address, text in order_links(person).items() if words in text)


def fetch_orders(person: Person) -> None:
    """Step 6: fetch the shop's orders in the supply system."""
    person.go("/supply/orders/")
    person.press("抓取订单")
    person.sees("待接单")


def ship_own(person: Person, waybill: str) -> None:
    """Step 6: ship the shop's own stock."""
    page = person.go("/seller/orders/")
    page.get_by_role("link", name="去发货").first.click()
    page.get_by_label("快递公司").select_option(label="中通快递")
    page.get_by_label("运单号").fill(waybill)
    person.press("发货")
    expect(page).to_have_url(re.compile(r"/seller/orders/\d+$"))


def jump(instructor: Person, class_code: str, button: str) -> None:
    """The instructor moves simulated time."""
    page = instructor.go(f"/classes/{class_code}/world")
    instructor.press(button)
    settle(page)


def wait_for(person: Person, path: str, words: str, tries: int = 30) -> None:
    """Open the page again until the words stand on it: the ticker fires within a second or two."""
    for _ in range(tries):
        page = person.go(path)
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{person.login}: {path} never said {words}")


def confirm(person: Person, order: str) -> None:
    """Step 6: confirm the receipt."""
    page = person.go(order)
    person.press("确认收货")
    expect(page.get_by_role("link", name="评价", exact=True).first).to_be_visible()


def review(person: Person, order: str) -> None:
    """Step 6: write a review with three scores."""
    page = person.go(f"{order}/review")
    page.get_by_label("评价内容").first.fill("很香，包装完好。")
    person.press("提交评价")
    expect(page).not_to_have_url(re.compile("/review$"))


def give_back(buyer: Person, seller: Person, order: str, waybill: str) -> None:
    """Step 7: return one item; the money comes back to the fen."""
    page = buyer.go(order)
    page.get_by_role("link", name="申请退款").first.click()
    page.get_by_label("退货退款").check()
    buyer.press("申请退款")
    expect(page).to_have_url(re.compile(r"/mall/aftersales/\d+$"))
    number = page.url.rsplit("/", 1)[1]
    desk = seller.go(f"/seller/aftersales/{number}")
    seller.press("同意退货")
    wait_for(buyer, f"/mall/aftersales/{number}", "提交运单号")
    page.get_by_label("快递公司").select_option(label="中通快递")
    page.get_by_label("运单号").fill(waybill)
    buyer.press("提交运单号")
    wait_for(seller, f"/seller/aftersales/{number}", "完好数量")
    desk.get_by_label("完好数量").fill("1")
    desk.get_by_label("损坏数量").fill("0")
    seller.press("确认收货并退款")
    wait_for(buyer, f"/mall/aftersales/{number}", "退款成功")


def play_show(host: Person, viewer: Person) -> None:
    """Step 8: a live room; the viewer comments, likes and buys the pinned item on a phone."""
    page = host.go("/live/studio")
    page.get_by_label("直播标题").fill("新茶上市")
    host.press("创建直播间")
    expect(page).to_have_url(re.compile(r"/live/studio/\d+$"))
    number = page.url.rsplit("/", 1)[1]
    host.press("添加商品")
    page.locator("li, tr, article, div", has_text="云雾绿茶礼罐").get_by_role("button", name="加入").first.click()
    expect(page.get_by_text("云雾绿茶礼罐").first).to_be_attached()
    page = host.go(f"/live/studio/{number}")
    host.press("开播")
    host.sees("结束直播")
    room = viewer.go(f"/live/{number}")
    for _ in range(5):  # the first try may come before the room is joined
        room.get_by_label("发消息").fill("这茶好喝吗")
        room.get_by_label("发消息").press("Enter")
        page.wait_for_timeout(3_000)
        if page.get_by_text("这茶好喝吗").count():
            break
    expect(page.get_by_text("这茶好喝吗").first).to_be_visible()
    room.get_by_label("点赞").first.click()
    page.get_by_role("button", name="讲解").first.click()
    card = room.get_by_role("button", name=re.compile("抢")).first
    expect(card).to_be_visible(timeout=20_000)
    card.click()
    sheet = room.locator("dialog[open]")
    sheet.get_by_role("button", name=re.compile("支付")).first.click()
    expect(room.get_by_text(re.compile("支付成功|下单成功|已支付|抢到")).first).to_be_visible(timeout=20_000)
    host.press("结束直播")
    wait_for(host, f"/live/{number}/figures", "订单")


def submit_outcome(person: Person) -> None:
    """Step 9: the self-report beside the platform's figures, frozen on submission."""
    page = person.go("/grading/outcome")
    for label in REPORT:
        page.get_by_role("textbox", name=label).fill(LONG_TEXT)
    person.press("提交实践成果")
    person.sees("撤回")


def write_plan(person: Person) -> None:
    """Step 9: the business plan with a forecast of twelve months, complete, printed as PDF."""
    page = person.go("/grading/plan")
    page.get_by_label("项目名称").fill("云上茶铺")
    for box in page.locator("textarea[name^=section-]").all():
        box.fill(LONG_TEXT)
    page.get_by_label("产品 1 名称").fill("云雾绿茶")
    page.get_by_label("售价（元）").fill("50.90")
    page.get_by_label("单位成本（元）").fill("29.95")
    for month in range(1, 13):
        page.get_by_label(f"{month}月销量", exact=True).fill(str(20 + month))
    person.press("保存规划书")
    person.press("标记为完成")
    settle(page)
    person.press("打印 PDF")
    expect(page).to_have_url(re.compile("/jobs/|plan"))
    for _ in range(60):
        answer = page.context.request.get("/grading/plan.pdf")
        if answer.headers["content-type"] == "application/pdf":
            assert answer.body().startswith(b"%PDF-")
            return
        page.wait_for_timeout(1000)
    raise AssertionError("the plan was never printed")


def send_while_a_draft_is_on_its_way(assessor: Person) -> None:
    """Hold the request that keeps the draft, submit the marks, let the draft through."""
    page, held = assessor.page, list[Route]()
    page.route("**/grading/assess/*/draft", lambda route: held.append(route))  # noqa: PLW0108  needs a function
    with page.expect_request("**/grading/assess/*/draft"):
        page.locator("textarea[name^=comment-]").last.press_sequentially("。")
    assessor.press("提交评分")
    for route in held:
        route.continue_()


def mark_papers(assessor: Person, seen: dict[str, int]) -> int:
    """Step 10: mark every paper of the queue; the first paper's second marker stays below the line."""
    done = 0
    while True:
        page = assessor.go("/grading/assess/")
        links = [link.get_attribute("href") or "" for link in page.locator("main a[href*='/grading/assess/']").all()]
        codes = [link.rsplit("/", 1)[1] for link in links if re.search(r"/assess/[0-9A-Z]{6}$", link)]
        fresh = next((code for code in codes if (assessor.login, code) not in MARKED), None)
        if fresh is None:
            return done
        page = assessor.go(f"/grading/assess/{fresh}")
        if page.get_by_role("button", name="开始评审").count():
            assessor.press("开始评审")
        low = seen.get(fresh) == 1 and fresh == next(iter(seen))
        for box in page.locator("input[name^=points-]").all():
            box.fill(str(int(box.get_attribute("max") or 0) * (4 if low else 8) // 10))
        for box in page.locator("textarea[name^=comment-]").all():
            box.fill("事实清楚，说明到位，可以再补充数据。")
        if low:
            send_while_a_draft_is_on_its_way(assessor)
        else:
            assessor.press("提交评分")
        expect(page).to_have_url(re.compile(r"/grading/assess/$"))
        seen[fresh] = seen.get(fresh, 0) + 1
        MARKED.add((assessor.login, fresh))
        done += 1


MARKED: set[tuple[str, str]] = set()

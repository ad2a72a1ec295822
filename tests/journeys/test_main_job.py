"""The main job, steps 1 to 12, through the pages alone.

Twice: on SQLite without demo data, the trainees on phones; on PostgreSQL beside the demo data, all at desktops.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.infrastructure.server import Server
from tests.journeys import moves
from tests.journeys.opening import Opening, open_platform, trainee

NAMES = ["欧阳婉儿", "古丽·阿依夏", "卫青禾"]


def walk(browser: Browser, server: Server, tag: str, *, phone: bool) -> Opening:
    """Walk the twelve steps; phone: the trainees use phones."""
    made = open_platform(browser, server, tag, NAMES)
    people = made.people
    instructor, code = people["instructor"], made.class_code
    seller, second, buyer = (trainee(browser, server, made, i, phone=phone) for i in range(3))
    board = moves.assign_task(instructor, code)
    moves.read_resource(seller, code)
    moves.open_shop(seller, f"云上茶铺{tag}")
    moves.open_shop(second, f"青禾杂货{tag}")
    moves.import_catalogue(instructor)
    moves.list_goods(seller)
    moves.list_by_hand(second)
    moves.add_to_cart(buyer, "茶", "云雾绿茶礼罐", "250g")
    moves.add_to_cart(buyer, "糕", "手工桂花糕")
    moves.check_out(buyer, NAMES[2])
    tea, cake = moves.order_of(buyer, "云雾绿茶礼罐"), moves.order_of(buyer, "手工桂花糕")

    moves.fetch_orders(seller)
    moves.ship_own(second, f"75{abs(hash(tag)) % 10**12:012d}")
    moves.jump(instructor, code, "+3 天")
    moves.wait_for(seller, "/supply/orders/", "已发货")
    moves.wait_for(buyer, tea, "确认收货")
    moves.confirm(buyer, tea)
    moves.review(buyer, tea)
    moves.confirm(buyer, cake)
    moves.give_back(buyer, second, cake, f"75{abs(hash(tag + 'b')) % 10**12:012d}")
    moves.play_show(seller, buyer)

    page = instructor.go(board.removeprefix(server.base_url))
    expect(page.get_by_text(NAMES[0]).first).to_be_visible()

    for person in (seller, second):
        moves.submit_outcome(person)
    moves.write_plan(seller)
    grade(made)
    page = seller.go("/grading/results")
    expect(page.locator("main")).to_contain_text("合格")
    page = people["supervisor"].go("/dashboards/")
    page.get_by_role("link", name=re.compile(f"网络创业{tag}班")).first.click()
    expect(page.locator("main")).to_contain_text("通过率")
    return made


def grade(made: Opening) -> None:
    """Step 10: open, draw, mark with a third where two disagree, release."""
    centre, seen = made.people["centre"], dict[str, int]()
    page = centre.go("/grading/batches/")
    centre.press("开启批次")
    expect(page).to_have_url(re.compile(r"/grading/batches/\d+$"))
    centre.press("抽取评审讲师")
    expect(page.get_by_role("button", name="发布成绩").first).to_be_visible()
    batch = page.url
    assessors = [made.people[f"assessor{i}"] for i in (1, 2, 3)]
    while sum(moves.mark_papers(assessor, seen) for assessor in assessors):
        pass
    assert sorted(seen.values()) == [2, 3], seen  # one paper needed a third assessor
    page = centre.page
    page.goto(batch)
    centre.press("发布成绩")
    expect(page.get_by_role("button", name="发布成绩")).to_have_count(0, timeout=20_000)


def prove(server: Server, made: Opening) -> None:
    """Step 12: the audit chain verifies, the books agree; nobody saw a script error."""
    chains = json.loads(server.flask("audit", "verify").stdout)
    assert chains["sound"] is True
    assert next(chain for chain in chains["chains"] if chain["scope"] == made.class_code)["rows"] > 50
    assert json.loads(server.flask("ledger", "prove").stdout)["sound"] is True
    for person in made.people.values():
        person.close()


@pytest.mark.sqlite_only
def test_the_main_job_with_trainees_on_phones(browser: Browser, server: Server) -> None:
    prove(server, walk(browser, server, "PH", phone=True))


@pytest.mark.postgres_only
def test_the_main_job_beside_the_demo_data(browser: Browser, demo_server: Server) -> None:
    prove(demo_server, walk(browser, demo_server, "DM", phone=False))

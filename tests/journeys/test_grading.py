"""Grading in a browser: twelve papers, five assessors, from submission on a phone to appeal and sealed protocol.

What the way needs besides is prepared on the server's own data through the services: eleven outcomes, most marks,
four of five signatures. Every kind of marker (first, third, arbiter, of an appeal) marks one paper at a desk.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from app.accounts.models import Account
from app.accounts.services import sign_in
from app.core import audit, clock
from app.core.actor import Actor, system
from app.core.db import db
from app.core.sealing import check_pdf
from app.core.uow import unit_of_work
from grading.domain.rubric import Entry, parse_rubric, template_text
from grading.models.batch import Paper
from grading.models.protocol import Protocol
from grading.services import intake, leases, signing
from tests.benchmarks.crowd import inside
from tests.factories import grading as make
from tests.infrastructure.server import Server
from tests.journeys import moves
from tests.journeys.people import PASSWORD, Person

Before = Callable[[Person, dict[str, Entry]], None]
SIGNATURE = ((0.1, 0.3), (0.3, 0.2), (0.2, 0.8), (0.5, 0.5), (0.8, 0.7))


class Stage:
    """The class on the server's data, and the browsers of its people as they are needed."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser, self.server = browser, server
        self.made = make.make_stage(trainees=12, assessors=5, name="盲评示范班")
        self.author = self.made.trainees[0]
        self.scope_id = self.made.row.scope_id
        for trainee in self.made.trainees[1:]:
            make.submit(trainee)
        for trainee in self.made.trainees[:2]:
            make.write_plan(trainee, complete=True)
        self.logins = dict(self._let_in([self.author, self.made.centre, self.made.instructor, *self.made.assessors]))
        self.people: dict[int, Person] = {}
        self.batch_id = 0
        db.session.remove()

    def _let_in(self, actors: list[Actor]) -> list[tuple[int, str]]:
        found = []
        with unit_of_work():
            for actor in actors:
                account = db.session.get_one(Account, actor.person())
                sign_in.set_password(system(), account, PASSWORD)
                found.append((account.id, account.login))
        return found

    def at(self, actor: Actor, *, phone: bool = False) -> Person:
        """Return this person at a browser, signed in."""
        who = actor.person()
        if who not in self.people:
            self.people[who] = Person(self.browser, self.server.base_url, self.logins[who], phone=phone)
            self.people[who].sign_in()
        return self.people[who]

    def code_of(self, trainee: Actor) -> str:
        """Return the code of the trainee's paper."""
        authors = intake.authors_by_paper(self.batch_id)
        return db.session.get_one(Paper, next(paper for paper, who in authors.items() if who == trainee.person())).code

    def holder(self, code: str, slot: int) -> Actor:
        """Return who marks the paper at this place."""
        work = next(row for row in make.work_on(self.batch_id, code) if row.slot == slot)
        found = make.assessor_of(self.made, work)
        db.session.remove()
        return found


def fits(page: Page) -> None:
    """Nothing stands out at the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def fill(page: Page, entries: dict[str, Entry]) -> None:
    """Type points and comments."""
    for key, entry in entries.items():
        page.locator(f"#points-{key}").fill(str(entry.points))
        page.locator(f"#comment-{key}").fill(entry.comment)


def mark(assessor: Person, code: str, total: int, before: Before | None = None) -> None:
    """Open the paper from the queue, mark all of it, submit."""
    page = assessor.go("/grading/assess/")
    page.get_by_role("link", name=re.compile(code)).click()
    expect(page).to_have_url(re.compile(f"/assess/{code}$"))
    assessor.press("开始评审")
    assessor.sees("提交评分")
    entries = make.spread(parse_rubric(json.loads(template_text("电商版"))), total)
    if before:
        before(assessor, entries)
    fill(page, entries)
    expect(page.locator("[data-total]")).to_have_text(str(total))
    assessor.press("提交评分")
    assessor.sees(f"评审件 {code} 的评分已提交：{total} 分")


def lose_the_network(assessor: Person, entries: dict[str, Entry]) -> None:
    """In the middle of a mark: nothing typed is lost, nothing is submitted, and what was typed is kept afterwards."""
    page, saved = assessor.page, assessor.page.locator("[data-saved]")
    first, second = list(entries)[:2]
    page.locator(f"#points-{first}").fill(str(entries[first].points))
    expect(saved).to_contain_text("草稿已保存")
    assessor.context.set_offline(True)
    page.locator(f"#comment-{first}").fill("断网时写下的评语。")
    page.locator(f"#points-{second}").fill("3")
    expect(saved).to_contain_text("网络不通，内容还在页面上")
    assessor.press("提交评分")
    expect(saved).to_contain_text("评分还没有提交")
    expect(page.locator(f"#comment-{first}")).to_have_value("断网时写下的评语。")
    assessor.context.set_offline(False)
    expect(saved).to_contain_text("草稿已保存")
    page.reload()
    expect(page.locator(f"#comment-{first}")).to_have_value("断网时写下的评语。")
    expect(page.locator(f"#points-{second}")).to_have_value("3")


def lose_the_paper(stage: Stage, code: str) -> None:
    """The third's paper is given to somebody else while they type: the desk says so and keeps the words."""
    third = stage.at(stage.holder(code, 3))
    page, saved = third.go(f"/grading/assess/{code}"), third.page.locator("[data-saved]")
    third.press("开始评审")
    third.sees("提交评分")
    page.locator("#points-goods").fill("12")
    expect(saved).to_contain_text("草稿已保存")
    work = next(row for row in make.work_on(stage.batch_id, code) if row.slot == 3)
    with unit_of_work():
        leases.reassign(stage.made.centre, stage.batch_id, code, 3, work.version, "讲师请假了", make.key())
    db.session.remove()
    page.locator("#comment-goods").fill("标题写得细。")
    expect(saved).to_contain_text("已被收回或调走")
    expect(page.locator("#comment-goods")).to_have_value("标题写得细。")


def draw_name(assessor: Person) -> None:
    """Sign with the mouse for all own marks."""
    page = assessor.go("/grading/assess/")
    page.get_by_role("link", name="评分签名").click()
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    (left, top), *rest = ((box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SIGNATURE)
    page.mouse.move(left, top)
    page.mouse.down()
    for across, down in rest:
        page.mouse.move(across, down, steps=4)
    page.mouse.up()
    assessor.press("签名确认")
    assessor.sees("份评分签名")


def mark_most(stage: Stage, mine: str, argued: str) -> None:
    """By the services: two marks each, the author's paper one, the argued paper all but the arbiter's."""
    for number, code in enumerate(make.codes(stage.batch_id)):
        if code == argued:
            make.mark_paper(stage.made, stage.batch_id, code, 90, 30, 61)
        elif code != mine:
            make.mark_paper(stage.made, stage.batch_id, code, 66 + number * 2, 68 + number * 2)
    db.session.remove()


def appeal(stage: Stage, trainee: Person, centre: Person, code: str) -> None:
    """The trainee appeals on the phone; a new assessor marks; the answer stands beside the result."""
    page = trainee.go("/grading/results")
    page.get_by_text("对成绩有异议，提出申诉").click()
    page.get_by_role("textbox", name=re.compile("^店铺注册与定位")).fill("定位写得清楚，有同城客群的数据，请再看一遍。")
    page.get_by_label("我知道复评的分数可能更低").check()
    trainee.press("提交申诉")
    trainee.sees("申诉已提交")
    page = centre.go("/grading/appeals")
    page.get_by_label("形式审查的结论").fill("材料齐全，合计无误，受理。")
    centre.press("受理并抽人复评")
    centre.sees("已受理，并另抽一位评审讲师复评")
    mark(stage.at(stage.holder(code, 5)), code, 57)
    page = trainee.go("/grading/results")
    expect(page.locator(".score-big")).to_have_text("57.0")
    trainee.sees("材料齐全，合计无误，受理。")
    fits(page)


def try_again(stage: Stage, trainee: Person) -> None:
    """Coaching by the instructor, confirmed on the phone, opens a second attempt; the first result stays."""
    teacher = stage.at(stage.made.instructor)
    page = teacher.go("/grading/coaching")
    page.get_by_label("辅导日期").fill(clock.local(clock.now()).date().isoformat())
    page.get_by_label("辅导内容").fill("逐项看了评语，重写了商品标题和详情页。")
    teacher.press("保存辅导记录")
    teacher.sees("辅导已记录")
    page = trainee.go("/grading/results")
    trainee.press("确认参加过这次辅导")
    trainee.sees("已确认这次辅导")
    trainee.press("开始再次提交")
    expect(page).to_have_url(re.compile("/grading/outcome$"))
    moves.submit_outcome(trainee)
    expect(trainee.go("/grading/results").locator(".score-big")).to_have_text("57.0")


def pdf_text(data: bytes) -> str:
    """Return the text of a PDF."""
    return subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()


def seal(stage: Stage, centre: Person, painter: Actor) -> None:
    """All have signed, one by hand; the protocol is sealed and the public page knows it."""
    draw_name(stage.at(painter))
    for assessor in stage.made.assessors:
        waiting = signing.to_sign(assessor)
        assert bool(waiting.marks) == (assessor != painter)
        if waiting.marks:
            with unit_of_work():
                signing.sign_marks(assessor, waiting.hash, (((20, 100), (200, 40), (380, 160)),), make.key())
    db.session.remove()
    page = centre.go(f"/grading/batches/{stage.batch_id}")
    centre.press("生成评分汇总表")
    expect(page).to_have_url(re.compile("/jobs/|protocol"))
    address = f"/grading/batches/{stage.batch_id}/protocol.pdf"
    for _ in range(60):
        answer = page.context.request.get(address)
        if answer.headers["content-type"] == "application/pdf":
            break
        page.wait_for_timeout(500)
    assert check_pdf(answer.body()).sound
    sealed = db.session.scalars(sa.select(Protocol.content_hash).where(Protocol.batch_id == stage.batch_id)).one()
    db.session.remove()
    assert sealed[:12] in pdf_text(answer.body())  # printed on every page, and in the address behind the QR code
    page.context.clear_cookies()  # anybody may ask
    page.goto(f"/verify/protocol/{sealed}")
    expect(page.get_by_text("内容校验值一致，是最新的一份")).to_be_visible()
    page.goto(f"/verify/protocol/{'0' * 64}")
    expect(page.get_by_text("平台上没有这份评分汇总表")).to_be_visible()


@pytest.mark.sqlite_only
def test_a_batch_of_twelve_from_submission_to_appeal(browser: Browser, server: Server) -> None:
    with inside(server):
        stage = Stage(browser, server)
        trainee, centre = stage.at(stage.author, phone=True), stage.at(stage.made.centre)
        moves.submit_outcome(trainee)
        fits(trainee.page)
        page = centre.go("/grading/batches/")
        centre.press("开启批次")
        expect(page).to_have_url(re.compile(r"/grading/batches/\d+$"))
        stage.batch_id = int(page.url.rsplit("/", 1)[1])
        centre.press("抽取评审讲师")
        centre.sees("已为 12 份评审件各抽取 2 名评审讲师")

        mine, argued = stage.code_of(stage.author), stage.code_of(stage.made.trainees[1])
        mark_most(stage, mine, argued)
        painter = stage.holder(mine, 1)
        desk = stage.at(painter)
        desk.page.set_viewport_size({"width": 820, "height": 1180})
        mark(desk, mine, 58, lose_the_network)
        make.mark(stage.holder(mine, 2), mine, 66)
        lose_the_paper(stage, mine)
        mark(stage.at(stage.holder(mine, 3)), mine, 55)
        page = centre.go(f"/grading/batches/{stage.batch_id}")
        centre.press("发布成绩")
        refusal = page.get_by_role("alert").filter(has_text="还有 1 份评审件没有评完")
        expect(refusal).to_contain_text(argued)  # it waits for its arbiter: nothing is released
        assert trainee.go("/grading/results").get_by_text("成绩还没有发布").count()
        mark(stage.at(stage.holder(argued, 4)), argued, 62)
        centre.go(f"/grading/batches/{stage.batch_id}")
        centre.press("发布成绩")
        centre.sees("12 份成绩已一起发布")

        page = trainee.go("/grading/results")
        expect(page.locator(".score-big")).to_have_text("58.0")  # the median of 58, 66 and 55
        trainee.sees("不合格")
        fits(page)
        appeal(stage, trainee, centre, mine)
        try_again(stage, trainee)
        seal(stage, centre, painter)
        assert audit.verify(stage.scope_id).broken_seq is None
        names = {row.action for row in audit.latest(stage.scope_id, 400)}
        assert {"appeal.filed", "marks.signed", "protocol.made", "batch.released"} <= names
        scored = sa.select(sa.func.count()).where(Paper.batch_id == stage.batch_id, Paper.final_numerator.is_not(None))
        assert db.session.scalar(scored) == 12
    for person in stage.people.values():
        person.close()

"""Blindness: markers planted in every identity field never reach an assessor, in any byte they can fetch."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import field_keys
from app.accounts.models import Account, ScopeKind
from app.accounts.scopes import create_scope
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from grading.data import REPORT_FIELDS
from grading.domain.canonical import digest
from grading.domain.forecast import Product
from grading.domain.plan_content import PlanContent
from grading.models.batch import Assignment, Paper
from grading.services import marking
from sim_mall.open_platform import create_listing
from tests.factories import grading as make
from tests.factories.mall import draft, open_shop
from tests.factories.training import hat, make_class, make_instructor, make_region, make_school, make_trainee
from tests.factories.world import make_account, sign_in

ID_NUMBER = "11010519491231002X"
MARKERS = {
    "name": "欧阳标记名",
    "login": "loginmarker77",
    "phone": "13877665544",
    "id": ID_NUMBER,
    "shop": "标记小铺九九",
    "class": "标记班级甲",
    "institution": "标记培训学校",
    "region": "标记市",
    "teacher": "任课标记师",
    "classmate": "同学标记友",
}
WORDS = "".join(f"【{text}】" for text in MARKERS.values() if text != MARKERS["region"])
CHANGING = re.compile(r"""[0-9a-f]{16}|csrf-token" content="[^"]+|csrf_token" value="[^"]+""")
LINK = re.compile(r'(?:href|action|src|data-save|data-poll)="(/[^"#]*)')


def _stage() -> tuple[make.Stage, str]:
    """Return a drawn stage whose every text names its author, and the code of that paper."""
    region = make_region(MARKERS["region"])
    row = make_class(make_school(region, MARKERS["institution"]), MARKERS["class"])
    with unit_of_work():
        district = create_scope(ScopeKind.REGION, "评委所在区", "R-POOL", region.id)
    marked = make_trainee(row, MARKERS["name"])
    stage = make.Stage(
        region=region,
        row=row,
        centre=hat(make_account("中心经办人"), Role.CENTRE, region.id),
        instructor=make_instructor(row, MARKERS["teacher"]),
        trainees=[marked, make_trainee(row, MARKERS["classmate"])],
        assessors=[make.make_assessor(district) for _ in range(2)],
    )
    with unit_of_work():
        account = db.session.get_one(Account, marked.person())
        account.login, account.phone = MARKERS["login"], MARKERS["phone"]
        account.id_number_encrypted = field_keys.encrypt(ID_NUMBER)
    shop = open_shop(marked, MARKERS["shop"])
    with unit_of_work():
        create_listing(marked, shop.id, draft(title=f"{MARKERS['shop']} 野生香菇", brief=MARKERS["classmate"]))
    make.submit(marked, make.report(**{key: f"我的做法：{WORDS}" for key, _, _ in REPORT_FIELDS}))
    plan = make.plan_content(title=f"规划 {MARKERS['name']}", extra=WORDS)
    product = Product(f"{MARKERS['shop']}礼盒", 100, 50, (1,) * 12)
    make.write_plan(marked, PlanContent(plan.title, plan.sections, (product,)), complete=True)
    batch_id = make.drawn_batch(stage)
    view = {code: marking.desk(stage.assessors[0], code).paper for code in make.codes(batch_id)}
    code = next(code for code, paper in view.items() if paper.plan_complete)
    return stage, code


def _found(answer: bytes) -> list[str]:
    text = answer.decode("utf-8", "replace").lower()
    return [name for name, marker in MARKERS.items() if marker.lower() in text]


def _crawl(client: FlaskClient, start: str) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Fetch everything that links lead to; return the answers' status and the markers found, by address."""
    waiting, seen = [start], dict[str, int]()
    leaks: dict[str, list[str]] = {}
    while waiting:
        address = waiting.pop()
        if address in seen or address == "/logout" or "/static/" in address or len(seen) > 60:
            continue
        answer = client.get(address)
        seen[address] = answer.status_code
        found = _found(answer.data + str(answer.headers).encode())
        if found:
            leaks[address] = found
        if answer.mimetype == "text/html":
            waiting += LINK.findall(answer.get_data(as_text=True))
    return seen, leaks


@pytest.mark.sqlite_only
def test_nothing_an_assessor_can_fetch_names_the_author(app: Flask) -> None:
    with app.app_context():
        stage, code = _stage()
        assessor = stage.assessors[0]
        client = sign_in(app.test_client(), assessor)
    seen, leaks = _crawl(client, "/grading/assess/")
    assert f"/grading/assess/{code}" in seen
    client.post(f"/grading/assess/{code}/open")
    page = client.get(f"/grading/assess/{code}")
    assert "●●●" in page.get_data(as_text=True)
    assert "作者情况已隐去" in page.get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', page.get_data(as_text=True))
    assert version is not None
    answers = [
        page,
        client.get(f"/grading/assess/{code}", headers={"Accept": "application/json"}),
        client.post(f"/grading/assess/{code}/draft", json={"version": version.group(1), "points-goods": "9"}),
        client.post(f"/grading/assess/{code}/draft", json={"version": "1", "points-goods": "9"}),
        client.post(f"/grading/assess/{code}", data={"version": version.group(1), "key": "k"}),
        client.post(f"/grading/assess/{code}/recuse", data={"key": "r", "reason": ""}),
        client.get("/grading/batches/"),
        client.get("/grading/batches/1"),
        client.get("/grading/outcome"),
        client.get("/grading/plan.pdf"),
        client.get("/grading/results"),
        client.get("/"),
    ]
    assert leaks == {}
    assert [found for answer in answers if (found := _found(answer.data + str(answer.headers).encode()))] == []
    assert [answer.status_code for answer in answers[6:11]] == [403] * 5
    more, leaks = _crawl(client, "/")
    assert leaks == {}
    assert 500 not in {*seen.values(), *more.values()}


@pytest.mark.sqlite_only
def test_the_search_finds_a_planted_leak(app: Flask) -> None:
    """The test above is worth something: a paper frozen without scrubbing would have been found."""
    with app.app_context():
        stage, code = _stage()
        with unit_of_work():
            paper = db.session.scalars(sa.select(Paper).where(Paper.code == code)).one()
            paper.content = paper.content.replace("●●●", WORDS, 3)
            paper.content_hash = digest(paper.content)
        client = sign_in(app.test_client(), stage.assessors[0])
    found = _found(client.get(f"/grading/assess/{code}").data)
    assert found == [name for name in MARKERS if name != "region"]  # nobody wrote the region into a text


def test_not_yours_and_not_there_answer_the_same(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=3)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        drawn = {row.account_id for row in make.work_on(batch_id, code)}
        outsider = next(actor for actor in stage.assessors if actor.account_id not in drawn)
        client = sign_in(app.test_client(), outsider)

    def answers(asked: str) -> list[tuple[int, str]]:
        found = [client.get(f"/grading/assess/{asked}", headers={"Accept": "application/json"})]
        found += [client.post(f"/grading/assess/{asked}{verb}", json={}) for verb in ("", "/open", "/draft", "/recuse")]
        return [
            (answer.status_code, CHANGING.sub("", answer.get_data(as_text=True)).replace(asked, "")) for answer in found
        ]

    assert answers(code) == answers("ZZZZZZ")
    assert {status for status, _ in answers(code)} == {404, 400} or {status for status, _ in answers(code)} == {404}


@pytest.mark.sqlite_only
def test_an_arbiter_learns_neither_author_nor_colleagues(app: Flask) -> None:
    """The arbiter sees points and comments; the search would find a colleague's name planted in one."""
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=4)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        make.mark_paper(stage, batch_id, code, 90, 30, 61)
        work = {row.slot: row for row in make.work_on(batch_id, code)}
        first = work[1].id
        arbiter = make.assessor_of(stage, work[4])
        others = [make.assessor_of(stage, work[slot]).name for slot in (1, 2, 3)]
        hidden = [*others, stage.trainees[0].name, stage.row.name, stage.instructor.name]
        client = sign_in(app.test_client(), arbiter)
        client.post(f"/grading/assess/{code}/open")
    page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert "你是这份评审件的仲裁人" in page and "评委丙" in page
    assert [name for name in hidden if name in page] == []
    with app.app_context(), unit_of_work():
        row = db.session.get_one(Assignment, first)
        row.entries = row.entries.replace("理由写清楚了。", f"{others[1]}也这么看。", 1)
    page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert [name for name in hidden if name in page] == [others[1]]

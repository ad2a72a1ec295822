"""Pages of grading: the whole way through the browser's eyes, refusals, two tabs, query budgets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import db
from app.core.uow import unit_of_work
from grading.data import REPORT_FIELDS
from grading.domain.plan_content import SECTIONS
from grading.models.plan import PlanVersion
from grading.services import marking, plans
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint
from tests.factories.world import sign_in


def _value(answer: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', answer.get_data(as_text=True))
    assert found is not None, name
    return found.group(1)


def _plan_fields(version: int, **changes: str) -> dict[str, str]:
    fields = {"version": str(version), "title": "山货小店", "products": "1"}
    fields |= {
        f"section-{section.key}": f"{section.title}写得很充分，理由清楚，数字有出处可查。" for section in SECTIONS
    }
    fields |= {"product-1-name": "香菇", "product-1-price": "29.90", "product-1-cost": "15"}
    fields |= {f"product-1-q{month}": "10" for month in range(1, 13)}
    return {**fields, **changes}


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_outcome_by_the_form(app: Flask) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
    page = client.get("/grading/outcome")
    assert page.status_code == 200
    assert "提交实践成果" in page.get_data(as_text=True)
    fields = {key: f"{title}写好了" for key, title, _ in REPORT_FIELDS}
    refused = client.post(
        "/grading/outcome", data={**fields, "review": "", "version": "0", "key": "a", "action": "submit"}
    )
    assert refused.status_code == 400
    assert "“数据复盘与改进”还没有填写" in refused.get_data(as_text=True)
    assert "运营与推广过程写好了" in refused.get_data(as_text=True)
    saved = client.post("/grading/outcome", data={**fields, "version": "0", "key": "b", "action": "draft"})
    assert saved.status_code == 302
    stale = client.post(
        "/grading/outcome", data={**fields, "review": "旧窗口的话", "version": "0", "key": "c", "action": "draft"}
    )
    assert stale.status_code == 409
    assert "旧窗口的话" in stale.get_data(as_text=True)
    assert _value(stale, "version") == "1"
    sent = {**fields, "version": "1", "key": "d", "action": "submit"}
    assert client.post("/grading/outcome", data=sent).status_code == 302
    assert client.post("/grading/outcome", data=sent).status_code == 302
    submitted = client.get("/grading/outcome").get_data(as_text=True)
    assert re.search(r"SJ\d{8}-[0-9A-Z]{6}", submitted)
    assert "撤回" in submitted
    assert client.post("/grading/outcome/withdraw").status_code == 302
    assert client.post("/grading/outcome/withdraw").status_code == 409


def test_hostile_text_is_shown_as_text(app: Flask) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
    text = "<script>alert(1)</script>'; DROP TABLE x;-- \u202e反\u200b向😀"
    client.post("/grading/outcome", data={"positioning": text, "version": "0", "key": "a", "action": "draft"})
    page = client.get("/grading/outcome").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "反向😀" in page
    long = client.post(
        "/grading/outcome", data={"positioning": "长" * 3001, "version": "1", "key": "b", "action": "draft"}
    )
    assert long.status_code == 400
    assert "最多 3000 字" in long.get_data(as_text=True)


def test_plan_is_saved_completed_and_printed(app: Flask) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
    assert client.get("/grading/plan").status_code == 200
    assert client.get("/grading/plan.pdf").location == "/grading/plan#print"
    assert client.get("/grading/plan.pdf").status_code == 303
    assert client.post("/grading/plan", data=_plan_fields(0)).status_code == 302
    page = client.get("/grading/plan").get_data(as_text=True)
    assert "第 1 版" in page
    assert "3588.00" in page
    assert client.post("/grading/plan/complete", data={"version": "1"}).status_code == 302
    printing = client.post("/grading/plan/print")
    assert printing.status_code == 303
    assert printing.location.startswith("/jobs/")
    assert client.get(printing.location).status_code == 200
    pdf = client.get("/grading/plan.pdf")
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert client.get("/grading/plan/versions/1").status_code == 200
    assert client.get("/grading/plan/versions/2").status_code == 404
    client.post("/grading/plan", data=_plan_fields(1, title="改了名字"))
    assert client.get("/grading/plan.pdf").status_code == 303


def test_two_tabs_of_the_plan_show_both_texts(app: Flask) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
    client.post("/grading/plan", data=_plan_fields(0))
    client.post("/grading/plan", data=_plan_fields(1, **{"section-market": "第一个窗口后来写的市场评估，内容比较多。"}))
    with app.app_context():
        before = fingerprint()
    stale = client.post(
        "/grading/plan", data=_plan_fields(1, **{"section-market": "第二个窗口写的市场评估，也不能丢。"})
    )
    page = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert "第一个窗口后来写的市场评估，内容比较多。" in page
    assert "第二个窗口写的市场评估，也不能丢。" in page
    assert _value(stale, "version") == "2"
    with app.app_context():
        assert changed(before, fingerprint()) == []
    assert client.post("/grading/plan", data=_plan_fields(2, title="核对过")).status_code == 302
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PlanVersion)) == 3


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("product-1-price", "十块", "产品 1的售价应是"),
        ("product-1-price", "12.345", "产品 1的售价应是"),
        ("product-1-cost", "-1", "产品 1的单位成本应是"),
        ("product-1-cost", "99999999999", "产品 1的单位成本应是"),
        ("product-1-q3", "1.5", "产品 1第 3 个月的销量应是"),
        ("product-1-q12", "1000001", "产品 1第 12 个月的销量应是"),
        ("product-1-name", "", "产品 1缺少名称"),
        ("title", "名" * 61, "项目名称最多 60 字"),
        ("section-market", "长" * 5001, "“市场评估”超过 5000 字"),
    ],
)
@pytest.mark.sqlite_only
def test_bad_figures_are_named_and_nothing_is_lost(app: Flask, field: str, text: str, sentence: str) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
        before = fingerprint()
    answer = client.post("/grading/plan", data=_plan_fields(0, **{field: text}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert "写得很充分" in page
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_rows_are_added_and_removed_without_saving(app: Flask) -> None:
    with app.app_context():
        trainee = make.make_stage(trainees=1).trainees[0]
        client = sign_in(app.test_client(), trainee)
        before = fingerprint()
    more = client.post("/grading/plan", data=_plan_fields(0, action="add"))
    assert _value(more, "products") == "2"
    less = client.post("/grading/plan", data=_plan_fields(0, action="remove-1"))
    assert _value(less, "products") == "1"
    assert "香菇" not in less.get_data(as_text=True)
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_centre_opens_draws_and_releases(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=2)
        for trainee in stage.trainees:
            make.submit(trainee)
        client = sign_in(app.test_client(), stage.centre)
    page = client.get("/grading/batches/")
    assert "网创测试班" in page.get_data(as_text=True)
    opened = client.post("/grading/batches/", data={"scope": _value(page, "scope"), "key": "o"})
    assert opened.status_code == 302
    again = client.post("/grading/batches/", data={"scope": _value(page, "scope"), "key": "o"})
    assert again.location == opened.location
    assert client.post("/grading/batches/", data={"scope": "999999", "key": "p"}).status_code == 404
    assert client.post(f"{opened.location}/draw", data={"key": "d"}).status_code == 302
    refused = client.post(f"{opened.location}/release", data={"key": "r"})
    assert refused.status_code == 409
    assert "还有 2 份评审件没有评完" in refused.get_data(as_text=True)
    batch_id = int(opened.location.rsplit("/", 1)[1])
    with app.app_context():
        names = [trainee.name for trainee in stage.trainees]
        for code in make.codes(batch_id):
            make.mark_paper(stage, batch_id, code, 80, 90)
    page = client.get(opened.location)
    assert not any(name in page.get_data(as_text=True) for name in names)
    assert "85.0" in page.get_data(as_text=True)
    with app.app_context():
        before_release = sign_in(app.test_client(), stage.trainees[0])
    assert "成绩还没有发布" in before_release.get("/grading/results").get_data(as_text=True)
    assert client.post(f"{opened.location}/release", data={"key": "s"}).status_code == 302
    mine = before_release.get("/grading/results").get_data(as_text=True)
    assert "85.0" in mine
    assert "合格" in mine
    with app.app_context():
        code = make.codes(batch_id)[0]
    assert client.post(f"{opened.location}/reveal", data={"code": code, "reason": ""}).status_code == 400
    assert (
        client.post(f"{opened.location}/reveal", data={"code": code.lower(), "reason": "核对档案"}).status_code == 302
    )
    shown = client.get(opened.location).get_data(as_text=True)
    assert sum(name in shown for name in names) == 1
    listed = client.get("/grading/results").get_data(as_text=True)
    assert code in listed
    assert not any(name in listed for name in names)


def test_infeasible_draw_names_every_paper(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=2, assessors=1)
        batch_id = make.open_batch(stage)
        codes = make.codes(batch_id)
        client = sign_in(app.test_client(), stage.centre)
        before = fingerprint()
    answer = client.post(f"/grading/batches/{batch_id}/draw", data={"key": "d"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "2 份评审件共缺 2 名评审讲师" in page
    assert all(f"{code}：缺 1 名" in page for code in codes)
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_desk_saves_submits_and_goes_on(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=2, assessors=2)
        make.drawn_batch(stage)
        who = stage.assessors[0]
        code = marking.next_code(who)
        client = sign_in(app.test_client(), who)
    desk = f"/grading/assess/{code}"
    assert "开始评审" in client.get(desk).get_data(as_text=True)
    assert client.post(f"{desk}/open").status_code == 302
    page = client.get(desk)
    assert "提交评分" in page.get_data(as_text=True)
    version = _value(page, "version")
    fields = {"points-goods": "12", "comment-goods": "标题清楚", "version": version}
    kept = client.post(f"{desk}/draft", json=fields)
    assert kept.get_json() == {"version": int(version) + 1, "total": 12}
    stale = client.post(f"{desk}/draft", json=fields, headers={"Accept": "application/json"})
    assert stale.status_code == 409
    assert stale.get_json()["code"] == "stale_sheet"
    bad = client.post(f"{desk}/draft", json={**fields, "points-goods": "1.5"}, headers={"Accept": "application/json"})
    assert (bad.status_code, bad.get_json()["field"]) == (400, "points-goods")
    over = client.post(
        f"{desk}/draft",
        json={"version": kept.get_json()["version"], "points-goods": "21"},
        headers={"Accept": "application/json"},
    )
    assert over.status_code == 400
    page = client.get(desk)
    assert "标题清楚" in page.get_data(as_text=True)
    half = client.post(
        desk, data={**fields, "version": _value(page, "version"), "key": "h", "comment-service": "先写着"}
    )
    text = half.get_data(as_text=True)
    assert half.status_code == 400
    assert "还没有打分" in text
    assert "先写着" in text
    with app.app_context():
        entries = make.spread(marking.desk(who, str(code)).paper.rubric, 77)
    full = {f"points-{key}": str(entry.points) for key, entry in entries.items()}
    full |= {f"comment-{key}": entry.comment for key, entry in entries.items()}
    sent = {**full, "version": _value(half, "version"), "key": "s"}
    assert client.post(desk, data=sent).location == "/grading/assess/"
    assert client.post(desk, data=sent).location == "/grading/assess/"
    assert client.post(desk, data={**sent, "key": "t"}).status_code == 409
    done = client.get(desk).get_data(as_text=True)
    assert "readonly" in done
    assert "提交评分" not in done


def test_recusal_by_the_dialog(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=3)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        who = make.assessor_of(stage, make.work_on(batch_id, code)[0])
        client = sign_in(app.test_client(), who)
    assert client.post(f"/grading/assess/{code}/recuse", data={"key": "r"}).status_code == 302
    assert client.get(f"/grading/assess/{code}").status_code == 404
    assert "现在没有要评审的作品" in client.get("/grading/assess/").get_data(as_text=True)


def test_a_plan_of_another_class_is_another_plan(app: Flask) -> None:
    with app.app_context():
        one = make.make_stage(trainees=1).trainees[0]
        two = make.make_stage(trainees=1).trainees[0]
        make.write_plan(one)
        with unit_of_work():
            plans.print_plan(one)
        client = sign_in(app.test_client(), two)
    assert client.get("/grading/plan/versions/1").status_code == 404
    assert client.get("/grading/plan.pdf").status_code == 303


@pytest.mark.sqlite_only
@pytest.mark.parametrize("trainees", [2, 9])
def test_pages_ask_the_same_number_of_questions_whatever_the_size(app: Flask, trainees: int) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=trainees, assessors=4)
        batch_id = make.drawn_batch(stage)
        who = stage.assessors[0]
        code = marking.next_code(who)
        centre, assessor = sign_in(app.test_client(), stage.centre), sign_in(app.test_client(), who)
    budgets: list[tuple[FlaskClient, str, int]] = [
        (centre, "/grading/batches/", 20),
        (centre, f"/grading/batches/{batch_id}", 22),
        (assessor, "/grading/assess/", 12),
        (assessor, f"/grading/assess/{code}", 14),
    ]
    for client, address, most in budgets:
        with _counted(app) as statements:
            assert client.get(address).status_code == 200
        assert len([text for text in statements if text.startswith("SELECT") or "WITH" in text]) <= most, address


@pytest.mark.sqlite_only
def test_a_queue_of_three_hundred_asks_no_more_than_a_short_one(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=2)
        batch_id = make.drawn_batch(stage)
        who = stage.assessors[0]
        (code,) = make.codes(batch_id)
        client = sign_in(app.test_client(), who)
    desk = f"/grading/assess/{code}"
    assert client.post(f"{desk}/open").status_code == 302

    def asked() -> dict[str, int]:
        counts = {}
        version = _value(client.get(desk), "version")
        calls: dict[str, Callable[[], TestResponse]] = {
            "home": lambda: client.get("/"),
            "queue": lambda: client.get("/grading/assess/"),
            "desk": lambda: client.get(desk),
            "draft": lambda: client.post(f"{desk}/draft", json={"version": version, "points-goods": "9"}),
        }
        for name, call in calls.items():
            with _counted(app) as statements:
                assert call().status_code == 200
            counts[name] = len(statements)
        return counts

    asked()  # the first draft is a change of state, the others are not
    few = asked()
    with app.app_context():
        more = make.fill_queue(batch_id, who, 300)
    assert asked() == few
    queue = client.get("/grading/assess/").get_data(as_text=True)
    assert all(one in queue for one in (code, *more))
    assert few["queue"] <= 12
    assert few["desk"] <= 14
    # a page of this queue is short enough for a slow line, and its first card is the next paper
    assert len(queue) < 200_000
    assert queue.index(more[0]) < queue.index(more[-1])

"""Around the editor: autosave, two tabs, comparison and restore, comments, import, figures and findings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.accounts.models import Account
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Role
from app.core.uow import unit_of_work
from grading.domain.finance import MONTHLY, Asset, Finance, Loan
from grading.domain.plan_content import check, parse_content
from grading.domain.plan_figures import PlanFigures, Post
from grading.services import plan_desk, plans
from tests.factories import grading as make
from tests.factories.training import hat, make_class
from tests.factories.world import sign_in

FIGURES = PlanFigures(
    Finance(
        turnover_tax_bp=100,
        monthly={**dict.fromkeys(MONTHLY, 0), "rent": 50_000, "staff_wages": 200_000},
        assets=(Asset("电脑", 360_000, 0, 36),),
        loan=Loan(100_000, 600, 10_000),
        owner_money=5_000_000,
    ),
    (Post("打包员", 1, 200_000),),
    3,
)


def rules(figures: PlanFigures) -> set[tuple[str, str, bool]]:
    content = replace(make.plan_content(), figures=figures)
    return {(one.rule, one.anchor, one.blocks) for one in check(content) if one.rule}


def test_figures_survive_storage_and_find_what_does_not_hold() -> None:
    content = replace(make.plan_content(), figures=FIGURES)
    assert parse_content(content.as_json()) == content
    assert "figures" not in make.plan_content().as_json()
    fine = rules(FIGURES)
    assert not [one for one in fine if one[2]]
    assert ("P19", "product-1-q2", False) in fine
    money = FIGURES.finance
    poor = replace(FIGURES, finance=replace(money, owner_money=0), reserve_months=0)
    assert {("P10", "fin-reserve", True), ("P11", "fin-owner", True), ("P14", "cell-closing_cash-0", True)} <= rules(
        poor
    )
    assert ("P8", "fin-staff_wages", True) in rules(replace(FIGURES, posts=(Post("打包员", 2, 200_000),)))
    short = replace(FIGURES, finance=replace(money, assets=(Asset("电脑", 1, 0, 12),)))
    assert ("P7", "asset-1-years", False) in rules(short)


def test_autosave_never_overwrites_another_tab(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2)
    one, other = stage.trainees
    make.write_plan(one)
    with unit_of_work():
        assert plan_desk.autosave(one, {"title": "甲"}, 1, 0) == 1
        assert plan_desk.autosave(one, {"title": "乙"}, 1, 1) == 2
    for serial in (0, 1, 3):
        with pytest.raises(Conflict), unit_of_work():
            plan_desk.autosave(one, {"title": "丙"}, 1, serial)
    draft = plan_desk.open_draft(one, 1)
    assert draft is not None and "乙" in draft.form
    assert plan_desk.open_draft(other, 0) is None
    with pytest.raises(InvalidInput), unit_of_work():
        plan_desk.autosave(one, {"title": "长" * 200_001}, 1, 2)
    make.write_plan(one, make.plan_content("另一个项目"))
    assert plan_desk.open_draft(one, 2) is None
    with pytest.raises(Conflict), unit_of_work():
        plan_desk.autosave(one, {"title": "丁"}, 1, 2)


def test_compare_and_restore(app_context: Flask) -> None:
    one = make.make_stage(trainees=1).trainees[0]
    make.write_plan(one, make.plan_content("山货小店"))
    make.write_plan(one, make.plan_content("山里山货"))
    _, old = plans.read_version(one, 1)
    changes = plan_desk.compare(old, plans.read_plan(one).content)
    assert [change.title for change in changes] == ["项目名称"]
    assert "".join(text for _, text in changes[0].before) == "山货小店"
    assert [kind for kind, _ in changes[0].after].count("+") >= 1
    with pytest.raises(Conflict), unit_of_work():
        plan_desk.restore(one, 1, 1)
    with unit_of_work():
        assert plan_desk.restore(one, 1, 2) == 3
    assert plans.read_plan(one).content == old


def test_comments_belong_to_the_class_and_are_finished_by_the_author(app_context: Flask) -> None:
    stage, away = make.make_stage(trainees=2), make.make_stage(trainees=1)
    one, other = stage.trainees
    make.write_plan(one)
    plan_id = plan_desk.class_plans(stage.instructor)[0].id
    with pytest.raises(NotFound):
        plan_desk.class_plan(away.instructor, plan_id)
    for section, text in (("nothing", "写得很好"), ("market", "")):
        with pytest.raises(InvalidInput), unit_of_work():
            plan_desk.add_comment(stage.instructor, plan_id, section, text)
    with unit_of_work():
        comment = plan_desk.add_comment(stage.instructor, plan_id, "market", "顾客人数请写出依据。")
    with pytest.raises(NotFound), unit_of_work():
        plan_desk.finish_comment(other, comment)
    with unit_of_work():
        plan_desk.finish_comment(one, comment)
    assert plan_desk.class_plans(stage.instructor)[0].open_comments == 0


def test_a_plan_is_imported_from_another_class_and_copies_are_noticed(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2)
    one, other = stage.trainees
    assert plan_desk.previous_plan(one) is None
    long = make.plan_content(
        extra="我们做过调查，写下了每一步的打算和依据，算过了成本和时间，也问过了老师和同行的意见。" * 2
    )
    make.write_plan(one, long)
    row = make_class(make.make_school(stage.region, "第二所学校"), "另一个班")
    again = hat(db.session.get_one(Account, one.person()), Role.TRAINEE, row.scope_id)
    found = plan_desk.previous_plan(again)
    assert found is not None and found.title == long.title
    with unit_of_work():
        assert plan_desk.import_previous(again) == 1
    assert plans.read_plan(again).content == long
    make.write_plan(other, long)
    stored = plans.read_plan(other)
    assert "P20" in {one.rule for one in plan_desk.findings(stored.plan, stored.content)}


@pytest.mark.sqlite_only
def test_pages_of_the_plan_and_of_disputes(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=2)
        one = stage.trainees[0]
        make.write_plan(one, replace(make.plan_content(), figures=FIGURES))
        make.write_plan(one, replace(make.plan_content("新名称"), figures=FIGURES))
        stored = plans.read_plan(one)
        assert stored.plan is not None
        plan_id, hash_ = stored.plan.id, stored.history[0].content_hash
        batch_id = make.drawn_batch(stage)
        trainee, teacher, centre = (sign_in(app.test_client(), who) for who in (one, stage.instructor, stage.centre))
    page = trainee.get("/grading/plan").get_data(as_text=True)
    assert "cell-closing_cash-12" in page and "写法示例" in page
    sent = {"version": "2", "serial": "0", "title": "自动保存的名字", "products": "1", "fin-owner": "一百"}
    answer = trainee.post("/grading/plan/draft", data=sent)
    assert answer.get_json() == {"serial": 1}
    answer = trainee.post("/grading/plan/draft", data={**sent, "serial": "1", "fin-owner": "100", "fin-rent": "500"})
    assert answer.get_json()["serial"] == 2 and "P11" in answer.get_json()["tables"]
    assert trainee.post("/grading/plan/draft", data=sent).status_code == 409
    page = trainee.get("/grading/plan").get_data(as_text=True)
    assert "已恢复自动保存的内容" in page and "自动保存的名字" in page
    assert trainee.post("/grading/plan/draft/drop").status_code == 302
    old = trainee.get("/grading/plan/versions/1").get_data(as_text=True)
    assert "与现在的第 2 版比较" in old and "恢复成这一版" in old
    assert teacher.get("/grading/plans").status_code == 200
    assert "写批注" in teacher.get(f"/grading/plans/{plan_id}").get_data(as_text=True)
    assert teacher.post(f"/grading/plans/{plan_id}", data={"section": "market", "text": ""}).status_code == 400
    assert teacher.post(f"/grading/plans/{plan_id}", data={"section": "market", "text": "请写依据"}).status_code == 302
    assert "请写依据" in trainee.get("/grading/plan").get_data(as_text=True)
    anybody = app.test_client()
    assert "校验值一致" in anybody.get(f"/verify/plan/{hash_}").get_data(as_text=True)
    assert "没有这份规划书" in anybody.get(f"/verify/plan/{'0' * 64}").get_data(as_text=True)
    assert anybody.get("/verify/plan/nothing").status_code == 404

    with app.app_context():
        for code in make.codes(batch_id):
            make.mark_paper(stage, batch_id, code, 40, 42)
    page = centre.get(f"/grading/batches/{batch_id}").get_data(as_text=True)
    assert "调整评审" in page and "核对利害关系" in page
    assert centre.post(f"/grading/batches/{batch_id}/reopen", data={"target": "", "reason": "x"}).status_code == 404
    assert centre.post(f"/grading/batches/{batch_id}/recheck").status_code == 302
    assert centre.post(f"/grading/batches/{batch_id}/expire").status_code == 302
    assert centre.post(f"/grading/batches/{batch_id}/release", data={"key": "r"}).status_code == 302
    assert "撤回发布" in centre.get(f"/grading/batches/{batch_id}").get_data(as_text=True)
    assert "再次跟踪辅导" in trainee.get("/grading/results").get_data(as_text=True)
    talk = {"key": "c", "account": str(one.account_id), "held_on": "2026-01-05", "form": "face", "minutes": "45"}
    assert teacher.post("/grading/coaching", data={**talk, "content": "短"}).status_code == 400
    assert teacher.post("/grading/coaching", data={**talk, "content": "一起看了评语，约定改标题。"}).status_code == 302
    assert trainee.post("/grading/results/coaching/1").status_code == 302
    appeal = {"key": "a", "title": ["店铺注册与定位"], "reason-1": "定位写得很清楚，请再看一遍。"}
    assert trainee.post("/grading/results/appeal", data=appeal).status_code == 400
    assert trainee.post("/grading/results/appeal", data={**appeal, "key": "b", "confirmed": "1"}).status_code == 302
    page = centre.get("/grading/appeals").get_data(as_text=True)
    assert "定位写得很清楚" in page
    said = {"key": "x", "action": "reject", "answer": "合计无误，材料齐全"}
    assert centre.post("/grading/appeals/1", data=said).status_code == 302
    assert "合计无误" in trainee.get("/grading/results").get_data(as_text=True)
    assert trainee.post("/grading/results/attempt", data={"key": "n"}).status_code == 302
    assert centre.get("/grading/pool").status_code == 200

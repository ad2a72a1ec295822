"""Hard case 13: the rubric of a released batch was wrong. It is re-opened with the new version; both stay on file."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from grading import api
from grading.domain.flows import AppealState, AssignmentState, BatchState, PaperState
from grading.domain.rubric import Entry
from grading.models.batch import Assignment, Batch, Paper
from grading.models.correction import EarlierMark
from grading.services import appeals, correcting, home, marking, releasing, results, rubric_desk
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint


def _new_version(actor: Actor, version: str, **maxima: int) -> None:
    """Save a rubric in which these criteria have other maxima; without any, only the source differs."""
    page = rubric_desk.read(actor, "电商版")
    parts = {
        one.key: {"title": one.title, "maximum": str(maxima.get(one.key, one.maximum)), "judged": one.judged}
        for one in page.rubric.criteria
    }
    with unit_of_work():
        rubric_desk.save(actor, "电商版", version, f"更正后的文件 {version}", parts)


def _correct(stage: make.Stage, batch_id: int, reason: str = "商品管理的满分写错了") -> correcting.Corrected:
    seen = correcting.view_correction(stage.centre, batch_id).new_hash
    with unit_of_work():
        return correcting.correct_rubric(stage.centre, batch_id, seen, reason, make.key())


def _paper(code: str) -> Paper:
    query = sa.select(Paper).where(Paper.code == code).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def _holder(stage: make.Stage, batch_id: int, code: str, slot: int) -> Actor:
    return make.assessor_of(stage, next(row for row in make.work_on(batch_id, code) if row.slot == slot))


def _again(assessor: Actor, code: str, **points: int) -> int:
    """Give the missing points; what was kept stays."""
    desk = marking.desk(assessor, code)
    kept = {key: entry for key, entry in desk.sheet.entries.items() if entry.points is not None}
    assert set(points) == {one.key for one in desk.paper.rubric.criteria} - set(kept)
    entries = {**kept, **{key: Entry(given, "按新版重评。") for key, given in points.items()}}
    with unit_of_work():
        return marking.submit_marks(assessor, code, desk.sheet.version, entries, make.key())


def _release(stage: make.Stage, batch_id: int) -> None:
    with unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())


def test_a_wrong_rubric_found_by_an_appeal_reopens_the_whole_batch(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=5)
    batch_id = make.drawn_batch(stage)
    plain, argued = make.codes(batch_id)
    make.mark_paper(stage, batch_id, plain, 70, 74)
    make.mark_paper(stage, batch_id, argued, 90, 30, 61)
    make.mark(_holder(stage, batch_id, argued, 4), argued, 62)
    arbiter, third = _holder(stage, batch_id, argued, 4), _holder(stage, batch_id, argued, 3)
    _release(stage, batch_id)
    scores = {one.person(): found.score for one in stage.trainees if (found := results.my_result(one))}
    mine = next(one for one in stage.trainees if scores[one.person()] == "62.0")
    with unit_of_work():
        appeal = appeals.file_appeal(mine, {"商品管理": "满分写成了 20，文件上是 15。"}, True, make.key())

    same = correcting.view_correction(stage.centre, batch_id)
    assert same.new is None  # nothing is in force but the batch's own version
    with pytest.raises(Refused, match="保存更正后的新版本"):
        _correct(stage, batch_id)
    _new_version(stage.centre, "2027.1", goods=15, orders=20)
    view = correcting.view_correction(stage.centre, batch_id)
    assert [(one.key, one.before, one.after, one.again) for one in view.differences] == [
        ("goods", 20, 15, True),
        ("orders", 15, 20, True),
    ]
    assert (view.papers, view.again) == (2, 4)
    before = fingerprint()
    for seen, reason, error in ((view.new_hash, "错", InvalidInput), ("0" * 64, "满分写错了", Conflict)):
        with pytest.raises(error), unit_of_work():
            correcting.correct_rubric(stage.centre, batch_id, seen, reason, make.key())
    with pytest.raises(NotFound), unit_of_work():
        correcting.correct_rubric(make.make_stage(1).centre, batch_id, view.new_hash, "别的市的中心", make.key())
    made = [name for name in changed(before, fingerprint()) if name.startswith("grading_")]
    assert made == []

    assert _correct(stage, batch_id) == correcting.Corrected(papers=2, again=4, taken_back=2)
    batch = db.session.get_one(Batch, batch_id)
    assert (batch.state, [_paper(code).state for code in (plain, argued)]) == (
        BatchState.MARKING,
        [PaperState.MARKING, PaperState.MARKING],
    )
    assert api.results(stage.row.scope_id) == []  # whoever builds on results sees none
    after = results.aftermath(mine, results.my_result(mine))
    assert after.withdrawn == "评分标准由 2026.2 更正为 2027.1：商品管理的满分写错了"
    assert [(one.version, one.score) for one in after.earlier] == [(1, "62.0")]
    assert home.trainee(mine)[2]
    assert [(one.state, "可以再次申诉" in one.answer) for one in after.appeals] == [(AppealState.DECIDED, True)]
    assert appeals.list_appeals(stage.centre)[0].id == appeal
    old = correcting.history(batch)[0]
    assert {(one.code, one.score): [points for _, points in one.marks] for one in old.papers} == {
        (plain, "72.0"): [70, 74],
        (argued, "62.0"): [90, 30, 61, 62],
    }

    first = _holder(stage, batch_id, plain, 1)
    desk = marking.desk(first, plain)
    assert desk.sheet.state == AssignmentState.DRAFT
    assert desk.sheet.entries["goods"] == Entry(None, "理由写清楚了。")
    assert desk.sheet.entries["decoration"].points is not None
    assert desk.corrected[0].startswith("商品管理（满分有更正，原评 14 / 20 分")
    with pytest.raises(InvalidInput, match="0 到 15"), unit_of_work():
        marking.save_draft(first, plain, desk.sheet.version, {"goods": Entry(16)})
    _again(first, plain, goods=10, orders=15)
    _again(_holder(stage, batch_id, plain, 2), plain, goods=10, orders=15)
    assert _paper(plain).state == PaperState.SCORED
    with pytest.raises(NotFound):  # the third and the arbiter wait until they are needed
        marking.desk(arbiter, argued)
    _again(_holder(stage, batch_id, argued, 1), argued, goods=15, orders=20)
    _again(_holder(stage, batch_id, argued, 2), argued, goods=1, orders=1)
    assert _paper(argued).state == PaperState.THIRD
    assert _holder(stage, batch_id, argued, 3) == third
    _again(third, argued, goods=10, orders=11)
    assert _holder(stage, batch_id, argued, 4) == arbiter
    total = _again(arbiter, argued, goods=12, orders=14)
    _release(stage, batch_id)
    now = results.my_result(mine)
    assert now is not None
    assert (now.score, now.version, now.method) == (f"{total}.0", 2, "arbiter")
    assert now.rubric_label.startswith("电商版 2027.1")
    assert results.aftermath(mine, now).may_appeal
    with unit_of_work():  # one more appeal, against the result by the other rubric
        appeals.file_appeal(mine, {"商品管理": "按新版的标准请再看一遍详情页。"}, True, make.key())
    with pytest.raises(Refused, match="只能申诉一次"), unit_of_work():
        appeals.file_appeal(mine, {"商品管理": "再申诉一次试试行不行。"}, True, make.key())
    assert audit.verify(stage.row.scope_id).broken_seq is None
    assert "batch.rubric_corrected" in {row.action for row in audit.latest(stage.row.scope_id, 200)}


@pytest.mark.sqlite_only
def test_the_same_criteria_keep_every_mark_and_compute_again(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=4)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 58, 66, 55)
    _release(stage, batch_id)
    _new_version(stage.centre, "2027.2")
    assert _correct(stage, batch_id, "依据的文件号写错了") == correcting.Corrected(papers=1, again=0, taken_back=1)
    paper = _paper(code)
    assert (paper.state, paper.final_numerator, paper.method) == (PaperState.SCORED, 58, "median")
    kept = db.session.scalars(sa.select(EarlierMark).order_by(EarlierMark.id)).all()
    assert [row.total for row in kept] == [58, 66, 55]
    _release(stage, batch_id)
    now = results.my_result(stage.trainees[0])
    assert now is not None
    assert (now.score, now.version) == ("58.0", 2)


@pytest.mark.sqlite_only
def test_an_open_desk_keeps_what_still_fits_and_its_old_page_is_refused(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    who = _holder(stage, batch_id, code, 1)
    with unit_of_work():
        marking.open_paper(who, code)
    version = marking.desk(who, code).sheet.version
    with unit_of_work():
        version = marking.save_draft(who, code, version, {"goods": Entry(20, "好"), "orders": Entry(9)})
    _new_version(stage.centre, "2027.3", goods=15, decoration=15)
    assert _correct(stage, batch_id).again == 0
    with pytest.raises(Conflict), unit_of_work():
        marking.save_draft(who, code, version, {"goods": Entry(20, "好")})
    sheet = marking.desk(who, code).sheet
    assert (sheet.entries["goods"], sheet.entries["orders"]) == (Entry(None, "好"), Entry(9))
    row = db.session.scalars(sa.select(Assignment).where(Assignment.account_id == who.person())).one()
    assert json.loads(row.entries)["goods"]["points"] is None

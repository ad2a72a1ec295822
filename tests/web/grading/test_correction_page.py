"""The pages around a corrected rubric: the centre's, the assessor's desk, the trainee's result."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from app.core.uow import unit_of_work
from grading.services import releasing, rubric_desk
from tests.factories import grading as make
from tests.factories.training import make_class, make_school, make_trainee
from tests.factories.world import sign_in


@pytest.mark.sqlite_only
def test_a_correction_is_shown_to_everybody_it_touches(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        make.mark_paper(stage, batch_id, code, 70, 74)
        first = make.assessor_of(stage, make.work_on(batch_id, code)[0])
        with unit_of_work():
            releasing.release_batch(stage.centre, batch_id, make.key())
        centre, assessor, trainee = (
            sign_in(app.test_client(), one) for one in (stage.centre, first, stage.trainees[0])
        )
    address = f"/grading/batches/{batch_id}/rubric"
    assert "这一批用的就是现行的评分标准" in centre.get(address).get_data(as_text=True)
    assert address in centre.get(f"/grading/batches/{batch_id}").get_data(as_text=True)
    with app.app_context(), unit_of_work():
        found = rubric_desk.read(stage.centre, "电商版").rubric.criteria
        change = {"goods": 15, "orders": 20}
        parts = {
            one.key: {"title": one.title, "maximum": str(change.get(one.key, one.maximum)), "judged": one.judged}
            for one in found
        }
        rubric_desk.save(stage.centre, "电商版", "2027.1", "更正后的文件", parts)
    page = centre.get(address).get_data(as_text=True)
    assert page.count("重评</span>") == 2
    assert "2 份评分退回原来的评审讲师" in page
    fields = dict(re.findall(r'name="(key|seen)" value="([^"]+)"', page))
    answer = centre.post(address, data={**fields, "reason": "错"})
    assert answer.status_code == 400
    assert "请写明更正的理由" in answer.get_data(as_text=True)
    answer = centre.post(address, data={**fields, "reason": "商品管理的满分写错了"}, follow_redirects=True)
    assert "已收回 1 份成绩" in answer.get_data(as_text=True)
    page = centre.get(address).get_data(as_text=True)
    assert "旧版成绩" in page and "72.0" in page and "评委甲 <b>70</b>" in page
    page = assessor.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert "评分标准有更正" in page and "原评 14 / 20 分" in page
    assert "商品管理的满分写错了" not in page  # the reason is not for assessors: it may name somebody
    page = trainee.get("/grading/results").get_data(as_text=True)
    assert "商品管理的满分写错了" in page and "第 1 版：72.0 分" in page
    assert "成绩有更正" in trainee.get("/").get_data(as_text=True)


@pytest.mark.sqlite_only
def test_small_batches_are_merged_on_the_page(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1)
        first = make.open_batch(stage)
        row = make_class(make_school(stage.region, "第二培训学校"), "第二班")
        second = make.open_batch(replace(stage, row=row, trainees=[make_trainee(row, "二班学员")]))
        centre = sign_in(app.test_client(), stage.centre)
    page = centre.get(f"/grading/batches/{first}").get_data(as_text=True)
    assert "第二班 第 1 批，1 份" in page
    answer = centre.post(f"/grading/batches/{first}/merge", data={"other": second, "key": "m"}, follow_redirects=True)
    assert "已并入 1 份评审件" in answer.get_data(as_text=True)
    assert centre.get(f"/grading/batches/{second}").location == f"/grading/batches/{first}"
    answer = centre.post(f"/grading/batches/{first}/draw", data={"key": "d"}, follow_redirects=True)
    assert "已按公开评审记录在案" in answer.get_data(as_text=True)
    answer = centre.post(f"/grading/batches/{first}/split", data={"key": "s"})
    assert answer.status_code == 409 and "部分已评定" in answer.get_data(as_text=True)

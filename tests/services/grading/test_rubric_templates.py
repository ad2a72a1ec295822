"""Rubric templates: new versions, frozen batches, everything that is refused."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.errors import InvalidInput
from app.core.uow import unit_of_work
from grading.domain.rubric import Rubric
from grading.services import results, rubric_desk
from tests.factories import grading as make
from tests.factories.world import sign_in


def _parts(rubric: Rubric, **maxima: int) -> dict[str, dict[str, str]]:
    return {
        one.key: {"title": one.title, "judged": one.judged, "maximum": str(maxima.get(one.key, one.maximum))}
        for one in rubric.criteria
    }


def test_a_new_version_is_for_new_batches_alone(app_context: Flask) -> None:
    stage, away = make.make_stage(trainees=2), make.make_stage(trainees=1)
    first = make.open_batch(make.Stage(stage.region, stage.row, stage.centre, stage.instructor, [stage.trainees[0]]))
    page = rubric_desk.read(stage.centre, "电商版")
    before = page.hash
    goods, reviews = page.rubric.criteria[2], page.rubric.criteria[5]
    parts = _parts(page.rubric, **{goods.key: goods.maximum - 2, reviews.key: reviews.maximum + 2})
    with unit_of_work():
        made = rubric_desk.save(stage.centre, "电商版", "2027.1", "市局 2027 年 3 号文", parts)
    assert rubric_desk.read(stage.centre, "电商版").hash == made
    assert rubric_desk.read(away.centre, "电商版").hash == before
    second = make.open_batch(stage)
    assert results.view_batch(stage.centre, first).rubric_hash == before
    assert results.view_batch(stage.centre, second).rubric_hash == made


@pytest.mark.sqlite_only
def test_refusals_name_their_fields(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1)
        page = rubric_desk.read(stage.centre, "直播版")
        parts = _parts(page.rubric)
        goods = page.rubric.criteria[2].key
        for version, source, changed, field in (
            ("", "市局文件", parts, "version"),
            (page.rubric.version, "市局文件", parts, "version"),
            ("9.1", "", parts, "source"),
            ("9.1", "市局文件", {**parts, goods: {**parts[goods], "maximum": "1"}}, f"maximum-{goods}"),
            ("9.1", "市局文件", {**parts, goods: {**parts[goods], "maximum": "99"}}, "total"),
            ("9.1", "市局文件", {**parts, goods: {}}, f"title-{goods}"),
        ):
            with pytest.raises(InvalidInput) as refusal, unit_of_work():
                rubric_desk.save(stage.centre, "直播版", version, source, changed)
            assert field in {issue.field for issue in refusal.value.issues}
        client = sign_in(app.test_client(), stage.centre)
    assert "10 直播电商" not in client.get("/grading/rubrics").get_data(as_text=True)
    answer = client.post("/grading/rubrics", data={"programme": "直播版", "version": "9.2", "criterion": [goods]})
    assert answer.status_code == 400
    sent = {f"{name}-{key}": text for key, part in parts.items() for name, text in part.items()}
    sent |= {"programme": "直播版", "version": "9.2", "source": "市局 2027 年 3 号文"}
    assert client.post("/grading/rubrics", data={**sent, "criterion": list(parts)}).status_code == 302
    assert "9.2" in client.get("/grading/rubrics?programme=直播版").get_data(as_text=True)

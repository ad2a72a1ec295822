"""Screening: what the scan finds, who looks, what goes back; statistics of a batch."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from grading.domain.flows import OutcomeState
from grading.domain.scan import scan
from grading.models.batch import Paper
from grading.services import batch_figures, draws, outcomes, screening
from tests.factories import grading as make
from tests.factories.world import sign_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我的旺旺是 ouyang wan er 哦", "spelling"),
        ("联系 wanerouyang88", "spelling"),
        ("一三八零零一三八零零零", "numerals"),
        ("大家好，我叫小婉", "self"),
        ("店主欧阳婉儿", "token"),
        ("详情页改了三次，销量提高一成。", None),
    ],
)
def test_scan(text: str, kind: str | None) -> None:
    found = scan({"report": [{"title": "自述", "text": text}], "figures": [{"label": "我叫"}]}, {"欧阳婉儿", "婉"})
    assert [hit.kind for hit in found] == ([] if kind is None else [kind])


def test_a_hit_waits_for_a_screener_and_goes_back_to_the_author(app_context: Flask) -> None:
    """Hard case 9: returned for masking, not scored."""
    stage = make.make_stage(trainees=2, assessors=3)
    one = stage.trainees[0]
    make.submit(one, make.report("大家好，我叫小明。"))
    batch_id = make.open_batch(stage)
    row = screening.rows(stage.centre, batch_id)[0]
    assert (row.screening, {hit[1] for hit in row.hits}) == ("look", {"可能在介绍自己"})
    with pytest.raises(Refused, match=row.code), unit_of_work():
        draws.run_draw(stage.centre, batch_id, make.key())
    with pytest.raises(InvalidInput), unit_of_work():
        screening.return_paper(stage.centre, batch_id, row.code, "")
    with pytest.raises(NotFound), unit_of_work():
        screening.pass_paper(make.make_stage(trainees=1).centre, batch_id, row.code)
    with unit_of_work():
        screening.return_paper(stage.centre, batch_id, row.code, "自述里写了名字，请去掉")
    stand = outcomes.stand(one)
    assert stand.outcome is not None
    assert (stand.state, stand.frozen, stand.outcome.returned_reason) == (
        OutcomeState.RETURNED,
        False,
        "自述里写了名字，请去掉",
    )
    with pytest.raises(Refused), unit_of_work():
        screening.take_in_waiting(stage.centre, batch_id)
    make.submit(one)
    with unit_of_work():
        assert screening.take_in_waiting(stage.centre, batch_id) == 1
    make.draw(stage, batch_id)
    assert len(make.work_on(batch_id)) == 4
    with pytest.raises(Refused), unit_of_work():
        screening.pass_paper(stage.centre, batch_id, make.codes(batch_id)[0])


@pytest.mark.sqlite_only
def test_pages_of_screening_and_statistics(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=6, assessors=4)
        make.submit(stage.trainees[0], make.report("我叫小明。"))
        batch_id = make.open_batch(stage)
        code = screening.rows(stage.centre, batch_id)[0].code
        client = sign_in(app.test_client(), stage.centre)
        trainee = sign_in(app.test_client(), stage.trainees[0])
    base = f"/grading/batches/{batch_id}"
    assert "去脱敏复核" in client.get(base).get_data(as_text=True)
    assert "可能在介绍自己" in client.get(f"{base}/screening").get_data(as_text=True)
    assert client.post(f"{base}/screening", data={"code": code, "action": "return"}).status_code == 400
    assert client.post(f"{base}/screening", data={"code": "ZZZZZZ", "action": "pass"}).status_code == 404
    back = {"code": code, "action": "return", "reason": "请去掉自我介绍"}
    assert client.post(f"{base}/screening", data=back).status_code == 302
    assert "请去掉自我介绍" in trainee.get("/grading/outcome").get_data(as_text=True)
    with app.app_context():
        make.submit(stage.trainees[0])
    assert client.post(f"{base}/more").status_code == 302
    assert client.post(f"{base}/draw", data={"key": "d"}).status_code == 302
    assert "评分还太少" in client.get(f"{base}/statistics").get_data(as_text=True)
    with app.app_context():
        codes = db.session.scalars(sa.select(Paper.code).where(Paper.state == "marking").order_by(Paper.code)).all()
        for number, one in enumerate(codes):
            make.mark_paper(stage, batch_id, one, 62 + 4 * number, 64 + 3 * number)
        found = batch_figures.batch_figures(stage.centre, batch_id)
        assert (found.papers, found.figures.pass_rate, found.third_rate) == (6, 1.0, 0.0)
        assert sum(one.n for one in found.assessors) == 12
    page = client.get(f"{base}/statistics").get_data(as_text=True)
    assert "只有 6 份评审件" in page and "ICC(1,k)" in page

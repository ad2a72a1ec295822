"""Anchor papers: agreed points first, deviations shown, queues that open after them, and nobody who may not look."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from grading.domain.rubric import Entry
from grading.models.batch import Conflict, Paper
from grading.services import anchors, calibration, marking, pool, releasing
from tests.factories import grading as make
from tests.factories.training import make_class, make_school, make_trainee


def test_anchors_come_before_the_queue_and_change_no_score(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=2)
    batch_id = make.drawn_batch(stage)
    with pytest.raises(Refused, match="还没有适用"), unit_of_work():
        anchors.set_calibration(stage.centre, batch_id, True)
    for code in make.codes(batch_id):
        make.mark_paper(stage, batch_id, code, 70, 70)
    papers = list(db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id).order_by(Paper.code)))
    with pytest.raises(Refused, match="已发布"), unit_of_work():
        anchors.make_anchor(stage.centre, papers[0].id)
    with unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    with unit_of_work():
        made = anchors.make_anchor(stage.centre, papers[0].id)
    with pytest.raises(Refused, match="已经是"), unit_of_work():
        anchors.make_anchor(stage.centre, papers[0].id)
    view = anchors.view_anchor(stage.centre, made)
    rubric, code = view.paper.rubric, view.anchor.code
    assert code != papers[0].code
    assert sum(entry.points or 0 for entry in view.entries.values()) == 70  # to begin with: the released points

    fresh = [make.make_assessor(stage.region, name) for name in ("新评委", "另一位新评委")]
    assert calibration.items(fresh[0]) == []  # no agreed points yet
    silent = {key: Entry(entry.points) for key, entry in view.entries.items()}
    with pytest.raises(InvalidInput, match="理由"), unit_of_work():
        anchors.set_reference(stage.centre, made, silent)
    with unit_of_work():
        assert anchors.set_reference(stage.centre, made, make.spread(rubric, 70)) == 70

    # Whoever held the paper, or had a conflict with its class, never sees it: the same 404 as for no such code.
    barred = make.make_assessor(stage.region, "任过课的评委")
    with unit_of_work():
        known = Conflict(batch_id=batch_id, account_id=barred.person(), kind="teaching", created_at=clock.now())
        db.session.add(known)
    for actor in (stage.assessors[0], barred):
        assert calibration.items(actor) == []
        with pytest.raises(NotFound):
            calibration.trial(actor, code)

    # The next class is marked by the fresh ones alone, and asks for the anchor first.
    today = clock.local(clock.now()).date()
    for actor in (*stage.assessors, barred):
        with unit_of_work():
            pool.set_qualification(stage.centre, actor.person(), "证书一", today, today + timedelta(days=9), 0)
    row = make_class(make_school(stage.region), "第二期班")
    second = make.Stage(stage.region, row, stage.centre, stage.instructor, [make_trainee(row, "学员丙丁")], fresh)
    target = make.open_batch(second)
    with unit_of_work():
        anchors.set_calibration(stage.centre, target, True)
    make.draw(second, target)
    (paper,) = make.codes(target)
    marker = fresh[0]
    for total, deviation, done in ((92, 22, False), (78, 8, True)):
        with pytest.raises(Refused, match="先校准") as refusal, unit_of_work():
            marking.open_paper(marker, paper)
        assert code in refusal.value.message
        before = calibration.trial(marker, code)
        assert not before.totals or before.reference_total == 70
        with unit_of_work():
            assert calibration.submit_trial(marker, code, make.spread(rubric, total), make.key()) == deviation
        after = calibration.trial(marker, code)
        assert (after.deviation, after.done) == (deviation, done)
    with pytest.raises(Refused, match="已经通过"), unit_of_work():
        calibration.submit_trial(marker, code, make.spread(rubric, 70), make.key())
    shown = anchors.list_anchors(stage.centre)[0].attempts
    assert [(one.first, one.last, one.attempts, one.far) for one in shown] == [(22, 8, 2, False)]
    with pytest.raises(Refused, match="不能再改"), unit_of_work():
        anchors.set_reference(stage.centre, made, make.spread(rubric, 60))
    with unit_of_work():
        marking.open_paper(marker, paper)
    db.session.refresh(papers[0])
    assert (papers[0].final_numerator, papers[0].final_denominator) == (70, 1)  # no score was touched

    # The second one has not calibrated; out of use, the anchor is asked of nobody.
    with pytest.raises(Refused, match="先校准"), unit_of_work():
        marking.open_paper(fresh[1], paper)
    with unit_of_work():
        anchors.retire(stage.centre, made)
    assert calibration.items(fresh[1]) == []
    with unit_of_work():
        marking.open_paper(fresh[1], paper)

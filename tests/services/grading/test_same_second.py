"""Two hands at one paper in the same second: one of them wins, never both, never neither (hard case 6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.uow import unit_of_work
from grading.domain.flows import AssignmentState, PaperState
from grading.models.batch import Assignment, Paper
from grading.services import leases, marking
from tests.factories import grading as make
from tests.factories.parallel import at_once


def _finish(stage: make.Stage, work: Assignment, code: str, total: int) -> Callable[[], Any]:
    who = make.assessor_of(stage, work)
    with unit_of_work():
        marking.open_paper(who, code)
    desk = marking.desk(who, code)
    entries = make.spread(desk.paper.rubric, total)
    return partial(marking.submit_marks, who, code, desk.sheet.version, entries, make.key())


def test_reassign_and_finish_never_both(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=4, assessors=5)
        batch_id = make.drawn_batch(stage)
        calls: list[Callable[[], Any]] = []
        for code in make.codes(batch_id):
            work = make.work_on(batch_id, code)[0]
            finish = _finish(stage, work, code, 70)
            version = make.work_on(batch_id, code)[0].version
            move = partial(leases.reassign, stage.centre, batch_id, code, 1, version, "讲师请假了", make.key())
            calls += [finish, move]
        db.session.remove()
    answers = at_once(app, calls)
    assert answers["ok"] == 4, answers
    with app.app_context():
        rows = make.work_on(batch_id)
        assert len({(row.paper_id, row.slot) for row in rows}) == len(rows) == 8
        totals = [row.total for row in rows if row.state == AssignmentState.COMPLETED]
        revoked = sa.select(sa.func.count(Assignment.id)).where(Assignment.state == AssignmentState.REVOKED)
        assert len(totals) + (db.session.scalar(revoked) or 0) == 4
        assert set(totals) <= {70}
        db.session.remove()


def test_both_assessors_finish_and_one_of_them_twice(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=3, assessors=4)
        batch_id = make.drawn_batch(stage)
        codes = make.codes(batch_id)
        calls: list[Callable[[], Any]] = []
        for code in codes:
            first, second = make.work_on(batch_id, code)
            twice = _finish(stage, first, code, 70)
            other_tab = partial(twice.func, *twice.args[:-1], make.key())  # type: ignore[attr-defined]
            calls += [twice, other_tab, _finish(stage, second, code, 75)]
        db.session.remove()
    answers = at_once(app, calls)
    assert answers["ok"] == 6, answers
    with app.app_context():
        papers = db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id)).all()
        assert {(row.state, row.final_numerator, row.final_denominator) for row in papers} == {
            (PaperState.SCORED, 145, 2)
        }
        db.session.remove()

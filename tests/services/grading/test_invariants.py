"""What holds however a batch goes: a released paper has all its marks, its score follows from them alone."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import suppress
from fractions import Fraction

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError, Refused
from app.core.uow import unit_of_work
from grading.domain import scoring
from grading.domain.flows import INACTIVE, AssignmentState, PaperState
from grading.models.batch import Assignment, Batch, Paper
from grading.models.outcome import Result
from grading.services import correcting, deciding, draws, leases, marking, releasing, rubric_desk
from tests.factories import grading as make

_versions = itertools.count(1)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["mark", "mark", "mark", "recuse", "reassign", "reopen", "release", "fill", "correct"]),
        st.integers(0, 7),
        st.sampled_from([0, 30, 58, 59, 60, 61, 75, 90, 100]),
    ),
    min_size=4,
    max_size=12,
)


def _step(stage: make.Stage, batch_id: int, name: str, pick: int, total: int) -> None:
    work = make.work_on(batch_id)
    chosen = work[pick % len(work)] if work else None
    if name == "release":
        releasing.release_batch(stage.centre, batch_id, make.key())
    elif name == "correct":
        _correct(stage, batch_id, again=total >= 60)
    elif name == "fill":
        draws.fill_open_slots(stage.centre, batch_id, make.key())
    elif chosen is not None:
        code = db.session.get_one(Paper, chosen.paper_id).code
        who = make.assessor_of(stage, chosen)
        if name == "mark":
            marking.open_paper(who, code)
            desk = marking.desk(who, code)
            entries = make.spread(desk.paper.rubric, total)
            marking.submit_marks(who, code, desk.sheet.version, entries, make.key())
        elif name == "recuse":
            marking.recuse(who, code, "认出了作者", make.key())
        elif name == "reassign":
            leases.reassign(stage.centre, batch_id, code, chosen.slot, chosen.version, "讲师请假了", make.key())
        else:
            leases.reopen(stage.centre, batch_id, code, chosen.slot, "合计与评语不符")


def _correct(stage: make.Stage, batch_id: int, *, again: bool) -> None:
    """Put another version of the rubric in force and into the batch; ``again``: two maxima change places."""
    page = rubric_desk.read(stage.centre, "电商版")
    maxima = {one.key: one.maximum for one in page.rubric.criteria}
    if again:
        maxima["goods"], maxima["orders"] = maxima["orders"], maxima["goods"]
    parts = {
        one.key: {"title": one.title, "maximum": str(maxima[one.key]), "judged": one.judged}
        for one in page.rubric.criteria
    }
    rubric_desk.save(stage.centre, "电商版", f"更正 {next(_versions)}", "更正后的文件", parts)
    seen = correcting.view_correction(stage.centre, batch_id).new_hash
    correcting.correct_rubric(stage.centre, batch_id, seen, "评分标准写错了", make.key())


def _check(batch_id: int) -> None:
    db.session.expire_all()
    rubric = releasing.rubric_of(db.session.get_one(Batch, batch_id))
    for paper in db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id)):
        rows = db.session.scalars(sa.select(Assignment).where(Assignment.paper_id == paper.id)).all()
        active = [row for row in rows if row.state not in INACTIVE]
        assert max(Counter(row.slot for row in active).values(), default=1) == 1  # never two in a place
        assert max(Counter(row.account_id for row in rows).values(), default=1) == 1  # nobody gets it twice
        final = paper.final_numerator is not None
        assert final == (paper.state in {PaperState.SCORED, PaperState.RELEASED})
        if not final:
            continue
        marks = {row.slot: deciding.marked(row) for row in active}
        assert {row.state for row in active} == {AssignmentState.COMPLETED}
        assert (
            scoring.next_step(marks, deciding.policy_of(db.session.get_one(Batch, batch_id), rubric)).step == "settle"
        )
        assert scoring.decide(marks).final == Fraction(paper.final_numerator or 0, paper.final_denominator or 1)


@pytest.mark.sqlite_only
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_released_paper_has_all_marks_and_the_score_that_follows_from_them(
    app_context: Flask, steps: list[tuple[str, int, int]]
) -> None:
    stage = make.make_stage(trainees=2, assessors=6)
    batch_id = make.drawn_batch(stage)
    for name, pick, total in steps:
        with suppress(DomainError), unit_of_work():
            _step(stage, batch_id, name, pick, total)
        _check(batch_id)
    papers = db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id)).all()
    released = [paper for paper in papers if paper.state == PaperState.RELEASED]
    assert len(released) in {0, len(papers)}
    if any(paper.final_numerator is None for paper in papers):
        with pytest.raises(Refused), unit_of_work():
            releasing.release_batch(stage.centre, batch_id, make.key())
    held = sa.select(sa.func.count(Result.id)).where(Result.scope_id == stage.row.scope_id)
    assert db.session.scalar(held.where(Result.withdrawn_at.is_(None))) == len(released)
    assert audit.verify(stage.row.scope_id).broken_seq is None

"""Hard cases 10 and 11: small batches of several classes are merged, unfinished papers are split off."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account, Scope
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from grading import access, api
from grading.domain.flows import BatchState, PaperState
from grading.models.batch import Batch, Conflict, Paper
from grading.services import draws, intake, merging, pool, releasing, results
from tests.factories import grading as make
from tests.factories.training import hat, make_class, make_instructor, make_school, make_trainee
from tests.factories.world import make_account


def _second_class(stage: make.Stage, count: int) -> make.Stage:
    """Return another class of the same region, with its own teacher."""
    row = make_class(make_school(stage.region, "第二培训学校"), "第二班")
    return replace(
        stage,
        row=row,
        instructor=make_instructor(row, "第二班讲师"),
        trainees=[make_trainee(row, f"二班学员{number}") for number in range(count)],
    )


def _merge(centre: Actor, into: int, other: int) -> int:
    with unit_of_work():
        return merging.merge_batch(centre, into, other, make.key())


@pytest.mark.sqlite_only
def test_two_small_batches_become_one_and_each_class_sees_its_own(app_context: Flask) -> None:
    one = make.make_stage(trainees=2, assessors=4)
    two = _second_class(one, 2)
    teacher_of_two = make.make_assessor(one.region, account=db.session.get_one(Account, two.instructor.person()))
    one.assessors.append(teacher_of_two)
    first, second = make.open_batch(one), make.open_batch(two)
    assert [(row.class_name, row.papers) for row in merging.partners(one.centre, db.session.get_one(Batch, first))] == [
        ("第二班", 2)
    ]
    other_city = make.make_stage(trainees=1)
    foreign = make.open_batch(other_city)
    with pytest.raises(NotFound):
        _merge(one.centre, first, foreign)
    with pytest.raises(Refused, match="另一个批次"):
        _merge(one.centre, first, first)
    assert _merge(one.centre, first, second) == 2
    merged = db.session.get_one(Batch, second)
    assert (merged.state, merged.merged_into) == (BatchState.MERGED, first)
    assert [row.id for row in results.list_batches(one.centre)] == [first]
    assert results.list_batches(one.centre)[0].class_name == f"{one.row.name}、第二班"

    make.draw(one, first)
    batch = db.session.get_one(Batch, first)
    assert batch.open_scoring  # four papers are still few: on record
    where = intake.classes_by_paper(first)
    barred = {
        row.paper_id
        for row in db.session.scalars(sa.select(Conflict).where(Conflict.account_id == teacher_of_two.account_id))
        if row.kind == "teaching"
    }
    assert barred == {paper for paper, scope_id in where.items() if scope_id == two.row.scope_id}
    held = {row.paper_id for row in make.work_on(first) if row.account_id == teacher_of_two.account_id}
    assert not held & barred
    with pytest.raises(Refused, match="已经抽取"):
        _merge(one.centre, first, make.open_batch(_second_class(one, 1)))

    for number, code in enumerate(make.codes(first)):
        make.mark_paper(one, first, code, 70 + number, 72 + number)
    for stage in (one, two):  # who looks after one school sees the papers of its class alone
        watching = hat(make_account("监管人"), Role.SUPERVISOR, _school(stage).id)
        assert [row.id for row in results.list_batches(watching)] == [first]
        seen = {row.code for row in results.view_batch(watching, first).rows}
        papers = {paper.id: paper.code for paper in access.papers(first)}
        assert seen == {papers[paper] for paper, scope_id in where.items() if scope_id == stage.row.scope_id}
    with pytest.raises(NotFound):  # whoever manages one school alone does not manage the other's papers
        access.get_batch(hat(make_account("一校经办"), Role.CENTRE, _school(one).id), first)
    with unit_of_work():
        releasing.release_batch(one.centre, first, make.key())
    assert [len(api.results(stage.row.scope_id)) for stage in (one, two)] == [2, 2]
    mine = results.my_result(two.trainees[0])
    assert results.aftermath(two.trainees[0], mine).open_scoring


def _school(stage: make.Stage) -> Scope:
    parent = db.session.get_one(Scope, stage.row.scope_id).parent_id
    return db.session.get_one(Scope, parent)


@pytest.mark.sqlite_only
def test_what_is_not_finished_is_split_off_and_the_rest_released(app_context: Flask) -> None:
    stage = make.make_stage(trainees=3, assessors=4)
    batch_id = make.drawn_batch(stage)
    done, half, untouched = make.codes(batch_id)
    make.mark_paper(stage, batch_id, done, 70, 72)
    with pytest.raises(Refused, match="部分已评定"), unit_of_work():
        merging.split_batch(stage.centre, make.drawn_batch(_second_class(stage, 1)), make.key())
    make.mark_paper(stage, batch_id, half, 61)
    with unit_of_work():
        rest = merging.split_batch(stage.centre, batch_id, make.key())
    assert make.codes(batch_id) == [done]
    assert make.codes(rest) == [half, untouched]
    with unit_of_work():
        assert releasing.release_batch(stage.centre, batch_id, make.key()) == 1
    with pytest.raises(Refused, match=half), unit_of_work():
        releasing.release_batch(stage.centre, rest, make.key())
    row = next(one for one in make.work_on(rest, half) if one.slot == 2)
    make.mark(make.assessor_of(stage, row), half, 63)
    make.mark_paper(stage, rest, untouched, 80, 81)
    assert {paper.state for paper in access.papers(rest)} == {PaperState.SCORED}
    with unit_of_work():
        assert releasing.release_batch(stage.centre, rest, make.key()) == 2
    assert draws.verify_batch(batch_id)["sound"]
    assert len(api.results(stage.row.scope_id)) == 3
    pool.refresh_conflicts(db.session.get_one(Batch, rest))
    assert db.session.scalar(sa.select(sa.func.count(Paper.id)).where(Paper.batch_id == rest)) == 2

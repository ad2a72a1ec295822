"""Relations that assessors and trainees declare themselves: matched unseen, or settled by the centre."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from grading.models.batch import Conflict
from grading.models.pool import Relation
from grading.services import declarations, intake, pool
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint
from tests.factories.training import make_class, make_school


def _account(actor: Actor) -> Account:
    return db.session.get_one(Account, actor.person())


def _declare(actor: Actor, who: str, contact: str = "", place: str = "", key: str = "") -> None:
    typed = declarations.Typed(who, contact, place, "relative", "是我的表妹。")
    with unit_of_work():
        declarations.declare_own(actor, typed, key or make.key())


def _related() -> list[tuple[int, int, int | None, str]]:
    rows = db.session.scalars(sa.select(Relation).order_by(Relation.id))
    return [(row.account_id, row.scope_id, row.trainee_id, row.source) for row in rows]


def test_what_is_known_bars_the_two_from_each_other_and_nobody_else(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=4)
    one, two = stage.trainees
    first, second = stage.assessors[:2]
    scope_id = stage.row.scope_id
    _declare(first, one.name, contact=_account(one).login, key="once")
    _declare(first, one.name, contact=_account(one).login, key="once")
    _declare(second, two.name, place=stage.row.code.lower())
    _declare(one, stage.assessors[2].name)
    assert _related() == [
        (first.person(), scope_id, one.person(), "assessor"),
        (second.person(), scope_id, two.person(), "assessor"),
        (stage.assessors[2].person(), scope_id, one.person(), "learner"),
    ]
    assert declarations.waiting(stage.centre) == []
    batch_id = make.drawn_batch(stage)
    paper = {who: paper for paper, who in intake.authors_by_paper(batch_id).items()}
    declared = sa.select(Conflict.account_id, Conflict.paper_id).where(Conflict.kind == "declared")
    assert {tuple(row) for row in db.session.execute(declared)} == {
        (first.person(), paper[one.person()]),
        (stage.assessors[2].person(), paper[one.person()]),
        (second.person(), paper[two.person()]),
    }
    held = {(row.account_id, row.paper_id) for row in make.work_on(batch_id)}
    assert not held & {tuple(row) for row in db.session.execute(declared)}
    # a trainee who is not the one that was named, or a contact that belongs to another name, is nobody
    _declare(first, "不是他", contact=_account(two).login)
    assert len(declarations.waiting(stage.centre)) == 1


def test_what_is_not_known_waits_for_the_centre(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=3)
    trainee, assessor = stage.trainees[0], stage.assessors[0]
    before = fingerprint()
    wrong = ({"who": "某"}, {"kind": "敌人"}, {"reason": "亲"}, {"place": "长" * 101})
    for change in wrong:
        fields = {"who": "张三", "contact": "", "place": "", "kind": "mentor", "reason": "师徒关系", **change}
        with pytest.raises(InvalidInput), unit_of_work():
            declarations.declare_own(assessor, declarations.Typed(**fields), make.key())
    for actor in (stage.instructor, stage.centre):
        with pytest.raises(Forbidden):
            _declare(actor, "张三")
    assert changed(before, fingerprint()) == []
    _declare(assessor, "记不清名字", place="启航的班")
    _declare(trainee, "王老师")
    by_assessor, by_learner = declarations.waiting(stage.centre)
    assert (by_assessor.declarer, by_learner.declarer) == (assessor.name, trainee.name)
    assert (by_assessor.class_name, by_learner.class_name) == ("", stage.row.name)
    assert declarations.waiting_count(stage.centre) == 2
    elsewhere = make.make_stage(trainees=0, assessors=1)
    assert declarations.waiting(elsewhere.centre) == []
    mine, other = by_assessor.declaration.id, by_learner.declaration.id
    foreign = make_class(make_school(elsewhere.region), "外市班").scope_id
    before = fingerprint()
    for actor, number, target in (
        (elsewhere.centre, mine, foreign),
        (stage.centre, mine, foreign),
        (stage.centre, other, elsewhere.assessors[0].person()),
        (stage.centre, 2**31, 1),
    ):
        with pytest.raises(NotFound), unit_of_work():
            declarations.settle(actor, number, target, "")
    with pytest.raises(InvalidInput, match="不登记"), unit_of_work():
        declarations.settle(stage.centre, mine, 0, "")
    assert changed(before, fingerprint()) == []
    with unit_of_work():
        assert declarations.settle(stage.centre, other, stage.assessors[1].person(), "")
        assert not declarations.settle(stage.centre, mine, 0, "查无此人，已电话核实。")
    with pytest.raises(Refused, match="核对过"), unit_of_work():
        declarations.settle(stage.centre, mine, stage.row.scope_id, "")
    assert _related() == [(stage.assessors[1].person(), stage.row.scope_id, trainee.person(), "learner")]
    assert declarations.waiting(stage.centre) == []
    row = pool.list_relations(stage.centre)[0]
    assert (row.name, row.trainee, row.source) == (stage.assessors[1].name, trainee.name, "学员申报")
    assert [one.who for one in declarations.own_declarations(trainee)] == ["王老师"]
    assert [one.who for one in declarations.own_declarations(assessor)] == ["记不清名字"]


def test_a_person_may_not_flood_the_centre(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=0)
    for number in range(declarations.MOST_OPEN):
        _declare(stage.trainees[0], f"讲师{number}")
    with pytest.raises(Refused, match="正在核对"):
        _declare(stage.trainees[0], "又一位")

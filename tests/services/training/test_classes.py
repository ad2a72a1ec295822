"""Classes, instructors and enrolments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Grant, Scope
from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger.book import balance, prove, wallet
from app.training import api
from app.training.models import Enrolment, TrainingClass
from app.training.services import classes, enrolment
from app.worlds.models import World
from tests.factories.training import (
    draft,
    hat,
    make_class,
    make_instructor,
    make_region,
    make_school,
    make_trainee,
    scope_of,
)
from tests.factories.world import make_account

pytestmark = pytest.mark.usefixtures("app_context")


def test_a_class_comes_with_scope_and_world_starting_at_nine_in_shanghai() -> None:
    school = make_school()
    with unit_of_work():
        row = classes.create_class(school.clerk, draft("网创一班"), key="k1")
    world = db.session.get_one(World, row.world_id)
    assert scope_of(row.code).parent_id == school.institution.scope_id
    assert world.scope_id == row.scope_id
    assert world.sim_base == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    info = api.class_by_code(school.clerk, row.code)
    assert (info.version, info.region_name, info.status, info.trainee_count) == (
        "电商版",
        "广东省广州市天河区",
        "open",
        0,
    )
    assert info.institution_scope_id == school.institution.scope_id
    assert row.code == f"{school.institution.code}-2026-001"


def test_the_same_submit_makes_one_class_and_another_body_is_refused() -> None:
    school = make_school()
    with unit_of_work():
        first = classes.create_class(school.clerk, draft(), key="k").id
    with unit_of_work():
        assert classes.create_class(school.clerk, draft(), key="k").id == first
    with pytest.raises(Conflict):
        classes.create_class(school.clerk, draft("另一个班"), key="k")
    assert db.session.scalar(sa.select(sa.func.count(TrainingClass.id))) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "班"}, "name"),
        ({"region_code": "999999"}, "region_code"),
        ({"end_date": date(2026, 11, 1)}, "end_date"),
        ({"end_date": date(2029, 11, 1)}, "end_date"),
    ],
)
def test_an_unusable_draft_names_the_field_and_makes_nothing(changes: dict[str, Any], field: str) -> None:
    school = make_school()
    scopes = db.session.scalar(sa.select(sa.func.count(Scope.id)))
    with pytest.raises(InvalidInput) as caught:
        classes.create_class(school.clerk, draft(**changes), key="k")
    assert caught.value.field == field
    assert db.session.scalar(sa.select(sa.func.count(Scope.id))) == scopes


def test_only_a_clerk_makes_classes() -> None:
    row = make_class()
    for role in (Role.INSTRUCTOR, Role.TRAINEE, Role.CENTRE, Role.SUPERVISOR, Role.SYSADMIN):
        actor = hat(make_account(), role, row.scope_id)
        with pytest.raises(Forbidden):
            classes.create_class(actor, draft(), key="k")
    assert db.session.scalar(sa.select(sa.func.count(TrainingClass.id))) == 1


def test_a_class_is_seen_from_its_scope_and_above_alone() -> None:
    region, elsewhere = make_region("甲市"), make_region("乙市")
    school, other = make_school(region), make_school(elsewhere)
    mine, theirs = make_class(school, "甲班"), make_class(other, "乙班")
    supervisor = hat(make_account(), Role.SUPERVISOR, region.id)
    trainee = make_trainee(mine)
    for actor in (supervisor, school.clerk, trainee, make_instructor(mine)):
        assert [info.name for info in api.classes_for(actor)] == ["甲班"]
        assert api.class_by_code(actor, mine.code).id == mine.id
        with pytest.raises(NotFound):
            api.class_by_code(actor, theirs.code)
    sysadmin = hat(make_account(), Role.SYSADMIN, None)
    assert {info.name for info in api.classes_for(sysadmin)} == {"甲班", "乙班"}


def test_enrolment_gives_hat_number_and_capital_once() -> None:
    school = make_school()
    row = make_class(school)
    first, second = make_account("张三"), make_account("李四")
    for account in (first, second, first):
        with unit_of_work():
            enrolment.enrol(school.clerk, row, account)
    entries = api.roster(row.scope_id)
    assert [(e.number, e.name, e.login, e.signed_in) for e in entries] == [
        (1, "张三", first.login, False),
        (2, "李四", second.login, False),
    ]
    assert balance(row.world_id, wallet(first.id)) == 10_000_000
    assert prove(row.world_id).sound
    assert api.class_by_code(school.clerk, row.code).trainee_count == 2
    found = api.class_of_scope(row.scope_id)
    assert found is not None
    assert found.world_id == row.world_id


def test_withdrawing_ends_the_hat_and_keeps_the_number() -> None:
    school = make_school()
    row = make_class(school)
    gone, stays = make_trainee(row, "甲"), make_trainee(row, "乙")
    with unit_of_work():
        enrolment.withdraw(school.clerk, row.code, gone.person())
    assert [entry.number for entry in api.roster(row.scope_id)] == [2]
    hats = db.session.scalars(sa.select(Grant).where(Grant.account_id == gone.person())).all()
    assert [grant.ended_at is not None for grant in hats] == [True]
    with unit_of_work():
        enrolment.enrol(school.clerk, row, make_account("丙"))
    assert [entry.number for entry in api.roster(row.scope_id)] == [2, 3]
    assert stays.person() in {entry.account_id for entry in api.roster(row.scope_id)}
    with pytest.raises(NotFound):
        enrolment.withdraw(school.clerk, row.code, gone.person())


def test_teaching_history_keeps_those_who_left() -> None:
    school = make_school()
    row = make_class(school)
    left, here = make_instructor(row, "甲"), make_instructor(row, "乙")
    with unit_of_work():
        classes.release_instructor(school.clerk, row.code, left.person())
    assert [one.name for one in api.instructors(row.scope_id)] == ["乙"]
    assert api.teaching_history(row.scope_id) == {left.person(), here.person()}


def test_nobody_is_trainee_and_instructor_of_one_class() -> None:
    school = make_school()
    row = make_class(school)
    teacher, trainee = make_instructor(row), make_trainee(row)
    from app.accounts.models import Account

    with pytest.raises(Refused):
        enrolment.enrol(school.clerk, row, db.session.get_one(Account, teacher.person()))
    login = db.session.get_one(Account, trainee.person()).login
    with pytest.raises(Refused):
        classes.appoint_instructor(school.clerk, row.code, login)
    assert db.session.scalar(sa.select(sa.func.count(Enrolment.id))) == 1


def test_the_life_of_a_class_and_who_moves_it() -> None:
    school = make_school()
    row = make_class(school)
    teacher, trainee = make_instructor(row), make_trainee(row)
    with pytest.raises(Forbidden), unit_of_work():
        classes.move_class(trainee, row.code, "start_teaching")
    for actor, event in ((teacher, "start_teaching"), (teacher, "start_assessing")):
        with unit_of_work():
            classes.move_class(actor, row.code, event)
    with pytest.raises(Forbidden), unit_of_work():
        classes.move_class(teacher, row.code, "archive")
    assert row.state == "assessing"
    with unit_of_work():
        classes.move_class(school.clerk, row.code, "archive")
    with pytest.raises(Refused), unit_of_work():
        enrolment.enrol(school.clerk, row, make_account())
    with pytest.raises(Refused), unit_of_work():
        classes.edit_class(school.clerk, row.code, draft("改名"))
    assert row.name == "网创一班"
    verdict = audit.verify(row.scope_id)
    assert verdict.broken_seq is None
    assert verdict.rows == 6  # created, teacher, trainee, three moves


def test_a_clerk_of_another_school_cannot_touch_the_class() -> None:
    row, stranger = make_class(), make_school().clerk
    for attempt in (
        lambda: classes.edit_class(stranger, row.code, draft("改名")),
        lambda: classes.move_class(stranger, row.code, "start_teaching"),
        lambda: classes.appoint_instructor(stranger, row.code, make_account().login),
        lambda: enrolment.issue_slips(stranger, row.code),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert (row.name, row.state) == ("网创一班", "open")


def test_listing_classes_takes_a_fixed_number_of_queries(app_context: Flask) -> None:
    school = make_school()
    for number in range(4):
        make_trainee(make_class(school, f"第{number}班"))
    db.session.rollback()
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    infos = api.classes_for(school.clerk)
    assert [info.trainee_count for info in infos] == [1, 1, 1, 1]
    assert len([text for text in statements if text.startswith(("SELECT", "WITH"))]) == 1

"""The world panel: the instructor moves time, others look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.training.models import TrainingClass
from app.worlds import due
from app.worlds.due_names import NAMES
from app.worlds.models import DueState, DueTask, World
from app.worlds.settings import setting
from tests.factories.tables import changed, fingerprint
from tests.factories.training import School, hat, make_class, make_instructor, make_school, make_trainee
from tests.factories.world import SIM_START, make_account, sign_in

fired: list[int] = []


def remember(task: DueTask) -> None:
    fired.append(task.target_id)


def stumble(_task: DueTask) -> None:
    raise LookupError("no such parcel")


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    fired.clear()
    app.extensions["due_handlers"].update({"test.note": remember, "test.stumble": stumble})
    with app.app_context():
        yield make_school()


@pytest.fixture
def row(school: School) -> TrainingClass:
    return make_class(school)


@pytest.fixture
def teacher(client: FlaskClient, row: TrainingClass) -> FlaskClient:
    return sign_in(client, make_instructor(row, "王老师"))


def world(row: TrainingClass) -> World:
    db.session.rollback()
    return db.session.get_one(World, row.world_id)


def test_a_jump_moves_time_once_and_fires_what_is_due(teacher: FlaskClient, row: TrainingClass) -> None:
    with unit_of_work():
        due.schedule(row.world_id, SIM_START + timedelta(minutes=30), "test.note", 5)
        due.schedule(row.world_id, SIM_START + timedelta(days=2), "test.note", 6)
    page = teacher.get(f"/classes/{row.code}/world").text
    assert "等待到期的事务（2）" in page
    for _ in range(2):  # a double click
        answer = teacher.post(f"/classes/{row.code}/world/jump", data={"jump": "1h", "key": "press-1"})
        assert answer.status_code == 302
    assert world(row).sim_base == SIM_START + timedelta(hours=1)
    assert fired == [5]
    other = teacher.post(f"/classes/{row.code}/world/jump", data={"jump": "1d", "key": "press-1"})
    assert other.status_code == 409
    page = teacher.get(f"/classes/{row.code}/world").text
    assert ("等待到期的事务（1）" in page, "王老师" in page, "跳转 1小时" in page) == (True, True, True)


def test_a_jump_of_ones_own_choice(teacher: FlaskClient, row: TrainingClass) -> None:
    address = f"/classes/{row.code}/world/jump"
    teacher.post(address, data={"jump": "custom", "days": "1", "hours": "2", "minutes": "30", "key": "a"})
    assert world(row).sim_base == SIM_START + timedelta(days=1, hours=2, minutes=30)
    for wrong in ({"days": "61"}, {"days": "-1"}, {"days": "1.5"}, {"days": "x"}, {}, {"minutes": "9" * 30}):
        assert teacher.post(address, data={"jump": "custom", "key": "b", **wrong}).status_code == 400
    assert teacher.post(address, data={"jump": "1h"}).status_code == 400  # no key
    assert world(row).sim_base == SIM_START + timedelta(days=1, hours=2, minutes=30)


def test_pace_and_pause(teacher: FlaskClient, row: TrainingClass) -> None:
    address = f"/classes/{row.code}/world/pace"
    teacher.post(address, data={"action": "resume", "rate": "1"})
    assert not world(row).paused
    teacher.post(address, data={"action": "rate", "rate": "3600"})
    assert world(row).rate == 3600
    assert teacher.post(address, data={"action": "rate", "rate": "3601"}).status_code == 400
    teacher.post(address, data={"action": "pause"})
    assert (world(row).paused, world(row).rate) == (True, 3600)
    assert "已暂停" in teacher.get(f"/classes/{row.code}/world").text


def test_rules_are_typed_in_yuan_and_percent(teacher: FlaskClient, row: TrainingClass) -> None:
    address = f"/classes/{row.code}/world/settings"
    teacher.post(address, data={"shop_deposit": "2,000.50", "platform_fee_bp": "2.5", "pay_minutes": "15"})
    values = {name: setting(world(row), name) for name in ("shop_deposit", "platform_fee_bp", "pay_minutes")}
    assert values == {"shop_deposit": 200_050, "platform_fee_bp": 250, "pay_minutes": 15}
    for name, text in (("pay_minutes", "0"), ("pay_minutes", "x"), ("platform_fee_bp", "51"), ("shop_deposit", "1e3")):
        teacher.post(address, data={"receive_days": "3", name: text})
    assert {name: setting(world(row), name) for name in values} == values
    assert setting(world(row), "receive_days") == 10  # nothing of a refused form is kept


def test_a_failed_task_is_shown_and_tried_again(teacher: FlaskClient, row: TrainingClass, app: Flask) -> None:
    with unit_of_work():
        task_id = due.schedule(row.world_id, SIM_START + timedelta(minutes=5), "test.stumble", 9).id
    teacher.post(f"/classes/{row.code}/world/jump", data={"jump": "10m", "key": "k"})
    assert "no such parcel" in teacher.get(f"/classes/{row.code}/world").text
    app.extensions["due_handlers"]["test.stumble"] = remember
    teacher.post(f"/classes/{row.code}/world/due/{task_id}/retry")
    assert fired == [9]
    assert db.session.get_one(DueTask, task_id, populate_existing=True).status is DueState.DONE
    assert teacher.post(f"/classes/{row.code}/world/due/{task_id}/retry").status_code == 404


def readers(row: TrainingClass, school: School) -> list[Actor]:
    return [make_trainee(row), school.clerk, hat(make_account(), Role.SUPERVISOR, school.region.id)]


def test_others_of_the_class_read_and_cannot_move(app: Flask, row: TrainingClass, school: School) -> None:
    for actor in readers(row, school):
        browser = sign_in(app.test_client(), actor)
        page = browser.get(f"/classes/{row.code}/world")
        assert page.status_code == 200
        assert "时间由本班讲师控制" in page.text
        assert "+1 小时" not in page.text
        before = fingerprint()
        for path, form in (
            ("jump", {"jump": "1h", "key": "k"}), ("pace", {"action": "resume"}), ("settings", {"pay_minutes": "5"}),
            ("due/1/retry", {}),
        ):  # fmt: skip
            assert browser.post(f"/classes/{row.code}/world/{path}", data=form).status_code == 403
        assert changed(before, fingerprint()) == []


def test_an_instructor_of_another_class_finds_nothing(app: Flask, row: TrainingClass) -> None:
    browser = sign_in(app.test_client(), make_instructor(make_class(make_school())))
    before = fingerprint()
    assert browser.get(f"/classes/{row.code}/world").status_code == 404
    assert browser.post(f"/classes/{row.code}/world/jump", data={"jump": "1h", "key": "k"}).status_code == 404
    assert browser.post(f"/classes/{row.code}/world/pace", data={"action": "resume"}).status_code == 404
    assert changed(before, fingerprint()) == []


def test_waiting_tasks_are_counted_by_the_database(teacher: FlaskClient, row: TrainingClass) -> None:
    with unit_of_work():
        for number in range(15):
            due.schedule(row.world_id, SIM_START + timedelta(hours=number + 1), "mall.parcel", number)
    page = teacher.get(f"/classes/{row.code}/world").text
    assert page.count("包裹到下一站") == 10
    assert "只列出最早的 10 项" in page
    assert db.session.scalar(sa.select(sa.func.count(DueTask.id))) == 15


@pytest.mark.sqlite_only
def test_every_kind_of_due_task_has_a_name(app: Flask) -> None:
    assert set(app.extensions["due_handlers"]) == set(NAMES)

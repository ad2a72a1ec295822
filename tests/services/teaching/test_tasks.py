"""Tasks: assigned by the teacher, done by facts, written down once, never taken away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from app.core.uow import unit_of_work
from app.teaching import api
from app.teaching.access import get_task
from app.teaching.data import ResourceDraft
from app.teaching.domain.steps import StepKind
from app.teaching.domain.task_flow import TaskState
from app.teaching.models import Resource, ResourceKind, Step, StepDone, Task
from app.teaching.services import assigning, board, recording
from app.training.api import class_by_code
from sim_mall.services import shelves
from tests.factories import mall
from tests.factories.tables import fingerprint
from tests.factories.teaching import Room, done_steps, draft, make_room, make_task
from tests.factories.training import make_school

pytestmark = pytest.mark.usefixtures("app_context")
SHOP, GOODS, PAID, BOUGHT = StepKind.SHOP_OPEN, StepKind.GOODS_ON_SALE, StepKind.ORDER_PAID, StepKind.BOUGHT


def _row(room: Room, task: Task, index: int = 0) -> board.TraineeRow:
    return board.task_board(class_by_code(room.teacher, room.code), task).rows[index]


def test_steps_are_reached_by_facts_and_written_down(app: Flask) -> None:
    room = make_room(2)
    seller, buyer = room.trainees
    task = make_task(room, (SHOP, 1), (GOODS, 2), (PAID, 1), (BOUGHT, 1))
    assert done_steps(task, seller.person()) == set()

    shop = mall.open_shop(seller)
    assert done_steps(task, seller.person()) == {SHOP}
    first = mall.make_listing(seller, shop)
    assert _row(room, task).cells[1].have == 1
    assert done_steps(task, seller.person()) == {SHOP}
    mall.make_listing(seller, shop, "亚麻抱枕 素色")
    assert done_steps(task, seller.person()) == {SHOP, GOODS}

    mall.buy(buyer, [(first.skus[0].id, 1)])
    assert done_steps(task, seller.person()) == {SHOP, GOODS, PAID}
    assert done_steps(task, buyer.person()) == {BOUGHT}
    row = _row(room, task)
    assert (row.done, row.ready, row.next.step.kind if row.next else None) == (3, False, BOUGHT)


def test_what_was_reached_stays_when_the_facts_go_back() -> None:
    room = make_room(1)
    seller = room.trainees[0]
    task = make_task(room, (GOODS, 1))
    shop = mall.open_shop(seller)
    listing = mall.make_listing(seller, shop)
    at = db.session.query(StepDone).one().done_wall_at
    with unit_of_work():
        shelves.move_listings(seller, [listing.id], "take_off")
    cell = _row(room, task).cells[0]
    assert (cell.have, cell.done, cell.done_wall_at) == (1, True, at)


def test_a_new_task_counts_what_was_done_before() -> None:
    room = make_room(2)
    mall.open_shop(room.trainees[0])
    task = make_task(room, (SHOP, 1))
    assert done_steps(task, room.trainees[0].person()) == {SHOP}
    assert done_steps(task, room.trainees[1].person()) == set()
    assert recording.record_progress(room.scope_id) == 0


def test_reading_is_an_act_of_the_trainee_alone() -> None:
    room = make_room(2)
    reader, other = room.trainees
    task = make_task(room, resources=(ResourceDraft("选品三问", "卖给谁？", must_read=True),))
    resource = task.resources[0]
    for _ in range(2):
        with unit_of_work():
            recording.mark_read(reader, room.code, task.id, resource.id)
    assert db.session.query(StepDone).count() == 1
    assert [entry.action for entry in audit.latest(room.scope_id)].count("task.step_reached") == 1
    assert _row(room, task).ready
    assert not _row(room, task, 1).ready
    before = fingerprint()
    with pytest.raises(Forbidden), unit_of_work():
        recording.mark_read(room.teacher, room.code, task.id, resource.id)
    with pytest.raises(NotFound), unit_of_work():
        recording.mark_read(other, room.code, task.id, resource.id + 1)
    assert fingerprint() == before


def test_stuck_is_begun_and_quiet_or_late() -> None:
    room = make_room(2)
    begun = room.trainees[0]
    task = make_task(room, (SHOP, 1), (GOODS, 1))
    mall.open_shop(begun)
    group = class_by_code(room.teacher, room.code)
    assert [row.stuck for row in board.task_board(group, task).rows] == [False, False]
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        assert [row.stuck for row in board.task_board(group, task).rows] == [True, False]
        found = api.stuck_people(group, 5)
        assert [(one.name, one.task_id, one.next_words) for one in found] == [
            ("学员甲", task.id, "店铺有 1 件商品在售")
        ]
    with clock.frozen(clock.now() + timedelta(days=4)):
        assert [row.stuck for row in board.task_board(group, task).rows] == [True, True]


def test_summary_counts_by_hand() -> None:
    room = make_room(3)
    task = make_task(room, (SHOP, 1), (GOODS, 1))
    first, second, _ = room.trainees
    shop = mall.open_shop(first)
    mall.make_listing(first, shop)
    mall.open_shop(second)
    (found,) = api.task_summary(room.scope_id)
    assert (found.id, found.steps, found.trainees, found.ready, found.started, found.stuck) == (task.id, 2, 3, 1, 1, 0)
    assert api.task_summary(room.region_id) == []


def test_same_key_assigns_once_and_another_body_is_refused() -> None:
    room = make_room(0)
    wanted = draft((SHOP, 1))
    with unit_of_work():
        first = assigning.assign_task(room.teacher, room.code, wanted, "one-key")
    with unit_of_work():
        assert assigning.assign_task(room.teacher, room.code, wanted, "one-key") == first
    with pytest.raises(Conflict), unit_of_work():
        assigning.assign_task(room.teacher, room.code, draft((SHOP, 1), title="另一个"), "one-key")
    assert db.session.query(Task).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"deadline": clock.now() - timedelta(minutes=1)}, "deadline"),
        ({"deadline": clock.now() + timedelta(days=400)}, "deadline"),
        ({"steps": ()}, "steps"),
        ({"steps": ((GOODS, 0),)}, "steps"),
        ({"steps": ((GOODS, 201),)}, "steps"),
        ({"steps": ((SHOP, 1), (SHOP, 1))}, "steps"),
        ({"steps": ((StepKind.RESOURCE_READ, 1),)}, "steps"),
        ({"resources": (ResourceDraft("", "有内容没名称"),)}, "resources"),
        ({"resources": (ResourceDraft("没有内容"),)}, "resources"),
    ],
)
def test_unusable_drafts_are_refused_by_field(changes: dict[str, object], field: str) -> None:
    room = make_room(0)
    changes = dict(changes)
    steps = changes.pop("steps", ((SHOP, 1),))
    before = fingerprint()
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        assigning.assign_task(room.teacher, room.code, draft(*steps, **changes), mall.key())  # type: ignore[misc,arg-type]
    assert refused.value.field == field
    assert fingerprint() == before


def test_editing_keeps_who_has_reached_what_stays() -> None:
    room = make_room(1)
    seller = room.trainees[0]
    task = make_task(
        room,
        (SHOP, 1),
        (GOODS, 3),
        resources=(ResourceDraft("一", "文字", must_read=True), ResourceDraft("二", "/mall/")),
    )
    mall.open_shop(seller)
    first, second = task.resources
    assert (first.kind, second.kind) == (ResourceKind.TEXT, ResourceKind.LINK)
    with unit_of_work():
        recording.mark_read(seller, room.code, task.id, first.id)
    changed = draft(
        (SHOP, 1), (GOODS, 2), title="开好店铺（改）", resources=(ResourceDraft("二（改）", "/mall/", id=second.id),)
    )
    with unit_of_work():
        assigning.change_task(room.teacher, room.code, task.id, changed, task.version)
    db.session.expire_all()
    assert (task.title, task.version) == ("开好店铺（改）", 2)
    assert [(step.kind, step.need) for step in task.steps] == [(SHOP, 1), (GOODS, 2)]
    assert [(item.id, item.title) for item in task.resources] == [(second.id, "二（改）")]
    assert done_steps(task, seller.person()) == {SHOP}
    assert db.session.query(Step).count() == 2
    assert db.session.query(Resource).count() == 1
    assert db.session.query(StepDone).count() == 1


def test_two_tabs_the_second_is_told() -> None:
    room = make_room(0)
    task = make_task(room, (SHOP, 1))
    with unit_of_work():
        assigning.change_task(room.teacher, room.code, task.id, draft((SHOP, 1), title="第一个窗口"), 1)
    with pytest.raises(Conflict), unit_of_work():
        assigning.change_task(room.teacher, room.code, task.id, draft((SHOP, 1), title="第二个窗口"), 1)
    db.session.expire_all()
    assert task.title == "第一个窗口"


def test_an_archived_task_is_hidden_from_trainees_and_comes_back() -> None:
    room = make_room(1)
    task = make_task(room, (SHOP, 1))
    with unit_of_work():
        assigning.archive_task(room.teacher, room.code, task.id)
    assert task.state is TaskState.ARCHIVED
    with pytest.raises(NotFound):
        get_task(room.trainees[0], room.code, task.id)
    mall.open_shop(room.trainees[0])
    assert done_steps(task, room.trainees[0].person()) == set()
    with unit_of_work():
        assigning.reopen_task(room.teacher, room.code, task.id)
    assert done_steps(task, room.trainees[0].person()) == {SHOP}
    with pytest.raises(DomainError), unit_of_work():
        assigning.reopen_task(room.teacher, room.code, task.id)


def test_only_the_class_s_own_teacher_assigns() -> None:
    school = make_school()
    room, other = make_room(1, school), make_room(1, school, "网创二班")
    task = make_task(room, (SHOP, 1))
    before = fingerprint()
    for actor, error in (
        (other.teacher, NotFound),
        (room.trainees[0], Forbidden),
        (school.clerk, Forbidden),
        (make_room(0).teacher, NotFound),
    ):
        if actor is not room.trainees[0]:
            before = fingerprint()
        with pytest.raises(error), unit_of_work():
            assigning.assign_task(actor, room.code, draft((SHOP, 1)), mall.key())
        with pytest.raises(error), unit_of_work():
            assigning.archive_task(actor, room.code, task.id)
    with pytest.raises(NotFound):
        get_task(other.teacher, other.code, task.id)
    assert fingerprint() == before

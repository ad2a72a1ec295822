"""Pages of tasks: who sees what, what a form refuses, what a trainee finds."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import db
from app.teaching.data import ResourceDraft
from app.teaching.domain.steps import StepKind
from app.teaching.models import ResourceKind, Task
from tests.factories import mall
from tests.factories.queries import count_queries
from tests.factories.tables import changed, fingerprint
from tests.factories.teaching import Room, make_room, make_task
from tests.factories.training import make_trainee
from tests.factories.world import sign_in

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def room(app: Flask) -> Room:
    """A class of two with a teacher."""
    with app.app_context():
        return make_room(2)


def _deadline() -> str:
    return f"{clock.local(clock.now()) + timedelta(days=3):%Y-%m-%dT%H:%M}"


def _form(**changes: str) -> dict[str, str]:
    return {
        "title": "开好店铺",
        "intro": "想清楚卖给谁。",
        "deadline": _deadline(),
        "step_shop_open": "y",
        "step_goods_on_sale": "y",
        "need_goods_on_sale": "3",
        "key": "one-submit",
    } | changes


def test_a_teacher_assigns_a_task_and_trainees_find_it(app: Flask, client: FlaskClient, room: Room) -> None:
    base = f"/classes/{room.code}/tasks"
    with app.app_context():
        sign_in(client, room.teacher)
    empty = client.get(f"{base}/")
    assert empty.status_code == 200
    assert "布置第一个任务" in empty.text
    data = _form() | {
        "resources-0-title": "选品三问",
        "resources-0-body": "卖给谁？",
        "resources-0-must_read": "y",
        "resources-1-title": "讲义",
        "resources-1-file": (io.BytesIO(PDF), "讲义.pdf"),
    }
    posted = client.post(f"{base}/new", data=data, content_type="multipart/form-data")
    assert posted.status_code == 302
    with app.app_context():
        task = db.session.query(Task).one()
        task_id = task.id
        assert [(step.kind, step.need) for step in task.steps] == [
            (StepKind.RESOURCE_READ, 1),
            (StepKind.SHOP_OPEN, 1),
            (StepKind.GOODS_ON_SALE, 3),
        ]
        assert [item.kind for item in task.resources] == [ResourceKind.TEXT, ResourceKind.FILE]
        text, file = (item.id for item in task.resources)
        sign_in(client, room.trainees[0])
    assert posted.location == f"{base}/{task_id}"
    mine = client.get(f"{base}/{task_id}").text
    assert "店铺有 3 件商品在售" in mine
    assert 'href="/seller/products/"' in mine
    download = client.get(f"{base}/{task_id}/resources/{file}/file")
    assert (download.data, download.content_type) == (PDF, "application/pdf")
    assert client.get(f"{base}/{task_id}/resources/{text}/file").status_code == 404
    assert client.post(f"{base}/{task_id}/resources/{text}/read").location == f"{base}/{task_id}"
    assert "完成 1 / 3 步" in client.get(f"{base}/{task_id}").text
    assert "注册店铺并开张" in client.get("/").text


def test_the_board_shows_every_trainee_and_follows(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        task = make_task(room, (StepKind.SHOP_OPEN, 1), (StepKind.GOODS_ON_SALE, 2))
        base = f"/classes/{room.code}/tasks/{task.id}"
        sign_in(client, room.teacher)
    page = client.get(base).text
    assert f'data-poll="{base}/board"' in page
    assert 'data-poll-every="3000"' in page
    assert "学员甲" in page and "学员乙" in page
    with app.app_context():
        shop = mall.open_shop(room.trainees[0])
        mall.make_listing(room.trainees[0], shop)
    part = client.get(f"{base}/board").text
    assert "<html" not in part
    assert "1/2" in part


def test_the_board_costs_the_same_for_any_number_of_trainees(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        task = make_task(room, (StepKind.SHOP_OPEN, 1), (StepKind.BOUGHT, 1))
        path = f"/classes/{room.code}/tasks/{task.id}/board"
        sign_in(client, room.teacher)
    client.get(path)
    with count_queries(app) as small:
        client.get(path)
    with app.app_context():
        for number in range(6):
            mall.open_shop(make_trainee(room.row, f"后来者{number}"))
    with count_queries(app) as large:
        client.get(path)
    assert len(large) == len(small) <= 36


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "请填写任务名称"),
        ({"deadline": "2020-01-01T08:00"}, "截止时间已经过去"),
        ({"deadline": "不是时间"}, "deadline"),
        ({"step_shop_open": "", "step_goods_on_sale": ""}, "请至少选一个步骤"),
        ({"need_goods_on_sale": "9999"}, "应在 1 到 200 之间"),
        ({"resources-0-title": "空的"}, "还没有内容"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    app: Flask, client: FlaskClient, room: Room, changes: dict[str, str], sentence: str
) -> None:
    with app.app_context():
        sign_in(client, room.teacher)
        before = fingerprint()
    answer = client.post(f"/classes/{room.code}/tasks/new", data=_form(intro="我写了很多字", **changes))
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "我写了很多字" in answer.text
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_a_file_of_the_wrong_kind_is_named(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        sign_in(client, room.teacher)
    data = _form() | {"resources-0-title": "病毒", "resources-0-file": (io.BytesIO(b"MZ\x00\x00exe"), "a.pdf")}
    answer = client.post(f"/classes/{room.code}/tasks/new", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "资料“病毒”：文件内容不是" in answer.text


def test_hostile_text_is_shown_as_text(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        sign_in(client, room.teacher)
    words = "<script>alert(1)</script>' OR 1=1 --"
    client.post(f"/classes/{room.code}/tasks/new", data=_form(title=words))
    page = client.get(f"/classes/{room.code}/tasks/").text
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_double_submit_assigns_once(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        sign_in(client, room.teacher)
    data = _form()
    first = client.post(f"/classes/{room.code}/tasks/new", data=data)
    assert client.post(f"/classes/{room.code}/tasks/new", data=data).location == first.location
    with app.app_context():
        assert db.session.query(Task).count() == 1


def test_edit_archive_and_back(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        task = make_task(room, (StepKind.SHOP_OPEN, 1), resources=(ResourceDraft("选品", "/mall/"),))
        base, resource = f"/classes/{room.code}/tasks/{task.id}", task.resources[0].id
        sign_in(client, room.teacher)
    form = client.get(f"{base}/edit").text
    assert 'value="开好店铺"' in form
    data = _form(title="改过的名字", version="1") | {
        "resources-0-id": str(resource),
        "resources-0-title": "选品",
        "resources-0-body": "/mall/",
    }
    assert client.post(f"{base}/edit", data=data).location == base
    stale = client.post(f"{base}/edit", data=data | {"title": "另一个窗口"})
    assert stale.status_code == 409
    assert "刚刚被改动过" in stale.text
    assert client.post(f"{base}/archive").status_code == 302
    assert "改过的名字" in client.get(f"/classes/{room.code}/tasks/?state=archived").text
    with app.app_context():
        sign_in(client, room.trainees[0])
    assert client.get(base).status_code == 404
    with app.app_context():
        sign_in(client, room.teacher)
    assert client.post(f"{base}/reopen").location == base


def test_other_classes_and_roles_are_refused(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        task = make_task(room, (StepKind.SHOP_OPEN, 1))
        path = f"/classes/{room.code}/tasks/{task.id}"
        other = make_room(1)
        strange = make_task(other, (StepKind.SHOP_OPEN, 1)).id
        task_id = task.id
        before = fingerprint()
    assert client.get(path).status_code == 302
    with app.app_context():
        sign_in(client, other.teacher)
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/archive").status_code == 404
    assert client.get(f"/classes/{other.code}/tasks/{task_id}").status_code == 404
    with app.app_context():
        sign_in(client, room.trainees[0])
    assert client.get(f"{path}/board").status_code == 403
    assert client.post(f"{path}/archive").status_code == 403
    assert client.get(f"/classes/{room.code}/tasks/new").status_code == 403
    assert client.get(f"/classes/{room.code}/tasks/{strange}").status_code == 404
    with app.app_context():
        sign_in(client, room.clerk)
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/archive").status_code == 403
    with app.app_context():
        assert changed(before, fingerprint()) == ["accounts_account"]  # signing in

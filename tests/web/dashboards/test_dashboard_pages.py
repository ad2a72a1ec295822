"""The home of every role and the dashboards: who is answered with what."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.permissions import Role
from app.teaching.domain.steps import StepKind
from tests.factories import mall
from tests.factories.queries import count_queries
from tests.factories.teaching import Room, make_room, make_task
from tests.factories.training import hat, make_trainee
from tests.factories.world import make_account, sign_in


@pytest.fixture
def room(app: Flask) -> Room:
    """A class of two with a teacher."""
    with app.app_context():
        return make_room(2)


def test_signed_out_people_are_led_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.location.startswith("/login")
    assert client.get("/dashboards/").status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home(app: Flask, client: FlaskClient, room: Room, role: Role) -> None:
    with app.app_context():
        scopes = {Role.TRAINEE: room.scope_id, Role.INSTRUCTOR: room.scope_id, Role.SYSADMIN: None}
        institution = room.institution_id
        scope_id = scopes.get(role, institution if role is Role.INSTITUTION_ADMIN else room.region_id)
        sign_in(client, hat(make_account("来访者"), role, scope_id))
    page = client.get("/")
    assert page.status_code == 200
    assert "，来访者</h1>" in page.text
    assert "现在要做" in page.text
    sees = role in {Role.INSTRUCTOR, Role.INSTITUTION_ADMIN, Role.DISTRICT, Role.CENTRE, Role.SUPERVISOR}
    assert client.get("/dashboards/").status_code == (200 if sees else 403)
    assert client.get(f"/dashboards/classes/{room.code}").status_code == (200 if sees else 403)


def test_home_cost_does_not_grow_with_the_class(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        make_task(room, (StepKind.SHOP_OPEN, 1))
        sign_in(client, room.teacher)
    client.get("/")
    with count_queries(app) as small:
        client.get("/")
    with app.app_context():
        for number in range(5):
            mall.open_shop(make_trainee(room.row, f"后来者{number}"))
    with count_queries(app) as large:
        client.get("/")
    assert len(large) == len(small) <= 90


def test_the_class_list_and_its_drill_down(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        shop = mall.open_shop(room.trainees[0], "甲的小店")
        listing = mall.make_listing(room.trainees[0], shop, skus=(("默认", 12_50, 10),))
        mall.buy(room.trainees[1], [(listing.skus[0].id, 2)])
        sign_in(client, hat(make_account("监管员"), Role.SUPERVISOR, room.region_id))
    page = client.get("/dashboards/").text
    assert "网创一班" in page
    assert "¥25.00" in page
    detail = client.get(f"/dashboards/classes/{room.code}?sort=-gmv").text
    assert "甲的小店" in detail
    assert 'aria-sort="descending"' in detail
    assert "data-chart=" in detail
    assert client.get("/dashboards/?q=没有&sort=x&page=99").status_code == 200


def test_exports(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        sign_in(client, room.teacher)
    for path in ("/dashboards/classes.xlsx", f"/dashboards/classes/{room.code}.xlsx"):
        answer = client.get(path)
        assert answer.status_code == 200
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
        assert sheet.max_row == (2 if path.endswith("classes.xlsx") else 3)


def test_classes_of_others_are_not_there(app: Flask, client: FlaskClient, room: Room) -> None:
    with app.app_context():
        other = make_room(1, name="别处的班")
        sign_in(client, other.teacher)
    assert "网创一班" not in client.get("/dashboards/").text
    for suffix in ("", ".xlsx"):
        assert client.get(f"/dashboards/classes/{room.code}{suffix}").status_code == 404
    for path in ("/dashboards/classes/%00", "/dashboards/?q=%00", "/classes/%00/tasks/"):
        assert client.get(path).status_code == 404

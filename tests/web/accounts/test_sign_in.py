"""Sign-in, first password, devices, hats, drafts: what a browser meets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Account, OneTimeCode, SignedInDevice
from app.accounts.scopes import grant_role
from app.accounts.services.codes import issue_code
from app.core import clock
from app.core.actor import system
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from tests.conftest import AppMaker
from tests.factories.accounts import PASSWORD, csrf, id_number, make_person
from tests.factories.training import make_class

WRONG = "账号或密码不正确。"


@pytest.fixture
def person(app: Flask) -> Iterator[Account]:
    with app.app_context():
        yield make_person("wangfang01", "王芳", "13812345678")


def sign_in(client: FlaskClient, name: str = "wangfang01", password: str = PASSWORD, **more: str) -> str:
    """Sign in; return where the browser is sent, '' when it stays."""
    answer = client.post("/login", data={"name": name, "password": password, **more})
    return answer.headers.get("Location", "")


@pytest.mark.parametrize("name", ["wangfang01", "WangFang01 ", "13812345678"])
def test_login_name_and_phone_both_sign_in(client: FlaskClient, person: Account, name: str) -> None:
    assert sign_in(client, name) == "/"
    page = client.get("/account/")
    assert (page.status_code, "王芳" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("name", "password"), [("wangfang01", "Wrong-Pass-1"), ("nobody", PASSWORD), ("13900000000", "Wrong-Pass-2")]
)
def test_whatever_is_wrong_the_answer_is_the_same(
    client: FlaskClient, person: Account, name: str, password: str
) -> None:
    answer = client.post("/login", data={"name": name, "password": password})
    assert (answer.status_code, WRONG in answer.text) == (400, True)
    assert name in answer.text  # what was typed stays
    assert password not in answer.text
    assert client.get("/account/").status_code == 302


def test_an_unknown_account_costs_a_check_as_well(
    client: FlaskClient, person: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        checked.append(stored)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    sign_in(client, "nobody")
    sign_in(client, password="wrong")
    assert [stored == person.password_hash for stored in checked] == [False, True]


def test_a_disabled_account_cannot_sign_in_and_its_devices_end(client: FlaskClient, person: Account) -> None:
    sign_in(client)
    with unit_of_work():
        person.disabled_at = clock.now()
    assert client.get("/account/").status_code == 302
    assert sign_in(client) == ""


@pytest.mark.parametrize(
    ("target", "sent_to"),
    [
        ("/account/?a=1", "/account/?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/login", "/"),
        ("/logout", "/"),
    ],
)
def test_after_the_sign_in_only_paths_of_this_site(
    client: FlaskClient, person: Account, target: str, sent_to: str
) -> None:
    assert sign_in(client, next=target) == sent_to


def test_a_page_asked_for_before_the_sign_in_comes_after_it(client: FlaskClient, person: Account) -> None:
    answer = client.get("/account/?x=1")
    assert answer.headers["Location"] == "/login?next=/account/?x%3D1"
    assert 'value="/account/?x=1"' in client.get(answer.headers["Location"]).text


def test_an_expired_session_in_a_form_leads_back_to_the_form(client: FlaskClient, person: Account) -> None:
    sign_in(client)
    assert 'data-draft="profile"' in client.get("/account/").text
    with unit_of_work():
        db.session.execute(sa.update(SignedInDevice).values(ended_at=clock.now()))
    answer = client.post(
        "/account/profile", data={"name": "新名", "phone": ""}, headers={"Referer": "http://localhost/account/"}
    )
    assert answer.headers["Location"] == "/login?next=/account/"
    assert db.session.get_one(Account, person.id).name == "王芳"
    assert sign_in(client, next="/account/") == "/account/"


def test_a_lost_cookie_in_a_form_leads_to_the_sign_in_too(make_app: AppMaker) -> None:
    app = make_app()
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    answer = client.post("/account/profile", data={"name": "x"}, headers={"Referer": "http://localhost/account/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/account/")
    script = client.post("/account/profile", headers={"Accept": "application/json"})
    assert (script.status_code, script.get_json()["code"]) == (400, "csrf")


def test_without_a_token_a_signed_in_form_changes_nothing(app: Flask, client: FlaskClient, person: Account) -> None:
    sign_in(client)
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/account/profile", data={"name": "新名", "phone": "13900000000"})
    assert (answer.status_code, "刷新页面后重新提交" in answer.text) == (400, True)
    assert db.session.get_one(Account, person.id).phone == "13812345678"


def test_too_many_failures_of_an_account_wait_whatever_the_address(make_app: AppMaker) -> None:
    app = make_app(sign_in_tries=3)
    client = app.test_client()
    with app.app_context():
        make_person("wangfang01")
        make_person("lisi01")
    for number in range(3):
        answer = client.post(
            "/login", data={"name": "WANGFANG01", "password": "x"}, environ_base={"REMOTE_ADDR": f"10.0.0.{number}"}
        )
        assert answer.status_code == 400
    answer = client.post("/login", data={"name": "wangfang01", "password": PASSWORD})
    assert (answer.status_code, "请 15分钟后再试" in answer.text) == (429, True)
    assert sign_in(client, "lisi01") == "/"


def test_too_many_failures_of_an_address_wait_whatever_the_account(make_app: AppMaker) -> None:
    app = make_app(sign_in_tries_of_address=3)
    client = app.test_client()
    with app.app_context():
        make_person("wangfang01")
    for number in range(3):
        sign_in(client, f"nobody{number}")
    assert client.post("/login", data={"name": "wangfang01", "password": PASSWORD}).status_code == 429
    other = client.post(
        "/login", data={"name": "wangfang01", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert other.status_code == 302


def test_a_good_sign_in_forgets_the_failures(make_app: AppMaker) -> None:
    app = make_app(sign_in_tries=3)
    client = app.test_client()
    with app.app_context():
        make_person("wangfang01")
    for _ in range(2):
        sign_in(client, password="x")
        sign_in(client, password="x")
        assert sign_in(client) == "/"
        client.post("/logout")


def test_the_session_is_new_after_the_sign_in(client: FlaskClient, person: Account) -> None:
    with client.session_transaction() as session:
        session["planted"] = "x"
    sign_in(client)
    with client.session_transaction() as session:
        assert "planted" not in session
        token = session["_user_id"]
    stored = db.session.scalars(sa.select(SignedInDevice.digest)).one()
    assert stored != token
    client.post("/logout")
    with client.session_transaction() as session:
        assert "_user_id" not in session
        session["_user_id"] = token
        session["_fresh"] = True
    assert client.get("/account/").status_code == 302  # the token of a device that was signed out is dead


def test_devices_are_listed_and_ended_by_their_owner_alone(app: Flask, client: FlaskClient, person: Account) -> None:
    phone = app.test_client()
    sign_in(client)
    sign_in(phone)
    stranger = make_person("stranger")
    ids = list(db.session.scalars(sa.select(SignedInDevice.id).order_by(SignedInDevice.id)))
    other = app.test_client()
    sign_in(other, stranger.login)
    assert other.post(f"/account/devices/{ids[1]}/end").status_code == 404
    assert phone.get("/account/").status_code == 200
    assert client.get("/account/").text.count("/account/devices/") == 2
    client.post(f"/account/devices/{ids[1]}/end")
    assert phone.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_devices_end_by_themselves_after_fourteen_days(client: FlaskClient, person: Account) -> None:
    sign_in(client)
    with unit_of_work():
        db.session.execute(sa.update(SignedInDevice).values(created_at=clock.now() - timedelta(days=14, minutes=1)))
    assert client.get("/account/").status_code == 302


def test_a_changed_password_ends_the_other_devices(app: Flask, client: FlaskClient, person: Account) -> None:
    phone = app.test_client()
    sign_in(client)
    sign_in(phone)
    form = {"current": PASSWORD, "password": "Another-Horse-8", "repeat": "Another-Horse-8"}
    for change in ({"current": "wrong"}, {"repeat": "different"}, {"password": "12345678", "repeat": "12345678"}):
        assert client.post("/account/password", data={**form, **change}).status_code == 400
    assert phone.get("/account/").status_code == 200
    assert client.post("/account/password", data=form).status_code == 302
    assert phone.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    client.post("/logout")
    assert (sign_in(client), sign_in(client, password="Another-Horse-8")) == ("", "/")


def activate(client: FlaskClient, code: str, **changes: str) -> int:
    """Use a one-time code; return the status."""
    form = {"name": "wangfang01", "code": code, "password": "First-Horse-9", "repeat": "First-Horse-9", **changes}
    return client.post("/activate", data=form).status_code


def test_a_code_sets_the_password_and_ends_all_devices(app: Flask, client: FlaskClient, person: Account) -> None:
    phone = app.test_client()
    sign_in(phone)
    with unit_of_work():
        code = issue_code(system(), person.id)
    stored = db.session.scalars(sa.select(OneTimeCode.digest)).one()
    assert code.replace("-", "") not in stored
    for change in ({"password": "short", "repeat": "short"}, {"repeat": "other"}, {"name": "nobody"}):
        assert activate(client, code, **change) == 400
    assert phone.get("/account/").status_code == 200
    assert activate(client, code) == 302
    assert phone.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    assert activate(app.test_client(), code) == 400


def test_a_code_lives_fourteen_days(client: FlaskClient, person: Account) -> None:
    with unit_of_work():
        code = issue_code(system(), person.id)
        db.session.execute(sa.update(OneTimeCode).values(expires_at=clock.now() - timedelta(seconds=1)))
    answer = client.post(
        "/activate", data={"name": "wangfang01", "code": code, "password": "First-Horse-9", "repeat": "First-Horse-9"}
    )
    assert (answer.status_code, "这个登录码已失效" in answer.text) == (400, True)


def test_hats_are_switched_to_own_ones_alone(client: FlaskClient, person: Account) -> None:
    first, second = make_class(name="甲班"), make_class(name="乙班")
    with unit_of_work():
        grant_role(person.id, Role.INSTRUCTOR, first.scope_id)
        hat = grant_role(person.id, Role.INSTRUCTOR, second.scope_id).id
        foreign = grant_role(make_person("other").id, Role.SYSADMIN, None).id
    sign_in(client)
    assert client.get(f"/classes/{first.code}/world").status_code == 200
    assert client.get(f"/classes/{second.code}/world").status_code == 404
    assert client.post("/account/hat", data={"hat": foreign}).status_code == 404
    assert client.post("/account/hat", data={"hat": "x"}).status_code == 404
    assert client.post("/account/hat", data={"hat": hat}).headers["Location"] == "/"
    assert client.get(f"/classes/{second.code}/world").status_code == 200
    assert client.get(f"/classes/{first.code}/world").status_code == 404


def test_the_profile_shows_an_id_number_masked_and_keeps_it(client: FlaskClient, person: Account) -> None:
    sign_in(client)
    number = id_number(77)
    taken = make_person("other", phone="13900000000")
    for change in ({"phone": taken.phone or ""}, {"phone": "123"}, {"id_number": number[:17] + "1"}, {"name": "<b>"}):
        form = {"name": "王芳", "phone": "13812345678", "id_number": "", **change}
        assert client.post("/account/profile", data=form).status_code in {400, 409}
    assert client.post("/account/profile", data={"name": "王芳", "phone": "", "id_number": number}).status_code == 302
    page = client.get("/account/").text
    assert number not in page
    assert f"{number[:3]}***********{number[-4:]}" in page
    client.post("/account/profile", data={"name": "别名", "phone": "", "id_number": id_number(78)})
    db.session.expire_all()
    assert db.session.get_one(Account, person.id).name == "王芳"
    assert f"{number[:3]}***********{number[-4:]}" in client.get("/account/").text


def test_the_region_is_chosen_in_steps(client: FlaskClient, person: Account) -> None:
    sign_in(client)
    assert "广州市" in client.get("/account/region?province=44").text
    assert "天河区" in client.get("/account/region?province=44&city=4401").text
    assert client.post("/account/region", data={"region": "999"}).status_code == 400
    client.post("/account/region", data={"region": "440106"})
    assert "广东省广州市天河区" in client.get("/account/").text


def test_demo_accounts_are_shown_in_demo_mode_alone(make_app: AppMaker) -> None:
    for mode, shown in (("demo", True), ("test", False), ("production", False)):
        app = make_app(mode=mode)
        app.extensions["demo_accounts"] = [("trainee01", "学员")]
        page = app.test_client().get("/login").text
        assert ("trainee01" in page, "Demo-2026" in page) == (shown, shown)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'; DROP TABLE accounts_account; --", "😀" * 40, "\u202e"]
)
def test_hostile_text_is_only_text(client: FlaskClient, person: Account, text: str) -> None:
    answer = client.post("/login", data={"name": text, "password": text})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert sign_in(client, "x" * 5000) == ""
    assert csrf(client, "/login")

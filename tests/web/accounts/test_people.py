"""People and their hats: who may register whom, and what the page shows."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Account, Grant, ScopeKind, SignedInDevice
from app.accounts.scopes import create_scope
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_class_scope, sign_in


def _person(**changes: str) -> dict[str, str]:
    return {"name": "沈知秋", "login": "shenzhiqiu", "phone": "", "role": "centre", "scope": "1", "key": "k1"} | changes


def test_the_administrator_registers_a_person_who_then_signs_in(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        with unit_of_work():
            region = create_scope(ScopeKind.REGION, "滨海市", "R1").id
        sign_in(client, make_actor(Role.SYSADMIN, None))
    page = client.post("/people/new", data=_person(scope=str(region)))
    assert page.status_code == 200
    code = re.search(r"<dd>([0-9A-Z]{5}(?:-[0-9A-Z]{5}){2})<", page.text)
    assert code is not None
    other = app.test_client()
    done = other.post(
        "/activate",
        data={
            "name": "shenzhiqiu",
            "code": code.group(1),
            "password": "Harbour-2026",
            "repeat": "Harbour-2026",
            "key": "k",
        },
    )
    assert (done.status_code, done.location) == (302, "/")
    with app.app_context():
        grant = db.session.scalars(sa.select(Grant).join(Account).where(Account.login == "shenzhiqiu")).one()
        assert (grant.role, grant.scope_id) == (Role.CENTRE, region)


def test_a_clerk_cannot_give_hats_outside_the_institution(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        with unit_of_work():
            home = create_scope(ScopeKind.INSTITUTION, "启航学校", "I1").id
        stranger = make_class_scope("别校的班").id
        sign_in(client, make_actor(Role.INSTITUTION_ADMIN, home))
        before = fingerprint()
    assert client.post("/people/new", data=_person(role="instructor", scope=str(stranger))).status_code == 400
    assert client.post("/people/new", data=_person(role="centre", scope=str(home))).status_code == 400
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_a_disabled_person_is_signed_out_at_once_and_may_come_back(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        admin = make_actor(Role.SYSADMIN, None)
        scope = make_class_scope()
        person = make_actor(Role.INSTRUCTOR, scope.id, "陆见山")
        sign_in(client, admin)
        theirs = sign_in(app.test_client(), person)
    assert theirs.get("/account/").status_code == 200
    assert client.post(f"/people/{person.account_id}/disable").status_code == 302
    assert theirs.get("/account/").status_code == 302
    assert client.post(f"/people/{person.account_id}/enable").status_code == 302
    assert "陆见山" in client.get("/people/?q=陆见山").text
    with app.app_context():
        ended = db.session.scalars(
            sa.select(SignedInDevice.ended_at).where(SignedInDevice.account_id == person.account_id)
        ).all()
        assert None not in ended


def test_nobody_locks_themselves_out_or_drops_the_hat_they_wear(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        admin = make_actor(Role.SYSADMIN, None)
        grant = db.session.scalars(sa.select(Grant.id).where(Grant.account_id == admin.account_id)).one()
        sign_in(client, admin)
        before = fingerprint()
    assert client.post(f"/people/{admin.account_id}/disable").status_code == 409
    assert client.post(f"/people/{admin.account_id}/hats/{grant}/end").status_code == 409
    with app.app_context():
        assert changed(before, fingerprint()) == []


def test_an_existing_login_gets_a_further_hat_only_under_the_same_name(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        with unit_of_work():
            region = create_scope(ScopeKind.REGION, "滨海市", "R1").id
        account = make_actor(Role.INSTRUCTOR, make_class_scope().id, "江予安")
        login = db.session.get_one(Account, account.person()).login
        sign_in(client, make_actor(Role.SYSADMIN, None))
    data = _person(login=login, role="assessor", scope=str(region))
    assert client.post("/people/new", data=data).status_code == 409
    assert client.post("/people/new", data=data | {"name": "江予安"}).status_code == 302
    with app.app_context():
        roles = db.session.scalars(sa.select(Grant.role).where(Grant.account_id == account.account_id)).all()
        assert sorted(roles) == [Role.ASSESSOR, Role.INSTRUCTOR]

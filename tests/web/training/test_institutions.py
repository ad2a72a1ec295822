"""The administrator's pages of regions and institutions."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Scope, ScopeKind
from app.core.db import db
from app.core.permissions import Role
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, sign_in


def test_a_region_then_an_institution_below_it(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        sign_in(client, make_actor(Role.SYSADMIN, None))
    region = {"name": "滨海市", "code": "BH", "parent": "0", "key": "a"}
    assert client.post("/institutions/regions/new", data=region).status_code == 302
    with app.app_context():
        top = db.session.scalars(sa.select(Scope).where(Scope.code == "BH")).one().id
    data = {"name": "启航职业培训学校", "code": "BH-QH", "parent": str(top), "region_code": "1301", "key": "b"}
    assert client.post("/institutions/new", data=data).location == "/people/new"
    page = client.get("/institutions/").text
    assert "启航职业培训学校" in page and "滨海市" in page
    with app.app_context():
        scope = db.session.scalars(sa.select(Scope).where(Scope.code == "BH-QH")).one()
        assert (scope.kind, scope.parent_id) == (ScopeKind.INSTITUTION, top)
        before = fingerprint()
    taken = client.post("/institutions/new", data=data | {"key": "c"})
    assert taken.status_code == 409 and "代码 BH-QH 已被使用" in taken.text
    with app.app_context():
        assert changed(before, fingerprint()) == []

"""Every route × every role × own and other class: who is answered, who is refused; a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.core.actor import Actor
from app.core.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories.tables import changed, fingerprint
from tests.factories.world import sign_in
from tests.permissions.stage import Stage
from tests.permissions.table import methods_of, rows_of, rules, written_rows

# answered on purpose without regard to ids: they change the caller's own state only
ENDS_THE_SIGN_IN = {"accounts.sign_out"}


pytestmark = [pytest.mark.sqlite_only, pytest.mark.xdist_group("permission-table")]


def test_every_route_stands_in_the_table_with_the_mark_it_carries(app: Flask) -> None:
    assert rows_of(app) == written_rows()


def test_no_route_is_unmarked(app: Flask) -> None:
    assert {row.endpoint for row in rows_of(app) if row.access == "unmarked"} == set()


def _calls(app: Flask, stage: Stage, which: str) -> Iterator[tuple[Rule, str, str]]:
    """Yield every route, method and address, the reading ones first: a POST may take away what a GET shows."""
    ours = [rule for rule in rules(app) if rule.endpoint not in ENDS_THE_SIGN_IN]
    calls = [(rule, method) for rule in ours for method in methods_of(rule)]
    for rule, method in sorted(calls, key=lambda call: (call[1] != "GET", call[0].endpoint)):
        yield rule, method, stage.address(app, rule, which)


def _answer(client: FlaskClient, method: str, address: str) -> int:
    return client.open(address, method=method).status_code


def test_signed_out_people_reach_public_routes_only(app: Flask, stage: Stage, client: FlaskClient) -> None:
    marks = {row.endpoint: row for row in written_rows()}
    with app.app_context():
        before = fingerprint()
    wrong = []
    for rule, method, address in _calls(app, stage, "own"):
        answer = client.open(address, method=method)
        to_sign_in = answer.status_code == 302 and answer.location.startswith("/login")
        if marks[rule.endpoint].access == "signature":
            if answer.status_code != 401:
                wrong.append((method, address, answer.status_code))
        elif marks[rule.endpoint].access == "public":
            if to_sign_in or answer.status_code in {401, 403} or answer.status_code >= 500:
                wrong.append((method, address, answer.status_code))
        elif not to_sign_in:
            wrong.append((method, address, answer.status_code))
    assert wrong == []
    with app.app_context():
        assert changed(before, fingerprint()) == []


@pytest.mark.parametrize("role", list(Role))
def test_roles_without_the_permission_are_refused(app: Flask, stage: Stage, client: FlaskClient, role: Role) -> None:
    marks = {row.endpoint: row for row in written_rows()}
    with app.app_context():
        sign_in(client, stage.people[role])
        before = fingerprint()
    wrong = []
    for rule, method, address in _calls(app, stage, "own"):
        wanted = marks[rule.endpoint].permissions
        if not wanted or wanted & {str(p) for p in ROLE_PERMISSIONS[role]}:
            continue
        status = _answer(client, method, address)
        if status != 403:
            wrong.append((method, address, status))
    assert wrong == []
    with app.app_context():
        assert changed(before, fingerprint()) == []


@pytest.mark.parametrize("which", ["other_class", "other_institution"])
@pytest.mark.parametrize("role", list(Role))
def test_rows_of_another_class_do_not_exist(
    app: Flask, stage: Stage, client: FlaskClient, role: Role, which: str
) -> None:
    person: Actor = stage.people[role]
    marks = {row.endpoint: row for row in written_rows()}
    with app.app_context():
        sign_in(client, person)
        before = fingerprint()
    wrong = []
    for rule, method, address in _calls(app, stage, which):
        wanted = {Permission(p) for p in marks[rule.endpoint].permissions}
        if not stage.belongs_to_a_class(rule) or not any(person.may(p) for p in wanted):
            continue
        if stage.covers(role, which):
            continue
        status = _answer(client, method, address)
        # an empty form may be refused before any row is looked for
        if status not in ({403, 404} if method == "GET" else {400, 403, 404}):
            wrong.append((method, address, status))
    assert wrong == []
    with app.app_context():
        assert changed(before, fingerprint()) == []


@pytest.mark.parametrize("role", list(Role))
def test_roles_with_the_permission_are_answered_in_their_own_class(
    app: Flask, stage: Stage, client: FlaskClient, role: Role
) -> None:
    marks = {row.endpoint: row for row in written_rows()}
    with app.app_context():
        sign_in(client, stage.people[role])
    wrong = []
    for rule, method, address in _calls(app, stage, "own"):
        row = marks[rule.endpoint]
        wanted = row.permissions
        if row.access != "signed_in" and not wanted & {str(p) for p in ROLE_PERMISSIONS[role]}:
            continue
        status = _answer(client, method, address)
        missing = method == "GET" and status >= 400 and not stage.may_be_missing(rule.endpoint, role)
        if status in {401, 405} or status >= 500 or missing:
            wrong.append((method, address, status))
    assert wrong == []

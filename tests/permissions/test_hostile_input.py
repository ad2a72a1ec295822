"""Every form of the site is sent nonsense: what comes back is a sentence for people, never a broken server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from wtforms.form import FormMeta

from app.core.permissions import ROLE_PERMISSIONS, Role
from app.core.web.forms import Form
from tests.factories.world import sign_in
from tests.permissions.stage import Stage
from tests.permissions.table import rules, written_rows

pytestmark = [pytest.mark.sqlite_only, pytest.mark.xdist_group("hostile-input")]

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
NONSENSE = {
    "text": "<script>alert(1)</script>' OR 1=1; -- \u202e\u200b\u2066\ufeff 👩‍👩‍👧‍👦🏴‍☠️ﷺ",
    "broken characters": "a\x00b\ud800",
    "enormous number": "9" * 40,
    "other number": "-1",
    "strange date": "9999-99-99T99:99",
    "novel": "长" * 500,
}


def _field_names() -> list[str]:
    """Every name that a form of the site gives to a field."""

    def below(kind: FormMeta) -> list[FormMeta]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))]

    names = {name for kind in below(Form) for name in dir(kind) if hasattr(getattr(kind, name), "field_class")}
    for path in ROOT.glob("*/**/templates/**/*.html"):
        names |= set(re.findall(r'\bname="([a-z_]+)"', path.read_text(encoding="utf-8")))
    return sorted(names - {"csrf_token", "viewport"})


@pytest.mark.parametrize("kind", list(NONSENSE))
def test_no_form_breaks(app: Flask, stage: Stage, kind: str) -> None:
    fields = dict.fromkeys(_field_names(), NONSENSE[kind].encode("utf-8", "surrogatepass"))
    if kind != "broken characters":
        fields["key"] = f"key-{kind}".encode()
    body = urlencode(fields)  # once: it is long, and the same for all
    marks = {row.endpoint: row for row in written_rows()}
    people: dict[Role, FlaskClient] = {}
    for role, person in stage.people.items():
        people[role] = app.test_client()
        with app.app_context():
            sign_in(people[role], person)
    wrong = []
    for rule in rules(app):
        if "POST" not in (rule.methods or ()) or rule.endpoint in {"accounts.sign_out", "accounts.end_other_devices"}:
            continue
        if marks[rule.endpoint].access == "signature":
            continue  # for programs, which read the status
        wanted = marks[rule.endpoint].permissions
        allowed = next((r for r in Role if not wanted or wanted & {str(p) for p in ROLE_PERMISSIONS[r]}), None)
        if allowed is None:
            continue
        address = stage.address(app, rule, "own")
        answer = people[allowed].post(address, data=body, content_type="application/x-www-form-urlencoded")
        told = answer.status_code < 400 or CHINESE.search(answer.get_data(as_text=True))
        if answer.status_code >= 500 or not told:
            wrong.append((rule.endpoint, answer.status_code))
    assert wrong == []

"""Accounts with passwords and ID numbers for tests."""

from __future__ import annotations

import re
from datetime import date

from flask.testing import FlaskClient

from app.accounts.domain.id_number import check_digit
from app.accounts.models import Account
from app.accounts.services import sign_in
from app.core.actor import system
from app.core.uow import unit_of_work
from tests.factories.world import make_account

PASSWORD = "Correct-Horse-7"


def id_number(sequence: int, birthday: date = date(1998, 3, 14), region: str = "440106") -> str:
    """Return a sound ID number of nobody: sequence 1 to 999."""
    first17 = f"{region}{birthday:%Y%m%d}{sequence:03d}"
    return first17 + check_digit(first17)


def make_person(login: str = "", name: str = "", phone: str | None = None, password: str = PASSWORD) -> Account:
    """Create an account that can sign in with the password."""
    account = make_account(name, login)
    with unit_of_work():
        account.phone = phone
        sign_in.set_password(system(), account, password)
    return account


def csrf(client: FlaskClient, page: str = "/account/") -> str:
    """Return the CSRF token of the client's browser, read from a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(page, follow_redirects=True).text)
    assert found is not None
    return found.group(1)

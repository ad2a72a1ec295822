"""A command with a key is carried out once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.models import Scope, ScopeKind
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.core.idempotency import once
from app.core.permissions import Role

pytestmark = pytest.mark.usefixtures("app_context")
ME, YOU = Actor(1, "甲", Role.TRAINEE, 1), Actor(2, "乙", Role.TRAINEE, 1)


def create(actor: Actor, key: str, code: str) -> dict[str, str]:
    def carry_out() -> dict[str, str]:
        db.session.add(Scope(kind=ScopeKind.REGION, name=code, code=f"{code}-{actor.account_id}"))
        db.session.flush()
        return {"code": code}

    answer: dict[str, str] = once(actor, key, "scope.create", {"code": code}, carry_out)
    return answer


def count() -> int:
    return db.session.scalar(sa.select(sa.func.count(Scope.id))) or 0


def test_the_same_key_and_body_answers_again_without_doing_it_again() -> None:
    assert create(ME, "k", "a") == create(ME, "k", "a") == {"code": "a"}
    assert count() == 1


def test_the_same_key_with_another_body_is_409() -> None:
    create(ME, "k", "a")
    with pytest.raises(Conflict) as caught:
        create(ME, "k", "b")
    assert (caught.value.status, caught.value.code) == (409, "key_reused")
    assert count() == 1


def test_keys_belong_to_their_person() -> None:
    create(ME, "k", "a")
    create(YOU, "k", "a")
    create(system(), "k", "a")
    assert count() == 3


def test_a_refused_command_may_be_sent_again() -> None:
    def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        once(ME, "k", "scope.create", {"code": "a"}, refuse)
    assert create(ME, "k", "a") == {"code": "a"}


def test_a_key_is_needed() -> None:
    for key in ("", "x" * 81):
        with pytest.raises(InvalidInput):
            create(ME, key, "a")
    assert count() == 0

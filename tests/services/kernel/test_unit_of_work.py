"""The unit of work: all or nothing, one commit, and what happens after it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account, Scope, ScopeKind
from app.core import uow
from app.core.db import WRITE_OPTION, db
from app.core.errors import Conflict
from app.core.uow import after_commit, before_commit, unit_of_work

pytestmark = pytest.mark.usefixtures("app_context")
told: list[object] = []


@pytest.fixture(autouse=True)
def _silence() -> None:
    told.clear()


def add(code: str) -> Scope:
    scope = Scope(kind=ScopeKind.REGION, name=code, code=code)
    db.session.add(scope)
    db.session.flush()
    return scope


def codes() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Scope.code).order_by(Scope.code)))


def test_after_the_commit_calls_run_in_order_and_see_the_rows() -> None:
    def look(payload: object) -> None:
        told.append((payload, codes()))

    with unit_of_work():
        after_commit(look, 1)
        add("a")
        after_commit(look, 2)
        assert told == []
    assert told == [(1, ["a"]), (2, ["a"])]


def test_a_rollback_keeps_nothing_and_calls_nobody() -> None:
    with pytest.raises(LookupError), unit_of_work():  # noqa: PT012 - the unit is what fails
        add("a")
        after_commit(told.append, 1)
        raise LookupError
    assert (codes(), told) == ([], [])
    assert not uow.is_open()


def test_an_inner_unit_joins_the_outer_one() -> None:
    with pytest.raises(LookupError), unit_of_work() as outer:  # noqa: PT012 - the unit is what fails
        with unit_of_work() as inner:
            assert inner is outer
            add("a")
            after_commit(told.append, 1)
        assert told == []
        raise LookupError
    assert (codes(), told) == ([], [])


def test_a_failed_inner_unit_dooms_the_outer_one() -> None:
    def attempt() -> None:
        with unit_of_work():
            add("a")
            try:
                with unit_of_work():
                    add("b")
                    raise LookupError
            except LookupError:
                pass

    with pytest.raises(RuntimeError, match="inner unit of work failed"):
        attempt()
    assert codes() == []


def test_a_failing_call_does_not_touch_the_others_nor_the_rows() -> None:
    def stumble(_payload: object) -> None:
        raise LookupError

    with unit_of_work():
        add("a")
        after_commit(stumble, None)
        after_commit(told.append, 2)
    assert (codes(), told) == (["a"], [2])


def test_a_call_may_open_a_unit_of_its_own() -> None:
    def write(code: str) -> None:
        with unit_of_work():
            add(code)

    with unit_of_work():
        after_commit(write, "b")
        add("a")
    assert codes() == ["a", "b"]


def test_steps_before_the_commit_are_part_of_it() -> None:
    def stumble() -> None:
        add("never")
        raise LookupError

    with unit_of_work():
        before_commit(lambda: told.append(add("late").code))
        add("early")
    assert codes() == ["early", "late"]
    with pytest.raises(LookupError), unit_of_work():  # noqa: PT012 - the unit is what fails
        before_commit(stumble)
        add("gone")
    assert codes() == ["early", "late"]


def test_an_impossible_row_becomes_a_conflict_and_nothing_stays() -> None:
    with unit_of_work():
        add("a")
    with pytest.raises(Conflict), unit_of_work():  # noqa: PT012 - the unit is what fails
        add("b")
        add("a")
    assert codes() == ["a"]


def test_writes_need_a_unit_of_work() -> None:
    with pytest.raises(RuntimeError, match="no unit of work"):
        after_commit(told.append, 1)
    db.session.add(Account(login="x", name="x"))
    with pytest.raises(RuntimeError, match="outside a unit of work"), unit_of_work():
        pass
    db.session.rollback()


def test_a_read_before_the_unit_is_not_written_upon(app_context: Flask) -> None:
    with unit_of_work():
        scope_id = add("a").id
    seen = db.session.get_one(Scope, scope_id)
    with db.engine.connect().execution_options(**{WRITE_OPTION: True}) as other, other.begin():
        other.execute(sa.text("UPDATE accounts_scope SET name = 'changed' WHERE id = :id"), {"id": scope_id})
    with unit_of_work():
        assert seen.name == "changed"

"""The audit chain: whoever changes, removes or slips in a row breaks it, and the row is named."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.actor import Actor, system
from app.core.audit import AuditEvent, AuditHead
from app.core.db import db
from app.core.errors import Conflict
from app.core.permissions import Role
from app.core.uow import unit_of_work
from tests.factories.world import make_class_scope

TEACHER = Actor(5, "王老师", Role.INSTRUCTOR, 1)


@pytest.fixture
def scope_id(app_context: Flask) -> int:
    scope = make_class_scope()
    for number in range(5):
        with unit_of_work():
            audit.record(TEACHER, "order.paid", f"order:{number}", {"amount": number, "名": "张三"}, scope_id=scope.id)
    return scope.id


def tamper(statement: sa.Executable) -> None:
    with unit_of_work():
        db.session.execute(statement)


def test_a_chain_that_nobody_touched_is_sound(scope_id: int) -> None:
    verdict = audit.verify(scope_id)
    assert (verdict.rows, verdict.broken_seq, verdict.reason) == (5, None, None)
    newest = audit.latest(scope_id, 1)[0]
    assert (newest.seq, newest.actor, newest.role, newest.target) == (5, "王老师", "instructor", "order:4")
    assert json.loads(newest.data) == {"amount": 4, "名": "张三"}


@pytest.mark.parametrize(
    "change",
    [{"data": "{}"}, {"actor": "别人"}, {"account_id": 6}, {"action": "order.closed"}, {"target": "order:9"}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_row_is_named(scope_id: int, change: dict[str, object]) -> None:
    tamper(sa.update(AuditEvent).where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 3).values(**change))
    verdict = audit.verify(scope_id)
    assert (verdict.broken_seq, verdict.reason) == (3, "第 3 条记录的内容被改动")


def test_a_removed_row_is_named(scope_id: int) -> None:
    tamper(sa.delete(AuditEvent).where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 2))
    assert (audit.verify(scope_id).broken_seq, audit.verify(scope_id).reason) == (2, "第 2 条记录缺失")


def test_a_chain_cut_short_is_found_at_its_end(scope_id: int) -> None:
    tamper(sa.delete(AuditEvent).where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 5))
    assert audit.verify(scope_id).broken_seq == 5


def test_a_row_rehashed_by_the_forger_no_longer_fits_the_next(scope_id: int) -> None:
    row = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 2)).one()
    row.actor = "别人"
    forged = audit._digest(row)
    db.session.rollback()
    tamper(
        sa.update(AuditEvent)
        .where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 2)
        .values(actor="别人", hash=forged)
    )
    assert (audit.verify(scope_id).broken_seq, audit.verify(scope_id).reason) == (3, "第 3 条记录与前一条不衔接")


def test_scopes_have_chains_of_their_own_written_in_one_unit(scope_id: int) -> None:
    other = make_class_scope()
    with unit_of_work():
        audit.record(system(), "a", scope_id=other.id)
        audit.record(system(), "b", scope_id=scope_id)
        audit.record(system(), "c", scope_id=other.id)
        audit.record(system(), "d")
    assert [audit.verify(s).rows for s in (scope_id, other.id, audit.PLATFORM_SCOPE)] == [6, 2, 1]
    assert audit.chains() == sorted({scope_id, other.id, audit.PLATFORM_SCOPE})


def test_a_rollback_leaves_no_record(scope_id: int) -> None:
    with pytest.raises(LookupError), unit_of_work():  # noqa: PT012 - the unit is what fails
        audit.record(TEACHER, "x", scope_id=scope_id)
        raise LookupError
    assert audit.verify(scope_id).rows == 5


def test_the_database_refuses_a_second_row_of_one_number(scope_id: int) -> None:
    head = db.session.get_one(AuditHead, scope_id)
    values = {"scope_id": scope_id, "seq": head.seq, "actor": "x", "action": "x", "previous": "0", "hash": "0"}
    at = audit.latest(scope_id, 1)[0].at
    with pytest.raises(Conflict), unit_of_work():
        db.session.execute(sa.insert(AuditEvent).values(**values, at=at))


def test_the_command_answers_json_and_its_exit_code(scope_id: int, app: Flask) -> None:
    runner = app.test_cli_runner()
    sound = runner.invoke(args=["audit", "verify"])
    assert (sound.exit_code, json.loads(sound.stdout)["sound"]) == (0, True)
    tamper(sa.update(AuditEvent).where(AuditEvent.scope_id == scope_id, AuditEvent.seq == 4).values(data='{"a":1}'))
    broken = runner.invoke(args=["audit", "verify"])
    assert broken.exit_code == 4
    assert [chain["broken_row"] for chain in json.loads(broken.stdout)["chains"]] == [4]
    assert runner.invoke(args=["audit", "verify", "--scope", "nowhere"]).exit_code == 2

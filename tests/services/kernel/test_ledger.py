"""The ledger: it always sums to zero, never goes below it, and posts a key once."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import db
from app.core.errors import Conflict, Refused
from app.core.uow import unit_of_work
from app.ledger import book, nightly
from app.ledger.book import ESCROW, FEE, ISSUE, Purse
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_world

PURSES = [book.wallet(1), book.wallet(2), ESCROW, FEE, book.shop_balance(1), book.deposit(1), book.supplier(1), ISSUE]
moves = st.lists(
    st.tuples(st.sampled_from(PURSES), st.sampled_from(PURSES), st.integers(0, 5_000)), min_size=1, max_size=25
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_whatever_is_posted_the_books_agree(app: Flask, plan: list[tuple[Purse, Purse, int]]) -> None:
    with app.app_context():
        world_id, expected = make_world().id, dict.fromkeys(PURSES, 0)
        with unit_of_work():
            book.fund_wallet(world_id, 1, 10_000)
        expected[book.wallet(1)], expected[ISSUE] = 10_000, -10_000
        for number, (source, target, amount) in enumerate(plan):
            enough = source in {ISSUE, target} or expected[source] >= amount
            try:
                with unit_of_work():
                    both = {source: -amount, target: amount} if source != target else {}
                    book.post(world_id, f"move-{number}", "test", both)
            except Refused:
                assert not enough
                continue
            assert enough
            expected[source] -= amount
            expected[target] += amount
        assert {purse: book.balance(world_id, purse) for purse in PURSES} == expected
        assert book.prove(world_id) == book.Proof(0, [], [])
        lowest = db.session.scalar(
            sa.select(sa.func.min(LedgerAccount.balance)).where(
                LedgerAccount.world_id == world_id, LedgerAccount.kind != "issue"
            )
        )
        assert lowest is None or lowest >= 0
        db.session.rollback()


@pytest.fixture
def world_id(app_context: Flask) -> int:
    return make_world().id


def post(world_id: int, key: str, amount: int, kind: str = "pay") -> int:
    with unit_of_work():
        return book.post(world_id, key, kind, {book.wallet(1): -amount, ESCROW: amount}).id


def test_the_same_key_posts_once_and_other_moves_are_refused(world_id: int) -> None:
    with unit_of_work():
        book.fund_wallet(world_id, 1, 10_000)
    first = post(world_id, "order:1", 4_000)
    assert post(world_id, "order:1", 4_000) == first
    before = fingerprint()
    for amount, kind in ((4_001, "pay"), (4_000, "other")):
        with pytest.raises(Conflict):
            post(world_id, "order:1", amount, kind)
    assert changed(before, fingerprint()) == []
    assert book.balance(world_id, book.wallet(1)) == 6_000


def test_a_purse_with_too_little_refuses_and_nothing_moves(world_id: int) -> None:
    with unit_of_work():
        book.fund_wallet(world_id, 1, 100)
    before = fingerprint()
    with pytest.raises(Refused, match="钱包余额不足"):
        post(world_id, "order:1", 101)
    assert changed(before, fingerprint()) == []


def test_moves_that_do_not_sum_to_zero_are_a_mistake(world_id: int) -> None:
    with pytest.raises(ValueError, match="do not sum to zero"), unit_of_work():
        book.post(world_id, "k", "test", {ISSUE: -1, ESCROW: 2})


def test_worlds_do_not_share_money_or_keys(world_id: int) -> None:
    other = make_world().id
    for world in (world_id, other):
        with unit_of_work():
            book.fund_wallet(world, 1, 500)
    post(world_id, "order:1", 500)
    assert (book.balance(world_id, book.wallet(1)), book.balance(other, book.wallet(1))) == (0, 500)
    post(other, "order:1", 300)


def test_start_capital_comes_once(world_id: int) -> None:
    for _ in range(2):
        with unit_of_work():
            book.fund_wallet(world_id, 7, 10_000_000)
    assert book.balance(world_id, book.wallet(7)) == 10_000_000


def test_a_falsified_balance_or_entry_is_found(world_id: int, app: Flask) -> None:
    with unit_of_work():
        book.fund_wallet(world_id, 1, 100)
    post(world_id, "order:1", 40)
    with unit_of_work():
        db.session.execute(sa.update(LedgerAccount).where(LedgerAccount.kind == "escrow").values(balance=41))
    proof = book.prove(world_id)
    escrow = db.session.scalars(sa.select(LedgerAccount.id).where(LedgerAccount.kind == "escrow")).one()
    assert (proof.sum_of_balances, proof.wrong_balances, proof.sound) == (1, [escrow], False)
    kept = sa.select(AuditEvent.data).where(AuditEvent.action.in_((nightly.PROVED, nightly.WRONG)))
    with clock.frozen(datetime(2026, 11, 21, 19, 30, tzinfo=UTC)):  # 03:30 in Shanghai
        assert nightly.look() == 1
    with clock.frozen(datetime(2026, 11, 21, 3, 30, tzinfo=UTC)):
        assert nightly.look() == 0
    assert [json.loads(data) for data in db.session.scalars(kept)] == [{"worlds": 1, "wrong": [world_id]}]
    with unit_of_work():
        db.session.execute(sa.update(LedgerAccount).where(LedgerAccount.kind == "escrow").values(balance=40))
        last = db.session.scalars(sa.select(sa.func.max(LedgerEntry.id))).one()
        db.session.execute(sa.update(LedgerEntry).where(LedgerEntry.id == last).values(amount=39))
    bad = db.session.scalars(sa.select(LedgerTransaction.id).where(LedgerTransaction.key == "order:1")).one()
    assert book.prove(world_id).unbalanced_transactions == [bad]
    result = app.test_cli_runner().invoke(args=["ledger", "prove"])
    assert result.exit_code == 4


def test_the_database_itself_refuses_a_negative_purse(world_id: int) -> None:
    with unit_of_work():
        book.fund_wallet(world_id, 1, 100)
    with pytest.raises(Conflict), unit_of_work():
        db.session.execute(sa.update(LedgerAccount).where(LedgerAccount.kind == "wallet").values(balance=-1))


def test_a_statement_lists_newest_first(world_id: int) -> None:
    with unit_of_work():
        book.fund_wallet(world_id, 1, 100)
    post(world_id, "a", 10)
    post(world_id, "b", 20)
    entries = db.session.scalars(book.statement(world_id, book.wallet(1))).all()
    assert [(e.amount, e.balance_after, e.transaction.kind) for e in entries] == [
        (-20, 70, "pay"), (-10, 90, "pay"), (100, 100, "start_capital"),
    ]  # fmt: skip

"""Posting to the ledger and reading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.core import clock as wall
from app.core.db import add_missing, db, matched
from app.core.errors import Conflict, Refused
from app.core.idempotency import body_hash
from app.ledger.models import LEDGER_NAMES, LedgerAccount, LedgerEntry, LedgerKind, LedgerTransaction
from app.worlds.clock import sim_now


@dataclass(frozen=True, slots=True, order=True)
class Purse:
    """The address of an account: kind and owner (0: the world itself)."""

    kind: LedgerKind
    owner_id: int = 0


def wallet(account_id: int) -> Purse:
    """The wallet of a person."""
    return Purse(LedgerKind.WALLET, account_id)


def shop_balance(shop_id: int) -> Purse:
    """The balance of a shop."""
    return Purse(LedgerKind.SHOP, shop_id)


def deposit(shop_id: int) -> Purse:
    """The deposit of a shop."""
    return Purse(LedgerKind.DEPOSIT, shop_id)


def points(account_id: int) -> Purse:
    """The points of a person."""
    return Purse(LedgerKind.POINTS, account_id)


def supplier(supplier_id: int) -> Purse:
    """What a supplier has been paid."""
    return Purse(LedgerKind.SUPPLIER, supplier_id)


ISSUE = Purse(LedgerKind.ISSUE)
ESCROW = Purse(LedgerKind.ESCROW)
FEE = Purse(LedgerKind.FEE)
CARRIER = Purse(LedgerKind.CARRIER)


def _open(world_id: int, purse: Purse) -> LedgerAccount:
    query = sa.select(LedgerAccount).where(
        LedgerAccount.world_id == world_id, LedgerAccount.kind == purse.kind, LedgerAccount.owner_id == purse.owner_id
    )
    account = db.session.scalars(query).one_or_none()
    if account is None:
        add_missing(LedgerAccount, world_id=world_id, kind=purse.kind, owner_id=purse.owner_id, balance=0)
        account = db.session.scalars(query).one()
    return account


def post(
    world_id: int, key: str, kind: str, moves: Mapping[Purse, int], *, reference: str = "", memo: str = ""
) -> LedgerTransaction:
    """Post one movement inside the open unit of work.

    moves: fen per purse, plus is money in; they must sum to zero. key: once per world; the same key with
    the same moves returns the first posting. reference: ``kind:id`` of what it pays for.
    Raises Refused when a purse has not enough, Conflict when the key was used for other moves.
    """
    moves = {purse: amount for purse, amount in moves.items() if amount}
    if sum(moves.values()) != 0:
        raise ValueError(f"moves of {key} do not sum to zero")
    digest = body_hash([kind, sorted([p.kind, p.owner_id, a] for p, a in moves.items())])
    seen = db.session.scalars(
        sa.select(LedgerTransaction).where(LedgerTransaction.world_id == world_id, LedgerTransaction.key == key)
    ).one_or_none()
    if seen is not None:
        if seen.body_hash != digest:
            raise Conflict("这笔资金编号已用于另一笔款项。", code="key_reused")
        return seen
    transaction = LedgerTransaction(
        world_id=world_id,
        key=key,
        kind=kind,
        reference=reference,
        memo=memo,
        body_hash=digest,
        sim_at=sim_now(world_id),
        at=wall.now(),
    )
    db.session.add(transaction)
    db.session.flush()
    accounts = sorted(
        ((_open(world_id, purse), amount) for purse, amount in moves.items()), key=lambda pair: pair[0].id
    )
    for account, amount in accounts:
        enough = sa.or_(LedgerAccount.kind == LedgerKind.ISSUE, LedgerAccount.balance + amount >= 0)
        changed = db.session.execute(
            sa.update(LedgerAccount)
            .where(LedgerAccount.id == account.id, enough)
            .values(balance=LedgerAccount.balance + amount)
            .execution_options(synchronize_session=False)
        )
        if matched(changed) != 1:
            raise Refused(f"{LEDGER_NAMES[account.kind]}余额不足，无法完成这笔支付。", code="insufficient_funds")
        db.session.refresh(account)
        db.session.add(
            LedgerEntry(
                transaction_id=transaction.id, account_id=account.id, amount=amount, balance_after=account.balance
            )
        )
    db.session.flush()
    return transaction


def balance(world_id: int, purse: Purse) -> int:
    """Return the balance in fen; 0 for a purse never used."""
    found = db.session.scalar(
        sa.select(LedgerAccount.balance).where(
            LedgerAccount.world_id == world_id,
            LedgerAccount.kind == purse.kind,
            LedgerAccount.owner_id == purse.owner_id,
        )
    )
    return found or 0


def balances(world_id: int, *purses: Purse) -> list[int]:
    """Return the balances of several purses in their order, in fen; one query."""
    rows = db.session.execute(
        sa.select(LedgerAccount.kind, LedgerAccount.owner_id, LedgerAccount.balance).where(
            LedgerAccount.world_id == world_id,
            sa.or_(
                *(sa.and_(LedgerAccount.kind == one.kind, LedgerAccount.owner_id == one.owner_id) for one in purses)
            ),
        )
    )
    found = {Purse(row.kind, row.owner_id): row.balance for row in rows}
    return [found.get(one, 0) for one in purses]


def statement(world_id: int, purse: Purse) -> sa.Select[LedgerEntry]:
    """Return the query of a purse's entries with their transactions, newest first."""
    return (
        sa.select(LedgerEntry)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .options(sa.orm.joinedload(LedgerEntry.transaction))
        .where(
            LedgerAccount.world_id == world_id,
            LedgerAccount.kind == purse.kind,
            LedgerAccount.owner_id == purse.owner_id,
        )
        .order_by(LedgerEntry.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """Result of proving a world's books: all zero and empty when they agree."""

    sum_of_balances: int
    unbalanced_transactions: list[int]
    wrong_balances: list[int]

    @property
    def sound(self) -> bool:
        return not (self.sum_of_balances or self.unbalanced_transactions or self.wrong_balances)


def prove(world_id: int) -> Proof:
    """Prove that all balances sum to zero, every transaction does, and every balance is its entries' sum."""
    total = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(LedgerAccount.balance), 0)).where(LedgerAccount.world_id == world_id)
    )
    unbalanced = db.session.scalars(
        sa.select(LedgerEntry.transaction_id)
        .join(LedgerTransaction)
        .where(LedgerTransaction.world_id == world_id)
        .group_by(LedgerEntry.transaction_id)
        .having(sa.func.sum(LedgerEntry.amount) != 0)
    ).all()
    sums = (
        sa.select(LedgerEntry.account_id, sa.func.sum(LedgerEntry.amount).label("total"))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.world_id == world_id)
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    wrong = db.session.scalars(
        sa.select(LedgerAccount.id)
        .outerjoin(sums, sums.c.account_id == LedgerAccount.id)
        .where(LedgerAccount.world_id == world_id, LedgerAccount.balance != sa.func.coalesce(sums.c.total, 0))
    ).all()
    return Proof(int(total or 0), list(unbalanced), list(wrong))


def fund_wallet(world_id: int, account_id: int, amount: int) -> None:
    """Give a person joining a world the virtual start capital, once."""
    if amount:
        post(
            world_id,
            f"start-capital:{account_id}",
            "start_capital",
            {ISSUE: -amount, wallet(account_id): amount},
            reference=f"account:{account_id}",
            memo="加入模拟市场的虚拟启动资金",
        )

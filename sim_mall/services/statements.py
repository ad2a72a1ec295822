"""The statement of a shop from the ledger (账单): days of a month, lines of a day, Excel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core.clock import SHANGHAI, local
from app.core.db import db
from app.core.money import plain_yuan
from app.core.web.formats import datetime_zh
from app.core.workbooks import Sheet, workbook
from app.ledger import book
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from sim_mall.domain.statement import DayStatement, Line, by_day, kind_name, kinds_of
from sim_mall.models.shops import Shop

ACCOUNTS = {"balance": "店铺余额", "deposit": "保证金"}


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one purse: its days, the kinds that occur, and what the ledger says now."""

    days: list[DayStatement]
    kinds: list[str]
    opening: int
    closing: int
    entries: int


def purse_of(shop: Shop, account: str) -> book.Purse:
    """Return the purse: balance or deposit."""
    return book.deposit(shop.id) if account == "deposit" else book.shop_balance(shop.id)


def month_range(year: int, month: int) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    return first, after - timedelta(days=1)


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _of_purse(shop: Shop, purse: book.Purse) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        LedgerAccount.world_id == shop.world_id,
        LedgerAccount.kind == purse.kind,
        LedgerAccount.owner_id == purse.owner_id,
    )


def _columns(shop: Shop, purse: book.Purse) -> Any:
    return (
        sa.select(
            LedgerEntry.amount,
            LedgerTransaction.sim_at,
            LedgerTransaction.kind,
            LedgerTransaction.memo,
            LedgerTransaction.reference,
            LedgerEntry.balance_after,
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(*_of_purse(shop, purse))
    )


def opening_balance(shop: Shop, account: str, day: date) -> int:
    """Return what the purse had at the beginning of the simulated day: the sum of all entries before."""
    purse = purse_of(shop, account)
    found = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount), 0))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(*_of_purse(shop, purse), LedgerTransaction.sim_at < _moment(day))
    )
    return int(found or 0)


def month(shop: Shop, account: str, first: date, last: date) -> Month:
    """Return the days from first to last of a purse; two queries."""
    query = _columns(shop, purse_of(shop, account)).where(
        LedgerTransaction.sim_at >= _moment(first),
        LedgerTransaction.sim_at < _moment(last + timedelta(days=1)),
    )
    rows = db.session.execute(query.order_by(LedgerEntry.id)).all()
    opening = opening_balance(shop, account, first)
    days = by_day(opening, first, last, [Line(local(row.sim_at).date(), row.kind, row.amount) for row in rows])
    return Month(days, kinds_of(days), opening, days[-1].closing, len(rows))


def day_lines(shop: Shop, account: str, day: date) -> Sequence[sa.Row[Any]]:
    """Return the entries of one simulated day, in the order in which they were posted."""
    query = _columns(shop, purse_of(shop, account)).where(
        LedgerTransaction.sim_at >= _moment(day),
        LedgerTransaction.sim_at < _moment(day + timedelta(days=1)),
    )
    return db.session.execute(query.order_by(LedgerEntry.id)).all()


def _yuan(fen: int) -> Decimal:
    return Decimal(plain_yuan(fen))


def month_sheet(shop: Shop, first: date, last: date) -> bytes:
    """Return the month of balance and deposit as .xlsx: days and lines of each."""
    sheets = []
    for account, name in ACCOUNTS.items():
        found = month(shop, account, first, last)
        head = ["日期", "期初（元）", *(f"{kind_name(kind)}（元）" for kind in found.kinds), "期末（元）", "笔数"]
        days = [
            [one.day.isoformat(), _yuan(one.opening)]
            + [_yuan(one.kinds.get(kind, 0)) for kind in found.kinds]
            + [_yuan(one.closing), one.count]
            for one in found.days
        ]
        total = ["合计", _yuan(found.opening)]
        total += [_yuan(sum(one.kinds.get(kind, 0) for one in found.days)) for kind in found.kinds]
        sheets.append(Sheet(f"{name}日账单", head, [*days, [*total, _yuan(found.closing), found.entries]]))
        query = _columns(shop, purse_of(shop, account)).where(
            LedgerTransaction.sim_at >= _moment(first),
            LedgerTransaction.sim_at < _moment(last + timedelta(days=1)),
        )
        lines = [
            [datetime_zh(row.sim_at), kind_name(row.kind), row.memo, _yuan(row.amount)]
            for row in db.session.execute(query.order_by(LedgerEntry.id))
        ]
        sheets.append(Sheet(f"{name}明细", ["模拟时间", "类型", "说明", "金额（元）"], lines))
    return workbook(sheets)

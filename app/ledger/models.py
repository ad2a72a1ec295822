"""Tables of the ledger. Amounts are fen; the entries of a transaction sum to zero."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime


class LedgerKind(StrEnum):
    """What a ledger account is for. Only ISSUE may go below zero: it is where virtual money comes from."""

    ISSUE = "issue"  # 虚拟资金发行
    WALLET = "wallet"  # 买家钱包 (owner: account)
    ESCROW = "escrow"  # 担保资金 (one per world)
    SHOP = "shop"  # 店铺余额 (owner: shop)
    FEE = "fee"  # 平台服务费 (one per world)
    DEPOSIT = "deposit"  # 保证金 (owner: shop)
    POINTS = "points"  # 积分, one point one fen (owner: account)
    CARRIER = "carrier"  # 快递与运费险 (one per world)
    SUPPLIER = "supplier"  # 供应商货款 (owner: supplier)


LEDGER_NAMES = {
    LedgerKind.ISSUE: "虚拟资金发行",
    LedgerKind.WALLET: "钱包",
    LedgerKind.ESCROW: "担保资金",
    LedgerKind.SHOP: "店铺余额",
    LedgerKind.FEE: "平台服务费",
    LedgerKind.DEPOSIT: "保证金",
    LedgerKind.POINTS: "积分",
    LedgerKind.CARRIER: "快递与运费险",
    LedgerKind.SUPPLIER: "供应商货款",
}


class LedgerAccount(Base):
    """One account with its balance in fen. The balance is the sum of its entries."""

    __tablename__ = "ledger_account"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    kind: orm.Mapped[LedgerKind] = orm.mapped_column(StrEnumType(LedgerKind))
    owner_id: orm.Mapped[int] = orm.mapped_column(default=0)  # 0: the world itself
    balance: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "kind", "owner_id"),
        sa.CheckConstraint("kind = 'issue' OR balance >= 0", name="balance"),
    )


class LedgerTransaction(Base):
    """One movement of money, with its key: the same key is posted once."""

    __tablename__ = "ledger_transaction"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    memo: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    body_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    sim_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    entries: orm.Mapped[list[LedgerEntry]] = orm.relationship(back_populates="transaction")
    __table_args__ = (sa.UniqueConstraint("world_id", "key"), sa.Index("ix_ledger_transaction_reference", "reference"))


class LedgerEntry(Base):
    """One side of a movement: plus is money in. Append-only."""

    __tablename__ = "ledger_entry"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    transaction_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ledger_transaction.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("ledger_account.id"), index=True)
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    balance_after: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    transaction: orm.Mapped[LedgerTransaction] = orm.relationship(back_populates="entries")
    account: orm.Mapped[LedgerAccount] = orm.relationship()

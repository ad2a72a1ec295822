"""Tables of what is decided about a trainee before marking: late submission, the real shop and its evidence."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from grading.domain.admission_flows import LateState, RealShopState


class LateRequest(StatefulMixin, Base):
    """A trainee asks to hand in after the class has ended (逾期提交). until: last day, once approved."""

    __tablename__ = "grading_late_request"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    state: orm.Mapped[LateState] = orm.mapped_column(StrEnumType(LateState))
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    until: orm.Mapped[date | None] = orm.mapped_column(sa.Date)
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    decided_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    decided_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    asked_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.Index(
            "uq_grading_late_request_open",
            "account_id",
            "scope_id",
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        ),
    )


class RealShop(StatefulMixin, Base):
    """What a trainee states of a real shop (真实网店), and what a screener found. amount: turnover in fen.

    found_*: the screener's facts, None until checked; markers see these alone.
    """

    __tablename__ = "grading_real_shop"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    state: orm.Mapped[RealShopState] = orm.mapped_column(StrEnumType(RealShopState))
    platform: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    address: orm.Mapped[str] = orm.mapped_column(sa.String(300))
    opened_on: orm.Mapped[date] = orm.mapped_column(sa.Date)
    goods: orm.Mapped[int]
    orders: orm.Mapped[int]
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    note: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    found_goods: orm.Mapped[int | None]
    found_orders: orm.Mapped[int | None]
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    checked_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    checked_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    stated_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("account_id", "scope_id"),
        sa.CheckConstraint("goods >= 0 AND orders >= 0 AND amount >= 0", name="figures"),
    )


class RealShopFile(Base):
    """A screenshot that proves the statement: re-encoded, without the sender's name or metadata."""

    __tablename__ = "grading_real_shop_file"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    real_shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_real_shop.id"), index=True)
    file_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    added_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("real_shop_id", "file_id"),)

"""Tables of the pool of assessors: who may mark, and from whom they must stay away."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class Qualification(Base):
    """An assessor's certificate (讲师证书) in one pool, with validity and the most open papers at a time."""

    __tablename__ = "grading_qualification"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    pool_scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    certificate: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    valid_from: orm.Mapped[date] = orm.mapped_column(sa.Date)
    valid_to: orm.Mapped[date] = orm.mapped_column(sa.Date)
    cap: orm.Mapped[int]
    updated_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("pool_scope_id", "account_id"),
        sa.CheckConstraint("cap >= 0", name="cap"),
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
    )


class Relation(Base):
    """A declared or pinned relation between an assessor and a class or a trainee; append-only, ended by date.

    kind: relative | partner | creditor | mentor | other for declared ones; pin: "conflict", "none" (decided by
    the pool's owner, overrides what was computed), or "" for a declaration.
    """

    __tablename__ = "grading_relation"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    trainee_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    pin: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="")
    source: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # assessor | learner | centre
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    declared_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    declared_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class Declaration(Base):
    """What an assessor or a trainee declared of a relation, in their own words; append-only.

    source: assessor | learner. scope_id: of the declarer's hat. who, contact, place: the other side as it was
    typed. settled_at: when it became relations or was answered by the centre; None while somebody must look.
    """

    __tablename__ = "grading_declaration"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    source: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    declared_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    who: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    contact: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    place: orm.Mapped[str] = orm.mapped_column(sa.String(100), default="")
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(300))
    declared_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    settled_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    settled_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")

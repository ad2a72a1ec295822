"""Tables of the account store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.permissions import Role


class ScopeKind(StrEnum):
    """What a scope is."""

    REGION = "region"  # 地区
    INSTITUTION = "institution"  # 机构
    CLASS = "class"  # 班级


class Scope(Base):
    """A node of the tree that grants, worlds and audit chains refer to."""

    __tablename__ = "accounts_scope"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    kind: orm.Mapped[ScopeKind] = orm.mapped_column(StrEnumType(ScopeKind))
    parent_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)


class Account(Base):
    """One person's account. The login is kept in lower case; a phone number signs in as well."""

    __tablename__ = "accounts_account"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    login: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    phone: orm.Mapped[str | None] = orm.mapped_column(sa.String(20), unique=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))  # real name (真实姓名)
    password_hash: orm.Mapped[str | None] = orm.mapped_column(sa.String(200))
    region_code: orm.Mapped[str | None] = orm.mapped_column(sa.String(12))
    id_number_encrypted: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    id_number_digest: orm.Mapped[str | None] = orm.mapped_column(sa.String(64), index=True)
    birthday: orm.Mapped[str | None] = orm.mapped_column(sa.String(10))
    is_demo: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    is_simulated: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # nobody signs in
    disabled_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    first_sign_in_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    grants: orm.Mapped[list[Grant]] = orm.relationship(back_populates="account")


class Grant(Base):
    """A hat: this account holds this role in this scope."""

    __tablename__ = "accounts_grant"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    role: orm.Mapped[Role] = orm.mapped_column(StrEnumType(Role))
    scope_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    account: orm.Mapped[Account] = orm.relationship(back_populates="grants")
    scope: orm.Mapped[Scope | None] = orm.relationship()
    __table_args__ = (sa.UniqueConstraint("account_id", "role", "scope_id"),)


class OneTimeCode(Base):
    """A code that lets an imported person set a first password; only its keyed hash is stored."""

    __tablename__ = "accounts_one_time_code"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    digest: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    expires_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    used_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class SignedInDevice(Base):
    """One signed-in browser: its secret's hash, the hat it wears, when it was last seen."""

    __tablename__ = "accounts_signed_in_device"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    digest: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    grant_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_grant.id"))
    browser: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    address: orm.Mapped[str] = orm.mapped_column(sa.String(45), default="")
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    seen_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class Division(Base):
    """A national administrative division (行政区划): province, city or district."""

    __tablename__ = "accounts_division"
    code: orm.Mapped[str] = orm.mapped_column(sa.String(12), primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    level: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    parent_code: orm.Mapped[str | None] = orm.mapped_column(sa.ForeignKey("accounts_division.code"), index=True)

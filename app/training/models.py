"""Tables of institutions, classes and rosters. All times are wall times."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from app.training.domain.class_flow import ClassState, Programme


class Institution(Base):
    """A training institution (培训机构); its scope hangs below a region."""

    __tablename__ = "training_institution"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), unique=True)
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    region_code: orm.Mapped[str] = orm.mapped_column(sa.String(12))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class TrainingClass(StatefulMixin, Base):
    """A class (班级): one scope and one world of its own."""

    __tablename__ = "training_class"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), unique=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), unique=True)
    institution_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("training_institution.id"), index=True)
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    programme: orm.Mapped[Programme] = orm.mapped_column(StrEnumType(Programme))
    region_code: orm.Mapped[str] = orm.mapped_column(sa.String(12))
    start_date: orm.Mapped[date] = orm.mapped_column(sa.Date)
    end_date: orm.Mapped[date] = orm.mapped_column(sa.Date)
    is_test: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    state: orm.Mapped[ClassState] = orm.mapped_column(StrEnumType(ClassState), index=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    institution: orm.Mapped[Institution] = orm.relationship()
    __table_args__ = (sa.CheckConstraint("end_date >= start_date", name="dates"),)


class Enrolment(Base):
    """A trainee in a class. ``number`` (学号) is given once and never again in this class."""

    __tablename__ = "training_enrolment"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    class_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("training_class.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    number: orm.Mapped[int]
    gender: orm.Mapped[str] = orm.mapped_column(sa.String(4), default="")
    note: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    joined_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    left_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("class_id", "account_id"), sa.UniqueConstraint("class_id", "number"))


class ImportStatus(StrEnum):
    """Where a roster import stands."""

    UPLOADED = "uploaded"  # the file is kept, its columns are not yet known for certain
    CHECKED = "checked"  # the dry run has a row-by-row report
    COMMITTING = "committing"  # people are being taken in
    COMMITTED = "committed"  # all chosen rows are in the class
    UNDONE = "undone"  # taken back before anybody signed in


class RosterImport(Base):
    """One uploaded roster (学员名单): the encrypted file until commit, the column mapping, the outcome."""

    __tablename__ = "training_roster_import"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    class_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("training_class.id"), index=True)
    created_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    file_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    content: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    columns: orm.Mapped[list[str]] = orm.mapped_column(sa.JSON, default=list)
    mapping: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    status: orm.Mapped[ImportStatus] = orm.mapped_column(StrEnumType(ImportStatus), default=ImportStatus.UPLOADED)
    only_good: orm.Mapped[bool] = orm.mapped_column(default=False)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    committed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class Verdict(StrEnum):
    """What the dry run says of a row."""

    GOOD = "good"  # 可以导入
    ASK = "ask"  # 需要决定: in another running class
    SKIPPED = "skipped"  # 重复，自动跳过
    BAD = "bad"  # 有错误，不能导入


class RosterRow(Base):
    """One row of an uploaded roster. The ID number and phone are encrypted, the page shows masks."""

    __tablename__ = "training_roster_row"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    import_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("training_roster_import.id"))
    row_number: orm.Mapped[int]
    name: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    id_masked: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    phone_masked: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    payload: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    verdict: orm.Mapped[Verdict] = orm.mapped_column(StrEnumType(Verdict))
    problems: orm.Mapped[list[str]] = orm.mapped_column(sa.JSON, default=list)
    take: orm.Mapped[bool] = orm.mapped_column(default=False)
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    created_account: orm.Mapped[bool] = orm.mapped_column(default=False)
    __table_args__ = (
        sa.UniqueConstraint("import_id", "row_number"),
        sa.Index("ix_training_roster_row_verdict", "import_id", "verdict"),
    )

"""Tables of plans (规划书): the current text, every version, the printed files."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class Plan(Base):
    """One trainee's plan in one class; ``version`` counts up with every save."""

    __tablename__ = "grading_plan"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    version: orm.Mapped[int] = orm.mapped_column(default=0)
    complete_version: orm.Mapped[int | None]
    completed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("account_id", "scope_id"),)

    @property
    def complete(self) -> bool:
        return self.version > 0 and self.complete_version == self.version


class PlanVersion(Base):
    """One version of a plan: canonical JSON and its SHA-256; append-only."""

    __tablename__ = "grading_plan_version"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    plan_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_plan.id"))
    version: orm.Mapped[int]
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    content_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    words: orm.Mapped[int]
    saved_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("plan_id", "version"),)


class PlanPrint(Base):
    """The PDF of one version, as complete or with the watermark 未完成; made by a job."""

    __tablename__ = "grading_plan_print"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    plan_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_plan.id"))
    version: orm.Mapped[int]
    complete: orm.Mapped[bool]
    job: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    file_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    sha256: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("plan_id", "version", "complete"),)


class PlanDraft(Base):
    """What an open editor saved by itself: the typed fields, not yet a version. serial counts up with every save."""

    __tablename__ = "grading_plan_draft"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    base_version: orm.Mapped[int]
    serial: orm.Mapped[int]
    form: orm.Mapped[str] = orm.mapped_column(sa.Text)
    saved_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("account_id", "scope_id"),)


class PlanComment(Base):
    """A teaching instructor's comment on a section of a plan; done_at: the trainee has dealt with it."""

    __tablename__ = "grading_plan_comment"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    plan_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_plan.id"), index=True)
    version: orm.Mapped[int]
    section: orm.Mapped[str] = orm.mapped_column(sa.String(30))
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    text: orm.Mapped[str] = orm.mapped_column(sa.Text)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    done_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)

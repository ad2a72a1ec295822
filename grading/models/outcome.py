"""Tables of practice outcomes (实践成果) and released results."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from grading.domain.flows import OutcomeState


class Outcome(StatefulMixin, Base):
    """One trainee's practice outcome in one class.

    report: canonical JSON of the self-report. snapshot: canonical JSON frozen at submission, with its
    SHA-256; both are None while it is a draft.
    """

    __tablename__ = "grading_outcome"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    attempt: orm.Mapped[int] = orm.mapped_column(default=1)
    state: orm.Mapped[OutcomeState] = orm.mapped_column(StrEnumType(OutcomeState))
    report: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")
    report_version: orm.Mapped[int] = orm.mapped_column(default=0)
    snapshot: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    snapshot_hash: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    receipt: orm.Mapped[str | None] = orm.mapped_column(sa.String(20), unique=True)
    submitted_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("account_id", "scope_id", "attempt"),)


class Result(Base):
    """A released result: what the trainee and the class's people may see. Written at release, by batch."""

    __tablename__ = "grading_result"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    outcome_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_outcome.id"), unique=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    final_numerator: orm.Mapped[int]
    final_denominator: orm.Mapped[int]
    passed: orm.Mapped[bool]
    method: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # mean | median
    breakdown: orm.Mapped[str] = orm.mapped_column(sa.Text)
    rubric_label: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    released_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)

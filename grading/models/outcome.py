"""Tables of practice outcomes (实践成果) and released results."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from grading.domain.flows import AppealState, OutcomeState


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
    returned_reason: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("account_id", "scope_id", "attempt"),)


class Result(Base):
    """A released result: what the trainee and the class's people may see. Written at release, by batch.

    An appeal or a second release writes the next version; a withdrawn one stays, with the reason.
    """

    __tablename__ = "grading_result"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    outcome_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_outcome.id"))
    version: orm.Mapped[int] = orm.mapped_column(default=1, server_default="1")
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    final_numerator: orm.Mapped[int]
    final_denominator: orm.Mapped[int]
    passed: orm.Mapped[bool]
    method: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # mean | median | arbiter | appeal
    breakdown: orm.Mapped[str] = orm.mapped_column(sa.Text)
    rubric_label: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    released_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    withdrawn_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    withdrawn_reason: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="", server_default="")
    __table_args__ = (sa.UniqueConstraint("outcome_id", "version"),)


class Coaching(Base):
    """One coaching (再次跟踪辅导) after a failed result; the trainee confirms it."""

    __tablename__ = "grading_coaching"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    outcome_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_outcome.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    instructor_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    held_on: orm.Mapped[date] = orm.mapped_column(sa.Date)
    form: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    minutes: orm.Mapped[int]
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    confirmed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.CheckConstraint("minutes > 0", name="minutes"),)


class Appeal(StatefulMixin, Base):
    """An appeal (申诉) against a released result, once per attempt; reasons: JSON by criterion title.

    round: how often the batch's rubric had been corrected; a result by another rubric may be appealed against anew.
    """

    __tablename__ = "grading_appeal"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    outcome_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_outcome.id"))
    round: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    state: orm.Mapped[AppealState] = orm.mapped_column(StrEnumType(AppealState))
    reasons: orm.Mapped[str] = orm.mapped_column(sa.Text)
    answer: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    filed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    decided_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("outcome_id", "round"),)

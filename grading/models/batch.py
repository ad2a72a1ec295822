"""Tables of batches, draws, papers and assessors' work. No column here names a trainee."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from grading.domain.flows import AssignmentState, BatchState, PaperState

_ACTIVE = "state NOT IN ('recused', 'expired', 'revoked', 'void', 'superseded')"


class RubricVersion(Base):
    """A rubric frozen by its content hash; never changed."""

    __tablename__ = "grading_rubric"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    programme: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    version: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class RubricTemplate(Base):
    """A version of a programme's rubric as a pool's owner edited it; append-only, the newest is in force."""

    __tablename__ = "grading_rubric_template"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    programme: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    version: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    edited_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("scope_id", "programme", "version"),)


class Batch(StatefulMixin, Base):
    """The papers of a class (``BatchClass``: of several, when each has too few) that are drawn and released together.

    scope_id: the class it was opened for. open_scoring: drawn with so few papers that anonymity is not credible.
    """

    __tablename__ = "grading_batch"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    number: orm.Mapped[int]  # 1, 2, … within the class
    pool_scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    rubric_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric.id"))
    state: orm.Mapped[BatchState] = orm.mapped_column(StrEnumType(BatchState))
    opened_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    opened_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    drawn_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    released_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    third_gap: orm.Mapped[int] = orm.mapped_column(default=15, server_default="15")  # points
    open_scoring: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    merged_into: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("grading_batch.id"))
    calibrate: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # anchors come first
    __table_args__ = (sa.UniqueConstraint("scope_id", "number"),)


class BatchClass(Base):
    """A class whose papers are in the batch; which paper is whose stays in ``models.identity``."""

    __tablename__ = "grading_batch_class"
    batch_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("grading_batch.id"), primary_key=True, autoincrement=False
    )
    scope_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("accounts_scope.id"), primary_key=True, autoincrement=False, index=True
    )


class Conflict(Base):
    """Why an assessor may not take a paper (or, without paper, any paper of the batch).

    kind: teaching | learner | manager | coached | earlier | institution | declared | recused.
    """

    __tablename__ = "grading_conflict"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"), index=True)
    paper_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("grading_paper.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class Draw(Base):
    """One draw: seed, algorithm, hash of the input, the input and the result; append-only."""

    __tablename__ = "grading_draw"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"), index=True)
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # first replacement third arbiter appeal fill
    seed: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    algorithm: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    input: orm.Mapped[str] = orm.mapped_column(sa.Text)
    input_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    result: orm.Mapped[str] = orm.mapped_column(sa.Text)
    run_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class Paper(StatefulMixin, Base):
    """A scrubbed work under its code. content: canonical JSON, frozen at intake, with its SHA-256.

    screening: clear (nothing found) | look (a screener must look) | passed. scan: what the automatic scan found.
    """

    __tablename__ = "grading_paper"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"), index=True)
    rubric_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(6), unique=True)
    state: orm.Mapped[PaperState] = orm.mapped_column(StrEnumType(PaperState))
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    content_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    final_numerator: orm.Mapped[int | None]
    final_denominator: orm.Mapped[int | None]
    method: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")  # mean | median | arbiter
    screening: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="clear", server_default="clear")
    scan: orm.Mapped[str] = orm.mapped_column(sa.Text, default="[]", server_default="[]")


class Assignment(StatefulMixin, Base):
    """One assessor's work on one paper; slots 1 and 2 always, 3 when the two disagree,
    4 the arbiter, 5 the new assessor of an appeal.

    entries: canonical JSON {criterion: {points, comment}}. flag: doubt | veto, with a note. Whoever recused
    keeps the row and so never gets the paper again. total: points, once completed.
    """

    __tablename__ = "grading_assignment"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    paper_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_paper.id"))
    draw_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_draw.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    slot: orm.Mapped[int]
    place: orm.Mapped[int]  # in the assessor's queue
    state: orm.Mapped[AssignmentState] = orm.mapped_column(StrEnumType(AssignmentState))
    entries: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")
    total: orm.Mapped[int | None]
    recusal: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    flag: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="", server_default="")
    flag_note: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    lease_until: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime, index=True)
    opened_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    completed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("paper_id", "account_id"),
        sa.CheckConstraint("slot BETWEEN 1 AND 5", name="slot"),
        sa.CheckConstraint("total IS NULL OR (total >= 0 AND total <= 100)", name="total"),
        sa.Index("ix_grading_assignment_queue", "account_id", "state", "place"),
        sa.Index(
            "uq_grading_assignment_slot",
            "paper_id",
            "slot",
            unique=True,
            sqlite_where=sa.text(_ACTIVE),
            postgresql_where=sa.text(_ACTIVE),
        ),
    )

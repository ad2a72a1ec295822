"""Tables of corrections (更正) of a batch's rubric: what was put right, and the marks as they stood before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class RubricCorrection(Base):
    """One correction of the rubric of a batch; append-only. before: canonical JSON {code: [numerator, denominator]}."""

    __tablename__ = "grading_rubric_correction"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"), index=True)
    old_rubric_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric.id"))
    new_rubric_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric.id"))
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(300))
    before: orm.Mapped[str] = orm.mapped_column(sa.Text)
    corrected_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    corrected_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class EarlierMark(Base):
    """A mark as it stood by the version that was wrong; append-only."""

    __tablename__ = "grading_earlier_mark"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    correction_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric_correction.id"))
    assignment_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_assignment.id"), index=True)
    entries: orm.Mapped[str] = orm.mapped_column(sa.Text)
    total: orm.Mapped[int | None]
    flag: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    flag_note: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    completed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("correction_id", "assignment_id"),)

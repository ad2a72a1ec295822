"""Tables of the score protocol (评分汇总表): assessors' signatures, and the sealed files."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class MarkSignature(Base):
    """An assessor's signature under the own completed marks of one batch; append-only.

    marks_hash: of those marks; a mark changed afterwards makes the signature lapse. strokes: JSON of a drawn
    signature in a field of 600 × 200, "[]" when it was given by password.
    """

    __tablename__ = "grading_mark_signature"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    marks_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    strokes: orm.Mapped[str] = orm.mapped_column(sa.Text)
    signed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("batch_id", "account_id", "marks_hash"),)


class Protocol(Base):
    """The sealed protocol of a released batch; a second release or a later signature makes the next number."""

    __tablename__ = "grading_protocol"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"))
    number: orm.Mapped[int]
    content_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), index=True)
    job: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    file_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    sha256: orm.Mapped[str | None] = orm.mapped_column(sa.String(64), index=True)
    made_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("batch_id", "number"), sa.UniqueConstraint("batch_id", "content_hash"))

"""Paper ↔ person. Importable by services.intake, services.reveal and feature alone."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class PaperIdentity(Base):
    """Whose paper it is, and what it was frozen from."""

    __tablename__ = "grading_paper_identity"
    paper_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("grading_paper.id"), primary_key=True, autoincrement=False
    )
    batch_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_batch.id"))
    outcome_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_outcome.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    snapshot_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    plan_version: orm.Mapped[int]
    plan_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    __table_args__ = (sa.Index("ix_grading_paper_identity_batch", "batch_id", "outcome_id"),)


class Reveal(Base):
    """Somebody of the centre looked up whose paper it is, and why; append-only."""

    __tablename__ = "grading_reveal"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    paper_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_paper.id"), index=True)
    viewer_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)

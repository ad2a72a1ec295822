"""Tables of anchor papers (校准件): works with agreed points that assessors mark before the real ones."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class Anchor(Base):
    """A blind copy of a released paper under a code of its own. reference: the centre's points, canonical JSON.

    content is frozen with its hash; reference_total is None until the centre has marked it. source_paper_id is
    only read to keep people with a conflict away.
    """

    __tablename__ = "grading_anchor"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    pool_scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), index=True)
    rubric_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_rubric.id"))
    source_paper_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_paper.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(6), unique=True)
    content: orm.Mapped[str] = orm.mapped_column(sa.Text)
    content_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    reference: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")
    reference_total: orm.Mapped[int | None]
    made_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    made_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    retired_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("pool_scope_id", "source_paper_id"),)


class AnchorMark(Base):
    """One attempt of an assessor at an anchor paper; append-only."""

    __tablename__ = "grading_anchor_mark"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    anchor_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_anchor.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    attempt: orm.Mapped[int]
    entries: orm.Mapped[str] = orm.mapped_column(sa.Text)
    total: orm.Mapped[int]
    made_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("anchor_id", "account_id", "attempt"),
        sa.CheckConstraint("total >= 0 AND total <= 100", name="total"),
    )

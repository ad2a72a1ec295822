"""Tables of pictures in plans (规划书配图) and in the blind papers made of them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class PlanPicture(Base):
    """A picture that a trainee put into a plan: re-encoded, without the sender's name or metadata.

    codes: QR and bar codes found in it. Versions of plans name it by id; it is never changed or deleted.
    """

    __tablename__ = "grading_plan_picture"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    file_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    codes: orm.Mapped[int]
    added_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class PaperPicture(Base):
    """A picture of a blind paper, with the codes in it painted over; number: 1, 2, … within the paper."""

    __tablename__ = "grading_paper_picture"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    paper_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("grading_paper.id"))
    number: orm.Mapped[int]
    file_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    codes: orm.Mapped[int]
    __table_args__ = (sa.UniqueConstraint("paper_id", "number"),)


class BlindPrint(Base):
    """The blind layout of a paper's plan as PDF; made by a job at an assessor's wish, the same for all of them."""

    __tablename__ = "grading_blind_print"
    paper_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("grading_paper.id"), primary_key=True, autoincrement=False
    )
    file_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    made_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)

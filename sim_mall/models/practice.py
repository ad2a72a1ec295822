"""Practice with simulated customers (接待练习)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from sim_mall.domain.practice import Ending
from sim_mall.domain.practice_bank import Intent
from sim_mall.models.service import ServiceSession


class NextStep(StrEnum):
    """What the customer does next, at ``next_wall_at``."""

    COME = "come"  # opens the conversation
    LEAVE = "leave"  # waits for an answer until then
    SPEAK = "speak"  # has read the answer and types
    NONE = "none"  # it is over


class PracticeVisit(Base):
    """One visit of a simulated customer (模拟顾客); number counts the visits of its shop.

    said: what the customer has asked, 0 to 2. mark: the lines of the mark once it is over; points of 100; star:
    hundredths. next_wall_at: wall time, because people type in real time; ended_at: simulated time.
    """

    __tablename__ = "mall_practice_visit"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    number: orm.Mapped[int]
    intent: orm.Mapped[Intent] = orm.mapped_column(StrEnumType(Intent))
    session_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_service_session.id"), unique=True)
    said: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, default=0)
    next_step: orm.Mapped[NextStep] = orm.mapped_column(StrEnumType(NextStep))
    next_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ending: orm.Mapped[Ending | None] = orm.mapped_column(StrEnumType(Ending))
    points: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    star: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    mark: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    session: orm.Mapped[ServiceSession | None] = orm.relationship(lambda: ServiceSession)
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "number"),
        sa.CheckConstraint("points IS NULL OR points BETWEEN 0 AND 100", name="points"),
        sa.CheckConstraint("(ending IS NULL) = (points IS NULL)", name="ended"),
        sa.Index("ix_mall_practice_visit_next", "next_step", "next_wall_at"),
    )

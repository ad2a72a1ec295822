"""Tables of worlds and of what falls due in their simulated time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime


class World(Base):
    """One run of the simulations. Simulated now = sim_base + (wall now - wall_base) * rate unless paused."""

    __tablename__ = "worlds_world"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"), unique=True)
    seed: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    sim_base: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_base: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    rate: orm.Mapped[int] = orm.mapped_column(default=1)
    paused: orm.Mapped[bool] = orm.mapped_column(default=False)
    frozen: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    settings: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    lease_holder: orm.Mapped[str | None] = orm.mapped_column(sa.String(60))
    lease_until: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.CheckConstraint("rate >= 0 AND rate <= 3600", name="rate"),)


class ClockChange(Base):
    """One change of a world's clock by the instructor: append-only."""

    __tablename__ = "worlds_clock_change"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(10))  # rate | pause | resume | jump
    sim_before: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sim_after: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    rate: orm.Mapped[int]
    account_id: orm.Mapped[int | None]
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class Announcement(Base):
    """What the instructor tells everybody in a world. wall_at, withdrawn_wall_at: wall time."""

    __tablename__ = "worlds_announcement"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    withdrawn_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class DueState(StrEnum):
    """Where a due task stands."""

    WAITING = "waiting"
    DONE = "done"
    STALE = "stale"  # the expected state no longer held: nothing was to be done
    FAILED = "failed"  # three attempts ended in an error; shown to the instructor


class DueTask(Base):
    """Something that falls due at a simulated moment; fired in (due_at, id) order."""

    __tablename__ = "worlds_due_task"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    due_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    target_id: orm.Mapped[int]
    expected: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    status: orm.Mapped[DueState] = orm.mapped_column(StrEnumType(DueState), default=DueState.WAITING)
    attempts: orm.Mapped[int] = orm.mapped_column(default=0)
    error: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    fired_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.Index("ix_worlds_due_task_next", "world_id", "status", "due_at", "id"),
        sa.Index("ix_worlds_due_task_target", "kind", "target_id"),
    )

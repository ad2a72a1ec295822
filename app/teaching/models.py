"""Tables of teaching."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from app.teaching.domain.steps import StepKind
from app.teaching.domain.task_flow import TaskState


class ResourceKind(StrEnum):
    """What a resource of a task is."""

    LINK = "link"  # 链接
    TEXT = "text"  # 文字
    FILE = "file"  # 文件


class Task(StatefulMixin, Base):
    """A flipped-classroom task (翻转课堂任务) of one class. All its times are wall time."""

    __tablename__ = "teaching_task"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    intro: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    deadline_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    state: orm.Mapped[TaskState] = orm.mapped_column(StrEnumType(TaskState), default=TaskState.OPEN)
    created_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    resources: orm.Mapped[list[Resource]] = orm.relationship(
        back_populates="task", order_by="Resource.position", cascade="all, delete-orphan", lazy="selectin"
    )
    steps: orm.Mapped[list[Step]] = orm.relationship(
        back_populates="task", order_by="Step.position", cascade="all, delete-orphan", lazy="selectin"
    )
    __table_args__ = (sa.Index("ix_teaching_task_class", "scope_id", "state", "deadline_wall_at"),)


class Resource(Base):
    """Something to read or watch before the session: a link, a text, a file."""

    __tablename__ = "teaching_resource"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    task_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("teaching_task.id"), index=True)
    position: orm.Mapped[int]
    kind: orm.Mapped[ResourceKind] = orm.mapped_column(StrEnumType(ResourceKind))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    body: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")  # the address, or the text
    file_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    task: orm.Mapped[Task] = orm.relationship(back_populates="resources")


class Step(Base):
    """One machine-checkable step: a kind of the registry and how many."""

    __tablename__ = "teaching_step"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    task_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("teaching_task.id"), index=True)
    position: orm.Mapped[int]
    kind: orm.Mapped[StepKind] = orm.mapped_column(StrEnumType(StepKind))
    need: orm.Mapped[int] = orm.mapped_column(default=1)
    resource_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("teaching_resource.id"))
    task: orm.Mapped[Task] = orm.relationship(back_populates="steps")
    resource: orm.Mapped[Resource | None] = orm.relationship()
    __table_args__ = (sa.CheckConstraint("need >= 1", name="need"),)


class StepDone(Base):
    """The first moment (wall time) at which a trainee had reached a step; a later reversal keeps it."""

    __tablename__ = "teaching_step_done"
    step_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("teaching_step.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), primary_key=True)
    done_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_teaching_step_done_account", "account_id"),)

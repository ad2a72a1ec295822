"""Tables of a live room itself: plan, crew, stage, events. ``…_at``: simulated time, ``…_wall_at``: wall time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_livestream.domain.room_flow import ON_AIR, RoomState

ON_AIR_SQL = f"state IN ({', '.join(repr(str(state)) for state in sorted(ON_AIR))})"
FIRST_NUMBER = 100_000  # room numbers have six digits


class CrewRole(StrEnum):
    """What a helper of the host may do."""

    ASSISTANT = "assistant"  # 场控: keeps order, answers, runs the bag
    OPERATOR = "operator"  # 运营: runs bag, prices and games


class WorldRow:
    """Every row belongs to one world."""

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    @orm.declared_attr
    def world_id(cls) -> orm.Mapped[int]:  # noqa: N805 - SQLAlchemy hands over the class
        return orm.mapped_column(sa.ForeignKey("worlds_world.id"))


class LiveRoom(WorldRow, StatefulMixin, Base):
    """One show of a shop. ``last_seq`` counts its events.

    planned_wall_at: when people are told to come. viewers, likes_told: as last told to the room.
    slide_id: the slide that is shown. cover: public name of an uploaded picture, '' for a drawn one.
    slow_seconds: between two messages of a viewer. quiet: viewers may not write. words: blocked by the host,
    one per line. key_turn: how often the key for encoders was changed. frozen: the figures as they were when the
    show was over, JSON.
    """

    __tablename__ = "live_room"
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    shop_name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    host_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    host_name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    notice: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    state: orm.Mapped[RoomState] = orm.mapped_column(StrEnumType(RoomState), default=RoomState.DRAFT)
    planned_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    started_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    started_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    last_seq: orm.Mapped[int] = orm.mapped_column(default=0)
    ticked_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    viewers: orm.Mapped[int] = orm.mapped_column(default=0)
    likes: orm.Mapped[int] = orm.mapped_column(default=0)
    likes_told: orm.Mapped[int] = orm.mapped_column(default=0)
    slide_id: orm.Mapped[int | None]
    planned_minutes: orm.Mapped[int] = orm.mapped_column(default=120)
    cover: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    slow_seconds: orm.Mapped[int] = orm.mapped_column(default=0)
    quiet: orm.Mapped[bool] = orm.mapped_column(default=False)
    words: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    stop_reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    key_turn: orm.Mapped[int] = orm.mapped_column(default=0)
    frozen: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")

    @property
    def number(self) -> int:
        """The room number (房间号) that people see and type."""
        return FIRST_NUMBER + self.id

    __table_args__ = (
        sa.Index("ix_live_room_world", "world_id", "state", "id"),
        sa.Index(
            "uq_live_room_on_air",  # a shop is on air in one room at a time
            "shop_id",
            unique=True,
            sqlite_where=sa.text(ON_AIR_SQL),
            postgresql_where=sa.text(ON_AIR_SQL),
        ),
        sa.CheckConstraint("planned_minutes BETWEEN 30 AND 1440 AND slow_seconds >= 0", name="plan"),
    )


class LiveSlide(WorldRow, Base):
    """One slide of the stage (画面): title and text for viewers, ``prompt`` (提词) for the host alone.

    picture_kind, picture_title, picture_category: words of a drawn picture. seconds: for showing by itself.
    """

    __tablename__ = "live_slide"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    item_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    position: orm.Mapped[int]
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    prompt: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    picture_kind: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="cover")
    picture_title: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    picture_category: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    seconds: orm.Mapped[int] = orm.mapped_column(default=60)
    __table_args__ = (sa.Index("ix_live_slide_room", "room_id", "position"),)


class LiveEvent(WorldRow, Base):
    """One event as it was told to the room; what a viewer missed is played again from here."""

    __tablename__ = "live_event"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    seq: orm.Mapped[int]
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # tick | pin | item | notice | ended
    payload: orm.Mapped[str] = orm.mapped_column(sa.Text)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("room_id", "seq"),)


class LiveCrew(WorldRow, Base):
    """A member of the host's crew in one room."""

    __tablename__ = "live_crew"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    role: orm.Mapped[CrewRole] = orm.mapped_column(StrEnumType(CrewRole))
    __table_args__ = (sa.UniqueConstraint("room_id", "account_id"),)


class LiveOpening(WorldRow, Base):
    """A class or an institution whose people may watch a room of another class."""

    __tablename__ = "live_opening"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    scope_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_scope.id"))
    scope_name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    __table_args__ = (sa.UniqueConstraint("room_id", "scope_id"),)


class LiveRecording(WorldRow, Base):
    """The recording of a show, closed with its SHA-256. seconds: of the picture; expires_wall_at: by the rule."""

    __tablename__ = "live_recording"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), unique=True)
    folder: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64), default="")
    size: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    seconds: orm.Mapped[int] = orm.mapped_column(default=0)
    started_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    closed_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    expires_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    deleted_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)

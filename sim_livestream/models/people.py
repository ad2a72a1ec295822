"""Tables of who was there and what they said and did; kept for figures and for order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from sim_livestream.models.rooms import WorldRow


class ActionKind(StrEnum):
    """What a viewer did beside writing and liking."""

    SHARE = "share"
    CLICK = "click"  # opened an item
    FOLLOW = "follow"  # followed the shop


class LiveComment(WorldRow, Base):
    """One message (弹幕). seq: of the tick that told it, None until then. key: from the client, against repeats.

    item_id: the card that answers a question. held_for: the word for which it waits for review, '' when shown.
    """

    __tablename__ = "live_comment"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    role: orm.Mapped[str] = orm.mapped_column(sa.String(10))  # host | teacher | viewer
    text: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    seq: orm.Mapped[int | None]
    said_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    said_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    item_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    held_for: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    hidden_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    hidden_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("room_id", "account_id", "key"),
        sa.Index("ix_live_comment_room", "room_id", "seq", "id"),
    )


class LiveViewer(WorldRow, Base):
    """One person in one room: likes given, muted until when, and when the last three messages were sent.

    Moderation hangs on the account and so survives leaving and coming back.
    """

    __tablename__ = "live_viewer"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    likes: orm.Mapped[int] = orm.mapped_column(default=0)
    muted_until_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    banned_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    said_wall_at_1: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    said_wall_at_2: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    said_wall_at_3: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("room_id", "account_id"),)


class LivePresence(WorldRow, Base):
    """One stay of one account, however many tabs; open while ``left_wall_at`` is empty and the beat is fresh."""

    __tablename__ = "live_presence"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    joined_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    joined_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    beat_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    left_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_live_presence_open", "room_id", "left_wall_at", "account_id"),)


class LiveAction(WorldRow, Base):
    """A share or a look at an item: append-only."""

    __tablename__ = "live_action"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[ActionKind] = orm.mapped_column(StrEnumType(ActionKind))
    item_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_live_action_room", "room_id", "kind"),)


class LiveFollow(WorldRow, Base):
    """Somebody follows a shop."""

    __tablename__ = "live_follow"
    shop_id: orm.Mapped[int]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("shop_id", "account_id"),)


class AlarmPlace(StrEnum):
    """Where a banned word was found."""

    COMMENT = "comment"
    SCRIPT = "script"


class LiveAlarm(WorldRow, Base):
    """A banned word in a message or in the script: shown to the host's crew and to instructors."""

    __tablename__ = "live_alarm"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), index=True)
    place: orm.Mapped[AlarmPlace] = orm.mapped_column(StrEnumType(AlarmPlace))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    comment_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_comment.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    rule: orm.Mapped[str] = orm.mapped_column(sa.String(10))  # R1, R10, R16, R17 or word
    word: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)

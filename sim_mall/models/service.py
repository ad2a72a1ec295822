"""Customer service: threads, sessions, messages, rounds, seats, phrases, automatic answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.service_flow import MessageKind, Sender, SessionState, Stage
from sim_mall.models.shops import Shop


class ServiceThread(Base):
    """All that one buyer and one shop ever said to each other; seq counts its messages. last_at: simulated time.

    buyer_seen, shop_seen: the last message that each side has read.
    """

    __tablename__ = "mall_service_thread"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    last_seq: orm.Mapped[int] = orm.mapped_column(default=0)
    buyer_seen: orm.Mapped[int] = orm.mapped_column(default=0)
    shop_seen: orm.Mapped[int] = orm.mapped_column(default=0)
    last_text: orm.Mapped[str] = orm.mapped_column(sa.String(80), default="")
    last_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    shop: orm.Mapped[Shop] = orm.relationship(lambda: Shop)
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "buyer_id"),
        sa.Index("ix_mall_service_thread_buyer", "world_id", "buyer_id", "last_at"),
        sa.Index("ix_mall_service_thread_shop", "shop_id", "last_at"),
    )


class ServiceSession(StatefulMixin, Base):
    """One episode of a thread that a seat looks after. open_of: the thread while it is open, so that one is at most.

    *_at: simulated time; last_wall_at: wall time. seat_id: the account that answers.
    """

    __tablename__ = "mall_service_session"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[SessionState] = orm.mapped_column(StrEnumType(SessionState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    thread_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_service_thread.id"), index=True)
    open_of: orm.Mapped[int | None] = orm.mapped_column(unique=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    seat_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    stage: orm.Mapped[Stage] = orm.mapped_column(StrEnumType(Stage))
    listing_id: orm.Mapped[int | None]
    order_id: orm.Mapped[int | None]
    opened_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    last_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    closed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    invited_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    stars: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    remark: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    rated_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    thread: orm.Mapped[ServiceThread] = orm.relationship(lambda: ServiceThread)
    __table_args__ = (
        sa.CheckConstraint("stars IS NULL OR stars BETWEEN 1 AND 5", name="stars"),
        sa.Index("ix_mall_service_session_shop", "shop_id", "state", "last_at"),
        sa.Index("ix_mall_service_session_opened", "shop_id", "opened_at"),
    )


class ServiceMessage(Base):
    """One message. for_shop: only the shop's side sees it. at: simulated; wall_at: wall time."""

    __tablename__ = "mall_service_message"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    thread_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_service_thread.id"))
    session_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_service_session.id"))
    seq: orm.Mapped[int]
    sender: orm.Mapped[Sender] = orm.mapped_column(StrEnumType(Sender))
    account_id: orm.Mapped[int | None]
    kind: orm.Mapped[MessageKind] = orm.mapped_column(StrEnumType(MessageKind))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    body: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    for_shop: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    key: orm.Mapped[str | None] = orm.mapped_column(sa.String(80))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("thread_id", "seq"),
        sa.UniqueConstraint("thread_id", "account_id", "key"),
    )


class ServiceRound(Base):
    """From the first word of a buyer's burst to the first human answer. asked_at: simulated; seconds: real ones."""

    __tablename__ = "mall_service_round"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    session_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_service_session.id"), index=True)
    open_of: orm.Mapped[int | None] = orm.mapped_column(unique=True)  # the session while it is unanswered
    first: orm.Mapped[bool]
    asked_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    asked_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    seconds: orm.Mapped[int | None]
    seat_id: orm.Mapped[int | None]
    __table_args__ = (sa.Index("ix_mall_service_round_shop", "shop_id", "asked_at"),)


class ServiceSeat(Base):
    """Whether a member of a shop takes sessions now; capacity: at most this many at once."""

    __tablename__ = "mall_service_seat"
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), primary_key=True, autoincrement=False)
    account_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False
    )
    online: orm.Mapped[bool] = orm.mapped_column(default=False)
    capacity: orm.Mapped[int] = orm.mapped_column(default=10)
    __table_args__ = (sa.CheckConstraint("capacity BETWEEN 1 AND 50", name="capacity"),)


class ServiceDesk(Base):
    """How a shop receives: welcome, hours (0 to 24, Shanghai time of the simulated clock), what is said outside."""

    __tablename__ = "mall_service_desk"
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), primary_key=True, autoincrement=False)
    welcome: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    away: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    opens: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, default=8)
    closes: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, default=23)


class ServicePhrase(Base):
    """A quick phrase (快捷短语) of the shop, or of one person when account_id is set."""

    __tablename__ = "mall_service_phrase"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    account_id: orm.Mapped[int | None]
    category: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="常用")
    text: orm.Mapped[str] = orm.mapped_column(sa.String(300))


class ServiceKeyword(Base):
    """An automatic answer (关键词自动回复): any of the keywords calls for it. hits: how often it was given."""

    __tablename__ = "mall_service_keyword"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    keywords: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON)
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(300))
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    hits: orm.Mapped[int] = orm.mapped_column(default=0)

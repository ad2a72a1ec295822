"""Tables of games in a room: red packets (红包), lucky bags (福袋), polls (投票)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from sim_livestream.models.rooms import WorldRow


class GameState(StrEnum):
    """Whether a game still takes people."""

    OPEN = "open"
    OVER = "over"  # settled: leftovers are back, winners are drawn, the vote is counted


class LivePacket(WorldRow, Base):
    """A red packet. total in fen; shares: the pieces as they will be taken, a JSON list that sums to total.

    taken: pieces taken so far; returned: fen that went back to the host.
    """

    __tablename__ = "live_packet"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), index=True)
    giver_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    words: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    total: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    pieces: orm.Mapped[int]
    shares: orm.Mapped[str] = orm.mapped_column(sa.Text)
    taken: orm.Mapped[int] = orm.mapped_column(default=0)
    returned: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    status: orm.Mapped[GameState] = orm.mapped_column(StrEnumType(GameState), default=GameState.OPEN)
    ends_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    given_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.CheckConstraint("total >= pieces AND pieces > 0 AND taken BETWEEN 0 AND pieces", name="pieces"),
        sa.Index("ix_live_packet_due", "status", "ends_wall_at"),
    )


class LivePacketClaim(WorldRow, Base):
    """One piece that one person took."""

    __tablename__ = "live_packet_claim"
    packet_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_packet.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    piece: orm.Mapped[int]
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("packet_id", "account_id"),
        sa.UniqueConstraint("packet_id", "piece"),
        sa.CheckConstraint("amount > 0", name="amount"),
    )


class LotCondition(StrEnum):
    """What lets somebody take part in a lucky bag."""

    NONE = "none"  # 点一下就参加
    FOLLOW = "follow"  # 关注店铺
    PHRASE = "phrase"  # 发过指定口令


class LiveLot(WorldRow, Base):
    """A lucky bag. value: fen for each winner, out of the host's wallet; seed_stream: of the draw, for the log."""

    __tablename__ = "live_lot"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), index=True)
    giver_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    prize: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    value: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    winners: orm.Mapped[int]
    condition: orm.Mapped[LotCondition] = orm.mapped_column(StrEnumType(LotCondition))
    phrase: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    status: orm.Mapped[GameState] = orm.mapped_column(StrEnumType(GameState), default=GameState.OPEN)
    seed_stream: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    ends_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    given_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.CheckConstraint("value > 0 AND winners > 0", name="prize"),
        sa.Index("ix_live_lot_due", "status", "ends_wall_at"),
    )


class LiveLotEntry(WorldRow, Base):
    """Somebody takes part in a lucky bag."""

    __tablename__ = "live_lot_entry"
    lot_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_lot.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    won: orm.Mapped[bool] = orm.mapped_column(default=False)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("lot_id", "account_id"),)


class LivePoll(WorldRow, Base):
    """A question with two to six answers, a JSON list."""

    __tablename__ = "live_poll"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), index=True)
    question: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    options: orm.Mapped[str] = orm.mapped_column(sa.Text)
    status: orm.Mapped[GameState] = orm.mapped_column(StrEnumType(GameState), default=GameState.OPEN)
    ends_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    given_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_live_poll_due", "status", "ends_wall_at"),)


class LivePollVote(WorldRow, Base):
    """The one answer of one person."""

    __tablename__ = "live_poll_vote"
    poll_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_poll.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    choice: orm.Mapped[int]
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("poll_id", "account_id"),)

"""Rules and penalties: the world's word list, violations, sanctions, how goods last looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.rules.matching import Level
from sim_mall.domain.rules.penalties import Effect
from sim_mall.domain.rules.rulebook import Severity
from sim_mall.domain.rules.violation_flow import ViolationState
from sim_mall.models.shops import Shop


class RuleList(Base):
    """The revision of a world's word list: every change gives a new one, so that processes know their copy is old."""

    __tablename__ = "mall_rule_list"
    world_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("worlds_world.id"), primary_key=True, autoincrement=False
    )
    revision: orm.Mapped[str] = orm.mapped_column(sa.String(16))


class RuleWord(Base):
    """A word that a world has added, changed or switched off; it overrides the platform's word of the same text."""

    __tablename__ = "mall_rule_word"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    rule: orm.Mapped[str] = orm.mapped_column(sa.String(4))
    level: orm.Mapped[Level] = orm.mapped_column(StrEnumType(Level))
    exceptions: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    advice: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    category: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")  # why it came in switched off
    __table_args__ = (sa.UniqueConstraint("world_id", "text"),)


class Violation(StatefulMixin, Base):
    """One violation (违规) of a shop. points and returned: hundredths; fined: fen; every *_at and *_by simulated time.

    subject_kind and subject_id: what it happened on (listing, order, chat, room, shop). evidence: a snapshot that
    later changes of the subject do not touch. returned: points that the quiz gave back.
    """

    __tablename__ = "mall_violation"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[ViolationState] = orm.mapped_column(StrEnumType(ViolationState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    rule: orm.Mapped[str] = orm.mapped_column(sa.String(4))
    severity: orm.Mapped[Severity] = orm.mapped_column(StrEnumType(Severity))
    points: orm.Mapped[int]
    fined: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    subject_kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    subject_id: orm.Mapped[int]
    summary: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    evidence: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    appeal_by: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    appealed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    appeal_text: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    verdict_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    verdict_text: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    quiz_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    returned: orm.Mapped[int] = orm.mapped_column(default=0)
    shop: orm.Mapped[Shop] = orm.relationship(lambda: Shop)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "key"),
        sa.CheckConstraint("points >= 0 AND returned >= 0 AND returned <= points", name="points"),
        sa.CheckConstraint("fined >= 0", name="fined"),
        sa.Index("ix_mall_violation_shop", "shop_id", "severity", "at"),
        sa.Index("ix_mall_violation_state", "world_id", "state", "id"),
    )

    @property
    def counted(self) -> int:
        return self.points - self.returned


class ShopSanction(Base):
    """One effect on a shop for a while. until_at: None for good; lifted_at: ended early, by a verdict."""

    __tablename__ = "mall_shop_sanction"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    violation_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_violation.id"), index=True)
    effect: orm.Mapped[Effect] = orm.mapped_column(StrEnumType(Effect))
    threshold: orm.Mapped[int]
    from_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    until_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    lifted_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.Index("ix_mall_shop_sanction_active", "world_id", "effect", "lifted_at", "until_at"),
        sa.Index("ix_mall_shop_sanction_shop", "shop_id", "from_at"),
    )


class ListingWatch(Base):
    """How a listing looked when it was last inspected: whether another article took its place (换宝贝) shows here."""

    __tablename__ = "mall_listing_watch"
    listing_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_listing.id"), primary_key=True, autoincrement=False
    )
    title: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    category: orm.Mapped[str] = orm.mapped_column(sa.String(90))
    brand: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    seen_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)

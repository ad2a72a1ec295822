"""What the instructor sets for the market of a world: fee table (费率表), who may not buy from whom (买卖限制)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base


class FeeRate(Base):
    """The commission of one first-level category in one world, in basis points; others pay the default."""

    __tablename__ = "mall_fee_rate"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    category: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    commission_bp: orm.Mapped[int]
    __table_args__ = (
        sa.UniqueConstraint("world_id", "category"),
        sa.CheckConstraint("commission_bp >= 0 AND commission_bp <= 5000", name="commission"),
    )


class TradeBlock(Base):
    """Somebody may not buy from a shop; buyer_id 0: everybody, shop_id 0: every shop. reason: what buyers read."""

    __tablename__ = "mall_trade_block"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    buyer_id: orm.Mapped[int] = orm.mapped_column(default=0)
    shop_id: orm.Mapped[int] = orm.mapped_column(default=0)
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    __table_args__ = (sa.CheckConstraint("buyer_id > 0 OR shop_id > 0", name="somebody"),)

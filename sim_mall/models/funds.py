"""The fee table of a world (费率表)."""

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

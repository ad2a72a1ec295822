"""Live stock (直播库存): units that are set aside for an item of a live room, and the order lines that hold some."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base


class LiveStock(Base):
    """Units of one SKU that are sold in one live room alone.

    units: offered in the room; taken: of these in orders that are paid or wait for payment. While ``open`` the rest
    is set aside from sale; once the show is over it went back to sale, and units and taken stay as the bound for
    carts that were quoted on air.
    """

    __tablename__ = "mall_live_stock"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    room_id: orm.Mapped[int] = orm.mapped_column(index=True)
    item_id: orm.Mapped[int]
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    units: orm.Mapped[int]
    taken: orm.Mapped[int] = orm.mapped_column(default=0)
    open: orm.Mapped[bool] = orm.mapped_column(default=True)
    __table_args__ = (
        sa.UniqueConstraint("item_id", "sku_id"),
        sa.CheckConstraint("taken >= 0 AND taken <= units", name="units"),
    )


class LiveUnits(Base):
    """Units of live stock that an order line holds: given back to it when the order is cancelled."""

    __tablename__ = "mall_live_units"
    line_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_order_line.id"), primary_key=True, autoincrement=False
    )
    stock_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_live_stock.id"), index=True)
    units: orm.Mapped[int]

"""Parcels of suppliers that come late or get lost (包裹异常). Money is fen; times are simulated."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_supply.domain.trouble_flow import Claim, TroubleKind, TroubleState
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import StockOrder


class ParcelTrouble(StatefulMixin, Base):
    """What happens to the parcel of one purchase order. hours: how much later it comes; credited: fen paid back.

    informed_at: when the seller told the buyer. replacement: the goods that the supplier sent again.
    """

    __tablename__ = "supply_parcel_trouble"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[TroubleState] = orm.mapped_column(StrEnumType(TroubleState))
    kind: orm.Mapped[TroubleKind] = orm.mapped_column(StrEnumType(TroubleKind))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    purchase_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_order.id"), unique=True)
    hours: orm.Mapped[int] = orm.mapped_column(default=0)
    happened_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    informed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    claim: orm.Mapped[Claim] = orm.mapped_column(StrEnumType(Claim), default=Claim.NONE)
    credited: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    replacement_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("supply_stock_order.id"))
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    purchase: orm.Mapped[PurchaseOrder] = orm.relationship()
    replacement: orm.Mapped[StockOrder | None] = orm.relationship()
    __table_args__ = (
        sa.Index("ix_supply_trouble_owner", "world_id", "owner_id", "state"),
        sa.CheckConstraint("hours >= 0 AND credited >= 0", name="amounts"),
    )

"""After-sale tickets (售后单)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleStage, AfterSaleState, Reason
from sim_mall.models.trade import Order, OrderLine


class AfterSale(StatefulMixin, Base):
    """One ticket for some units of one line. Money in fen; *_at and *_by are simulated time.

    units: the numbers (1-based) of the line's units that it holds, so that every unit is refunded at most once
    and all refunds of a line add up to its payable. amount: asked for the goods; paid: what really went back,
    with freight.
    """

    __tablename__ = "mall_after_sale"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[AfterSaleState] = orm.mapped_column(StrEnumType(AfterSaleState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    line_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order_line.id"), index=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[AfterSaleKind] = orm.mapped_column(StrEnumType(AfterSaleKind))
    stage: orm.Mapped[AfterSaleStage] = orm.mapped_column(StrEnumType(AfterSaleStage))
    quantity: orm.Mapped[int]
    units: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON)
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    reason: orm.Mapped[Reason] = orm.mapped_column(StrEnumType(Reason))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    reject_reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(30), default="")
    good: orm.Mapped[int] = orm.mapped_column(default=0)
    bad: orm.Mapped[int] = orm.mapped_column(default=0)
    paid: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    short_of_funds: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    opened_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    deadline_by: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)  # of whoever has to act next
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    order: orm.Mapped[Order] = orm.relationship()
    line: orm.Mapped[OrderLine] = orm.relationship()
    __table_args__ = (
        sa.CheckConstraint("quantity >= 1 AND amount >= 0 AND paid >= 0", name="amounts"),
        sa.CheckConstraint("good >= 0 AND bad >= 0 AND good + bad <= quantity", name="returned"),
        sa.Index("ix_mall_after_sale_shop", "shop_id", "state", "id"),
        sa.Index("ix_mall_after_sale_buyer", "world_id", "buyer_id", "id"),
    )

"""After-sale tickets (售后单), their evidence, the goods they hold, and repayments (退款单)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleStage, AfterSaleState, Outcome, Reason
from sim_mall.domain.refund_flow import RefundState
from sim_mall.models.trade import Order, OrderLine


class AfterSale(StatefulMixin, Base):
    """One ticket for some units of one line. Money in fen; *_at and *_by are simulated time.

    units: the numbers (1-based) of the line's units that it holds, so that every unit is refunded at most once
    and all refunds of a line add up to its payable. amount: asked for the goods; paid: what really went back,
    with freight. carrier, waybill: of goods on their way back; back_signed_at: when they reached the seller.
    parcel_id: the parcel on its way to the buyer that is to be stopped or was refused. exchange_sku_id,
    exchange_spec, difference: what the units are to be swapped for and what that costs more in all (fen).
    postage: what the buyer paid to send goods back, postage_back: what of it came back from shop or insurance.
    reship_*: the goods that were sent again.
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
    reject_code: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")  # RejectCode
    reject_reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(30), default="")
    good: orm.Mapped[int] = orm.mapped_column(default=0)
    bad: orm.Mapped[int] = orm.mapped_column(default=0)
    paid: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    pictures: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    outcome: orm.Mapped[Outcome] = orm.mapped_column(StrEnumType(Outcome), default=Outcome.NONE, server_default="")
    parcel_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_parcel.id"), index=True)
    back_signed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    exchange_sku_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_sku.id"))
    exchange_spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="", server_default="")
    difference: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    difference_paid: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    postage: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    postage_back: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    reship_carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")
    reship_waybill: orm.Mapped[str] = orm.mapped_column(sa.String(30), default="", server_default="")
    reshipped_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    disputed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    verdict: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="", server_default="")
    short_of_funds: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    opened_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    deadline_by: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)  # of whoever has to act next
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    order: orm.Mapped[Order] = orm.relationship()
    line: orm.Mapped[OrderLine] = orm.relationship()
    __table_args__ = (
        sa.CheckConstraint("quantity >= 1 AND amount >= 0 AND paid >= 0 AND difference >= 0", name="amounts"),
        sa.CheckConstraint("postage_back >= 0 AND postage_back <= postage", name="postage"),
        sa.CheckConstraint("good >= 0 AND bad >= 0 AND good + bad <= quantity", name="returned"),
        sa.Index("ix_mall_after_sale_shop", "shop_id", "state", "id"),
        sa.Index("ix_mall_after_sale_buyer", "world_id", "buyer_id", "id"),
    )


class TicketEvidence(Base):
    """What one side says in a dispute. side: buyer | seller; pictures: public names; at: simulated time."""

    __tablename__ = "mall_ticket_evidence"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    ticket_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_after_sale.id"), index=True)
    side: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    pictures: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.CheckConstraint("side IN ('buyer', 'seller')", name="side"),)


class TicketHold(Base):
    """Units of a SKU promised to an exchange or a resending and not yet sent: part of what is allocated."""

    __tablename__ = "mall_ticket_hold"
    ticket_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_after_sale.id"), primary_key=True, autoincrement=False
    )
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    quantity: orm.Mapped[int]
    __table_args__ = (sa.CheckConstraint("quantity >= 0", name="quantity"),)


class Refund(StatefulMixin, Base):
    """One repayment: its key is the ticket, so that it can never be made twice. *_at: simulated time."""

    __tablename__ = "mall_refund"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[RefundState] = orm.mapped_column(StrEnumType(RefundState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    ticket_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_after_sale.id"), unique=True)
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    attempts: orm.Mapped[int] = orm.mapped_column(default=0)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    settled_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.CheckConstraint("amount >= 0 AND attempts >= 0", name="amounts"),)

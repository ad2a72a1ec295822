"""Trade: cart, addresses, orders with lines and reservations, payments, parcels, reviews, notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.order_flow import CloseReason, Flag, OrderSource, OrderState
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.domain.payment_flow import PaymentState
from sim_mall.models.goods import Sku


class CartItem(Base):
    """Goods in somebody's cart. added_at: simulated time."""

    __tablename__ = "mall_cart_item"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"))
    quantity: orm.Mapped[int]
    ticked: orm.Mapped[bool] = orm.mapped_column(default=True)
    added_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "account_id", "sku_id"),
        sa.CheckConstraint("quantity >= 1", name="quantity"),
    )


class Address(Base):
    """Where somebody wants goods sent, in one world. A removed one is no longer offered."""

    __tablename__ = "mall_address"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    phone: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    division_code: orm.Mapped[str] = orm.mapped_column(sa.String(12))
    region: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    detail: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    is_default: orm.Mapped[bool] = orm.mapped_column(default=False)
    removed: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    __table_args__ = (sa.Index("ix_mall_address_owner", "world_id", "account_id"),)


class Order(StatefulMixin, Base):
    """One order (订单): one shop, one buyer. Money in fen; every *_at and *_by is simulated time.

    subsidy: what the platform paid the shop for its own coupon and the buyer's points, of which subsidy_back went
    back with refunds. points: spent by the buyer, of which points_back came back; points_earned: by this order.
    receive_left: seconds that the receipt still had when an after-sale stopped its clock. extended_at: when the
    buyer used the one extension. flag, seller_note: the seller's own marks, never shown to the buyer.
    """

    __tablename__ = "mall_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[OrderState] = orm.mapped_column(StrEnumType(OrderState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    number: orm.Mapped[str] = orm.mapped_column(sa.String(24), unique=True)
    batch: orm.Mapped[str] = orm.mapped_column(sa.String(24), index=True)  # orders submitted together
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    shop_name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    source: orm.Mapped[OrderSource] = orm.mapped_column(StrEnumType(OrderSource))
    room_id: orm.Mapped[int | None]
    live_item_id: orm.Mapped[int | None]
    forming: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # its group is not full
    insured: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # the shop gives 运费险
    goods_payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    freight: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    refunded: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    fee: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)  # all fees taken at settlement
    settled: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)  # what left escrow for the shop
    fee_returnable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    subsidy: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    subsidy_back: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    points: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    points_back: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    points_earned: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    fee_back: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)  # given back with later refunds
    receiver_name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    receiver_phone: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    receiver_region: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    receiver_detail: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    message: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    placed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    pay_by: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    paid_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ship_by: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    shipped_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    receive_by: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    receive_left: orm.Mapped[int | None]
    extended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    price_changed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    flag: orm.Mapped[Flag] = orm.mapped_column(StrEnumType(Flag), default=Flag.NONE, server_default="")
    seller_note: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="", server_default="")
    completed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    closed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    close_reason: orm.Mapped[CloseReason | None] = orm.mapped_column(StrEnumType(CloseReason))
    modified_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    lines: orm.Mapped[list[OrderLine]] = orm.relationship(back_populates="order", order_by="OrderLine.id")
    parcels: orm.Mapped[list[Parcel]] = orm.relationship(back_populates="order", order_by="Parcel.id")
    __table_args__ = (
        sa.CheckConstraint("payable >= 0 AND payable = goods_payable + freight", name="payable"),
        sa.CheckConstraint("refunded >= 0 AND refunded <= payable", name="refunded"),
        sa.CheckConstraint(
            "fee >= 0 AND fee <= settled AND fee_back >= 0 AND fee_back <= fee_returnable AND fee_returnable <= fee",
            name="fees",
        ),
        sa.CheckConstraint("subsidy_back >= 0 AND subsidy_back <= subsidy", name="subsidy"),
        sa.CheckConstraint("points_back >= 0 AND points_back <= points AND points_earned >= 0", name="points"),
        sa.Index("ix_mall_order_shop", "shop_id", "state", "id"),
        sa.Index("ix_mall_order_buyer", "world_id", "buyer_id", "state", "id"),
        sa.Index("ix_mall_order_modified", "shop_id", "modified_at"),
        sa.Index("ix_mall_order_placed", "shop_id", "placed_at"),
        sa.Index("ix_mall_order_paid", "shop_id", "paid_at"),
    )


class OrderLine(Base):
    """One line, frozen when the order was placed; the counters are units.

    applying: units of open after-sale tickets, of them applying_unshipped not yet sent. refunded: units paid
    back, of them cancelled before they were sent. exchanged: units swapped for another SKU, which no further
    ticket may name. steps: what each promotion took off (fen). seven_day: sold with 7 天无理由退货. promise_hours:
    the promise to ship under which it was sold. at_payment: its stock is taken when the order is paid (付款减库存);
    until then it holds none.
    """

    __tablename__ = "mall_order_line"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    category: orm.Mapped[str] = orm.mapped_column(sa.String(90), default="")
    picture: orm.Mapped[str] = orm.mapped_column(sa.String(24), default="", server_default="")
    unit_price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    quantity: orm.Mapped[int]
    base: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    steps: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    shipped: orm.Mapped[int] = orm.mapped_column(default=0)
    applying: orm.Mapped[int] = orm.mapped_column(default=0)
    applying_unshipped: orm.Mapped[int] = orm.mapped_column(default=0)
    refunded: orm.Mapped[int] = orm.mapped_column(default=0)
    cancelled: orm.Mapped[int] = orm.mapped_column(default=0)
    exchanged: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    seven_day: orm.Mapped[bool] = orm.mapped_column(default=True, server_default=sa.true())
    promise_hours: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")  # 0: the world's setting
    at_payment: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    order: orm.Mapped[Order] = orm.relationship(back_populates="lines")
    __table_args__ = (
        sa.CheckConstraint("quantity >= 1 AND payable >= 0", name="amounts"),
        sa.CheckConstraint(
            "applying >= 0 AND refunded >= 0 AND exchanged >= 0 AND applying + refunded + exchanged <= quantity",
            name="after_sale",
        ),
        sa.CheckConstraint(
            "shipped >= 0 AND cancelled >= 0 AND applying_unshipped >= 0"
            " AND shipped + cancelled + applying_unshipped <= quantity",
            name="shipped",
        ),
        sa.CheckConstraint("applying_unshipped <= applying AND cancelled <= refunded", name="parts"),
    )

    @property
    def shippable(self) -> int:
        """Units that may leave now."""
        return self.quantity - self.shipped - self.cancelled - self.applying_unshipped

    @property
    def returnable(self) -> int:
        """Units that were sent and are neither refunded, swapped nor asked back."""
        gone = self.refunded - self.cancelled + self.exchanged
        return self.shipped - gone - (self.applying - self.applying_unshipped)

    @property
    def refundable(self) -> int:
        """Units that a new ticket may name."""
        return self.quantity - self.refunded - self.applying - self.exchanged


class Reservation(Base):
    """Units of a SKU promised to a line and not yet sent; Σ open = allocated."""

    __tablename__ = "mall_reservation"
    line_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_order_line.id"), primary_key=True, autoincrement=False
    )
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    quantity: orm.Mapped[int]
    __table_args__ = (sa.CheckConstraint("quantity >= 0", name="quantity"),)


class Payment(StatefulMixin, Base):
    """One attempt to pay an order. amount: fen that were asked for; at: simulated time."""

    __tablename__ = "mall_payment"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[PaymentState] = orm.mapped_column(StrEnumType(PaymentState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    settled_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class Parcel(StatefulMixin, Base):
    """One parcel of an order; moved by simulated time.

    collected_at: when the carrier really took it; a number without goods is 虚假发货 after a day. with_carrier:
    the seller has handed it over, so that the carrier will come and take it. late_hours: what the carrier reported.
    """

    __tablename__ = "mall_parcel"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[ParcelState] = orm.mapped_column(StrEnumType(ParcelState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(30))
    shipped_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    with_carrier: orm.Mapped[bool] = orm.mapped_column(default=True, server_default=sa.true())
    collected_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    signed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    late_hours: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    order: orm.Mapped[Order] = orm.relationship(back_populates="parcels")
    lines: orm.Mapped[list[ParcelLine]] = orm.relationship(back_populates="parcel")
    __table_args__ = (sa.UniqueConstraint("world_id", "carrier", "waybill"),)


class ParcelLine(Base):
    """Units of an order line in a parcel."""

    __tablename__ = "mall_parcel_line"
    parcel_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_parcel.id"), primary_key=True, autoincrement=False
    )
    line_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_order_line.id"), primary_key=True, autoincrement=False
    )
    quantity: orm.Mapped[int]
    parcel: orm.Mapped[Parcel] = orm.relationship(back_populates="lines")
    __table_args__ = (sa.CheckConstraint("quantity >= 1", name="quantity"),)


class Review(Base):
    """What a buyer says of a line: three scores of 1 to 5 (描述、服务、物流) and a text. *_at, at: simulated time.

    by_default: written by the clock when the buyer said nothing; it never counts. pictures: public names of
    stored files. follow_*: what the buyer adds once later (追评). reply: the seller's answer, once.
    """

    __tablename__ = "mall_review"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    line_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order_line.id"), unique=True)
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    description: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger)
    service: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger)
    logistics: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger)
    text: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    by_default: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    pictures: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    follow_text: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="", server_default="")
    follow_pictures: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    follow_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    reply: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="", server_default="")
    reply_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.CheckConstraint(
            "description BETWEEN 1 AND 5 AND service BETWEEN 1 AND 5 AND logistics BETWEEN 1 AND 5", name="scores"
        ),
        sa.Index("ix_mall_review_shop_at", "shop_id", "at"),
    )


class Notice(Base):
    """A message of the mall to one person. at: simulated time; read_wall_at: wall time."""

    __tablename__ = "mall_notice"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # order | after_sale | shop | goods
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    path: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    read_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_mall_notice_owner", "world_id", "account_id", "read_wall_at", "id"),)

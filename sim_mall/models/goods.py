"""Goods: categories, listings, SKUs, stock with its movements, search grams."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.ranking import START
from sim_mall.models.shops import Shop


class Category(Base):
    """A category of two levels in one world; l2 is empty for goods that have the first level only."""

    __tablename__ = "mall_category"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    l1: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    l2: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    __table_args__ = (sa.UniqueConstraint("world_id", "l1", "l2"),)


class FreightTemplate(Base):
    """A freight template (运费模板) of a shop; ``rules`` is what ``domain.freight.to_json`` writes."""

    __tablename__ = "mall_freight_template"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    rules: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    removed: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())


class GoodsPicture(Base):
    """A picture that a shop uploaded (商品图片): re-encoded, a large and a small one.

    name: in its address. large, small: public names of the stored files. look: difference hash of what it shows.
    """

    __tablename__ = "mall_goods_picture"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(24), unique=True)
    large: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    small: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    width: orm.Mapped[int]
    height: orm.Mapped[int]
    look: orm.Mapped[str] = orm.mapped_column(sa.String(16))


class Listing(StatefulMixin, Base):
    """One listing (商品) of a shop. Prices and freight in fen; *_at and *_until: simulated time.

    price_from and price_to span its SKUs; sold counts paid units; rating_sum counts points of three scores
    (3 to 15 a review). axes: [[name, [value…]]…]. pictures: names of GoodsPicture, the first is the cover.
    detail: sanitised HTML. freight_fee counts where no template is set; free_shipping: nothing is ever asked.
    alarm: saleable units of a SKU at which the seller is told. score: quality, 0 to 100. search_rank: what search
    orders by beside the words, see ``domain.ranking``. stock_at_payment: stock is taken when an order is paid, not
    when it is placed (付款减库存). buy_limit: units of one buyer, 0 for any. video: public name of a stored MP4, ''
    for none.
    """

    __tablename__ = "mall_listing"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[ListingState] = orm.mapped_column(StrEnumType(ListingState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    category_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_category.id"))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    brief: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    unit: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="件")
    attributes: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    freight_fee: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    promise_hours: orm.Mapped[int] = orm.mapped_column(default=0)  # 0: the world's setting
    brand: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="", server_default="")
    axes: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    pictures: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    detail: orm.Mapped[str] = orm.mapped_column(sa.Text, default="", server_default="")
    freight_template_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("mall_freight_template.id"), index=True
    )
    free_shipping: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    seven_day: orm.Mapped[bool] = orm.mapped_column(default=True, server_default=sa.true())
    stock_at_payment: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    buy_limit: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    video: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="", server_default="")
    alarm: orm.Mapped[int] = orm.mapped_column(default=5, server_default="5")
    score: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    search_rank: orm.Mapped[int] = orm.mapped_column(default=START, server_default=str(START))
    forced_until: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    recycled_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    price_from: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    price_to: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    sold: orm.Mapped[int] = orm.mapped_column(default=0)
    rating_sum: orm.Mapped[int] = orm.mapped_column(default=0)
    rating_count: orm.Mapped[int] = orm.mapped_column(default=0)
    audit_notes: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    changed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    listed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    shop: orm.Mapped[Shop] = orm.relationship()
    category: orm.Mapped[Category] = orm.relationship(lambda: Category)
    freight_template: orm.Mapped[FreightTemplate | None] = orm.relationship(lambda: FreightTemplate)
    skus: orm.Mapped[list[Sku]] = orm.relationship(lambda: Sku, back_populates="listing", order_by=lambda: Sku.ordinal)
    __table_args__ = (
        sa.Index("ix_mall_listing_sale", "world_id", "state", "category_id", "price_from"),
        sa.Index("ix_mall_listing_rank", "world_id", "state", "search_rank", "id"),
        sa.Index("ix_mall_listing_sold", "world_id", "state", "sold", "id"),
        sa.Index("ix_mall_listing_category", "world_id", "state", "category_id", "shop_id"),
        sa.Index("ix_mall_listing_new", "world_id", "state", "listed_at", "id"),
        sa.Index("ix_mall_listing_price", "world_id", "state", "price_from", "id"),
        sa.Index("ix_mall_listing_shop", "shop_id", "state"),
        sa.CheckConstraint("price_from > 0 AND price_from <= price_to", name="price"),
        sa.CheckConstraint("freight_fee >= 0", name="freight"),
        sa.CheckConstraint("sold >= 0", name="sold"),
        sa.CheckConstraint("buy_limit >= 0", name="buy_limit"),
    )


class Sku(Base):
    """One variety of a listing. A removed one keeps its row for the orders that name it."""

    __tablename__ = "mall_sku"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    ordinal: orm.Mapped[int] = orm.mapped_column(default=0)
    code: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    values: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)  # one per axis of the listing
    barcode: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="", server_default="")
    picture: orm.Mapped[str] = orm.mapped_column(sa.String(24), default="", server_default="")
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    weight_g: orm.Mapped[int] = orm.mapped_column(default=500)
    volume_cm3: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")  # 0: not stated
    removed: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    listing: orm.Mapped[Listing] = orm.relationship(back_populates="skus")
    stock: orm.Mapped[Stock] = orm.relationship(back_populates="sku")
    __table_args__ = (sa.CheckConstraint("price > 0", name="price"),)


class PriceChange(Base):
    """What a SKU cost (fen) until its price was changed. until_at: simulated time. Append-only."""

    __tablename__ = "mall_price_change"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"))
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    until_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_mall_price_change_sku", "sku_id", "until_at"),)


class Stock(Base):
    """Stock of one SKU: what is there, what of it is promised to orders, set aside for a flash sale or a live room
    (活动库存), kept back by the seller (安全库存), what came back spoilt. The safety stock is a wish: counts may fall
    below it."""

    __tablename__ = "mall_stock"
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), primary_key=True, autoincrement=False)
    on_hand: orm.Mapped[int] = orm.mapped_column(default=0)
    allocated: orm.Mapped[int] = orm.mapped_column(default=0)
    aside: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    damaged: orm.Mapped[int] = orm.mapped_column(default=0)
    safety: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku, back_populates="stock")
    __table_args__ = (
        sa.CheckConstraint("allocated >= 0 AND aside >= 0 AND allocated + aside <= on_hand", name="allocated"),
        sa.CheckConstraint("damaged >= 0", name="damaged"),
        sa.CheckConstraint("safety >= 0", name="safety"),
    )

    @hybrid_property
    def free(self) -> int:
        """Units beyond all that is promised, set aside and kept back; below 0 where the safety stock is touched."""
        return self.on_hand - self.allocated - self.aside - self.safety

    @hybrid_property
    def saleable(self) -> int:
        """Units that can be ordered at the usual price, never below 0; also in queries."""
        return max(self.free, 0)

    @saleable.inplace.expression
    @classmethod
    def _saleable(cls) -> sa.ColumnElement[int]:
        return sa.case((cls.free > 0, cls.free), else_=0)


class MovementKind(StrEnum):
    """Why stock moved."""

    COUNT = "count"  # 盘点: the seller or the supply system set it
    RESERVE = "reserve"  # 下单占用
    RELEASE = "release"  # 取消或发货前退款释放
    SALE = "sale"  # 发货
    RETURN = "return"  # 退货入库
    ASIDE = "aside"  # 活动库存划入、划回


class StockMovement(Base):
    """One movement of stock: append-only; the sums are the stock. at: simulated time."""

    __tablename__ = "mall_stock_movement"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    kind: orm.Mapped[MovementKind] = orm.mapped_column(StrEnumType(MovementKind))
    on_hand: orm.Mapped[int] = orm.mapped_column(default=0)
    allocated: orm.Mapped[int] = orm.mapped_column(default=0)
    aside: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    damaged: orm.Mapped[int] = orm.mapped_column(default=0)
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class SearchGram(Base):
    """A listing is found under this gram; weight 3 for its title, 1 for the rest."""

    __tablename__ = "mall_search_gram"
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), primary_key=True)
    gram: orm.Mapped[str] = orm.mapped_column(sa.String(40), primary_key=True)
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), primary_key=True)
    weight: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger)
    __table_args__ = (sa.Index("ix_mall_search_gram_listing", "listing_id"),)

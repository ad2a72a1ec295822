"""Sourcing in the demo class: supplier profiles, a cooperation, goods bought for stock, an app of the open platform."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.demo.market import Market
from sim_mall.domain.platform_codes import PlatformScope
from sim_mall.services import platform_apps
from sim_supply.domain.stock_flow import StockKind, StockState
from sim_supply.models.catalogue import Product, Supplier
from sim_supply.models.orders import Mapping
from sim_supply.models.stock import StockOrder
from sim_supply.services import cooperations, stocking
from sim_supply.services.stocking import Counted

GRADES = (("A", 12, 80), ("B", 24, 200), ("C", 36, 450))  # grade, SLA in hours, bad goods in basis points


def describe_suppliers(market: Market) -> None:
    """Give each supplier of the demo a profile."""
    rows = db.session.scalars(sa.select(Supplier).where(Supplier.world_id == market.world_id).order_by(Supplier.id))
    for number, supplier in enumerate(rows):
        supplier.grade, supplier.sla_hours, supplier.defect_bp = GRADES[number % len(GRADES)]
        supplier.return_address = f"示例省示例市工业园 {number + 1} 号退货仓"
        supplier.papers = "营业执照、商标授权书（教学样本）" if supplier.grade != "C" else "营业执照（教学样本）"


def source(market: Market) -> None:
    """Day 9: the first trainee works with a supplier, buys goods for stock, and lets an app into the shop."""
    seller = market.traders[1]
    goods = db.session.scalars(
        sa.select(Product)
        .join(Mapping, Mapping.product_id == Product.id)
        .where(Mapping.shop_id == market.shops[1])
        .order_by(Product.id)
    ).first()
    if goods is None:
        return
    words = "主营手作文具，每周两场直播，想长期合作。"
    cooperations.apply(seller, goods.supplier_id, words, market.key())
    stocking.order_goods(seller, {goods.skus[0].id: 6}, StockKind.STOCK, market.key())
    app_id = platform_apps.create_app(seller, "手账铺小 ERP", market.key())
    app = platform_apps.get_app(seller, app_id)
    platform_apps.grant(seller, app.key, tuple(PlatformScope))
    platform_apps.set_push(seller, app_id, "inbox", broken=False)


def take_in(market: Market) -> None:
    """Day 12: what arrived is counted in."""
    seller = market.traders[1]
    query = sa.select(StockOrder).where(StockOrder.shop_id == market.shops[1], StockOrder.state == StockState.ARRIVED)
    for order in db.session.scalars(query).all():
        counted = {row.id: Counted(row.came_good, row.came_bad) for row in order.lines}
        stocking.receive(seller, order.id, counted)

"""Sourcing in the demo class: supplier profiles, a cooperation, goods bought for stock, an app of the open platform."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.demo.market import Market
from sim_mall.domain.platform_codes import PlatformScope
from sim_mall.models.aftersale import AfterSale
from sim_mall.services import aftersales, payments, platform_apps
from sim_mall.services import orders as mall_orders
from sim_supply.domain.stock_flow import StockKind, StockState
from sim_supply.domain.trouble_flow import OPEN_TROUBLE, Claim, TroubleKind, TroubleState
from sim_supply.models.catalogue import Product, Supplier
from sim_supply.models.orders import FetchedOrder, Mapping, PurchaseOrder
from sim_supply.models.stock import StockOrder
from sim_supply.models.troubles import ParcelTrouble
from sim_supply.services import cooperations, fetching, stocking, troubles
from sim_supply.services import orders as purchases
from sim_supply.services.stocking import Counted

FIRST = 1  # whose desk shows everything
FATES = ((TroubleKind.LOST, 0), (TroubleKind.LATE, 36))  # and how many hours late
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


def order_for_mishaps(market: Market) -> list[int]:
    """Early on day 12: two people buy goods of the first seller's suppliers; return the ids of the orders."""
    goods = [item for item in market.goods_of(FIRST) if item.id not in market.own]
    units = [sku for item in goods for sku in item.skus if sku.saleable > 0]
    cheap = sorted(units, key=lambda sku: (sku.price, sku.id))
    bought = []
    for place, buyer in enumerate((9, 12)):
        if not cheap:
            break
        actor, wanted = market.traders[buyer], [mall_orders.Wanted(cheap[place % len(cheap)].id, 1)]
        ids = mall_orders.submit_orders(actor, wanted, market.receiver(buyer), key=market.key())
        payments.pay_orders(actor, ids, market.key())
        bought += ids
    fetching.fetch_orders(market.traders[FIRST], market.key())
    return bought


def send_on_bad_ways(market: Market, bought: list[int]) -> None:
    """A little later their suppliers send them: one parcel will get lost and the other come late.

    The hour is chosen so that both are on the road at the end of the demo, whatever the time of day is then.
    """
    query = sa.select(PurchaseOrder).join(FetchedOrder, FetchedOrder.id == PurchaseOrder.fetched_order_id)
    found = db.session.scalars(query.where(FetchedOrder.mall_order_id.in_(bought)).order_by(PurchaseOrder.id)).all()
    for order, (kind, hours) in zip(found, FATES, strict=False):
        purchases.pick_order(market.world_id, order.id)
        purchases.ship_order(market.world_id, order.id)
        drawn = db.session.scalars(sa.select(ParcelTrouble).where(ParcelTrouble.purchase_id == order.id)).one_or_none()
        if drawn is None:
            troubles.plan(order, kind, hours)
        else:  # the world's chance has decided before
            drawn.kind, drawn.hours = kind, hours


def find_mishaps(market: Market) -> None:
    """At the end: the lost parcel is claimed and its buyer told and refunded; the late one waits for the seller."""
    seller = market.traders[FIRST]
    query = sa.select(ParcelTrouble).where(
        ParcelTrouble.owner_id == seller.person(), ParcelTrouble.state.in_((TroubleState.FORESEEN, *OPEN_TROUBLE))
    )
    for trouble in db.session.scalars(query.order_by(ParcelTrouble.id)).all():
        troubles.happen(market.world_id, trouble.id)
        if trouble.kind is TroubleKind.LOST and trouble.state is TroubleState.HAPPENED:
            troubles.inform(seller, trouble.id)
            troubles.claim(seller, trouble.id, Claim.GOODS)
            asked = sa.select(AfterSale.id).where(AfterSale.order_id == trouble.purchase.fetched.mall_order_id)
            for ticket_id in db.session.scalars(asked).all():  # the mall has asked for the buyer's money
                aftersales.agree(seller, ticket_id, None)


def take_in(market: Market) -> None:
    """Day 12: what arrived is counted in."""
    seller = market.traders[1]
    query = sa.select(StockOrder).where(StockOrder.shop_id == market.shops[1], StockOrder.state == StockState.ARRIVED)
    for order in db.session.scalars(query).all():
        counted = {row.id: Counted(row.came_good, row.came_bad) for row in order.lines}
        stocking.receive(seller, order.id, counted)

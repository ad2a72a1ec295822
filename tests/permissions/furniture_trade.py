"""Furniture of trade: a parcel, reviews, an issued invoice and a dispute of a class."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.invoice_flow import InvoiceKind
from sim_mall.models.trade import Parcel, Review
from sim_mall.services import aftersales, disputes, invoices, reviews
from tests.factories import mall


def _sold(seller: Actor, buyer: Actor, sku_id: int) -> tuple[int, int, int]:
    """Return order, parcel and review of a finished sale with an issued invoice."""
    order = mall.buy(buyer, [(sku_id, 1)])
    mall.ship(seller, order.id)
    mall.complete(buyer, order.id)
    with unit_of_work():
        said = [reviews.LineReview(order.lines[0].id, 5, "很好用")]
        reviews.write_reviews(buyer, order.id, 5, 5, said, mall.key())
        invoices.ask_invoice(buyer, order.id, InvoiceKind.PERSON, "张三", "", mall.key())
        invoices.issue_invoice(seller, order.id)
    parcel = db.session.scalars(sa.select(Parcel.id).where(Parcel.order_id == order.id)).one()
    review = db.session.scalars(sa.select(Review.id).where(Review.order_id == order.id)).one()
    return order.id, parcel, review


def furnish_trade(
    owner: Actor, mate: Actor, sold_sku: int, bought_sku: int
) -> tuple[dict[str, object], dict[str, object], dict[str, dict[str, object]]]:
    """Return ids for the routes of the mall, of the seller centre, and of single endpoints."""
    mine, my_parcel, my_review = _sold(mate, owner, bought_sku)
    theirs, their_parcel, their_review = _sold(owner, mate, sold_sku)
    order = mall.buy(mate, [(sold_sku, 1)])
    mall.ship(owner, order.id)
    with unit_of_work():
        claim = aftersales.Claim(AfterSaleKind.RETURN, 1, Reason.QUALITY, "裂了")
        ticket = aftersales.apply_after_sale(mate, order.id, order.lines[0].id, claim, mall.key())
        disputes.escalate(mate, ticket.id, None, "buyer", "商品有裂纹，请处理")
    single: dict[str, dict[str, object]] = {
        "mall.invoice": {"order_id": mine},
        "seller.show_invoice": {"order_id": theirs},
        "seller.dispute": {"ticket_id": ticket.id},
        "seller.decide_dispute": {"ticket_id": ticket.id},
    }
    return (
        {"parcel_id": my_parcel, "review_id": my_review},
        {"parcel_id": their_parcel, "review_id": their_review},
        single,
    )

"""After-sale tickets as plain data, for the open platform."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from sim_mall import access
from sim_mall.data import AfterSaleInfo
from sim_mall.domain.aftersale_flow import AfterSaleState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.aftersale import AfterSale


def ticket_info(ticket: AfterSale) -> AfterSaleInfo:
    """Return a ticket with its line and order as plain data."""
    return AfterSaleInfo(
        id=ticket.id,
        order_id=ticket.order_id,
        order_number=ticket.order.number,
        line_id=ticket.line_id,
        sku_id=ticket.line.sku_id,
        title=ticket.line.title,
        spec=ticket.line.spec,
        kind=str(ticket.kind),
        stage=str(ticket.stage),
        state=str(ticket.state),
        reason=str(ticket.reason),
        quantity=ticket.quantity,
        amount=ticket.amount,
        paid=ticket.paid,
        good=ticket.good,
        bad=ticket.bad,
        carrier=ticket.carrier,
        waybill=ticket.waybill,
        version=ticket.version,
        opened_at=ticket.opened_at,
        deadline_by=ticket.deadline_by,
        ended_at=ticket.ended_at,
    )


def _query() -> sa.Select[AfterSale]:
    return (
        sa.select(AfterSale)
        .options(orm.joinedload(AfterSale.order), orm.joinedload(AfterSale.line))
        .execution_options(populate_existing=True)
    )


def list_tickets(
    actor: Actor, shop_id: int, states: Sequence[str], page_no: int, page_size: int
) -> tuple[list[AfterSaleInfo], bool]:
    """Return one page of the shop's tickets, newest first, and whether there is a next one."""
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.TICKETS)
    query = _query().where(AfterSale.shop_id == shop.id)
    if states:
        query = query.where(AfterSale.state.in_([AfterSaleState(state) for state in states]))
    query = query.order_by(AfterSale.id.desc()).limit(page_size + 1).offset((page_no - 1) * page_size)
    rows = list(db.session.scalars(query))
    return [ticket_info(ticket) for ticket in rows[:page_size]], len(rows) > page_size


def find_ticket(actor: Actor, shop_id: int, ticket_id: int) -> AfterSaleInfo:
    """Return one ticket of the actor's shop. Raises NotFound."""
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.TICKETS)
    found = access.get_sold_ticket(actor, ticket_id)
    row = db.session.scalars(_query().where(AfterSale.id == found.id, AfterSale.shop_id == shop.id)).one_or_none()
    if row is None:
        raise access.NotFound
    return ticket_info(row)

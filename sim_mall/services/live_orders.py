"""Orders from live rooms: what they cost, and how they are placed."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from sim_mall import access
from sim_mall.data import LiveQuote, OrderInfo, Receiver
from sim_mall.models.trade import Order
from sim_mall.services import addresses, checkout, orders


def place_live_order(
    actor: Actor,
    *,
    room_id: int,
    item_id: int,
    sku_id: int,
    quantity: int,
    live_price: int,
    receiver: Receiver | None = None,
    address_id: int | None = None,
    key: str,
) -> OrderInfo:
    """Place an order from a live room at its price (fen); receiver or an address of the actor.

    Its units come from the item's live stock where it has some, else from sale.
    The buyer's best coupons are used, as ``quote_live_order`` says.
    """
    if receiver is None:
        address = access.get_address(actor, address_id) if address_id is not None else addresses.default_address(actor)
        if address is None:
            raise InvalidInput("请先填写收货地址。", code="no_address", field="address")
        receiver = addresses.receiver_of(address)
    ids = orders.submit_orders(
        actor,
        [orders.Wanted(sku_id, quantity)],
        receiver,
        key=key,
        live_price={sku_id: live_price},
        live=orders.LiveOrigin(room_id, item_id),
        choice=checkout.Choice(),
    )
    query = sa.select(Order).where(Order.id == ids[0])
    return orders.order_info(db.session.scalars(orders.with_lines(query)).one())


def quote_live_order(actor: Actor, *, sku_id: int, quantity: int, live_price: int, region: str = "") -> LiveQuote:
    """Price a purchase at a live price (fen) with the buyer's best coupons and the freight; changes nothing.

    region: division code of the receiver, '' takes each template's default row.
    """
    found = checkout.check_out(actor, [checkout.Wanted(sku_id, quantity)], {sku_id: live_price}, region)
    return LiveQuote(
        goods=found.lines[0].price * quantity,
        discounts=tuple(found.discounts()),
        freight=found.quote.freight_total,
        payable=found.quote.payable,
        blocked=bool(found.blocked),
    )

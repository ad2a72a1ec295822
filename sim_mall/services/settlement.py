"""Settlement (结算): what is in escrow goes to the shop after completion, and the platform takes its fees.

Every fee is a ledger transaction of its own, so that the statement shows it line by line.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.ledger import book
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall.domain.aftersale_flow import Outcome
from sim_mall.domain.fees import FEE_NAMES, RETURNABLE, Fee, FeeTable, fee_back, fees_of
from sim_mall.domain.order_flow import OrderSource
from sim_mall.domain.pricing.terms import StepKind
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.funds import FeeRate
from sim_mall.models.goods import Category, Listing
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import postage


def fee_table(world_id: int) -> FeeTable:
    """Return the fee table of a world; one query."""
    world = get_world(world_id)
    rows = db.session.execute(
        sa.select(FeeRate.category, FeeRate.commission_bp).where(FeeRate.world_id == world_id).order_by(FeeRate.id)
    )
    return FeeTable(
        commission_bp=setting(world, "platform_fee_bp"),
        by_category={row.category: row.commission_bp for row in rows},
        live_bp=setting(world, "live_fee_bp"),
        tech_bp=setting(world, "tech_fee_bp"),
    )


def _fees(order: Order, left: int) -> list[Fee]:
    """Return the fees of an order of which ``left`` fen stay with the shop."""
    rows = db.session.execute(
        sa.select(OrderLine.id, OrderLine.payable, Category.l1)
        .join(Listing, Listing.id == OrderLine.listing_id)
        .join(Category, Category.id == Listing.category_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
    ).all()
    refunded = {
        row[0]: int(row[1])
        for row in db.session.execute(
            sa.select(AfterSale.line_id, sa.func.sum(AfterSale.amount))
            .where(AfterSale.order_id == order.id, AfterSale.outcome == Outcome.REFUNDED)
            .group_by(AfterSale.line_id)
        )
    }
    goods = [(row.l1, max(row.payable - refunded.get(row.id, 0), 0)) for row in rows]
    freight = left - sum(amount for _, amount in goods)
    if freight < 0:  # more went back than the goods: what is left counts at the default rate
        goods, freight = [], left
    return fees_of(goods, freight, live=order.source == OrderSource.LIVE, table=fee_table(order.world_id))


def settle(order: Order, memo: str = "") -> tuple[int, int]:
    """Move what is left of an order from escrow to the shop and take the fees; return (settled, fees) in fen.

    The order keeps what was settled and what of the fees goes back with a later refund.
    """
    left = order.payable - order.refunded
    fees = _fees(order, left) if left else []
    total = sum(fee.amount for fee in fees)
    shop, reference = book.shop_balance(order.shop_id), f"order:{order.id}"
    if left:
        book.post(
            order.world_id,
            f"settle:{order.id}",
            "settlement",
            {book.ESCROW: -left, shop: left},
            reference=reference,
            memo=memo or f"订单 {order.number} 货款结算",
        )
    for fee in fees:
        book.post(
            order.world_id,
            f"{fee.kind}:{order.id}",
            fee.kind,
            {shop: -fee.amount, book.FEE: fee.amount},
            reference=reference,
            memo=f"订单 {order.number} {FEE_NAMES[fee.kind]}",
        )
    _pay_subsidy(order)
    postage.pay_premium(order)
    order.fee = total
    order.settled = left
    order.fee_returnable = sum(fee.amount for fee in fees if fee.kind in RETURNABLE)
    db.session.flush()
    return left, total


def _owed_subsidy(order: Order) -> int:
    """Return what the platform's coupon and points took off the units of the order that were not refunded (fen)."""
    rows = db.session.execute(
        sa.select(OrderLine.steps, OrderLine.quantity, OrderLine.refunded).where(OrderLine.order_id == order.id)
    )
    return sum(
        share * (row.quantity - row.refunded) // row.quantity
        for row in rows
        for step, _, share, *_ in row.steps
        if step in (StepKind.PLATFORM_COUPON, StepKind.POINTS)
    )


def _pay_subsidy(order: Order) -> None:
    """The platform bears its own coupon and points: the shop gets from it what the buyer did not pay."""
    order.subsidy = _owed_subsidy(order)
    if order.subsidy:
        book.post(
            order.world_id,
            f"coupon-subsidy:{order.id}",
            "coupon_subsidy",
            {book.ISSUE: -order.subsidy, book.shop_balance(order.shop_id): order.subsidy},
            reference=f"order:{order.id}",
            memo=f"订单 {order.number} 平台券、积分补贴",
        )


def take_subsidy_back(order: Order, ticket_id: int) -> int:
    """Take the platform's share of units refunded after settlement back from the shop, as far as it has money."""
    owed = order.subsidy - order.subsidy_back - _owed_subsidy(order)
    shop, deposit = book.shop_balance(order.shop_id), book.deposit(order.shop_id)
    from_shop = min(max(owed, 0), book.balance(order.world_id, shop))
    from_deposit = min(max(owed - from_shop, 0), book.balance(order.world_id, deposit))
    taken = from_shop + from_deposit
    if not taken:
        return 0
    book.post(
        order.world_id,
        f"coupon-subsidy-back:{ticket_id}",
        "coupon_subsidy_back",
        {shop: -from_shop, deposit: -from_deposit, book.ISSUE: taken},
        reference=f"order:{order.id}",
        memo=f"订单 {order.number} 退款，退回平台券、积分补贴",
    )
    order.subsidy_back += taken
    db.session.flush()
    return taken


def give_fee_back(order: Order, ticket_id: int) -> int:
    """Return the platform's share of what was refunded after settlement to the shop; return the fen."""
    refunded = order.settled - (order.payable - order.refunded)
    owed = fee_back(order.fee_returnable, order.settled, refunded) - order.fee_back
    if owed <= 0:
        return 0
    book.post(
        order.world_id,
        f"fee-back:{ticket_id}",
        "fee_back",
        {book.FEE: -owed, book.shop_balance(order.shop_id): owed},
        reference=f"order:{order.id}",
        memo=f"订单 {order.number} 退款，退回平台服务费",
    )
    order.fee_back += owed
    db.session.flush()
    return owed

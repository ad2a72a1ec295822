"""What must always hold in a world's mall, read from the database alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.flow import StateEvent
from app.ledger import book
from sim_mall.domain.aftersale_flow import OPEN_STATES, RESHIPPING, AfterSaleState, Outcome
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.domain.promotion_flow import PromotionKind, PromotionState
from sim_mall.domain.refund_flow import RefundState
from sim_mall.models.aftersale import AfterSale, Refund, TicketHold
from sim_mall.models.goods import Sku, Stock, StockMovement
from sim_mall.models.live_stock import LiveStock
from sim_mall.models.promotions import Promotion, PromotionItem
from sim_mall.models.trade import Order, OrderLine, Parcel, Payment, Reservation

IN_ESCROW = (OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED)


def stock_of(sku_id: int) -> tuple[int, int, int]:
    """Return (on hand, allocated, damaged)."""
    row = db.session.execute(
        sa.select(Stock.on_hand, Stock.allocated, Stock.damaged).where(Stock.sku_id == sku_id)
    ).one()
    return row[0], row[1], row[2]


def assert_sound(world_id: int) -> None:
    """Assert every invariant of stock, money, tickets and state events."""
    db.session.expire_all()
    _stock_is_its_movements(world_id)
    _allocated_is_reserved(world_id)
    _aside_is_kept(world_id)
    _money_agrees(world_id)
    _counters_agree(world_id)
    _every_change_has_one_event(world_id)


def _stock_is_its_movements(world_id: int) -> None:
    sums = {
        row[0]: tuple(row[1:])
        for row in db.session.execute(
            sa.select(
                StockMovement.sku_id,
                sa.func.sum(StockMovement.on_hand),
                sa.func.sum(StockMovement.allocated),
                sa.func.sum(StockMovement.damaged),
                sa.func.sum(StockMovement.aside),
            ).group_by(StockMovement.sku_id)
        )
    }
    for stock in db.session.scalars(sa.select(Stock).join(Sku).where(Sku.world_id == world_id)):
        now = (stock.on_hand, stock.allocated, stock.damaged, stock.aside)
        assert now == sums.get(stock.sku_id, (0, 0, 0, 0))
        assert 0 <= stock.allocated <= stock.allocated + stock.aside <= stock.on_hand


def _allocated_is_reserved(world_id: int) -> None:
    reserved: dict[int, int] = {}
    for model in (Reservation, TicketHold):
        for sku_id, total in db.session.execute(
            sa.select(model.sku_id, sa.func.sum(model.quantity)).group_by(model.sku_id)
        ):
            reserved[sku_id] = reserved.get(sku_id, 0) + int(total)
    for stock in db.session.scalars(sa.select(Stock).join(Sku).where(Sku.world_id == world_id)):
        assert stock.allocated == reserved.get(stock.sku_id, 0)


def _aside_is_kept(world_id: int) -> None:
    """What is set aside is what running flash sales and live rooms have left."""
    flash = sa.select(PromotionItem.sku_id, PromotionItem.stock - PromotionItem.taken)
    flash = flash.join(Promotion).where(
        Promotion.state == PromotionState.RUNNING, Promotion.kind == PromotionKind.FLASH
    )
    live = sa.select(LiveStock.sku_id, LiveStock.units - LiveStock.taken).where(LiveStock.open.is_(True))
    kept: dict[int | None, int] = {}
    for sku_id, units in (*db.session.execute(flash).all(), *db.session.execute(live).all()):
        kept[sku_id] = kept.get(sku_id, 0) + units
    for stock in db.session.scalars(sa.select(Stock).join(Sku).where(Sku.world_id == world_id)):
        assert stock.aside == kept.get(stock.sku_id, 0)


def _money_agrees(world_id: int) -> None:
    assert book.prove(world_id).sound
    waiting = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Order.payable - Order.refunded), 0)).where(
            Order.world_id == world_id, Order.state.in_(IN_ESCROW)
        )
    )
    differences = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(AfterSale.difference), 0)).where(
            AfterSale.world_id == world_id, AfterSale.difference_paid.is_(True), AfterSale.state.in_(OPEN_STATES)
        )
    )
    assert book.balance(world_id, book.ESCROW) == (waiting or 0) + (differences or 0)


def _counters_agree(world_id: int) -> None:
    for line in db.session.scalars(sa.select(OrderLine).join(Order).where(Order.world_id == world_id)):
        if line.order.close_reason == CloseReason.GROUP:  # refunded as a whole without a ticket
            assert line.refunded == line.quantity
            continue
        tickets = db.session.scalars(sa.select(AfterSale).where(AfterSale.line_id == line.id)).all()
        held = [t for t in tickets if t.state in OPEN_STATES]
        done = [t for t in tickets if t.outcome == Outcome.REFUNDED]
        swapped = [t for t in tickets if t.outcome == Outcome.RESHIPPED and t.exchange_sku_id is not None]
        assert line.applying == sum(t.quantity for t in held)
        assert line.refunded == sum(t.quantity for t in done)
        assert line.exchanged == sum(t.quantity for t in swapped)
        assert line.applying + line.refunded <= line.quantity
        units = [unit for t in (*held, *done, *swapped) for unit in t.units]
        assert len(units) == len(set(units)) == line.applying + line.refunded + line.exchanged <= line.quantity
        for ticket in tickets:
            assert (ticket.state == AfterSaleState.SUCCESS) == (ticket.outcome != Outcome.NONE)
            _promises_agree(ticket)
    for order in db.session.scalars(sa.select(Order).where(Order.world_id == world_id)):
        if order.close_reason == CloseReason.GROUP:
            assert order.refunded == order.payable
            continue
        paid = db.session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(AfterSale.paid), 0)).where(AfterSale.order_id == order.id)
        )
        assert order.refunded == (paid or 0) <= order.payable
        assert order.goods_payable == sum(line.payable for line in order.lines)
        if order.state == OrderState.COMPLETED:
            _no_ticket_was_open_at_the_end(order)


def _promises_agree(ticket: AfterSale) -> None:
    """Goods wait only for an exchange or a resending under way, and a repayment was made at most once."""
    hold = db.session.get(TicketHold, ticket.id)
    waits = ticket.state in OPEN_STATES and ticket.kind in RESHIPPING
    assert hold is None or not hold.quantity or waits
    refunds = db.session.scalars(sa.select(Refund).where(Refund.ticket_id == ticket.id)).all()
    assert len(refunds) <= 1
    assert [r.amount for r in refunds if r.state == RefundState.SUCCEEDED] == (
        [ticket.paid] if ticket.outcome == Outcome.REFUNDED else []
    )


def _no_ticket_was_open_at_the_end(order: Order) -> None:
    """An order is completed only when nobody asks anything of it; tickets of later come after that."""
    tickets = db.session.scalars(sa.select(AfterSale).where(AfterSale.order_id == order.id)).all()
    assert order.completed_at is not None
    for ticket in tickets:
        assert ticket.opened_at >= order.completed_at or (
            ticket.ended_at is not None and ticket.ended_at <= order.completed_at
        )


def _every_change_has_one_event(world_id: int) -> None:
    checked: tuple[tuple[Any, str], ...] = (
        (Order, "mall.order"),
        (AfterSale, "mall.after_sale"),
        (Refund, "mall.refund"),
        (Parcel, "mall.parcel"),
        (Payment, "mall.payment"),
    )
    for model, flow in checked:
        counts = {
            row[0]: row[1]
            for row in db.session.execute(
                sa.select(StateEvent.entity_id, sa.func.count())
                .where(StateEvent.flow == flow)
                .group_by(StateEvent.entity_id)
            )
        }
        for row in db.session.scalars(sa.select(model).where(model.world_id == world_id)):
            assert row.version == 1 + counts.get(row.id, 0)

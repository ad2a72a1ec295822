"""What all verbs of after-sale share: locking, moving with deadlines, units held, goods and money that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.money import part
from app.ledger import book
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    AFTERSALE_FLOW,
    OPEN_STATES,
    AfterSaleKind,
    AfterSaleStage,
    AfterSaleState,
    Outcome,
)
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import TicketEnded
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import postage, shipping, stock
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.shops import system_of

ANSWER = "mall.after_sale_answer"
FAST = "mall.fast_refund"
SEND_BACK = "mall.after_sale_send_back"
RETURN_SIGNED = "mall.return_signed"
RECEIVE_BACK = "mall.after_sale_receive"
GIVE_UP = "mall.after_sale_give_up"
RESHIP = "mall.after_sale_reship"
CONFIRM = "mall.after_sale_confirm"
DISPUTE = "mall.dispute"
CLOCKS = (ANSWER, FAST, SEND_BACK, RETURN_SIGNED, RECEIVE_BACK, GIVE_UP, RESHIP, CONFIRM, DISPUTE)


@dataclass(frozen=True, slots=True)
class Until:
    """A deadline that a move sets: which clock, and how long."""

    clock: str
    length: timedelta


def days(ticket: AfterSale, name: str) -> timedelta:
    """Return a setting of the ticket's world that is given in days."""
    return timedelta(days=setting(get_world(ticket.world_id), name))


def hours(ticket: AfterSale, name: str) -> timedelta:
    """Return a setting of the ticket's world that is given in hours."""
    return timedelta(hours=setting(get_world(ticket.world_id), name))


def lock(ticket: AfterSale, version: int | None) -> Order:
    """Lock the ticket's order and check that the ticket is the one that was looked at. Raises Conflict."""
    order = access.get_order_of_world(system_of(ticket.world_id), ticket.order_id, lock=True)
    db.session.refresh(ticket)
    if version is not None and ticket.version != version:
        raise Conflict("售后单刚刚有变化，请刷新页面查看最新内容后再处理。", code="stale")
    return order


def move(ticket: AfterSale, event: str, actor: Actor, until: Until | None = None, **values: object) -> None:
    """Fire an event of the ticket, and set who has to act until when."""
    now = sim_now(ticket.world_id)
    by = now + until.length if until else None
    fire(AFTERSALE_FLOW, ticket, event, actor, sim_at=now, values={"deadline_by": by, **values})
    for kind in CLOCKS:
        due.withdraw(kind, ticket.id)
    if until and by is not None:
        due.schedule(ticket.world_id, by, until.clock, ticket.id, ticket.state)
    note(actor, ticket.world_id, f"after_sale.{event}", f"after_sale:{ticket.id}", {"state": ticket.state})


def refuse_finished(ticket: AfterSale) -> None:
    """Raise Refused for a ticket that is over."""
    if ticket.state not in OPEN_STATES:
        raise Refused("这张售后单已经完结。", code="finished")


# -- units ----------------------------------------------------------------------------------------------------


def held_units(line_id: int) -> set[int]:
    """Return the unit numbers of a line that no new ticket may name: those of open tickets, refunded ones, and
    those swapped for another SKU."""
    sent_again = sa.and_(AfterSale.outcome == Outcome.RESHIPPED, AfterSale.exchange_sku_id.is_(None))
    query = sa.select(AfterSale.units).where(
        AfterSale.line_id == line_id, AfterSale.state != AfterSaleState.CLOSED, ~sent_again
    )
    return {int(unit) for units in db.session.scalars(query) for unit in units}


def free_units(line: OrderLine) -> list[int]:
    """Return the unit numbers of a line that a new ticket may name, ascending."""
    held = held_units(line.id)
    return [unit for unit in range(1, line.quantity + 1) if unit not in held]


def hold_units(line: OrderLine, quantity: int, stage: AfterSaleStage) -> None:
    """Count the units as asked back, if they are still free. Raises Refused."""
    gone = OrderLine.applying + OrderLine.refunded + OrderLine.exchanged
    enough = [OrderLine.id == line.id, gone + quantity <= OrderLine.quantity]
    values = {"applying": OrderLine.applying + quantity}
    if stage is AfterSaleStage.BEFORE_SHIP:
        enough.append(
            OrderLine.shipped + OrderLine.cancelled + OrderLine.applying_unshipped + quantity <= OrderLine.quantity
        )
        values["applying_unshipped"] = OrderLine.applying_unshipped + quantity
    changed = db.session.execute(
        sa.update(OrderLine).where(*enough).values(**values).execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("这些商品已经在售后中，请刷新页面查看。", code="too_many_units")


def count_units(ticket: AfterSale, **more: sa.ColumnElement[int]) -> None:
    """Take the ticket's units out of what is asked back; ``more`` says where they go instead."""
    values: dict[str, object] = {"applying": OrderLine.applying - ticket.quantity, **more}
    if ticket.stage == AfterSaleStage.BEFORE_SHIP:
        values["applying_unshipped"] = OrderLine.applying_unshipped - ticket.quantity
    db.session.execute(
        sa.update(OrderLine)
        .where(OrderLine.id == ticket.line_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


# -- goods and money that wait --------------------------------------------------------------------------------


def drop_promises(ticket: AfterSale) -> None:
    """Give back what waited for an exchange or resending that will not be: goods to sale, the difference to the
    buyer."""
    stock.drop_ticket(ticket.id, sim_now(ticket.world_id), f"after_sale:{ticket.id}")
    if ticket.difference_paid:
        book.post(
            ticket.world_id,
            f"difference-back:{ticket.id}:{ticket.version}",
            "difference_returned",
            {book.ESCROW: -ticket.difference, book.wallet(ticket.buyer_id): ticket.difference},
            reference=f"order:{ticket.order_id}",
            memo="换货差价退回",
        )
        ticket.difference_paid = False


def close(ticket: AfterSale, order: Order, event: str, actor: Actor, **values: object) -> None:
    """Close a ticket without success: units, goods and money are free again, the receipt's clock runs on."""
    now = sim_now(ticket.world_id)
    move(ticket, event, actor, None, ended_at=now, **values)
    drop_promises(ticket)
    count_units(ticket)
    end(ticket, order)


def finish_reship(ticket: AfterSale, order: Order, event: str, actor: Actor) -> None:
    """End an exchange or resending well: the difference goes to the shop, the order goes on."""
    now = sim_now(ticket.world_id)
    swapped = ticket.kind == AfterSaleKind.EXCHANGE and ticket.exchange_sku_id is not None
    move(ticket, event, actor, ended_at=now, outcome=Outcome.RESHIPPED)
    if ticket.difference_paid:
        fee = part(ticket.difference, setting(get_world(ticket.world_id), "platform_fee_bp"))
        shop = book.shop_balance(ticket.shop_id)
        book.post(
            ticket.world_id,
            f"difference-settle:{ticket.id}",
            "settlement",
            {book.ESCROW: -ticket.difference, shop: ticket.difference - fee, book.FEE: fee},
            reference=f"order:{ticket.order_id}",
            memo="换货差价结算，已扣平台服务费",
        )
    if swapped:
        count_units(ticket, exchanged=OrderLine.exchanged + ticket.quantity)
    else:
        count_units(ticket)
    end(ticket, order)


def end(ticket: AfterSale, order: Order) -> None:
    """What follows the end of any ticket: the order changed, its clock may run on, others are told."""
    order.modified_at = sim_now(ticket.world_id)
    db.session.flush()
    postage.settle(ticket, order)
    shipping.resume_receipt(order)
    publish(
        TicketEnded(
            ticket.world_id,
            order.id,
            ticket.id,
            ticket.shop_id,
            ticket.buyer_id,
            str(ticket.kind),
            str(ticket.state),
            disputed=ticket.disputed_at is not None,
        )
    )


# -- words ----------------------------------------------------------------------------------------------------


def tell_seller(ticket: AfterSale, order: Order, title: str, text: str) -> None:
    """Write to those who handle tickets in the shop."""
    path = f"/seller/aftersales/{ticket.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.TICKETS, "after_sale", title, text, path)


def tell_buyer(ticket: AfterSale, title: str, text: str) -> None:
    """Write to the buyer."""
    notify(ticket.world_id, ticket.buyer_id, "after_sale", title, text, f"/mall/aftersales/{ticket.id}")

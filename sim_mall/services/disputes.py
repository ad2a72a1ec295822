"""Disputes (平台介入): evidence of both sides, then a verdict by the instructor or by rule."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import AfterSaleStage, AfterSaleState
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.verdict import DisputeFacts, verdict_by_rule
from sim_mall.events import DisputeDecided
from sim_mall.models.aftersale import AfterSale, TicketEvidence
from sim_mall.models.trade import Order, Parcel, ParcelLine
from sim_mall.services import refunds, stock, tickets
from sim_mall.services.notices import note
from sim_mall.services.shops import system_of
from sim_mall.services.tickets import DISPUTE, Until

MAX_PICTURES = 6
MOST_PER_SIDE = 10
INSTRUCTOR_HAS = timedelta(days=3)  # beyond the time for evidence, where the world waits for the instructor


def keep_evidence(ticket: AfterSale, side: str, actor: Actor, text: str, pictures: tuple[str, ...]) -> None:
    """Write down what one side says."""
    db.session.add(
        TicketEvidence(
            ticket_id=ticket.id,
            side=side,
            account_id=actor.person(),
            text=text,
            pictures=list(pictures[:MAX_PICTURES]),
            at=sim_now(ticket.world_id),
        )
    )


def evidence_of(ticket_id: int) -> list[TicketEvidence]:
    """Return what both sides have said, oldest first."""
    query = sa.select(TicketEvidence).where(TicketEvidence.ticket_id == ticket_id).order_by(TicketEvidence.id)
    return list(db.session.scalars(query))


def _ticket_of(actor: Actor, ticket_id: int, side: str) -> AfterSale:
    if side == "buyer":
        actor.require(Permission.MALL_BUY)
        return access.get_bought_ticket(actor, ticket_id)
    actor.require(Permission.MALL_SELL)
    return access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)


def _check(text: str, pictures: tuple[str, ...]) -> str:
    text = text.strip()
    if not 5 <= len(text) <= 500:
        raise InvalidInput("请说明情况，5 到 500 个字。", field="text")
    if len(pictures) > MAX_PICTURES:
        raise InvalidInput(f"凭证图片最多 {MAX_PICTURES} 张。", field="pictures")
    return text


def escalate(
    actor: Actor, ticket_id: int, version: int | None, side: str, text: str, pictures: tuple[str, ...] = ()
) -> AfterSale:
    """Call the platform in, with first evidence. side: buyer | seller."""
    ticket = _ticket_of(actor, ticket_id, side)
    order = tickets.lock(ticket, version)
    text = _check(text, pictures)
    until = Until(DISPUTE, tickets.hours(ticket, "evidence_hours"))
    tickets.move(ticket, "escalate", actor, until, disputed_at=sim_now(ticket.world_id))
    keep_evidence(ticket, side, actor, text, pictures)
    words = "双方可以补充说明和图片，时限到后由平台裁决。"
    tickets.tell_buyer(ticket, "平台已介入售后", words)
    tickets.tell_seller(ticket, order, "平台已介入售后", f"订单 {order.number}：{words}")
    return ticket


def add_evidence(actor: Actor, ticket_id: int, side: str, text: str, pictures: tuple[str, ...] = ()) -> AfterSale:
    """Add evidence to a dispute while there is time."""
    ticket = _ticket_of(actor, ticket_id, side)
    tickets.lock(ticket, None)
    if ticket.state != AfterSaleState.DISPUTE:
        raise Refused("只有平台介入中的售后单可以补充举证。", code="no_dispute")
    text = _check(text, pictures)
    given = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(TicketEvidence)
        .where(TicketEvidence.ticket_id == ticket.id, TicketEvidence.side == side)
    )
    if (given or 0) >= MOST_PER_SIDE:
        raise Refused(f"每一方最多举证 {MOST_PER_SIDE} 次。", code="too_many")
    keep_evidence(ticket, side, actor, text, pictures)
    note(actor, ticket.world_id, "after_sale.evidence", f"after_sale:{ticket.id}", {"side": side})
    return ticket


def disputes(actor: Actor, *, open_only: bool) -> sa.Select[AfterSale]:
    """Return the query of the class's disputes, oldest deadline first."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    query = (
        sa.select(AfterSale)
        .options(orm.joinedload(AfterSale.line), orm.joinedload(AfterSale.order))
        .where(AfterSale.world_id == actor.world(), AfterSale.disputed_at.is_not(None))
    )
    if open_only:
        return query.where(AfterSale.state == AfterSaleState.DISPUTE).order_by(AfterSale.deadline_by, AfterSale.id)
    return query.order_by(AfterSale.id.desc())


def open_disputes(actor: Actor) -> int:
    """Return how many disputes of the class wait for a verdict."""
    if actor.world_id is None or not actor.may(Permission.MALL_SHOP_REVIEW):
        return 0
    query = sa.select(sa.func.count()).select_from(AfterSale)
    where = (AfterSale.world_id == actor.world_id, AfterSale.state == AfterSaleState.DISPUTE)
    return db.session.scalar(query.where(*where)) or 0


def get_dispute(actor: Actor, ticket_id: int) -> AfterSale:
    """Return a dispute of the instructor's class. Raises NotFound for any other ticket."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    ticket = access.get_ticket_of_world(actor, ticket_id)
    if ticket.disputed_at is None:
        raise NotFound
    return ticket


def decide(actor: Actor, ticket_id: int, version: int | None, *, for_buyer: bool, why: str) -> AfterSale:
    """Decide a dispute as the instructor of the class, with the reason that both sides will read."""
    ticket = get_dispute(actor, ticket_id)
    order = tickets.lock(ticket, version)
    if not 5 <= len(why.strip()) <= 300:
        raise InvalidInput("请写明裁决理由，5 到 300 个字，双方都会看到。", field="why")
    _carry_out(ticket, order, actor, for_buyer=for_buyer, why=why.strip())
    return ticket


def on_time_over(ticket: AfterSale, order: Order) -> None:
    """Decide by rule when the time for evidence is over; a world may let its instructor have three days more."""
    world = get_world(ticket.world_id)
    waited = ticket.disputed_at is not None and sim_now(ticket.world_id) >= ticket.disputed_at + INSTRUCTOR_HAS
    if setting(world, "dispute_by_instructor") and not waited:
        ticket.deadline_by = sim_now(ticket.world_id) + INSTRUCTOR_HAS
        due.schedule(ticket.world_id, ticket.deadline_by, DISPUTE, ticket.id, AfterSaleState.DISPUTE)
        return
    verdict = verdict_by_rule(facts_of(ticket))
    _carry_out(ticket, order, system_of(ticket.world_id), for_buyer=verdict.for_buyer, why=verdict.why)


def facts_of(ticket: AfterSale) -> DisputeFacts:
    """Return what the rule looks at."""
    said = evidence_of(ticket.id)
    mine = [row for row in said if row.side == "buyer"]
    theirs = [row for row in said if row.side == "seller"]
    signed = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(ParcelLine)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.line_id == ticket.line_id, Parcel.state == ParcelState.SIGNED)
    )
    reached = ticket.stage == AfterSaleStage.AFTER_SHIP and bool(signed)
    return DisputeFacts(
        reason=ticket.reason,
        buyer_words=sum(len(row.text) for row in mine) + len(ticket.text),
        buyer_pictures=sum(len(row.pictures) for row in mine) + len(ticket.pictures),
        seller_words=sum(len(row.text) for row in theirs),
        seller_pictures=sum(len(row.pictures) for row in theirs),
        goods_reached_buyer=reached,
        goods_came_back=bool(ticket.waybill),
        sent_again=ticket.reshipped_at is not None,
    )


def _carry_out(ticket: AfterSale, order: Order, actor: Actor, *, for_buyer: bool, why: str) -> None:
    if for_buyer:
        _take_in_refused_goods(ticket, order)
        tickets.move(ticket, "verdict_buyer", actor, verdict=why)
        tickets.drop_promises(ticket)
        refunds.pay_refund(ticket, order)
    else:
        tickets.close(ticket, order, "verdict_seller", actor, verdict=why)
    side = "买家" if for_buyer else "卖家"
    tickets.tell_buyer(ticket, f"平台裁决：支持{side}", why)
    tickets.tell_seller(ticket, order, f"平台裁决：支持{side}", f"订单 {order.number}：{why}")
    publish(
        DisputeDecided(
            ticket.world_id,
            order.id,
            ticket.id,
            ticket.shop_id,
            ticket.buyer_id,
            for_buyer=for_buyer,
            by_instructor=not actor.is_system,
        )
    )


def _take_in_refused_goods(ticket: AfterSale, order: Order) -> None:
    """Put goods that came back and were refused into stock as damaged: the buyer gets the money for them."""
    if not ticket.waybill or ticket.good or ticket.bad:
        return
    ticket.bad = ticket.quantity
    sku_id = next(line.sku_id for line in access.lines_of(order) if line.id == ticket.line_id)
    stock.take_back(sku_id, 0, ticket.quantity, sim_now(ticket.world_id), f"after_sale:{ticket.id}")

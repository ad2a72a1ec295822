"""Figures of customer service (客服数据) of a shop in a span of simulated time. Definitions: domain.service_figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core.clock import local
from app.core.db import db
from app.core.flow import StateEvent
from app.worlds.clock import sim_now
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW
from sim_mall.domain.service_figures import Figures, RoundFact, figures, quick_rate, share_bp
from sim_mall.domain.service_flow import MessageKind, Sender, Stage
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.service import ServiceMessage, ServiceRound, ServiceSession, ServiceThread
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services import practice

BUYS_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Report:
    """What the page of figures shows. stars: mean times 100."""

    figures: Figures
    sessions: int
    asking: int
    bought: int
    conversion_bp: int | None
    ratings: int
    stars: int | None
    satisfaction_bp: int | None
    seats: tuple[tuple[str, Figures], ...]
    days: tuple[tuple[datetime, Figures], ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that waits, or was left without a human answer."""

    thread_id: int
    buyer: str
    asked_at: datetime
    text: str
    waiting: bool


def rounds_between(shop_id: int, start: datetime, end: datetime) -> list[ServiceRound]:
    """Return the rounds of a shop that were asked in [start, end), oldest first."""
    query = sa.select(ServiceRound).where(
        ServiceRound.shop_id == shop_id, ServiceRound.asked_at >= start, ServiceRound.asked_at < end
    )
    return list(db.session.scalars(query.order_by(ServiceRound.id)))


def _fact(row: ServiceRound) -> RoundFact:
    return RoundFact(row.session_id, local(row.asked_at).hour, row.seconds, row.first)


def quick_rate_between(shop_id: int, start: datetime, end: datetime) -> int | None:
    """Return the 3-minute human reply rate of [start, end), basis points; None without a round that counts."""
    return quick_rate([_fact(row) for row in rounds_between(shop_id, start, end)])


def report(shop: Shop, start: datetime, end: datetime) -> Report:
    """Return the figures of [start, end); seven queries."""
    rounds = rounds_between(shop.id, start, end)
    sessions = db.session.execute(
        sa.select(
            ServiceSession.id,
            ServiceSession.buyer_id,
            ServiceSession.stage,
            ServiceSession.opened_at,
            ServiceSession.stars,
        ).where(ServiceSession.shop_id == shop.id, ServiceSession.opened_at >= start, ServiceSession.opened_at < end)
    ).all()
    asked: dict[int, datetime] = {}
    for row in sessions:
        if row.stage == Stage.PRE:
            asked[row.buyer_id] = min(asked.get(row.buyer_id, row.opened_at), row.opened_at)
    convinced = practice.convinced(shop.id, [row.id for row in sessions if row.stage == Stage.PRE])
    bought = len(_bought(shop.id, asked, start, end) | convinced)
    stars = [row.stars for row in sessions if row.stars is not None]
    names = account_names({row.seat_id for row in rounds if row.seat_id is not None})
    seats = [
        (names[seat_id], figures([_fact(row) for row in rounds if row.seat_id == seat_id])) for seat_id in sorted(names)
    ]
    return Report(
        figures=figures([_fact(row) for row in rounds]),
        sessions=len(sessions),
        asking=len(asked),
        bought=bought,
        conversion_bp=share_bp(bought, len(asked)),
        ratings=len(stars),
        stars=sum(stars) * 100 // len(stars) if stars else None,
        satisfaction_bp=share_bp(sum(1 for star in stars if star >= 4), len(stars)),
        seats=tuple(seats),
        days=tuple(_days(rounds, start, end)),
    )


def _bought(shop_id: int, asked: dict[int, datetime], start: datetime, end: datetime) -> set[int]:
    if not asked:
        return set()
    rows = db.session.execute(
        sa.select(Order.buyer_id, Order.paid_at).where(
            Order.shop_id == shop_id,
            Order.buyer_id.in_(asked),
            Order.paid_at >= start,
            Order.paid_at < end + BUYS_WITHIN,
        )
    ).all()
    found = set()
    for buyer_id, paid_at in rows:
        if paid_at is not None and asked[buyer_id] <= paid_at <= asked[buyer_id] + BUYS_WITHIN:
            found.add(buyer_id)
    return found


def _days(rounds: Sequence[ServiceRound], start: datetime, end: datetime) -> list[tuple[datetime, Figures]]:
    found = []
    day = start
    while day < end:
        until = day + timedelta(days=1)
        found.append((day, figures([_fact(row) for row in rounds if day <= row.asked_at < until])))
        day = until
    return found


def unanswered(shop: Shop, limit: int = 20) -> list[Unanswered]:
    """Return the questions without a human answer, newest first: those that wait, and those that were left."""
    rows = db.session.execute(
        sa.select(ServiceRound, ServiceSession.thread_id, ServiceSession.buyer_id)
        .join(ServiceSession, ServiceSession.id == ServiceRound.session_id)
        .where(ServiceRound.shop_id == shop.id, ServiceRound.seconds.is_(None))
        .where(ServiceRound.asked_at > sim_now(shop.world_id) - timedelta(days=7))
        .order_by(ServiceRound.id.desc())
        .limit(limit)
    ).all()
    names = account_names({row[2] for row in rows})
    texts: dict[int, str] = {}
    if rows:
        said = db.session.execute(
            sa.select(ServiceMessage.session_id, ServiceMessage.text)
            .where(
                ServiceMessage.session_id.in_([row[0].session_id for row in rows]),
                ServiceMessage.sender == Sender.BUYER,
                ServiceMessage.kind == MessageKind.TEXT,
            )
            .order_by(ServiceMessage.id)
        ).all()
        texts = {row[0]: row[1] for row in said}
    return [
        Unanswered(
            thread_id,
            names.get(buyer_id, ""),
            found.asked_at,
            texts.get(found.session_id, "")[:60],
            found.open_of is not None,
        )
        for found, thread_id, buyer_id in rows
    ]


def threads_of_buyer(shop_id: int, buyer_id: int) -> ServiceThread | None:
    """Return the conversation of a buyer with a shop, or None: order and after-sale pages link to it."""
    query = sa.select(ServiceThread).where(ServiceThread.shop_id == shop_id, ServiceThread.buyer_id == buyer_id)
    return db.session.scalars(query).one_or_none()


def disputes_between(shop_id: int, start: datetime, end: datetime) -> tuple[int, int, int]:
    """Return (disputes begun, decided, lost by the shop) in [start, end): from the history of after-sale tickets."""
    tickets = sa.select(AfterSale.id).where(AfterSale.shop_id == shop_id)
    rows = db.session.execute(
        sa.select(StateEvent.event, sa.func.count(sa.distinct(StateEvent.entity_id)))
        .where(
            StateEvent.flow == AFTERSALE_FLOW.name,
            StateEvent.entity_id.in_(tickets),
            StateEvent.event.in_(("escalate", "verdict_buyer", "verdict_seller")),
            StateEvent.sim_at >= start,
            StateEvent.sim_at < end,
        )
        .group_by(StateEvent.event)
    ).all()
    found = {str(event): int(count) for event, count in rows}
    lost = found.get("verdict_buyer", 0)
    return found.get("escalate", 0), lost + found.get("verdict_seller", 0), lost


def dispute_rate(shop_id: int, start: datetime, end: datetime) -> int | None:
    """Return disputes per paid order of [start, end), basis points; None without paid orders."""
    paid = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Order)
        .where(Order.shop_id == shop_id, Order.paid_at >= start, Order.paid_at < end)
    )
    return share_bp(disputes_between(shop_id, start, end)[0], paid or 0)

"""Lists of conversations (会话列表) for the desk and for the buyer: fixed numbers of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.scopes import account_names
from app.core.actor import Actor
from app.core.db import db
from sim_mall.domain.service_flow import SESSION_NAMES, STAGE_NAMES, SessionState, Stage
from sim_mall.models.service import ServiceMessage, ServiceSession, ServiceThread
from sim_mall.models.shops import Shop

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation as the desk lists it."""

    thread: ServiceThread
    name: str
    state: str
    state_name: str
    stage: str
    seat_id: int | None
    unread: int


def desk_lines(shop: Shop, tab: str, account_id: int, q: str = "") -> list[Line]:
    """Return the conversations of a shop: queued, active, wait_buyer, mine, closed or all; two queries."""
    latest = sa.select(sa.func.max(ServiceSession.id)).group_by(ServiceSession.thread_id)
    query = (
        sa.select(ServiceThread, ServiceSession)
        .join(ServiceSession, ServiceSession.thread_id == ServiceThread.id)
        .where(ServiceThread.shop_id == shop.id, ServiceSession.id.in_(latest))
    )
    if tab in {state.value for state in SessionState}:
        query = query.where(ServiceSession.state == SessionState(tab))
    elif tab == "mine":
        query = query.where(ServiceSession.seat_id == account_id, ServiceSession.state != SessionState.CLOSED)
    rows = db.session.execute(query.order_by(ServiceThread.last_at.desc(), ServiceThread.id.desc()).limit(SHOWN)).all()
    names = account_names({thread.buyer_id for thread, _ in rows})
    lines = [
        Line(
            thread,
            names.get(thread.buyer_id, ""),
            str(session.state),
            SESSION_NAMES[session.state],
            STAGE_NAMES[Stage(session.stage)],
            session.seat_id,
            max(0, thread.last_seq - thread.shop_seen),
        )
        for thread, session in rows
    ]
    return [line for line in lines if not q or q in line.name or q in line.thread.last_text]


def bought_threads(actor: Actor) -> list[tuple[ServiceThread, int]]:
    """Return the actor's conversations as a buyer with what is unread in each, newest first; one query."""
    query = (
        sa.select(ServiceThread)
        .options(orm.joinedload(ServiceThread.shop))
        .where(ServiceThread.world_id == actor.world(), ServiceThread.buyer_id == actor.person())
        .where(ServiceThread.last_seq > 0)
        .order_by(ServiceThread.last_at.desc(), ServiceThread.id.desc())
        .limit(SHOWN)
    )
    return [(row, max(0, row.last_seq - row.buyer_seen)) for row in db.session.scalars(query)]


def unread_of_buyer(actor: Actor) -> int:
    """Return in how many conversations the buyer has something unread."""
    if actor.world_id is None or actor.account_id is None:
        return 0
    query = sa.select(sa.func.count()).select_from(ServiceThread)
    return (
        db.session.scalar(
            query.where(
                ServiceThread.world_id == actor.world_id,
                ServiceThread.buyer_id == actor.account_id,
                ServiceThread.last_seq > ServiceThread.buyer_seen,
            )
        )
        or 0
    )


def history(thread: ServiceThread, q: str, limit: int = 50) -> Sequence[ServiceMessage]:
    """Return the messages of a conversation that hold the words, newest first."""
    query = sa.select(ServiceMessage).where(ServiceMessage.thread_id == thread.id)
    if q:
        query = query.where(ServiceMessage.text.contains(q, autoescape=True))
    return db.session.scalars(query.order_by(ServiceMessage.seq.desc()).limit(limit)).all()


def last_session(thread: ServiceThread) -> ServiceSession | None:
    """Return the latest session of a conversation, open or closed."""
    query = sa.select(ServiceSession).where(ServiceSession.thread_id == thread.id)
    return db.session.scalars(query.order_by(ServiceSession.id.desc()).limit(1)).one_or_none()

"""The desk (客服接待): seats that are online, the queue, taking, transferring and closing sessions, ratings."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access, access_service
from sim_mall.domain.service_flow import OPEN_SESSION, SERVICE_FLOW, MessageKind, Sender, SessionState
from sim_mall.domain.shop_roles import POWERS, MemberState, ShopPower
from sim_mall.models.members import ShopMember
from sim_mall.models.service import ServiceRound, ServiceSeat, ServiceSession, ServiceThread
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note
from sim_mall.services.service_journal import append, tell_desk
from sim_mall.services.shops import system_of

MAX_LIMIT = 50


@dataclass(frozen=True, slots=True)
class SeatInfo:
    """A member who may answer. busy: sessions in hand."""

    account_id: int
    name: str
    online: bool
    limit: int
    busy: int


def people_of(shop_id: int) -> list[int]:
    """Return the accounts that may answer buyers of a shop: the owner and members with the power, in a fixed order."""
    owner = db.session.scalars(sa.select(Shop.owner_id).where(Shop.id == shop_id)).one()
    members = db.session.execute(
        sa.select(ShopMember.account_id, ShopMember.role)
        .where(ShopMember.shop_id == shop_id, ShopMember.state == MemberState.ACTIVE)
        .order_by(ShopMember.id)
    ).all()
    return [owner, *(row.account_id for row in members if ShopPower.CHAT in POWERS[row.role])]


def seats_of(shop_id: int) -> list[SeatInfo]:
    """Return the seats of a shop with what they have in hand; five queries."""
    people = people_of(shop_id)
    query = sa.select(ServiceSeat).where(ServiceSeat.shop_id == shop_id)
    rows = {row.account_id: row for row in db.session.scalars(query)}
    busy = _busy(shop_id)
    names = account_names(set(people))
    found = []
    for account_id in people:
        row = rows.get(account_id)
        found.append(
            SeatInfo(
                account_id,
                names.get(account_id, ""),
                bool(row and row.online),
                row.capacity if row else 10,
                busy.get(account_id, 0),
            )
        )
    return found


def _busy(shop_id: int) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(ServiceSession.seat_id, sa.func.count())
        .where(
            ServiceSession.shop_id == shop_id,
            ServiceSession.state.in_((SessionState.ACTIVE, SessionState.WAIT_BUYER)),
            ServiceSession.seat_id.is_not(None),
        )
        .group_by(ServiceSession.seat_id)
    ).all()
    return {int(seat_id): count for seat_id, count in rows if seat_id is not None}


def anybody_online(shop_id: int) -> bool:
    """Say whether a seat of the shop is online."""
    query = sa.select(ServiceSeat.account_id).where(ServiceSeat.shop_id == shop_id, ServiceSeat.online.is_(True))
    return db.session.scalars(query.limit(1)).first() is not None


def set_online(actor: Actor, *, online: bool, capacity: int = 10) -> None:
    """Go online or away at the shop that the actor works in; whoever goes online gets what waits in the queue."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    if not 1 <= capacity <= MAX_LIMIT:
        raise InvalidInput(f"同时接待的人数应在 1 到 {MAX_LIMIT} 之间。", field="capacity")
    row = db.session.get(ServiceSeat, (shop.id, actor.person()))
    if row is None:
        row = ServiceSeat(shop_id=shop.id, account_id=actor.person())
        db.session.add(row)
    row.online, row.capacity = online, capacity
    db.session.flush()
    if not online:
        return
    waiting = db.session.scalars(
        sa.select(ServiceSession)
        .where(ServiceSession.shop_id == shop.id, ServiceSession.state == SessionState.QUEUED)
        .order_by(ServiceSession.id)
    ).all()
    for session in waiting:
        thread = db.session.get_one(ServiceThread, session.thread_id)
        assign(thread, session)


def assign(thread: ServiceThread, session: ServiceSession) -> None:
    """Give a queued session to the online seat with the least in hand; it stays in the queue when all are full."""
    if session.state != SessionState.QUEUED:
        return
    free = [seat for seat in seats_of(thread.shop_id) if seat.online and seat.busy < seat.limit]
    if not free:
        return
    seat = min(free, key=lambda found: (found.busy, found.account_id))
    fire(
        SERVICE_FLOW,
        session,
        "accept",
        system_of(thread.world_id),
        sim_at=sim_now(thread.world_id),
        values={"seat_id": seat.account_id},
    )
    tell_desk(session, thread)


def _open(actor: Actor, thread_id: int) -> tuple[ServiceThread, ServiceSession]:
    actor.require(Permission.MALL_SELL)
    thread = access_service.get_sold_thread(actor, thread_id)
    query = sa.select(ServiceSession).where(ServiceSession.open_of == thread.id)
    session = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if session is None:
        raise Refused("会话已经结束了，买家再来消息时会重新排队；你也可以直接发消息。", code="closed")
    return thread, session


def take(actor: Actor, thread_id: int) -> ServiceSession:
    """接入: take a session out of the queue."""
    thread, session = _open(actor, thread_id)
    fire(
        SERVICE_FLOW,
        session,
        "accept",
        actor,
        sim_at=sim_now(thread.world_id),
        values={"seat_id": actor.person()},
    )
    tell_desk(session, thread)
    return session


def transfer(actor: Actor, thread_id: int, account_id: int, reason: str) -> ServiceSession:
    """转接 to another seat, with a reason that both seats see."""
    thread, session = _open(actor, thread_id)
    people = people_of(thread.shop_id)
    if account_id not in people or account_id == session.seat_id:
        raise InvalidInput("请选择另一位客服。", field="account_id")
    names = account_names({account_id, actor.person()})
    fire(
        SERVICE_FLOW,
        session,
        "transfer",
        actor,
        sim_at=sim_now(thread.world_id),
        values={"seat_id": account_id},
        note={"to": account_id, "reason": reason[:100]},
    )
    why = f"，备注：{reason.strip()[:100]}" if reason.strip() else ""
    text = f"{names[actor.person()]}把会话转给了{names[account_id]}{why}"
    append(thread, session, Sender.SYSTEM, text, kind=MessageKind.SYSTEM, for_shop=True)
    tell_desk(session, thread)
    return session


def close(actor: Actor, thread_id: int) -> ServiceSession:
    """结束会话 by the seat; the buyer is invited to rate."""
    thread, session = _open(actor, thread_id)
    del thread
    end(actor, session, "客服已结束会话，欢迎对本次服务评价。")
    return session


def end(actor: Actor, session: ServiceSession, text: str) -> None:
    """Close a session with a last line for both sides; an unanswered round stays unanswered."""
    thread = db.session.get_one(ServiceThread, session.thread_id)
    now = sim_now(session.world_id)
    values = {"closed_at": now, "open_of": None, "invited_at": session.invited_at or now}
    append(thread, session, Sender.SYSTEM, text, kind=MessageKind.SYSTEM, body={"rate": session.id})
    fire(SERVICE_FLOW, session, "close", actor, sim_at=now, values=values)
    db.session.execute(
        sa.update(ServiceRound)
        .where(ServiceRound.open_of == session.id)
        .values(open_of=None)
        .execution_options(synchronize_session=False)
    )
    tell_desk(session, thread)


def invite(actor: Actor, thread_id: int) -> None:
    """邀请评价, once a session."""
    thread, session = _open(actor, thread_id)
    if session.invited_at is not None:
        raise Refused("这次会话已经邀请过评价了。", code="invited")
    session.invited_at = sim_now(thread.world_id)
    text = "请对本次服务做个评价，帮助我们改进。"
    append(thread, session, Sender.SYSTEM, text, kind=MessageKind.SYSTEM, body={"rate": session.id})


def to_rate(thread: ServiceThread) -> ServiceSession | None:
    """Return the last session that the buyer was invited to rate and has not, or None."""
    query = sa.select(ServiceSession).where(ServiceSession.thread_id == thread.id).order_by(ServiceSession.id.desc())
    session = db.session.scalars(query.limit(1)).one_or_none()
    return session if session is not None and session.invited_at is not None and session.stars is None else None


def rate(actor: Actor, thread_id: int, session_id: int, stars: int, remark: str) -> None:
    """评价 by the buyer: one to five stars and a word, once a session."""
    actor.require(Permission.MALL_BUY)
    thread = access_service.get_bought_thread(actor, thread_id)
    session = db.session.get(ServiceSession, session_id)
    if session is None or session.thread_id != thread.id:
        raise NotFound
    if not 1 <= stars <= 5:
        raise InvalidInput("请选择 1 到 5 星。", field="stars")
    if session.stars is not None:
        raise Refused("你已经评价过这次服务了。", code="rated")
    session.stars, session.remark = stars, remark.strip()[:200]
    session.rated_at = sim_now(thread.world_id)
    append(thread, session, Sender.SYSTEM, f"买家评价：{stars} 星", kind=MessageKind.SYSTEM)
    note(actor, thread.world_id, "service.rated", f"service:{session.id}", {"stars": stars})


def counts(shop_id: int, account_id: int) -> dict[str, int]:
    """Return how many sessions of the shop stand where; "mine": in the hands of this person."""
    rows = db.session.execute(
        sa.select(ServiceSession.state, ServiceSession.seat_id, sa.func.count())
        .where(ServiceSession.shop_id == shop_id, ServiceSession.state.in_(OPEN_SESSION))
        .group_by(ServiceSession.state, ServiceSession.seat_id)
    ).all()
    found = {"queued": 0, "active": 0, "wait_buyer": 0, "mine": 0}
    for state, seat_id, count in rows:
        found[str(state)] += count
        if seat_id == account_id:
            found["mine"] += count
    return found


def waiting_for_answer(shop_id: int) -> int:
    """Return how many sessions of a shop wait for a human answer."""
    query = sa.select(sa.func.count()).select_from(ServiceSession)
    return (
        db.session.scalar(
            query.where(
                ServiceSession.shop_id == shop_id,
                ServiceSession.state.in_((SessionState.QUEUED, SessionState.ACTIVE)),
            )
        )
        or 0
    )

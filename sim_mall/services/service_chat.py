"""Talking (客服聊天): buyers open a conversation and write, seats answer; robots welcome, answer keywords, excuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused, TooMany
from app.core.files import StoredFile
from app.core.flow import fire
from app.core.idempotency import MAX_KEY
from app.core.permissions import Permission
from app.core.web.forms import clean_text
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall import access, access_service
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.service_flow import (
    IDLE,
    MAX_TEXT,
    OPEN_SESSION,
    SERVICE_FLOW,
    MessageKind,
    Sender,
    SessionState,
    Stage,
)
from sim_mall.models.goods import Listing
from sim_mall.models.service import ServiceMessage, ServiceRound, ServiceSession, ServiceThread
from sim_mall.models.trade import Order
from sim_mall.services import service_cards, service_desk, service_guard, service_replies
from sim_mall.services.service_journal import append, tell_desk
from sim_mall.services.shops import system_of

IDLE_CLOSE = "mall.service_idle"
BURST, BURST_SECONDS = 8, 10


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody sends. ref: id of the product, order or coupon of a card; body: of an image that was stored."""

    text: str = ""
    kind: MessageKind = MessageKind.TEXT
    ref: int | None = None
    body: Mapping[str, Any] | None = None


def open_thread(actor: Actor, shop_id: int, *, listing_id: int | None = None, order_id: int | None = None) -> int:
    """Open the actor's conversation with a shop, with a card of what it is about; return its id.

    Raises Refused for the own shop, NotFound for goods or orders that are not the actor's to see.
    """
    actor.require(Permission.MALL_BUY)
    shop = access.get_visible_shop(actor, shop_id)
    if access.runs(actor, shop.id):
        raise Refused("这是你自己的店铺，不能和自己聊天；接待买家请到“客服工作台”。", code="own_shop")
    if listing_id is not None and access.get_listing(actor, listing_id).shop_id != shop.id:
        raise NotFound
    if order_id is not None and access.get_bought_order(actor, order_id).shop_id != shop.id:
        raise NotFound
    thread = thread_with(shop.world_id, shop.id, actor.person())
    session = current_session(thread)
    if session is None and not (listing_id or order_id):
        return thread.id
    session = session or _start_by_buyer(thread, order_id)
    if listing_id is not None and session.listing_id != listing_id:
        session.listing_id = listing_id
        card = service_cards.product_card(actor, thread, listing_id)
        append(thread, session, Sender.BUYER, "", kind=MessageKind.PRODUCT, account_id=thread.buyer_id, body=card)
    if order_id is not None and session.order_id != order_id:
        session.order_id, session.stage = order_id, _stage(order_id)
        card = service_cards.order_card(thread, order_id)
        append(thread, session, Sender.BUYER, "", kind=MessageKind.ORDER, account_id=thread.buyer_id, body=card)
    tell_desk(session, thread)
    return thread.id


def thread_with(world_id: int, shop_id: int, buyer_id: int) -> ServiceThread:
    """Return the conversation of a buyer with a shop; it begins empty."""
    query = sa.select(ServiceThread).where(ServiceThread.shop_id == shop_id, ServiceThread.buyer_id == buyer_id)
    thread = db.session.scalars(query).one_or_none()
    if thread is None:
        thread = ServiceThread(world_id=world_id, shop_id=shop_id, buyer_id=buyer_id, last_at=sim_now(world_id))
        db.session.add(thread)
        db.session.flush()
    return thread


def current_session(thread: ServiceThread) -> ServiceSession | None:
    """Return the open session of a conversation, or None."""
    query = sa.select(ServiceSession).where(ServiceSession.open_of == thread.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _stage(order_id: int | None) -> Stage:
    if order_id is None:
        return Stage.PRE
    row = db.session.get_one(Order, order_id)
    done = row.state in (OrderState.COMPLETED, OrderState.CLOSED) or row.shipped_at is not None
    return Stage.AFTER if done else Stage.IN


def _start(thread: ServiceThread, stage: Stage = Stage.PRE) -> ServiceSession:
    now = sim_now(thread.world_id)
    session = ServiceSession(
        state=SessionState.QUEUED,
        world_id=thread.world_id,
        thread_id=thread.id,
        open_of=thread.id,
        shop_id=thread.shop_id,
        buyer_id=thread.buyer_id,
        stage=stage,
        opened_at=now,
        last_at=now,
    )
    db.session.add(session)
    db.session.flush()
    due.schedule(thread.world_id, now + IDLE, IDLE_CLOSE, session.id)
    return session


def _start_by_buyer(thread: ServiceThread, order_id: int | None = None) -> ServiceSession:
    session = _start(thread, _stage(order_id))
    service_replies.welcome(thread, session)
    service_desk.assign(thread, session)
    return session


def check_text(text: str) -> str:
    """Return a message as it is stored. Raises InvalidInput when empty or too long."""
    if len(text) > 10 * MAX_TEXT:
        raise InvalidInput(f"消息最多 {MAX_TEXT} 个字，请分几条发送。", field="text")
    cleaned = clean_text(text)
    if not cleaned:
        raise InvalidInput("请先写点什么再发送。", field="text")
    if len(cleaned) > MAX_TEXT:
        raise InvalidInput(f"消息最多 {MAX_TEXT} 个字，现在有 {len(cleaned)} 个，请分几条发送。", field="text")
    return cleaned


def _seen(thread: ServiceThread, account_id: int, key: str, text: str) -> ServiceMessage | None:
    if not key or len(key) > MAX_KEY:
        raise InvalidInput("消息缺少编号，请刷新页面后重试。", field="key")
    query = sa.select(ServiceMessage).where(
        ServiceMessage.thread_id == thread.id, ServiceMessage.account_id == account_id, ServiceMessage.key == key
    )
    row = db.session.scalars(query).one_or_none()
    if row is not None and row.kind is MessageKind.TEXT and row.text != text:
        raise Conflict("这个消息编号已经用过，请刷新页面。", code="key_reused")
    return row


def _hold_rate(thread: ServiceThread, account_id: int) -> None:
    since = wall.now() - timedelta(seconds=BURST_SECONDS)
    query = sa.select(sa.func.count()).select_from(ServiceMessage)
    query = query.where(ServiceMessage.thread_id == thread.id, ServiceMessage.account_id == account_id)
    if (db.session.scalar(query.where(ServiceMessage.wall_at > since)) or 0) >= BURST:
        raise TooMany(f"发得太快了，{BURST_SECONDS} 秒内最多 {BURST} 条，稍等一下。")


def _body(actor: Actor, thread: ServiceThread, words: Words, *, from_shop: bool) -> tuple[str, dict[str, Any]]:
    if words.kind is MessageKind.TEXT:
        return check_text(words.text), {}
    if words.kind is MessageKind.IMAGE and words.body:
        return "", dict(words.body)
    if words.kind is MessageKind.PRODUCT and words.ref is not None:
        return "", service_cards.product_card(actor, thread, words.ref)
    if words.kind is MessageKind.ORDER and words.ref is not None:
        return "", service_cards.order_card(thread, words.ref)
    if words.kind is MessageKind.COUPON and words.ref is not None and from_shop:
        return "", service_cards.coupon_card(thread, words.ref)
    raise InvalidInput("这种消息不能发送，请刷新页面后重试。", field="kind")


def ask(actor: Actor, thread_id: int, words: Words, key: str) -> ServiceMessage:
    """Write as the buyer; opens a session when none is open. The same key again is the same message.

    Raises InvalidInput (code rule_risk) for contact details and abuse, TooMany for a flood.
    """
    actor.require(Permission.MALL_BUY)
    thread = access_service.get_bought_thread(actor, thread_id)
    text, body = _body(actor, thread, words, from_shop=False)
    if (seen := _seen(thread, actor.person(), key, text)) is not None:
        return seen
    _hold_rate(thread, actor.person())
    if found := service_guard.findings_for(thread, text, from_shop=False):
        service_guard.refuse(found, from_shop=False)
    session = current_session(thread) or _start_by_buyer(thread)
    row = append(thread, session, Sender.BUYER, text, kind=words.kind, account_id=actor.person(), body=body, key=key)
    _heard(thread, session, row)
    return row


def hear(thread: ServiceThread, text: str, stage: Stage = Stage.PRE, listing: Listing | None = None) -> ServiceSession:
    """Write down what a simulated customer says, with the card of a listing first; return the session."""
    session = current_session(thread)
    if session is None:
        session = _start_by_buyer(thread)
        session.stage = stage
    if listing is not None:
        session.listing_id = listing.id
        body = service_cards.listing_card(listing)
        append(thread, session, Sender.BUYER, "", kind=MessageKind.PRODUCT, account_id=thread.buyer_id, body=body)
    row = append(thread, session, Sender.BUYER, text, account_id=thread.buyer_id)
    _heard(thread, session, row)
    return session


def _heard(thread: ServiceThread, session: ServiceSession, row: ServiceMessage) -> None:
    """A buyer has spoken: their round begins, the robot may answer, a seat is found."""
    if session.state == SessionState.WAIT_BUYER:
        fire(SERVICE_FLOW, session, "ask", system_of(thread.world_id), sim_at=row.at)
    session.last_at = row.at
    _open_round(session, row)
    service_replies.answer_by_robot(thread, session, row.text)
    if session.state == SessionState.QUEUED:
        service_desk.assign(thread, session)
    tell_desk(session, thread)


def _open_round(session: ServiceSession, row: ServiceMessage) -> None:
    known = db.session.scalars(sa.select(ServiceRound.open_of).where(ServiceRound.session_id == session.id)).all()
    if session.id in known:
        return
    db.session.add(
        ServiceRound(
            shop_id=session.shop_id,
            session_id=session.id,
            open_of=session.id,
            first=not known,
            asked_at=row.at,
            asked_wall_at=row.wall_at,
        )
    )
    db.session.flush()


def answer(actor: Actor, thread_id: int, words: Words, key: str, *, accepted: bool = False) -> ServiceMessage:
    """Answer as a seat of the shop; whoever answers a waiting session takes it.

    Raises InvalidInput (code rule_risk) for R10 and R11; with ``accepted`` the message is intercepted instead:
    the buyer gets nothing and the shop a simulated violation.
    """
    actor.require(Permission.MALL_SELL)
    thread = access_service.get_sold_thread(actor, thread_id)
    text, body = _body(actor, thread, words, from_shop=True)
    if words.kind is MessageKind.TEXT:
        text = service_replies.fill_for(actor, thread, text)[:MAX_TEXT]
    if (seen := _seen(thread, actor.person(), key, text)) is not None:
        return seen
    _hold_rate(thread, actor.person())
    session = current_session(thread) or _start(thread, Stage.AFTER)
    if found := service_guard.findings_for(thread, text, from_shop=True):
        if not accepted:
            service_guard.refuse(found, from_shop=True)
        service_guard.record_intercepted(actor, thread, text, found, key)
        told = service_guard.intercepted_text(found)
        return append(thread, session, Sender.SYSTEM, told, kind=MessageKind.SYSTEM, for_shop=True)
    row = append(thread, session, Sender.SELLER, text, kind=words.kind, account_id=actor.person(), body=body, key=key)
    if session.state == SessionState.QUEUED:
        fire(SERVICE_FLOW, session, "accept", actor, sim_at=row.at, values={"seat_id": actor.person()})
    if session.state == SessionState.ACTIVE:
        fire(SERVICE_FLOW, session, "answer", actor, sim_at=row.at, values={"seat_id": actor.person()})
    session.last_at = row.at
    _close_round(session, row, actor.person())
    tell_desk(session, thread)
    return row


def _close_round(session: ServiceSession, row: ServiceMessage, seat_id: int) -> None:
    found = db.session.scalars(sa.select(ServiceRound).where(ServiceRound.open_of == session.id)).one_or_none()
    if found is not None:
        found.open_of, found.seat_id = None, seat_id
        found.seconds = max(0, int((row.wall_at - found.asked_wall_at).total_seconds()))


def on_idle(task: DueTask) -> None:
    """Close a session without a word for two simulated hours; one that was spoken in is looked at again later."""
    session = db.session.get(ServiceSession, task.target_id, populate_existing=True)
    if session is None or session.state not in OPEN_SESSION:
        return
    if session.last_at + IDLE > sim_now(task.world_id):
        due.schedule(task.world_id, session.last_at + IDLE, IDLE_CLOSE, session.id)
        return
    service_desk.end(system_of(task.world_id), session, "两小时没有新消息，会话已自动结束。")


def read_up_to(actor: Actor, thread_id: int, seq: int, *, shop_side: bool) -> None:
    """Note that one side has read up to ``seq``."""
    thread = (
        access_service.get_sold_thread(actor, thread_id)
        if shop_side
        else access_service.get_bought_thread(actor, thread_id)
    )
    column = ServiceThread.shop_seen if shop_side else ServiceThread.buyer_seen
    name = "shop_seen" if shop_side else "buyer_seen"
    upto = min(max(seq, 0), thread.last_seq)
    db.session.execute(
        sa.update(ServiceThread)
        .where(ServiceThread.id == thread.id, column < upto)
        .values({name: upto})
        .execution_options(synchronize_session=False)
    )


def message_of(thread: ServiceThread, message_id: int) -> ServiceMessage | None:
    """Return a message of the conversation, or None."""
    row = db.session.get(ServiceMessage, message_id)
    return row if row is not None and row.thread_id == thread.id else None


def stored_image(message: ServiceMessage) -> StoredFile:
    """Return the stored file of a picture message. Raises NotFound."""
    query = sa.select(StoredFile).where(StoredFile.public_name == str(message.body.get("file", "")))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row

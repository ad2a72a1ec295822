"""Pushing messages to apps (消息推送): written with the fact, sent after it, retried with back-off, then dead.

A message is at least once: its ``event_id`` lets the receiver drop what it has seen. The row is the truth, a
job carries it out; a job that dies leaves a lease that runs out.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy import orm

from app.core import clock, jobs
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.uow import unit_of_work
from app.core.web.paging import Page, paginate
from app.worlds.clock import sim_now
from sim_mall.domain.platform_codes import PlatformScope, PushEvent
from sim_mall.domain.platform_signing import KEY_HEADER, SIGN_HEADER, TIME_HEADER, push_signature
from sim_mall.domain.push_targets import INBOX, LOOPBACK, target_problem
from sim_mall.events import OrderClosed, OrderCompleted, OrderPaid, OrderShipped, RefundPaid
from sim_mall.models.platform import PlatformApp, PlatformGrant, PushMessage, PushState
from sim_mall.services.platform_apps import get_app, secret_of

log = structlog.get_logger(__name__)

PUSH_JOB = "mall.push"
BACK_OFF = (10, 60, 300, 1800, 7200)  # seconds after the 1st, 2nd … failure; then the message is dead
MOST_TRIES = len(BACK_OFF) + 1
TIMEOUT = 5.0
LEASE = timedelta(seconds=60)
BATCH = 50
KINDS: dict[type[Any], PushEvent] = {
    OrderPaid: PushEvent.ORDER_PAID,
    OrderShipped: PushEvent.ORDER_SHIPPED,
    OrderCompleted: PushEvent.ORDER_COMPLETED,
    OrderClosed: PushEvent.ORDER_CLOSED,
    RefundPaid: PushEvent.REFUND_PAID,
}


def on_fact(_sender: object, *, event: OrderPaid | RefundPaid | Any) -> None:
    """Write a message for every app that may read the shop's orders and wants messages."""
    apps = db.session.scalars(
        sa.select(PlatformApp)
        .join(PlatformGrant, PlatformGrant.app_id == PlatformApp.id)
        .where(
            PlatformGrant.shop_id == event.shop_id,
            PlatformGrant.revoked_wall_at.is_(None),
            PlatformApp.revoked.is_(False),
            PlatformApp.push_url != "",
        )
        .order_by(PlatformApp.id)
    ).all()
    if not apps:
        return
    scopes: dict[int, list[str]] = dict(
        db.session.execute(
            sa.select(PlatformGrant.app_id, PlatformGrant.scopes).where(PlatformGrant.shop_id == event.shop_id)
        ).all()  # type: ignore[arg-type]
    )
    for app in apps:
        if PlatformScope.ORDER_READ in scopes.get(app.id, ()):
            _write(app, event)


def _write(app: PlatformApp, event: Any) -> None:
    now = clock.now()
    event_id = secrets.token_hex(12)
    facts = {
        "event_id": event_id,
        "event": str(KINDS[type(event)]),
        "shop_id": event.shop_id,
        "order_id": event.order_id,
        "happened_at": sim_now(event.world_id).isoformat(),
    }
    if isinstance(event, RefundPaid):
        facts |= {"after_sale_id": event.after_sale_id, "amount": event.amount}
    db.session.add(
        PushMessage(
            app_id=app.id,
            shop_id=event.shop_id,
            event_id=event_id,
            kind=facts["event"],
            body=json.dumps(facts, ensure_ascii=False, sort_keys=True),
            created_wall_at=now,
            next_try_wall_at=now,
        )
    )


def pump() -> int:
    """Hand messages that are due to a job; return how many. Called every few seconds by a web process."""
    now = clock.now()
    with unit_of_work():
        due = db.session.scalars(
            sa.select(PushMessage.id)
            .where(PushMessage.status == PushState.PENDING, PushMessage.next_try_wall_at <= now)
            .order_by(PushMessage.next_try_wall_at, PushMessage.id)
            .limit(BATCH)
        ).all()
        if due:
            db.session.execute(
                sa.update(PushMessage)
                .where(PushMessage.id.in_(due), PushMessage.status == PushState.PENDING)
                .values(next_try_wall_at=now + LEASE)
                .execution_options(synchronize_session=False)
            )
            jobs.enqueue(system(), PUSH_JOB, "推送开放平台消息", {"ids": list(due)})
    return len(due)


def run_push(payload: Mapping[str, Any], _progress: jobs.Progress) -> dict[str, Any]:
    """Job: try each message once."""
    delivered = 0
    for message_id in payload["ids"]:
        delivered += deliver(int(message_id))
    return {"tried": len(payload["ids"]), "delivered": delivered}


def deliver(message_id: int) -> bool:
    """Try one pending message; write down what came of it. Nothing waits for the network inside a transaction."""
    query = sa.select(PushMessage).options(orm.joinedload(PushMessage.app)).where(PushMessage.id == message_id)
    message = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if message.status != PushState.PENDING:
        return False
    app, body, event_id = message.app, message.body.encode(), message.event_id
    url, broken, revoked = app.push_url, app.inbox_broken, app.revoked
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        KEY_HEADER: app.key,
        TIME_HEADER: stamp,
        SIGN_HEADER: push_signature(secret_of(app), stamp, body),
        "X-Event-Id": event_id,
    }
    db.session.rollback()
    if revoked or not url:
        status, answer = 0, "应用已停用或没有推送地址"
    elif url == INBOX:
        status, answer = (500, "收件箱正在模拟故障") if broken else (200, "平台收件箱已收到")
    else:
        status, answer = _post(url, headers, body)
    with unit_of_work():
        row = db.session.scalars(query.execution_options(populate_existing=True)).one()
        _write_answer(row, status, answer)
    return 200 <= status < 300


def _write_answer(row: PushMessage, status: int, answer: str) -> None:
    now = clock.now()
    row.attempts += 1
    row.answer = f"HTTP {status}：{answer}"[:200] if status else answer[:200]
    if 200 <= status < 300:
        row.status, row.done_wall_at = PushState.DELIVERED, now
    elif row.attempts >= MOST_TRIES:
        row.status, row.done_wall_at = PushState.DEAD, now
    else:
        row.next_try_wall_at = now + timedelta(seconds=BACK_OFF[row.attempts - 1])


def _post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    """POST without following redirects; return status (0: no answer) and one sentence."""
    settings = current_app.config["SETTINGS"]
    if problem := target_problem(url, settings.push_hosts, settings.port):  # the list may be shorter by now
        return 0, problem
    parts = urlsplit(url)
    host = parts.hostname or ""
    target = "127.0.0.1" if host in LOOPBACK - {"::1"} else host
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(target, parts.port, timeout=TIMEOUT)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(1024)
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.info("push_failed", host=host, error=type(error).__name__)
        return 0, "连接不上接收地址，或 5 秒内没有应答"
    else:
        return answer.status, "已收到" if 200 <= answer.status < 300 else "接收方没有返回 2xx"
    finally:
        connection.close()


def messages(actor: Actor, app_id: int, status: str, number: int) -> Page[PushMessage]:
    """Return the messages of the actor's app, newest first."""
    app = get_app(actor, app_id)
    query = sa.select(PushMessage).where(PushMessage.app_id == app.id).order_by(PushMessage.id.desc())
    if status in set(PushState):
        query = query.where(PushMessage.status == PushState(status))
    return paginate(query, number, 20)


def replay(actor: Actor, app_id: int, message_id: int) -> None:
    """Send a message again, with its old event id. Raises NotFound, Refused while it is still waiting."""
    app = get_app(actor, app_id)
    row = db.session.scalars(
        sa.select(PushMessage).where(PushMessage.id == message_id, PushMessage.app_id == app.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.status == PushState.PENDING:
        raise Refused("这条消息还在推送中，不用重放。")
    if not app.push_url or app.revoked:
        raise Refused("应用没有推送地址或已停用，请先设置推送地址。")
    row.status, row.attempts, row.done_wall_at = PushState.PENDING, 0, None
    row.next_try_wall_at = clock.now()

"""Audit: append-only rows, hash-chained per scope; whoever changes or removes one breaks the chain.

``record`` only notes the fact; the unit of work writes all notes right before its commit, locking the
chain heads last and in ascending scope order, so that the lock is held for as short as possible.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, UTCDateTime, add_missing, db
from app.core.uow import before_commit, current

GENESIS = "0" * 64
PORTION = 1000  # rows read at a time when a chain is walked
PLATFORM_SCOPE = 0  # chain of what belongs to no class, institution or region


class AuditHead(Base):
    """The end of one scope's chain."""

    __tablename__ = "core_audit_head"
    scope_id: orm.Mapped[int] = orm.mapped_column(primary_key=True, autoincrement=False)
    seq: orm.Mapped[int] = orm.mapped_column(default=0)
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), default=GENESIS)


class AuditEvent(Base):
    """One fact: who did what to which thing, in which scope, when (wall time)."""

    __tablename__ = "core_audit_event"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    scope_id: orm.Mapped[int]
    seq: orm.Mapped[int]
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    account_id: orm.Mapped[int | None]
    actor: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    role: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    action: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    target: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    data: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")
    previous: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    __table_args__ = (
        sa.UniqueConstraint("scope_id", "seq"),
        sa.Index("ix_core_audit_event_target", "scope_id", "target"),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of verifying one chain. ``broken_seq`` is the first bad row, None when sound."""

    scope_id: int
    rows: int
    broken_seq: int | None
    reason: str | None
    head: str


def _digest(event: AuditEvent) -> str:
    body = json.dumps(
        [
            event.scope_id,
            event.seq,
            event.at.isoformat(),
            event.account_id,
            event.actor,
            event.role,
            event.action,
            event.target,
            event.data,
            event.previous,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def record(
    actor: Actor, action: str, target: str = "", data: Mapping[str, Any] | None = None, *, scope_id: int | None = None
) -> None:
    """Note a fact for the chain of ``scope_id`` (default: the scope of the actor's hat).

    action: ``noun.verb`` in the past tense, e.g. ``order.paid``. target: ``kind:id``. data: plain values.
    """
    work = current()
    pending = work.notes.setdefault("audit", [])
    if not pending:
        before_commit(_write_pending)
    scope = scope_id if scope_id is not None else actor.scope_id
    text = json.dumps(data or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    pending.append((scope or PLATFORM_SCOPE, actor, action, target, text, clock.now()))


def _write_pending() -> None:
    pending = current().notes.pop("audit", [])
    db.session.flush()
    scopes = sorted({row[0] for row in pending})
    heads = {}
    for scope in scopes:
        add_missing(AuditHead, scope_id=scope, seq=0, hash=GENESIS)
        heads[scope] = db.session.scalars(
            sa.select(AuditHead)
            .where(AuditHead.scope_id == scope)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
    for scope, actor, action, target, text, at in pending:
        head = heads[scope]
        event = AuditEvent(
            scope_id=scope,
            seq=head.seq + 1,
            at=at,
            account_id=actor.account_id,
            actor=actor.name,
            role="" if actor.role is None else str(actor.role),
            action=action,
            target=target,
            data=text,
            previous=head.hash,
        )
        event.hash = _digest(event)
        head.seq, head.hash = event.seq, event.hash
        db.session.add(event)


def _events(scope_id: int) -> Iterator[AuditEvent]:
    query = sa.select(AuditEvent).where(AuditEvent.scope_id == scope_id).order_by(AuditEvent.seq).limit(PORTION)
    last = -1
    while portion := db.session.scalars(query.where(AuditEvent.seq > last)).all():
        yield from portion
        last = portion[-1].seq


def verify(scope_id: int) -> Verdict:
    """Walk one chain and name the first broken row: changed, removed, or inserted."""
    previous, expected, rows = GENESIS, 1, 0
    for event in _events(scope_id):
        if event.seq != expected:
            return Verdict(scope_id, rows, expected, f"第 {expected} 条记录缺失", previous)
        if event.previous != previous:
            return Verdict(scope_id, rows, event.seq, f"第 {event.seq} 条记录与前一条不衔接", previous)
        if event.hash != _digest(event):
            return Verdict(scope_id, rows, event.seq, f"第 {event.seq} 条记录的内容被改动", previous)
        previous, expected, rows = event.hash, expected + 1, rows + 1
    head = db.session.get(AuditHead, scope_id)
    if head is not None and (head.seq, head.hash) != (rows, previous):
        return Verdict(scope_id, rows, rows + 1, f"第 {rows + 1} 条记录缺失（链尾不符）", previous)
    return Verdict(scope_id, rows, None, None, previous)


def chains() -> list[int]:
    """Return the scopes that have a chain, ascending."""
    return list(db.session.scalars(sa.select(AuditHead.scope_id).order_by(AuditHead.scope_id)))


def latest(scope_id: int, limit: int = 50) -> list[AuditEvent]:
    """Return the newest rows of one chain."""
    return list(
        db.session.scalars(
            sa.select(AuditEvent).where(AuditEvent.scope_id == scope_id).order_by(AuditEvent.seq.desc()).limit(limit)
        )
    )

"""Outbox: what a job or another process wants to show at once.

The web process reads it four times a second and pushes to the sockets; jobs never emit themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import clock
from app.core.db import Base, UTCDateTime, db
from app.core.uow import unit_of_work

KEEP = timedelta(minutes=10)
LOOK_BACK = timedelta(seconds=10)


class OutboxMessage(Base):
    """One message to push: a socket event for a room of a namespace."""

    __tablename__ = "core_outbox_message"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    namespace: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    room: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    event: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    body: orm.Mapped[str] = orm.mapped_column(sa.Text)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime, index=True)


def send(namespace: str, room: str, event: str, body: Mapping[str, Any]) -> None:
    """Put a message into the outbox, inside the open unit of work."""
    db.session.add(
        OutboxMessage(
            namespace=namespace,
            room=room,
            event=event,
            body=json.dumps(body, ensure_ascii=False, default=str),
            at=clock.now(),
        )
    )


class Pump:
    """Reads new messages for one web process, each once.

    Ids are taken before the commit, so a lower id may appear after a higher one: the pump looks back
    ten seconds and remembers what it has pushed.
    """

    def __init__(self) -> None:
        self._started = clock.now()
        self._pushed: dict[int, datetime] = {}

    def drain(self, push: Callable[[str, str, str, dict[str, Any]], None]) -> int:
        """Push what is new through ``push(namespace, room, event, body)``; return how many."""
        since = max(self._started, clock.now() - LOOK_BACK)
        rows = db.session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.at >= since).order_by(OutboxMessage.id)
        ).all()
        new = [row for row in rows if row.id not in self._pushed]
        for row in new:
            push(row.namespace, row.room, row.event, json.loads(row.body))
            self._pushed[row.id] = row.at
        self._pushed = {key: at for key, at in self._pushed.items() if at >= since - LOOK_BACK}
        db.session.rollback()
        return len(new)


def forget_old() -> None:
    """Delete messages older than ten minutes."""
    with unit_of_work():
        db.session.execute(sa.delete(OutboxMessage).where(OutboxMessage.at < clock.now() - KEEP))

"""Idempotency: a command with a key is carried out once, however often it arrives.

Same key and same body: the first answer again. Same key, other body: refused with 409.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, UTCDateTime, db
from app.core.errors import Conflict, InvalidInput
from app.core.uow import unit_of_work

MAX_KEY = 80


class IdempotentAnswer(Base):
    """The answer that a key got."""

    __tablename__ = "core_idempotent_answer"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    owner: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(MAX_KEY))
    command: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    body_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    answer: orm.Mapped[str] = orm.mapped_column(sa.Text)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("owner", "key"),)


def body_hash(body: Any) -> str:
    """Return the hash of a command's body in canonical JSON."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _owner(actor: Actor) -> str:
    return "system" if actor.account_id is None else str(actor.account_id)


def answered(actor: Actor, key: str) -> bool:
    """Say whether the key has got its answer: ``once`` would only repeat it. For looks before a unit of work."""
    query = sa.select(IdempotentAnswer.id).where(
        IdempotentAnswer.owner == _owner(actor), IdempotentAnswer.key == key[:MAX_KEY]
    )
    return db.session.scalar(query) is not None


def once(actor: Actor, key: str, command: str, body: Any, carry_out: Callable[[], Any]) -> Any:
    """Return ``carry_out()`` (plain JSON values), or the stored answer when the key was used before.

    Raises Conflict (409) when the key came with another body, InvalidInput without a usable key.
    """
    if not key or len(key) > MAX_KEY:
        raise InvalidInput("请求缺少有效的防重复编号，请刷新页面后重试。", field="key")
    owner = _owner(actor)
    digest = body_hash([command, body])
    with unit_of_work():
        seen = db.session.scalars(
            sa.select(IdempotentAnswer).where(IdempotentAnswer.owner == owner, IdempotentAnswer.key == key)
        ).one_or_none()
        if seen is None:
            answer = carry_out()
            db.session.add(
                IdempotentAnswer(
                    owner=owner,
                    key=key,
                    command=command,
                    body_hash=digest,
                    answer=json.dumps(answer, ensure_ascii=False),
                    at=clock.now(),
                )
            )
            db.session.flush()
            return answer
        if seen.body_hash != digest:
            raise Conflict("这个提交编号已用于另一次操作，请刷新页面后重新提交。", code="key_reused")
        return json.loads(seen.answer)

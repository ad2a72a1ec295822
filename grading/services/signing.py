"""Signatures (签名) of assessors under their own marks: drawn, or given by password."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import hashing, throttle
from app.accounts.models import Account
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, Refused
from app.core.permissions import Permission
from grading.domain.canonical import canonical, digest
from grading.domain.flows import AssignmentState
from grading.domain.strokes import Strokes, read_strokes
from grading.models.batch import Assignment, Batch, Paper
from grading.models.protocol import MarkSignature


@dataclass(frozen=True, slots=True)
class ToSign:
    """Completed marks that are not yet signed for. hash: of all of them, so that nothing else gets signed."""

    marks: tuple[tuple[str, int], ...]  # code, total
    hash: str


def marks_hash(works: Iterable[tuple[str, Assignment]]) -> str:
    """Return the hash of an assessor's completed marks in one batch."""
    rows = sorted([code, work.slot, work.total, json.loads(work.entries)] for code, work in works)
    return digest(canonical(rows))


def _completed(account_id: int) -> dict[int, list[tuple[str, Assignment]]]:
    found: dict[int, list[tuple[str, Assignment]]] = {}
    rows = db.session.execute(
        sa.select(Paper.batch_id, Paper.code, Assignment)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(Assignment.account_id == account_id, Assignment.state == AssignmentState.COMPLETED)
        .order_by(Paper.code)
    )
    for batch_id, code, work in rows:
        found.setdefault(batch_id, []).append((code, work))
    return found


def _unsigned(account_id: int) -> dict[int, tuple[str, list[tuple[str, Assignment]]]]:
    signed = {
        (row[0], row[1])
        for row in db.session.execute(
            sa.select(MarkSignature.batch_id, MarkSignature.marks_hash).where(MarkSignature.account_id == account_id)
        )
    }
    hashed = {batch_id: (marks_hash(works), works) for batch_id, works in _completed(account_id).items()}
    return {batch_id: pair for batch_id, pair in hashed.items() if (batch_id, pair[0]) not in signed}


def to_sign(actor: Actor) -> ToSign:
    """Return the assessor's completed marks without a signature, by code."""
    actor.require(Permission.GRADING_PAPER_MARK)
    waiting = _unsigned(actor.person())
    marks = sorted((code, work.total or 0) for _, works in waiting.values() for code, work in works)
    return ToSign(tuple(marks), digest(canonical(sorted(pair[0] for pair in waiting.values()))))


def _confirm(actor: Actor, password: str) -> None:
    account = db.session.get_one(Account, actor.person())
    key = f"sign:{account.id}"
    throttle.refuse_when_exhausted(key, key)
    if not hashing.password_fits(account.password_hash, password):
        throttle.count_failure(key, key)
        raise InvalidInput("密码不正确，签名没有保存。", field="password")


def check_signature(actor: Actor, strokes: str, password: str) -> Strokes:
    """Return the drawn strokes, () when the password stands for them. Call it outside a unit of work."""
    actor.require(Permission.GRADING_PAPER_MARK)
    drawn = read_strokes(strokes)
    if not drawn:
        if not password:
            raise InvalidInput("请在框内签名，或输入登录密码确认。", field="strokes")
        _confirm(actor, password)
    return drawn


def sign_marks(actor: Actor, seen: str, strokes: Strokes, key: str) -> int:
    """Sign for the own completed marks as they were shown (``seen``: their hash); return how many marks.

    Raises Conflict when they are no longer those.
    """
    actor.require(Permission.GRADING_PAPER_MARK)

    def carry_out() -> int:
        waiting = to_sign(actor)
        if not waiting.marks:
            raise Refused("没有需要签名的评分。")
        if waiting.hash != seen:
            raise Conflict("评分刚刚有变动，请核对下面的清单后重新签名。", code="stale_marks")
        for batch_id, (hash_, works) in sorted(_unsigned(actor.person()).items()):
            db.session.add(
                MarkSignature(
                    batch_id=batch_id,
                    account_id=actor.person(),
                    marks_hash=hash_,
                    strokes=canonical(strokes),
                    signed_at=clock.now(),
                )
            )
            note = {"hash": hash_, "marks": len(works), "drawn": bool(strokes)}
            scope_id = db.session.get_one(Batch, batch_id).scope_id
            audit.record(actor, "marks.signed", f"batch:{batch_id}", note, scope_id=scope_id)
        db.session.flush()
        return len(waiting.marks)

    count: int = idempotency.once(actor, key, "grading.sign", [seen, canonical(strokes)], carry_out)
    return count


def signatures_of(batch_id: int) -> dict[tuple[int, str], MarkSignature]:
    """Return the signatures of a batch by assessor and hash of the marks."""
    rows = db.session.scalars(sa.select(MarkSignature).where(MarkSignature.batch_id == batch_id))
    return {(row.account_id, row.marks_hash): row for row in rows}

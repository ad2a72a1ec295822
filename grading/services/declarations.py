"""Declarations (申报) of relations by assessors and, unseen by assessors, by trainees (training model 3.4).

The answer is the same whether the other side was found or not: nobody learns from it who is in a class or a pool.
What is not found at once waits for the centre. Work already drawn moves only when the centre rechecks, so that a
paper that vanishes does not tell an assessor whose it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import sqlalchemy as sa

from app.accounts.models import Account, Grant, Scope, ScopeKind
from app.accounts.scopes import account_names, ancestors, covers, descendants
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission, Role
from grading.models.pool import Declaration, Relation
from grading.services import pool

ASSESSOR, LEARNER = "assessor", "learner"
MOST_OPEN = 20  # of one person, waiting
LEAST, MOST_NAME, MOST_PLACE, MOST_REASON = 4, 30, 100, 300


@dataclass(frozen=True, slots=True)
class Typed:
    """A declaration as it was typed. contact: login name or phone; place: class code, employer or the like."""

    who: str
    contact: str
    place: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A declaration that the centre must look at. declarer: its author's name."""

    declaration: Declaration
    declarer: str
    kind: str
    class_name: str


def _source(actor: Actor) -> str:
    if actor.may(Permission.GRADING_PAPER_MARK):
        return ASSESSOR
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    return LEARNER


def _check(typed: Typed) -> None:
    if not 2 <= len(typed.who) <= MOST_NAME:
        raise InvalidInput(f"请填写对方的姓名（2 到 {MOST_NAME} 个字）。", field="who")
    if len(typed.contact) > MOST_NAME or len(typed.place) > MOST_PLACE:
        raise InvalidInput(f"联系方式最多 {MOST_NAME} 字，班级或单位最多 {MOST_PLACE} 字。", field="place")
    if typed.kind not in pool.RELATIONS:
        raise InvalidInput("请选择关系的类型。", field="kind")
    if not LEAST <= len(typed.reason) <= MOST_REASON:
        raise InvalidInput(f"请说明是什么关系（{LEAST} 到 {MOST_REASON} 字）。", field="reason")


def declare_own(actor: Actor, typed: Typed, key: str) -> None:
    """Keep what an assessor or a trainee declares, and bar the two from each other where both are known.

    Raises InvalidInput for what is missing, Refused when too many wait.
    """
    source = _source(actor)
    if actor.scope_id is None:
        raise NotFound
    scope_id = actor.scope_id

    def carry_out() -> None:
        _check(typed)
        mine = sa.select(sa.func.count(Declaration.id)).where(Declaration.declared_by == actor.person())
        if (db.session.scalar(mine.where(Declaration.settled_at.is_(None))) or 0) >= MOST_OPEN:
            raise Refused("你有很多申报正在核对，请等市级中心处理后再继续。")
        row = Declaration(
            source=source,
            declared_by=actor.person(),
            scope_id=scope_id,
            who=typed.who,
            contact=typed.contact,
            place=typed.place,
            kind=typed.kind,
            reason=typed.reason,
            declared_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "relation.declared", f"declaration:{row.id}", {"kind": typed.kind}, scope_id=scope_id)
        found = _trainees_meant(typed) if source == ASSESSOR else _assessors_meant(scope_id, typed)
        if source == ASSESSOR:
            _relate(row, [(actor.person(), class_id, who) for who, class_id in found])
        else:
            _relate(row, [(who, scope_id, actor.person()) for who, _ in found])
        if found:
            row.settled_at = clock.now()

    idempotency.once(actor, key, "grading.declare_own", [*astuple(typed)], carry_out)


def _relate(row: Declaration, pairs: Iterable[tuple[int, int, int | None]]) -> None:
    """Add relations (assessor, class, trainee or None for the whole class) that a declaration means."""
    for account_id, scope_id, trainee_id in pairs:
        db.session.add(
            Relation(
                account_id=account_id,
                scope_id=scope_id,
                trainee_id=trainee_id,
                kind=row.kind,
                pin="",
                source=row.source,
                reason=row.reason,
                declared_by=row.declared_by,
                declared_at=row.declared_at,
            )
        )
    db.session.flush()


def _named(contact: str) -> sa.ColumnElement[bool]:
    return sa.or_(Account.login == contact, Account.phone == contact)


def _trainees_meant(typed: Typed) -> list[tuple[int, int]]:
    """Return (account, class) of the trainee that is meant: by contact, or by name within a class's code."""
    query = (
        sa.select(Account.id, Grant.scope_id)
        .join(Grant, Grant.account_id == Account.id)
        .join(Scope, Scope.id == Grant.scope_id)
        .where(Grant.role == Role.TRAINEE, Grant.ended_at.is_(None), Scope.kind == ScopeKind.CLASS)
        .order_by(Account.id, Grant.scope_id)
    )
    by_contact = query.where(_named(typed.contact), Account.name == typed.who)
    rows = db.session.execute(by_contact).all() if typed.contact else []
    if not rows and typed.place:
        rows = db.session.execute(
            query.where(Scope.code == typed.place.strip().upper(), Account.name == typed.who)
        ).all()
    return [(row[0], row[1] or 0) for row in rows] if len({row[0] for row in rows}) == 1 else []


def _assessors_meant(class_scope_id: int, typed: Typed) -> list[tuple[int, int]]:
    """Return the one assessor of this name (and contact, where given) who may be drawn for the class, or nobody."""
    above = ancestors(class_scope_id)
    regions = db.session.scalars(sa.select(Scope.id).where(Scope.id.in_(above), Scope.kind == ScopeKind.REGION))
    people = {who for region in regions for who in pool.holders(region)}
    query = sa.select(Account.id).where(Account.id.in_(people), Account.name == typed.who)
    if typed.contact:
        query = query.where(_named(typed.contact))
    rows = list(db.session.scalars(query.order_by(Account.id)))
    return [(rows[0], class_scope_id)] if len(rows) == 1 else []


def own_declarations(actor: Actor) -> list[Declaration]:
    """Return what the actor declared, newest first: their own words, and nothing of what became of it."""
    _source(actor)
    return list(
        db.session.scalars(
            sa.select(Declaration)
            .where(Declaration.declared_by == actor.person())
            .order_by(Declaration.id.desc())
            .limit(50)
        )
    )


def _near(actor: Actor) -> sa.ColumnElement[bool]:
    """Declarations of classes and assessors of the actor's pool: below its scope, or above it."""
    assert actor.scope_id is not None
    return sa.or_(
        Declaration.scope_id.in_(descendants(actor.scope_id)),
        sa.and_(Declaration.source == ASSESSOR, Declaration.scope_id.in_(ancestors(actor.scope_id))),
    )


def waiting_count(actor: Actor) -> int:
    """Return how many declarations wait for this centre."""
    if actor.scope_id is None:
        return 0
    query = sa.select(sa.func.count(Declaration.id)).where(_near(actor), Declaration.settled_at.is_(None))
    return db.session.scalar(query) or 0


def waiting(actor: Actor) -> list[WaitingRow]:
    """Return the declarations whose other side the platform could not find, oldest first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    rows = db.session.execute(
        sa.select(Declaration, Scope)
        .join(Scope, Scope.id == Declaration.scope_id)
        .where(_near(actor), Declaration.settled_at.is_(None))
        .order_by(Declaration.id)
        .limit(100)
    ).all()
    names = account_names({row[0].declared_by for row in rows})
    return [
        WaitingRow(
            row,
            names[row.declared_by],
            pool.RELATIONS[row.kind],
            scope.name if scope.kind == ScopeKind.CLASS else "",
        )
        for row, scope in rows
    ]


def settle(actor: Actor, declaration_id: int, target: int, answer: str) -> bool:
    """Say whom a waiting declaration means: an assessor (declared by a trainee) or a class; 0 for nobody.

    Return whether relations were made. Raises NotFound for anything outside the pool, Refused when it was settled.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    row = db.session.get(Declaration, declaration_id) if declaration_id < 2**31 else None
    if (
        row is None
        or actor.scope_id is None
        or not (
            covers(actor.scope_id, row.scope_id) or (row.source == ASSESSOR and covers(row.scope_id, actor.scope_id))
        )
    ):
        raise NotFound
    if row.settled_at is not None:
        raise Refused("这份申报已经有人核对过了。")
    if target == 0 and len(answer) < LEAST:
        raise InvalidInput(f"请写明为什么不登记（至少 {LEAST} 个字），会记入审计。", field=f"answer-{row.id}")
    if target and row.source == LEARNER:
        if target not in pool.holders(actor.scope_id):
            raise NotFound
        _relate(row, [(target, row.scope_id, row.declared_by)])
    elif target:
        scope = db.session.get(Scope, target) if target < 2**31 else None
        if scope is None or scope.kind != ScopeKind.CLASS or not covers(actor.scope_id, scope.id):
            raise NotFound
        _relate(row, [(row.declared_by, scope.id, None)])
    row.settled_at, row.settled_by, row.answer = clock.now(), actor.account_id, answer[:MOST_REASON]
    db.session.flush()
    data = {"related": bool(target), "answer": row.answer}
    audit.record(actor, "relation.settled", f"declaration:{row.id}", data, scope_id=row.scope_id)
    return bool(target)

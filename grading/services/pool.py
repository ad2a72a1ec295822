"""The pool of assessors (评审库): who may mark today, how much, and from whom they must stay away (3.4)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.accounts.models import Account, Grant, Scope, ScopeKind
from app.accounts.scopes import account_names, ancestors, covers, descendants
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import Permission, Role
from grading import access, ports
from grading.domain.flows import INACTIVE, AssignmentState, BatchState
from grading.models.batch import Assignment, Batch, BatchClass, Conflict, Paper
from grading.models.outcome import Coaching
from grading.models.pool import Qualification, Relation
from grading.services import intake

RELATIONS = {
    "relative": "亲属",
    "partner": "合伙或股东",
    "creditor": "债权债务",
    "mentor": "师徒或辅导",
    "other": "其他",
}
SOURCES = {"centre": "市级中心", "assessor": "评审讲师申报", "learner": "学员申报"}
AFFILIATION = timedelta(days=365)
MOST_CAP = 500
OPEN_WORK = (AssignmentState.ASSIGNED, AssignmentState.OPENED, AssignmentState.DRAFT)


def assessors(batch: Batch) -> list[int]:
    """Return the active accounts that hold ASSESSOR in, above or below the pool's scope and are qualified today.

    Who has no certificate on file is qualified by the role alone; one on file counts only while it is valid.
    """
    today = clock.local(clock.now()).date()
    invalid = sa.select(Qualification.account_id).where(
        Qualification.pool_scope_id == batch.pool_scope_id,
        sa.or_(Qualification.valid_from > today, Qualification.valid_to < today),
    )
    return [
        account_id for account_id in holders(batch.pool_scope_id) if account_id not in set(db.session.scalars(invalid))
    ]


def holders(pool_scope_id: int) -> list[int]:
    """Return the active accounts that hold ASSESSOR in, above or below the pool's scope, by id."""
    above = ancestors(pool_scope_id)
    return list(
        db.session.scalars(
            sa.select(Grant.account_id)
            .join(Account, Account.id == Grant.account_id)
            .where(
                Grant.role == Role.ASSESSOR,
                Grant.ended_at.is_(None),
                Account.disabled_at.is_(None),
                sa.or_(Grant.scope_id.in_(above), Grant.scope_id.in_(descendants(pool_scope_id))),
            )
            .distinct()
            .order_by(Grant.account_id)
        )
    )


def caps(batch: Batch) -> dict[int, int]:
    """Return the most papers at a time of those who have a limit."""
    rows = db.session.execute(
        sa.select(Qualification.account_id, Qualification.cap).where(Qualification.pool_scope_id == batch.pool_scope_id)
    )
    return {row[0]: row[1] for row in rows}


def homes(people: list[int]) -> dict[int, set[int]]:
    """Return the institutions that people work or worked for within twelve months, by account."""
    since = clock.now() - AFFILIATION
    rows = db.session.execute(
        sa.select(Grant.account_id, Scope)
        .join(Scope, Scope.id == Grant.scope_id)
        .where(
            Grant.account_id.in_(people),
            Grant.role.in_([Role.INSTRUCTOR, Role.INSTITUTION_ADMIN]),
            sa.or_(Grant.ended_at.is_(None), Grant.ended_at > since),
        )
    )
    found: dict[int, set[int]] = defaultdict(set)
    for account_id, scope in rows:
        if scope.kind == ScopeKind.INSTITUTION:
            found[account_id].add(scope.id)
        elif scope.kind == ScopeKind.CLASS and scope.parent_id is not None:
            found[account_id].add(scope.parent_id)
    return found


def co_teachers(people: list[int]) -> list[tuple[int, int]]:
    """Return the pairs who teach a class together now."""
    rows = db.session.execute(
        sa.select(Grant.scope_id, Grant.account_id)
        .where(Grant.account_id.in_(people), Grant.role == Role.INSTRUCTOR, Grant.ended_at.is_(None))
        .order_by(Grant.account_id)
    )
    by_class: dict[int | None, list[int]] = defaultdict(list)
    for scope_id, account_id in rows:
        by_class[scope_id].append(account_id)
    return sorted({(a, b) for group in by_class.values() for a in group for b in group if a < b})


def mutual(batch: Batch, people: list[int]) -> set[int]:
    """Return those whose own class is being marked by this class's teachers in the same period."""
    facts, teachers = ports.bound().classes, set[int]()
    for scope_id in access.batch_classes(batch.id):
        teachers |= facts.teachers(scope_id)
    marked = set(
        db.session.scalars(
            sa.select(BatchClass.scope_id)
            .join(Batch, Batch.id == BatchClass.batch_id)
            .join(Paper, Paper.batch_id == Batch.id)
            .join(Assignment, Assignment.paper_id == Paper.id)
            .where(
                Batch.state == BatchState.MARKING,
                Batch.id != batch.id,
                Assignment.account_id.in_(teachers),
                Assignment.state.not_in(INACTIVE),
            )
        )
    )
    return set(
        db.session.scalars(
            sa.select(Grant.account_id).where(
                Grant.account_id.in_(people), Grant.role == Role.INSTRUCTOR, Grant.scope_id.in_(marked)
            )
        )
    )


def refresh_conflicts(batch: Batch) -> None:
    """Store who may not mark what in this batch, as it stands now; a pinned decision overrides the rest.

    In a batch of several classes, what bars somebody from a class holds for its papers alone.
    """
    people = holders(batch.pool_scope_id)
    classes, authors = access.batch_classes(batch.id), intake.authors_by_paper(batch.id)
    merged = len(classes) > 1
    inside = intake.classes_by_paper(batch.id) if merged else dict.fromkeys(authors, batch.scope_id)
    worked = _worked_with(set(authors.values()))
    wanted: set[tuple[int, str, int | None]] = {(who, "learner", None) for who in authors.values()}
    free_everywhere: set[int] | None = None
    for scope_id in classes:
        papers = [paper_id for paper_id, where in inside.items() if where == scope_id]
        found, free = _conflicts_of(scope_id, people, papers, authors, worked, None if not merged else papers)
        wanted |= {one for one in found if one[0] not in free or one[1] == "declared"}
        free_everywhere = free if free_everywhere is None else free_everywhere & free
    if batch.opened_by is not None and batch.opened_by not in (free_everywhere or set()):
        wanted.add((batch.opened_by, "manager", None))
    _store(batch, wanted)


def _conflicts_of(
    scope_id: int,
    people: list[int],
    papers: list[int],
    authors: dict[int, int],
    worked: list[tuple[int, tuple[int, str]]],
    merged: list[int] | None,
) -> tuple[set[tuple[int, str, int | None]], set[int]]:
    """Return the conflicts of one class, and who is pinned free of them. merged: its papers, None when all are."""
    targets: list[int | None] = [None] if merged is None else list(merged)
    facts = ports.bound().classes
    who_not = [(who, "teaching") for who in facts.teachers(scope_id)]
    institution = facts.class_of(None, scope_id).institution_scope_id
    if institution is not None:
        homes_ = homes(people)
        who_not += [(who, "institution") for who in people if institution in homes_.get(who, set())]
    papers_of: dict[int, list[int]] = defaultdict(list)
    for paper_id in papers:
        papers_of[authors[paper_id]].append(paper_id)
    found = {(who, kind, target) for who, kind in who_not for target in targets}
    for author, (who, kind) in worked:
        found |= {(who, kind, paper_id) for paper_id in papers_of[author]}
    free: set[int] = set()
    for relation in _relations(scope_id):
        if relation.pin == "none":
            free.add(relation.account_id)
            continue
        about = targets if relation.trainee_id is None else list(papers_of[relation.trainee_id])
        found |= {(relation.account_id, "declared", target) for target in about}
    return found, free


def _worked_with(authors: set[int]) -> list[tuple[int, tuple[int, str]]]:
    """Return (author, (assessor, kind)): who coached the author, who marked an earlier work of the author."""
    coached = db.session.execute(
        sa.select(Coaching.account_id, Coaching.instructor_id).where(Coaching.account_id.in_(authors))
    )
    found = [(row[0], (row[1], "coached")) for row in coached]
    return found + [(author, (who, "earlier")) for author, who in intake.earlier_assessors(authors)]


def _relations(scope_id: int) -> list[Relation]:
    return list(
        db.session.scalars(
            sa.select(Relation).where(Relation.scope_id == scope_id, Relation.ended_at.is_(None)).order_by(Relation.id)
        )
    )


def _store(batch: Batch, wanted: set[tuple[int, str, int | None]]) -> None:
    """Keep recusals, bring the computed rows to what they should be."""
    rows = list(
        db.session.scalars(sa.select(Conflict).where(Conflict.batch_id == batch.id, Conflict.kind != "recused"))
    )
    known = {(row.account_id, row.kind, row.paper_id): row for row in rows}
    for key, row in known.items():
        if key not in wanted:
            db.session.delete(row)
    for account_id, kind, paper_id in sorted(wanted - set(known), key=lambda one: (one[0], one[1], one[2] or 0)):
        db.session.add(
            Conflict(batch_id=batch.id, paper_id=paper_id, account_id=account_id, kind=kind, created_at=clock.now())
        )
    db.session.flush()


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One assessor of the pool, as the centre sees it. certificate: None when only the role stands for it."""

    account_id: int
    name: str
    home: str
    certificate: Qualification | None
    valid: bool
    open_work: int


def list_pool(actor: Actor) -> list[PoolRow]:
    """Return the assessors of the actor's pool by name."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    people = holders(actor.scope_id)
    names, where = account_names(set(people)), homes(people)
    scopes = {one for group in where.values() for one in group}
    labels = {row.id: row.name for row in db.session.scalars(sa.select(Scope).where(Scope.id.in_(scopes)))}
    open_work = db.session.execute(
        sa.select(Assignment.account_id, sa.func.count())
        .where(Assignment.account_id.in_(people), Assignment.state.in_(OPEN_WORK))
        .group_by(Assignment.account_id)
    )
    held = {row[0]: row[1] for row in open_work}
    rows = {
        row.account_id: row
        for row in db.session.scalars(sa.select(Qualification).where(Qualification.pool_scope_id == actor.scope_id))
    }
    today = clock.local(clock.now()).date()
    return [
        PoolRow(
            who,
            names[who],
            "、".join(sorted(labels[one] for one in where.get(who, ()))),
            rows.get(who),
            who not in rows or rows[who].valid_from <= today <= rows[who].valid_to,
            held.get(who, 0),
        )
        for who in sorted(people, key=lambda one: (names[one], one))
    ]


def set_qualification(
    actor: Actor, account_id: int, certificate: str, valid_from: date, valid_to: date, cap: int
) -> None:
    """Record an assessor's certificate, its validity and the most open papers. Raises NotFound, InvalidInput."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None or account_id not in holders(actor.scope_id):
        raise NotFound
    if not 2 <= len(certificate) <= 60:
        raise InvalidInput("证书编号应有 2 到 60 个字。", field="certificate")
    if valid_to < valid_from:
        raise InvalidInput("有效期的截止日期早于开始日期，请核对。", field="valid_to")
    if not 0 <= cap <= MOST_CAP:
        raise InvalidInput(f"同时评审的份数应在 0 到 {MOST_CAP} 之间。", field="cap")
    row = db.session.scalars(
        sa.select(Qualification).where(
            Qualification.pool_scope_id == actor.scope_id, Qualification.account_id == account_id
        )
    ).one_or_none()
    if row is None:
        row = Qualification(pool_scope_id=actor.scope_id, account_id=account_id)
        db.session.add(row)
    row.certificate, row.valid_from, row.valid_to, row.cap = certificate, valid_from, valid_to, cap
    row.updated_at = clock.now()
    db.session.flush()
    data = {"certificate": certificate, "valid_from": valid_from, "valid_to": valid_to, "cap": cap}
    audit.record(
        actor,
        "pool.qualification",
        f"account:{account_id}",
        {k: str(v) for k, v in data.items()},
        scope_id=actor.scope_id,
    )


def declare(actor: Actor, account_id: int, scope_id: int, kind: str, reason: str, pin: str = "") -> None:
    """Record that an assessor stands (pin "none": does not stand) in a relation to a class; audited.

    Raises NotFound for a class or person outside the actor's scope, InvalidInput without a reason.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    scope = db.session.get(Scope, scope_id) if 0 < scope_id < 2**31 else None
    if scope is None or scope.kind != ScopeKind.CLASS or not covers(actor.scope_id, scope_id):
        raise NotFound
    if account_id not in holders(actor.scope_id or 0):
        raise NotFound
    if kind not in RELATIONS or pin not in {"", "conflict", "none"}:
        raise InvalidInput("请选择关系的类型。", field="kind")
    if len(reason) < 4:
        raise InvalidInput("请写明理由（至少 4 个字），理由会记入审计。", field="reason")
    db.session.add(
        Relation(
            account_id=account_id,
            scope_id=scope_id,
            kind=kind,
            pin=pin,
            source="centre",
            reason=reason[:300],
            declared_by=actor.account_id,
            declared_at=clock.now(),
        )
    )
    db.session.flush()
    audit.record(
        actor,
        "pool.relation",
        f"account:{account_id}",
        {"kind": kind, "pin": pin, "reason": reason},
        scope_id=scope_id,
    )


@dataclass(frozen=True, slots=True)
class RelationRow:
    """A recorded relation as the centre sees it. trainee: '' when it holds for the whole class."""

    name: str
    class_name: str
    trainee: str
    source: str
    kind: str
    pin: str
    reason: str
    declared_at: datetime


def list_relations(actor: Actor) -> list[RelationRow]:
    """Return the recorded relations of the classes below the actor's scope, newest first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    rows = db.session.execute(
        sa.select(Relation, Account.name, Scope.name)
        .join(Account, Account.id == Relation.account_id)
        .join(Scope, Scope.id == Relation.scope_id)
        .where(Relation.scope_id.in_(descendants(actor.scope_id)), Relation.ended_at.is_(None))
        .order_by(Relation.id.desc())
        .limit(100)
    ).all()
    names = account_names({row[0].trainee_id for row in rows if row[0].trainee_id is not None})
    return [
        RelationRow(
            name,
            class_name,
            names.get(row.trainee_id or 0, ""),
            SOURCES[row.source],
            RELATIONS[row.kind],
            row.pin,
            row.reason,
            row.declared_at,
        )
        for row, name, class_name in rows
    ]

"""Look-ups of classes and their people, each within what the actor's hat covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.divisions import region_name
from app.accounts.domain.id_number import mask_phone
from app.accounts.models import Account, Grant
from app.accounts.scopes import covers, descendants
from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.errors import Forbidden, NotFound
from app.core.permissions import Permission, Role
from app.training.data import ClassInfo, InstructorInfo, RosterEntry
from app.training.domain.class_flow import STATE_NAMES
from app.training.models import Enrolment, Institution, RosterImport, TrainingClass


def class_row(actor: Actor, code: str) -> TrainingClass:
    """Return the class with this code. Raises NotFound unless the actor's hat covers it."""
    row = db.session.scalars(
        sa.select(TrainingClass).options(orm.joinedload(TrainingClass.institution)).where(TrainingClass.code == code)
    ).one_or_none()
    if row is None or not (_sees_all(actor) or covers(actor.scope_id, row.scope_id)):
        raise NotFound
    return row


def _sees_all(actor: Actor) -> bool:
    return actor.is_system or (actor.role is Role.SYSADMIN and actor.scope_id is None)


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on TrainingClass for what the actor's hat covers."""
    if _sees_all(actor):
        return sa.true()
    if actor.scope_id is None:
        return sa.false()
    return TrainingClass.scope_id.in_(descendants(actor.scope_id))


def _trainees() -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.count(Enrolment.id))
        .where(Enrolment.class_id == TrainingClass.id, Enrolment.left_at.is_(None))
        .correlate(TrainingClass)
        .scalar_subquery()
    )


def class_query(actor: Actor | None = None, *, q: str = "", state: str = "") -> sa.Select[Any]:
    """Return the query of (TrainingClass, trainee count) rows, newest start first."""
    query = (
        sa.select(TrainingClass, _trainees().label("trainees"))
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .options(orm.contains_eager(TrainingClass.institution))
        .order_by(TrainingClass.start_date.desc(), TrainingClass.id.desc())
    )
    if actor is not None:
        query = query.where(visible(actor))
    if q:
        like = f"%{like_escape(q)}%"
        query = query.where(
            sa.or_(
                TrainingClass.name.like(like, escape="\\"),
                TrainingClass.code.like(like, escape="\\"),
                Institution.name.like(like, escape="\\"),
            )
        )
    if state:
        query = query.where(TrainingClass.state == state)
    return query


def info_of(row: TrainingClass, trainees: int) -> ClassInfo:
    """Return what others get to know about the class."""
    return ClassInfo(
        id=row.id,
        scope_id=row.scope_id,
        world_id=row.world_id,
        code=row.code,
        name=row.name,
        institution_id=row.institution_id,
        institution_name=row.institution.name,
        institution_scope_id=row.institution.scope_id,
        version=str(row.programme),
        region_code=row.region_code,
        region_name=region_name(row.region_code),
        start_date=row.start_date,
        end_date=row.end_date,
        status=str(row.state),
        status_name=STATE_NAMES[row.state],
        is_test=row.is_test,
        trainee_count=trainees,
    )


def class_infos(query: sa.Select[Any]) -> list[ClassInfo]:
    """Return the classes of a ``class_query``."""
    return [info_of(row, trainees) for row, trainees in db.session.execute(query)]


def state_counts(actor: Actor, q: str = "") -> dict[str, int]:
    """Return how many visible classes are in each state."""
    listed = class_query(actor, q=q).order_by(None).subquery()
    rows = db.session.execute(sa.select(listed.c.state, sa.func.count()).group_by(listed.c.state)).all()
    return {str(state): count for state, count in rows}


def roster_query(class_id: int, q: str = "") -> sa.Select[Enrolment, Account]:
    """Return the query of (Enrolment, Account) rows of a class, by number."""
    query = (
        sa.select(Enrolment, Account)
        .join(Account, Account.id == Enrolment.account_id)
        .where(Enrolment.class_id == class_id, Enrolment.left_at.is_(None))
        .order_by(Enrolment.number)
    )
    if q:
        like = f"%{like_escape(q.lower())}%"
        query = query.where(sa.or_(Account.name.like(like, escape="\\"), Account.login.like(like, escape="\\")))
    return query


def entry_of(enrolment: Enrolment, account: Account) -> RosterEntry:
    """Return what others get to know about a trainee."""
    return RosterEntry(
        account_id=account.id,
        number=enrolment.number,
        name=account.name,
        login=account.login,
        phone_masked=mask_phone(account.phone),
        signed_in=account.first_sign_in_at is not None,
        joined_at=enrolment.joined_at,
    )


def roster_entries(class_id: int) -> list[RosterEntry]:
    """Return the trainees of a class by number."""
    return [entry_of(enrolment, account) for enrolment, account in db.session.execute(roster_query(class_id))]


def signed_in_count(class_id: int) -> int:
    """Return how many trainees of the class have ever signed in."""
    people = roster_query(class_id).order_by(None).where(Account.first_sign_in_at.is_not(None))
    return db.session.scalar(people.with_only_columns(sa.func.count())) or 0


def imports_of(class_id: int, limit: int = 10) -> Sequence[RosterImport]:
    """Return the latest imports of a class, newest first, without their files."""
    return db.session.scalars(
        sa.select(RosterImport)
        .options(orm.defer(RosterImport.content))
        .where(RosterImport.class_id == class_id)
        .order_by(RosterImport.id.desc())
        .limit(limit)
    ).all()


def enrolment_of(class_id: int, account_id: int) -> Enrolment:
    """Return the running enrolment. Raises NotFound."""
    row = db.session.scalars(
        sa.select(Enrolment).where(
            Enrolment.class_id == class_id, Enrolment.account_id == account_id, Enrolment.left_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def instructors_of(scope_id: int) -> list[InstructorInfo]:
    """Return who teaches the class now, by account id."""
    rows = db.session.execute(
        sa.select(Account.id, Account.name, Account.login)
        .join(Grant, Grant.account_id == Account.id)
        .where(Grant.role == Role.INSTRUCTOR, Grant.scope_id == scope_id, Grant.ended_at.is_(None))
        .order_by(Account.id)
    )
    return [InstructorInfo(row.id, row.name, row.login) for row in rows]


def ever_taught(scope_id: int) -> set[int]:
    """Return the ids of all accounts that teach or ever taught the class."""
    return set(
        db.session.scalars(sa.select(Grant.account_id).where(Grant.role == Role.INSTRUCTOR, Grant.scope_id == scope_id))
    )


def institution_of(actor: Actor) -> Institution:
    """Return the institution that the actor's hat administers. Raises Forbidden without one."""
    row = db.session.scalars(sa.select(Institution).where(Institution.scope_id == (actor.scope_id or 0))).one_or_none()
    if row is None:
        raise Forbidden("只有机构管理员可以为本机构办理这件事，请切换到机构身份。")
    return row


def import_row(actor: Actor, code: str, import_id: int) -> tuple[TrainingClass, RosterImport]:
    """Return a roster import of the class. Raises NotFound for another class's."""
    actor.require(Permission.CLASS_ROSTER_IMPORT)
    owner = class_row(actor, code)
    row = db.session.get(RosterImport, import_id)
    if row is None or row.class_id != owner.id:
        raise NotFound
    return owner, row


def active_numbers(class_id: int) -> Sequence[int]:
    """Return the account ids enrolled in the class now."""
    return db.session.scalars(
        sa.select(Enrolment.account_id).where(Enrolment.class_id == class_id, Enrolment.left_at.is_(None))
    ).all()

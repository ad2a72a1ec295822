"""Institutions, classes and their people for tests, made through the services."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from app.accounts import sessions
from app.accounts.models import Account, Scope, ScopeKind
from app.accounts.scopes import create_scope, grant_role, scope_by_code
from app.core import clock
from app.core.actor import Actor, system
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.training.domain.class_flow import Programme
from app.training.models import Institution, TrainingClass
from app.training.services.classes import ClassDraft, appoint_instructor, create_class_for
from app.training.services.enrolment import enrol
from app.training.services.institutions import create_institution
from tests.factories.world import make_account

_count = itertools.count(1)
START = date(2026, 11, 2)


@dataclass(frozen=True, slots=True)
class School:
    """An institution below a region, with its clerk."""

    region: Scope
    institution: Institution
    clerk: Actor


def make_region(name: str = "广州市") -> Scope:
    """Create a region."""
    with unit_of_work():
        return create_scope(ScopeKind.REGION, name, f"R{next(_count):04d}")


def make_school(region: Scope | None = None, name: str = "示范培训学校") -> School:
    """Create an institution with its clerk."""
    region = region or make_region()
    with unit_of_work():
        institution = create_institution(
            system(), code=f"S{next(_count):04d}", name=name, region_code="440106", parent=region
        )
    return School(region, institution, hat(make_account("机构管理员"), Role.INSTITUTION_ADMIN, institution.scope_id))


def hat(account: Account, role: Role, scope_id: int | None) -> Actor:
    """Give the account a hat and return its actor."""
    with unit_of_work():
        grant = grant_role(account.id, role, scope_id)
        return sessions.make_actor(account, grant)


def draft(name: str = "网创一班", start: date = START, **changes: object) -> ClassDraft:
    """Return what a clerk fills in."""
    values: dict[str, object] = {
        "name": name,
        "programme": Programme.ECOMMERCE,
        "region_code": "440106",
        "start_date": start,
        "end_date": max(start, clock.local(clock.now()).date()) + timedelta(days=30),  # not over, whenever tests run
    }
    return ClassDraft(**{**values, **changes})  # type: ignore[arg-type]


def make_class(school: School | None = None, name: str = "网创一班", *, paused: bool = True) -> TrainingClass:
    """Create a class; its simulated clock stands still at 09:00 on 2 November 2026 unless told otherwise."""
    from app.worlds.models import World

    school = school or make_school()
    with unit_of_work():
        row = create_class_for(school.clerk, school.institution, draft(name), key=f"class-{next(_count)}", seed="test")
        db.session.get_one(World, row.world_id).paused = paused
    return row


def make_instructor(row: TrainingClass, name: str = "讲师") -> Actor:
    """Create a person who teaches the class."""
    account = make_account(name)
    with unit_of_work():
        appoint_instructor(system(), row.code, account.login)
    return sessions.actor_in(account.id, Role.INSTRUCTOR, row.scope_id)


def make_trainee(row: TrainingClass, name: str = "学员") -> Actor:
    """Create a person enrolled in the class, with start capital."""
    account = make_account(name)
    with unit_of_work():
        enrol(system(), row, account)
    return sessions.actor_in(account.id, Role.TRAINEE, row.scope_id)


def scope_of(code: str) -> Scope:
    """Return the scope with this code."""
    found = scope_by_code(code)
    assert found is not None
    return found

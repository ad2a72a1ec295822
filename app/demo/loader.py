"""Loading and resetting the demo data.

The load is a series of small transactions; a mark in the audit chain of the platform says that it is whole.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.divisions import load_divisions
from app.accounts.models import ScopeKind, SignedInDevice
from app.accounts.scopes import scope_by_code
from app.config import Settings
from app.core import audit, clock
from app.core.actor import system
from app.core.db import Base, db
from app.core.errors import Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.demo.mark import ALREADY, DONE, is_loaded
from app.demo.people import HIDDEN_STAFF, STAFF, People, only_demo_people
from app.demo.story import CLASS_CODE, EARLIER_AGO, Stage, play_class, play_earlier_class
from app.demo.timeline import DAY
from app.training.services.institutions import appoint_clerk, create_institution, create_region


def load(settings: Settings) -> str:
    """Load the demo data once; what is there is never touched.

    Raises Refused in production, and when an interrupted load cannot be cleared without losing other data.
    """
    if settings.mode == "production":
        raise Refused("生产模式不装入演示数据。")
    if is_loaded():
        return ALREADY
    if scope_by_code(CLASS_CODE) is not None:
        if not only_demo_people() or db.session.scalar(
            sa.select(sa.func.count(SignedInDevice.id)).where(SignedInDevice.address != "127.0.0.1")
        ):
            raise Refused("上次装入演示数据没有完成，库里又有别的数据；请备份后执行 flask demo reset。")
        _empty()
    started = clock.monotonic()
    _make(settings)
    return f"演示数据已装入，用时 {clock.monotonic() - started:.1f} 秒。"


def reset(settings: Settings) -> str:
    """Delete everything and load the demo data anew. Raises Refused in production."""
    if settings.mode == "production":
        raise Refused("只有演示模式可以重置演示数据。")
    _empty()
    return load(settings)


def _empty() -> None:
    db.session.rollback()
    with unit_of_work():
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(table.delete())
    db.session.expunge_all()


def _make(settings: Settings) -> None:
    load_divisions()
    people = People(settings.demo_password)
    people.prepare()
    now = clock.now()
    today = clock.local(now).date()
    with clock.frozen(now - (EARLIER_AGO + 2) * DAY):
        stage = _stage(people)
    play_earlier_class(stage, today)
    play_class(stage, now)
    with unit_of_work():
        audit.record(system(), DONE, f"class:{CLASS_CODE}", {}, scope_id=audit.PLATFORM_SCOPE)


def _stage(people: People) -> Stage:
    with unit_of_work():
        actor = system()
        city = create_region(actor, code="4301", name="长沙市", parent_id=None)
        district = create_region(actor, code="430104", name="岳麓区", parent_id=city.id)
        assert city.kind is ScopeKind.REGION
        institution = create_institution(
            actor, code="YLW", name="岳麓湾职业培训学校", region_code="430104", parent=district
        )
        staff = {login: people.make(login, name) for login, name, *_ in (*STAFF, *HIDDEN_STAFF)}
        stage = Stage(people, institution, city, staff)
        appoint_clerk(actor, institution, staff["orgadmin"])
        scopes = {
            Role.ASSESSOR: city.id,
            Role.INSTITUTION_ADMIN: institution.scope_id,
            Role.DISTRICT: district.id,
            Role.CENTRE: city.id,
            Role.SUPERVISOR: city.id,
            Role.SYSADMIN: None,
        }
        for login, _, role in STAFF:
            if role in scopes:
                stage.actors[login] = people.give_hat(staff[login], role, scopes[role])
    return stage

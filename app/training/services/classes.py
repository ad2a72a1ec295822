"""Classes: made, changed, taught, moved along their life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import sqlalchemy as sa

from app.accounts import access as accounts
from app.accounts import divisions
from app.accounts.models import Account, ScopeKind
from app.accounts.scopes import create_scope, end_role, grant_role, scope_by_code
from app.core import audit, clock, events, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission, Role
from app.core.uow import unit_of_work
from app.core.web.forms import clean_text
from app.training import access
from app.training.domain.class_flow import CLASS_FLOW, EVENT_NAMES, ClassState, Programme
from app.training.events import InstructorAppointed
from app.training.models import Institution, TrainingClass
from app.worlds.settings import create_world

LONGEST_DAYS = 400
MOST_INSTRUCTORS = 10


@dataclass(frozen=True, slots=True)
class ClassDraft:
    """What a clerk fills in for a class."""

    name: str
    programme: Programme
    region_code: str
    start_date: date
    end_date: date
    is_test: bool = False


def _checked(draft: ClassDraft) -> ClassDraft:
    name = clean_text(draft.name)
    if not 2 <= len(name) <= 100:
        raise InvalidInput("班级名称应为 2 到 100 个字。", field="name")
    if not divisions.exists(draft.region_code):
        raise InvalidInput("请选择开班地区。", field="region_code")
    if draft.end_date < draft.start_date:
        raise InvalidInput("结束日期不能早于开始日期。", field="end_date")
    if (draft.end_date - draft.start_date).days > LONGEST_DAYS:
        raise InvalidInput(f"一个班最长 {LONGEST_DAYS} 天，请核对日期。", field="end_date")
    if not 2000 <= draft.start_date.year <= 2100:
        raise InvalidInput("开始日期不合理，请核对年份。", field="start_date")
    return ClassDraft(name, draft.programme, draft.region_code, draft.start_date, draft.end_date, draft.is_test)


def next_code(institution: Institution, start: date) -> str:
    """Return a free class code such as WC-2026-003: institution, year, running number."""
    prefix = f"{institution.code}-{start.year}-"
    used = db.session.scalar(
        sa.select(sa.func.count(TrainingClass.id)).where(TrainingClass.code.startswith(prefix, autoescape=True))
    )
    number = (used or 0) + 1
    while scope_by_code(f"{prefix}{number:03d}") is not None:
        number += 1
    return f"{prefix}{number:03d}"


def create_class(
    actor: Actor, draft: ClassDraft, *, key: str, code: str = "", seed: str | None = None
) -> TrainingClass:
    """Create a class of the actor's institution, with its scope and its world.

    Simulated time starts at 09:00 in Shanghai on the first day. code: made from institution and year when
    empty. key: the same submit makes one class.
    """
    actor.require(Permission.CLASS_CREATE)
    institution = access.institution_of(actor)
    return create_class_for(actor, institution, draft, key=key, code=code, seed=seed)


def create_class_for(
    actor: Actor, institution: Institution, draft: ClassDraft, *, key: str, code: str = "", seed: str | None = None
) -> TrainingClass:
    """Create a class of this institution; the system's way in (demo data, commands)."""
    actor.require(Permission.CLASS_CREATE)
    draft = _checked(draft)
    body = [institution.id, draft.name, draft.programme, draft.region_code, draft.start_date, draft.end_date, code]

    def carry_out() -> int:
        start = datetime.combine(draft.start_date, time(9), clock.SHANGHAI).astimezone(UTC)
        class_code = code.strip() or next_code(institution, draft.start_date)
        if not 2 <= len(class_code) <= 40 or not class_code.isascii() or not class_code.replace("-", "").isalnum():
            raise InvalidInput("班级代码应为 2 到 40 位字母、数字或横线。", field="code")
        if scope_by_code(class_code) is not None:
            raise Refused(f"代码 {class_code} 已被使用，请换一个。", field="code")
        scope = create_scope(ScopeKind.CLASS, draft.name, class_code, institution.scope_id)
        world = create_world(scope, start, seed=seed)
        row = TrainingClass(
            scope_id=scope.id,
            world_id=world.id,
            institution_id=institution.id,
            code=class_code,
            name=draft.name,
            programme=draft.programme,
            region_code=draft.region_code,
            start_date=draft.start_date,
            end_date=draft.end_date,
            is_test=draft.is_test,
            state=ClassState.OPEN,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        facts = {"code": row.code, "name": row.name, "programme": row.programme}
        audit.record(actor, "class.created", f"class:{row.id}", facts, scope_id=scope.id)
        return row.id

    with unit_of_work():
        class_id: int = idempotency.once(actor, key, "class.create", body, carry_out)
        return db.session.get_one(TrainingClass, class_id)


def edit_class(actor: Actor, code: str, draft: ClassDraft) -> TrainingClass:
    """Change name, version, region, dates of a class that still runs."""
    actor.require(Permission.CLASS_CREATE)
    row = access.class_row(actor, code)
    if row.state in (ClassState.ARCHIVED, ClassState.CANCELLED):
        raise Refused("班级已经结束，资料不能再修改。")
    draft = _checked(draft)
    before = {"name": row.name, "start": row.start_date, "end": row.end_date, "programme": row.programme}
    row.name, row.programme, row.region_code = draft.name, draft.programme, draft.region_code
    row.start_date, row.end_date, row.is_test = draft.start_date, draft.end_date, draft.is_test
    scope = scope_by_code(row.code)
    assert scope is not None
    scope.name = draft.name
    audit.record(actor, "class.edited", f"class:{row.id}", {"before": before}, scope_id=row.scope_id)
    return row


def move_class(actor: Actor, code: str, event: str) -> TrainingClass:
    """Fire an event of the class's life: start_teaching, start_assessing, resume_teaching, archive, cancel."""
    row = access.class_row(actor, code)
    if event not in EVENT_NAMES:
        raise NotFound
    fire(CLASS_FLOW, row, event, actor)
    audit.record(actor, f"class.{event}", f"class:{row.id}", {}, scope_id=row.scope_id)
    return row


def moves(actor: Actor, row: TrainingClass) -> list[tuple[str, str]]:
    """Return (event, Chinese verb) for what this actor may do with the class's life now."""
    return [(event, name) for event, name in EVENT_NAMES.items() if CLASS_FLOW.allows(row.state, event, actor)]


def appoint_instructor(actor: Actor, code: str, login: str) -> Account:
    """Let the person with this login teach the class; inside the open unit of work. Harmless to repeat."""
    actor.require(Permission.CLASS_CREATE)
    row = access.class_row(actor, code)
    account = accounts.find_by_login_or_phone(login)
    if account is None or account.disabled_at is not None:
        raise InvalidInput("没有这个登录名或手机号，请核对；新讲师请先由系统管理员建立账号。", field="login")
    present = access.instructors_of(row.scope_id)
    if account.id in {one.account_id for one in present}:
        return account
    if account.id in access.active_numbers(row.id):
        raise Refused("这个人是本班学员，不能同时担任讲师。", field="login")
    if len(present) >= MOST_INSTRUCTORS:
        raise Refused(f"一个班最多 {MOST_INSTRUCTORS} 名讲师。", field="login")
    grant_role(account.id, Role.INSTRUCTOR, row.scope_id)
    audit.record(actor, "class.instructor_appointed", f"account:{account.id}", {}, scope_id=row.scope_id)
    events.publish(InstructorAppointed(scope_id=row.scope_id, account_id=account.id))
    return account


def release_instructor(actor: Actor, code: str, account_id: int) -> None:
    """End a person's teaching of the class; that they taught it stays on record."""
    actor.require(Permission.CLASS_CREATE)
    row = access.class_row(actor, code)
    if account_id not in {one.account_id for one in access.instructors_of(row.scope_id)}:
        raise NotFound
    end_role(account_id, Role.INSTRUCTOR, row.scope_id)
    audit.record(actor, "class.instructor_released", f"account:{account_id}", {}, scope_id=row.scope_id)

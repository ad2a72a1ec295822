"""Trainees in classes: taken in, released, given one-time codes."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Account
from app.accounts.scopes import end_role, grant_role
from app.accounts.services.codes import issue_code
from app.core import audit, clock, events
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Permission, Role
from app.ledger.book import fund_wallet
from app.training import access
from app.training.domain.class_flow import RUNNING
from app.training.events import TraineeEnrolled, TraineeWithdrawn
from app.training.models import Enrolment, TrainingClass
from app.worlds.clock import get_world
from app.worlds.settings import setting


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on the slip for one person: shown once, never stored."""

    number: int
    name: str
    login: str
    code: str


def enrol(actor: Actor, row: TrainingClass, account: Account, *, gender: str = "", note: str = "") -> Enrolment:
    """Take the person into the class inside the open unit of work: hat, number, start capital. Harmless to repeat.

    Raises Refused when the class has ended or the person teaches it.
    """
    actor.require(Permission.CLASS_ROSTER_IMPORT)
    if row.state not in RUNNING:
        raise Refused("班级已经结束，不能再加入学员。")
    if account.id in {one.account_id for one in access.instructors_of(row.scope_id)}:
        raise Refused(f"{account.name}是本班讲师，不能同时做学员。")
    enrolment = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.class_id == row.id, Enrolment.account_id == account.id)
    ).one_or_none()
    if enrolment is not None and enrolment.left_at is None:
        return enrolment
    if enrolment is None:
        last = db.session.scalar(sa.select(sa.func.max(Enrolment.number)).where(Enrolment.class_id == row.id))
        enrolment = Enrolment(
            class_id=row.id, account_id=account.id, number=(last or 0) + 1, gender=gender, note=note,
            joined_at=clock.now(),
        )  # fmt: skip
        db.session.add(enrolment)
    enrolment.left_at = None
    grant_role(account.id, Role.TRAINEE, row.scope_id)
    fund_wallet(row.world_id, account.id, setting(get_world(row.world_id), "start_capital"))
    audit.record(
        actor, "class.trainee_enrolled", f"account:{account.id}", {"number": enrolment.number}, scope_id=row.scope_id
    )
    events.publish(TraineeEnrolled(world_id=row.world_id, scope_id=row.scope_id, account_id=account.id))
    return enrolment


def withdraw(actor: Actor, code: str, account_id: int) -> None:
    """Let a trainee leave the class; what they did stays."""
    actor.require(Permission.CLASS_ROSTER_IMPORT)
    row = access.class_row(actor, code)
    enrolment = access.enrolment_of(row.id, account_id)
    enrolment.left_at = clock.now()
    end_role(account_id, Role.TRAINEE, row.scope_id)
    audit.record(actor, "class.trainee_withdrawn", f"account:{account_id}", {}, scope_id=row.scope_id)
    events.publish(TraineeWithdrawn(world_id=row.world_id, scope_id=row.scope_id, account_id=account_id))


def issue_slips(actor: Actor, code: str, account_ids: set[int] | None = None) -> list[Slip]:
    """Give new one-time codes to trainees of the class and return the slips; earlier codes end.

    account_ids: these trainees; None: all who have never signed in. Raises Refused when there is nobody.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    row = access.class_row(actor, code)
    entries = access.roster_entries(row.id)
    if account_ids is None:
        entries = [entry for entry in entries if not entry.signed_in]
    else:
        entries = [entry for entry in entries if entry.account_id in account_ids]
        if len(entries) != len(account_ids):
            raise NotFound
    if not entries:
        raise Refused("没有需要发放登录码的学员：所有人都已经登录过。")
    return [
        Slip(entry.number, entry.name, entry.login, issue_code(actor, entry.account_id, scope_id=row.scope_id))
        for entry in entries
    ]

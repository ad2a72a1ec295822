"""After a failed result: coaching by a teaching instructor, confirmed by the trainee, then a new attempt (3.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from grading import access
from grading.domain.flows import OutcomeState
from grading.models.outcome import Coaching, Outcome, Result

FORMS = {"face": "当面", "online": "线上", "phone": "电话", "group": "小组"}
MOST_MINUTES = 600
MOST_CONTENT = 2000


@dataclass(frozen=True, slots=True)
class Failed:
    """A trainee whose latest released result failed, with the coaching so far."""

    account_id: int
    name: str
    outcome_id: int
    attempt: int
    coachings: tuple[Coaching, ...]
    next_open: bool


def failed_trainees(actor: Actor) -> list[Failed]:
    """Return the trainees of the instructor's class whose latest released result failed, by name."""
    actor.require(Permission.CLASS_TEACH)
    scope_id = access.class_scope(actor)
    latest: dict[int, tuple[Outcome, Result]] = {}
    last_attempt: dict[int, int] = {}
    rows = db.session.execute(
        sa.select(Outcome, Result)
        .outerjoin(Result, sa.and_(Result.outcome_id == Outcome.id, Result.withdrawn_at.is_(None)))
        .where(Outcome.scope_id == scope_id)
        .order_by(Outcome.attempt)
    )
    for outcome, result in rows:
        last_attempt[outcome.account_id] = outcome.attempt
        if result is not None:
            latest[outcome.account_id] = (outcome, result)
    failing = {who: pair for who, pair in latest.items() if not pair[1].passed}
    by_outcome: dict[int, list[Coaching]] = {}
    for row in db.session.scalars(
        sa.select(Coaching)
        .where(Coaching.outcome_id.in_([outcome.id for outcome, _ in failing.values()]))
        .order_by(Coaching.id)
    ):
        by_outcome.setdefault(row.outcome_id, []).append(row)
    names = account_names(set(failing))
    return [
        Failed(
            who,
            names[who],
            outcome.id,
            outcome.attempt,
            tuple(by_outcome.get(outcome.id, ())),
            last_attempt[who] > outcome.attempt,
        )
        for who, (outcome, _) in sorted(failing.items(), key=lambda one: names[one[0]])
    ]


def record_coaching(
    actor: Actor, account_id: int, held_on: date, form: str, minutes: int, content: str, key: str
) -> int:
    """Record one coaching of a failed trainee of the own class; return its id. Raises NotFound, InvalidInput."""
    actor.require(Permission.CLASS_TEACH)

    def carry_out() -> int:
        found = next((one for one in failed_trainees(actor) if one.account_id == account_id), None)
        if found is None:
            raise NotFound
        if form not in FORMS:
            raise InvalidInput("请选择辅导方式。", field="form")
        if held_on > clock.local(clock.now()).date():
            raise InvalidInput("辅导日期不能晚于今天。", field="held_on")
        if not 1 <= minutes <= MOST_MINUTES:
            raise InvalidInput(f"时长应在 1 到 {MOST_MINUTES} 分钟之间。", field="minutes")
        if not 10 <= len(content) <= MOST_CONTENT:
            raise InvalidInput(f"辅导内容应有 10 到 {MOST_CONTENT} 字。", field="content")
        row = Coaching(
            outcome_id=found.outcome_id,
            account_id=account_id,
            instructor_id=actor.person(),
            held_on=held_on,
            form=form,
            minutes=minutes,
            content=content,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        audit.record(
            actor, "coaching.recorded", f"outcome:{found.outcome_id}", {"minutes": minutes}, scope_id=actor.scope_id
        )
        return row.id

    body = [account_id, held_on.isoformat(), form, minutes, content]
    made: int = idempotency.once(actor, key, "grading.coach", body, carry_out)
    return made


def own_coachings(actor: Actor, outcome_id: int) -> list[tuple[Coaching, str]]:
    """Return the coachings of the trainee's attempt with the instructor's name, oldest first."""
    rows = list(
        db.session.scalars(
            sa.select(Coaching)
            .where(Coaching.outcome_id == outcome_id, Coaching.account_id == actor.person())
            .order_by(Coaching.id)
        )
    )
    names = account_names({row.instructor_id for row in rows})
    return [(row, names[row.instructor_id]) for row in rows]


def confirm_coaching(actor: Actor, coaching_id: int) -> None:
    """Confirm that a coaching took place. Raises NotFound for anybody else's."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    changed = db.session.execute(
        sa.update(Coaching)
        .where(
            Coaching.id == min(coaching_id, 2**31 - 1),
            Coaching.account_id == actor.person(),
            Coaching.confirmed_at.is_(None),
        )
        .values(confirmed_at=clock.now())
    )
    if matched(changed) != 1:
        raise NotFound
    audit.record(actor, "coaching.confirmed", f"coaching:{coaching_id}", {}, scope_id=actor.scope_id)


def start_attempt(actor: Actor, key: str) -> int:
    """Open the next attempt after a failed result and a confirmed coaching; return its number.

    A passed result is not improved upon; the released attempt stays as it is.
    """
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)

    def carry_out() -> int:
        last = access.own_outcome(actor)
        result = access.own_result(actor)
        if last is None or result is None or last.state != OutcomeState.RELEASED or result.outcome_id != last.id:
            raise Refused("只有成绩发布后没有合格，才能再次提交。")
        if result.passed:
            raise Refused("你已经合格，不需要再次提交。")
        if not any(row.confirmed_at for row, _ in own_coachings(actor, last.id)):
            raise Refused("再次提交前，需要先由讲师辅导并由你确认。请联系任课讲师。")
        row = Outcome(
            account_id=actor.person(),
            scope_id=last.scope_id,
            attempt=last.attempt + 1,
            state=OutcomeState.DRAFT,
            report=last.report,
            report_version=1,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "outcome.attempt", f"outcome:{row.id}", {"attempt": row.attempt}, scope_id=row.scope_id)
        return row.attempt

    made: int = idempotency.once(actor, key, "grading.attempt", None, carry_out)
    return made

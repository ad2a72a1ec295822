"""Late submission (逾期提交): outcomes are due when the class ends; later by request, without loss of points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from app.accounts.models import Scope
from app.accounts.scopes import account_names, descendants
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access, ports
from grading.data import RuleCheck
from grading.domain.admission_flows import LATE_FLOW, LateState
from grading.domain.flows import OutcomeState
from grading.models.admission import LateRequest
from grading.models.outcome import Outcome

LONGEST = timedelta(days=90)
LEAST_REASON = 4
MOST_REASON = 500
DECIDING = (Permission.CLASS_TEACH, Permission.CLASS_CREATE, Permission.GRADING_BATCH_MANAGE)


@dataclass(frozen=True, slots=True)
class LateRow:
    """A request as those who decide see it."""

    request: LateRequest
    trainee: str
    class_name: str
    decider: str


def today() -> date:
    """Return today's date in Shanghai."""
    return clock.local(clock.now()).date()


def latest_request(account_id: int, scope_id: int) -> LateRequest | None:
    """Return the trainee's newest request, or None."""
    return db.session.scalars(
        sa.select(LateRequest)
        .where(LateRequest.account_id == account_id, LateRequest.scope_id == scope_id)
        .order_by(LateRequest.id.desc())
        .limit(1)
    ).one_or_none()


def _is_due(outcome: Outcome | None) -> bool:
    """Say whether the date matters: a later attempt or a paper given back for masking has its own way."""
    return outcome is None or (outcome.attempt == 1 and outcome.state == OutcomeState.DRAFT)


def is_late(ends_on: date | None) -> bool:
    """Say whether a class that ends on this day is over."""
    return ends_on is not None and today() > ends_on


def deadline_rule(account_id: int, scope_id: int, outcome: Outcome | None) -> RuleCheck | None:
    """Return the rule of the date as it stands now, None when the class has no last day."""
    found = ports.bound().classes.class_of(account_id, scope_id)
    if found.ends_on is None or not _is_due(outcome):
        return None
    limit = f"{found.ends_on:%Y-%m-%d}（班级结束日）前提交"
    late = is_late(found.ends_on)
    met, value, remedy = not late, "在期限内" if not late else "已逾期", ""
    request = latest_request(account_id, scope_id) if late else None
    if late:
        remedy = "可以在本页申请逾期提交，批准后照常评审，不扣分。"
        if request is not None and request.state == LateState.ASKED:
            value, remedy = "已逾期，申请待审批", "申请批准后即可提交，本页会自动更新。"
        elif request is not None and request.state == LateState.APPROVED and request.until is not None:
            met = today() <= request.until
            value = f"已批准逾期提交至 {request.until:%Y-%m-%d}"
            remedy = "" if met else "批准的期限也过了，请再申请一次。"
        elif request is not None:
            value = "已逾期，申请未批准"
            remedy = f"未批准的理由：{request.answer} 补充情况后可以再申请。"
    return RuleCheck("提交期限", value, limit, met, "班级起止日期", remedy, blocks=True)


def ask_late(actor: Actor, reason: str, key: str) -> int:
    """Ask to hand in after the class has ended; return the request's id."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)

    def carry_out() -> int:
        scope_id, account_id = access.class_scope(actor), actor.person()
        rule = deadline_rule(account_id, scope_id, access.own_outcome(actor))
        if rule is None or rule.met:
            raise Refused("现在还在提交期限内，不需要申请，直接提交即可。")
        if not LEAST_REASON <= len(reason) <= MOST_REASON:
            raise InvalidInput(f"请写明逾期的原因（{LEAST_REASON} 到 {MOST_REASON} 字）。", field="late_reason")
        request = latest_request(account_id, scope_id)
        if request is not None and request.state == LateState.ASKED:
            raise Refused("你的逾期申请正在等待审批，不用重复申请。")
        row = LateRequest(
            account_id=account_id, scope_id=scope_id, state=LateState.ASKED, reason=reason, asked_at=clock.now()
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "late.asked", f"late:{row.id}", {"reason": reason}, scope_id=scope_id)
        return row.id

    made: int = idempotency.once(actor, key, "grading.ask_late", reason, carry_out)
    return made


def _require_decider(actor: Actor) -> None:
    if not any(actor.may(permission) for permission in DECIDING):
        raise Forbidden


def list_requests(actor: Actor, limit: int = 100) -> list[LateRow]:
    """Return the requests of the classes below the actor's scope, open ones first."""
    _require_decider(actor)
    if actor.scope_id is None:
        return []
    found = db.session.execute(
        sa.select(LateRequest, Scope.name)
        .join(Scope, Scope.id == LateRequest.scope_id)
        .where(LateRequest.scope_id.in_(descendants(actor.scope_id)))
        .order_by(sa.case((LateRequest.state == LateState.ASKED, 0), else_=1), LateRequest.id.desc())
        .limit(limit)
    ).all()
    people = {row.account_id for row, _ in found} | {row.decided_by for row, _ in found if row.decided_by}
    names = account_names(people)
    return [LateRow(row, names[row.account_id], where, names.get(row.decided_by or 0, "")) for row, where in found]


def waiting_requests(actor: Actor) -> int:
    """Return how many requests wait for somebody like the actor."""
    if actor.scope_id is None or not any(actor.may(permission) for permission in DECIDING):
        return 0
    query = sa.select(sa.func.count(LateRequest.id)).where(
        LateRequest.state == LateState.ASKED, LateRequest.scope_id.in_(descendants(actor.scope_id))
    )
    return db.session.scalar(query) or 0


def decide_late(actor: Actor, request_id: int, approve: bool, until: date | None, answer: str) -> None:
    """Approve a late submission up to a day, or refuse it with a reason that the trainee reads."""
    _require_decider(actor)
    row = access.get_under(actor, LateRequest, request_id)
    if len(answer) < LEAST_REASON:
        raise InvalidInput("请写明批准或不批准的理由，学员会看到。", field=f"answer-{row.id}")
    if approve and (until is None or not today() <= until <= today() + LONGEST):
        raise InvalidInput("请选择允许提交到哪一天：今天起 90 天以内。", field=f"until-{row.id}")
    values = {
        "until": until if approve else None,
        "answer": answer[:MOST_REASON],
        "decided_by": actor.person(),
        "decided_at": clock.now(),
    }
    fire(LATE_FLOW, row, "approve" if approve else "refuse", actor, values=values)
    audit.record(
        actor,
        "late.approved" if approve else "late.refused",
        f"late:{row.id}",
        {"answer": answer, "until": until.isoformat() if approve and until else None},
        scope_id=row.scope_id,
    )

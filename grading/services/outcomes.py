"""The practice outcome (实践成果): self-report, submission with a frozen snapshot, withdrawal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, events, idempotency
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, Issue, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access, ports
from grading.data import MAX_REPORT, REPORT_FIELDS, Exhibit, Figure, OutcomeFacts, ReportText, RuleCheck
from grading.domain.canonical import canonical, digest
from grading.domain.codes import new_receipt
from grading.domain.flows import OUTCOME_FLOW, OutcomeState
from grading.events import OutcomeSubmitted, OutcomeWithdrawn
from grading.models.outcome import Outcome
from grading.services import intake, lateness, real_shops

FORMAT = 2
REAL_SHOP_PAGE = "/grading/real-shop"
EDITABLE = frozenset({OutcomeState.DRAFT, OutcomeState.RETURNED})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a trainee stands: the outcome (None before the first save), facts, report and rules."""

    outcome: Outcome | None
    facts: OutcomeFacts
    report: ReportText
    rules: tuple[RuleCheck, ...]

    @property
    def state(self) -> OutcomeState:
        return self.outcome.state if self.outcome else OutcomeState.DRAFT

    @property
    def frozen(self) -> bool:
        return self.state not in EDITABLE

    @property
    def may_withdraw(self) -> bool:
        return self.state in {OutcomeState.SUBMITTED, OutcomeState.IN_DRAW}

    @property
    def late(self) -> bool:
        return bool(self.frozen and self.outcome and read_snapshot(self.outcome).get("late"))

    @property
    def refusals(self) -> list[RuleCheck]:
        return [rule for rule in self.rules if rule.blocks and not rule.met]


def stand(actor: Actor) -> Standing:
    """Return where the trainee stands; after submission the figures are those of the snapshot."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    scope_id = access.class_scope(actor)
    outcome = access.own_outcome(actor)
    report = ReportText(json.loads(outcome.report) if outcome else {})
    if outcome is not None and outcome.state not in EDITABLE:
        snapshot = read_snapshot(outcome)
        return Standing(outcome, facts_of(snapshot), ReportText(snapshot["report"]), ())
    facts = ports.bound().facts.facts(actor.person(), scope_id)
    shop = real_shops.verified_figures(actor.person(), scope_id, REAL_SHOP_PAGE)
    return Standing(
        outcome,
        OutcomeFacts((*facts.figures, *shop), facts.exhibits),
        report,
        rules_for(actor.person(), scope_id, outcome),
    )


def rules_for(account_id: int, scope_id: int, outcome: Outcome | None) -> tuple[RuleCheck, ...]:
    """Return every rule of eligibility (评审资格) as it stands now, the date's included."""
    due = lateness.deadline_rule(account_id, scope_id, outcome)
    rules = ports.bound().eligibility.check(account_id, scope_id)
    return rules if due is None else (*rules, due)


def eligibility(actor: Actor) -> tuple[RuleCheck, ...]:
    """Return the trainee's own rules; nothing once the outcome is handed in."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    outcome = access.own_outcome(actor)
    if outcome is not None and outcome.state not in EDITABLE:
        return ()
    return rules_for(actor.person(), access.class_scope(actor), outcome)


def read_snapshot(outcome: Outcome) -> dict[str, Any]:
    """Return the frozen snapshot. Raises Refused when its text no longer has the hash it was frozen with."""
    text = outcome.snapshot or ""
    if digest(text) != outcome.snapshot_hash:
        raise Refused(
            f"实践成果 {outcome.receipt} 的内容与提交时不一致（哈希不符），已停止处理，请联系管理员核查。",
            code="snapshot_changed",
        )
    value: dict[str, Any] = json.loads(text)
    return value


def facts_of(snapshot: Mapping[str, Any]) -> OutcomeFacts:
    """Return the facts inside a snapshot."""
    return OutcomeFacts(
        tuple(Figure(**row) for row in snapshot["facts"]["figures"]),
        tuple(
            Exhibit(row["title"], tuple(row["columns"]), tuple(tuple(cells) for cells in row["rows"]))
            for row in snapshot["facts"]["exhibits"]
        ),
    )


def _check_report(report: ReportText) -> None:
    for key, title, _ in REPORT_FIELDS:
        if len(report.get(key)) > MAX_REPORT:
            raise InvalidInput(f"“{title}”超过 {MAX_REPORT} 字，请精简后再保存。", field=key)


def save_report(actor: Actor, report: ReportText, version: int) -> Outcome:
    """Save the self-report as a draft. Raises Conflict when another tab has saved since ``version``."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    _check_report(report)
    outcome = access.own_outcome(actor)
    text = canonical(report.as_json())
    if outcome is None:
        if version:
            raise Conflict("这份自述已在别处改动，请刷新页面。", code="stale_report")
        outcome = Outcome(
            account_id=actor.person(),
            scope_id=access.class_scope(actor),
            state=OutcomeState.DRAFT,
            report=text,
            report_version=1,
            created_at=clock.now(),
        )
        db.session.add(outcome)
        db.session.flush()
        return outcome
    if outcome.state not in EDITABLE:
        raise Refused("实践成果已经提交，不能再修改；需要修改时请先撤回。", code="wrong_state")
    changed = db.session.execute(
        sa.update(Outcome)
        .where(Outcome.id == outcome.id, Outcome.report_version == version, Outcome.state.in_(EDITABLE))
        .values(report=text, report_version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict(
            "你在另一个窗口保存过这份自述。下面是你刚才写的内容，核对后再保存会以它为准。", code="stale_report"
        )
    db.session.refresh(outcome)
    return outcome


def submit_outcome(actor: Actor, report: ReportText, version: int, key: str) -> str:
    """Freeze the practice outcome: figures, artefacts, self-report; return the receipt number.

    Raises Refused when a rule of eligibility forbids it or it was submitted before, InvalidInput when a
    field of the self-report is empty.
    """
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)

    def carry_out() -> str:
        outcome = save_report(actor, report, version)
        return _freeze(actor, outcome, report)

    body = {"report": report.as_json(), "version": version}
    receipt: str = idempotency.once(actor, key, "grading.submit_outcome", body, carry_out)
    return receipt


def _freeze(actor: Actor, outcome: Outcome, report: ReportText) -> str:
    empty = [(key, title) for key, title, _ in REPORT_FIELDS if not report.get(key)]
    if empty:
        raise InvalidInput(
            f"自述“{empty[0][1]}”还没有填写。",
            field=empty[0][0],
            issues=[Issue(f"自述“{title}”还没有填写。", field=key) for key, title in empty],
        )
    bound, account_id = ports.bound(), actor.person()
    for rule in rules_for(account_id, outcome.scope_id, outcome):
        if rule.blocks and not rule.met:
            raise Refused(f"暂时不能提交：{rule.rule}未达到（{rule.value}，要求{rule.limit}）。{rule.remedy}")
    facts = bound.facts.facts(account_id, outcome.scope_id)
    fact = bound.classes.class_of(account_id, outcome.scope_id)
    late = outcome.attempt == 1 and outcome.state == OutcomeState.DRAFT and lateness.is_late(fact.ends_on)
    now = clock.now()
    receipt = new_receipt(clock.local(now).date())
    snapshot = canonical(
        {
            "format": FORMAT,
            "account_id": account_id,
            "scope_id": outcome.scope_id,
            "attempt": outcome.attempt,
            "programme": fact.version,
            "receipt": receipt,
            "submitted_at": now.isoformat(),
            "late": late,
            "real_shop": real_shops.stated(account_id, outcome.scope_id),
            "facts": asdict(facts),
            "report": report.as_json(),
        }
    )
    hash_ = digest(snapshot)
    fire(
        OUTCOME_FLOW,
        outcome,
        "submit",
        actor,
        note={"hash": hash_},
        values={"snapshot": snapshot, "snapshot_hash": hash_, "receipt": receipt, "submitted_at": now},
    )
    audit.record(
        actor,
        "outcome.submitted",
        f"outcome:{outcome.id}",
        {"hash": hash_, "receipt": receipt, "late": late},
        scope_id=outcome.scope_id,
    )
    events.publish(OutcomeSubmitted(outcome.scope_id, account_id, outcome.id))
    return receipt


def withdraw_outcome(actor: Actor) -> None:
    """Take the outcome back to a draft; allowed until the draw. The old snapshot's hash stays in the audit."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    outcome = access.own_outcome(actor)
    if outcome is None:
        raise Refused("还没有提交实践成果，不需要撤回。", code="wrong_state")
    was_in_draw, old = outcome.state == OutcomeState.IN_DRAW, outcome.snapshot_hash
    fire(
        OUTCOME_FLOW,
        outcome,
        "withdraw",
        actor,
        values={"snapshot": None, "snapshot_hash": None, "receipt": None, "submitted_at": None},
    )
    if was_in_draw:
        intake.take_back(actor, outcome)
    audit.record(actor, "outcome.withdrawn", f"outcome:{outcome.id}", {"hash": old}, scope_id=outcome.scope_id)
    events.publish(OutcomeWithdrawn(outcome.scope_id, actor.person(), outcome.id))

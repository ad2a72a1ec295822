"""From paper back to person: at release for all, or one by one by an audited look."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from app.accounts.models import Account
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain.canonical import digest
from grading.domain.flows import OUTCOME_FLOW, PaperState
from grading.models.batch import Batch, Paper
from grading.models.identity import PaperIdentity, Reveal
from grading.models.outcome import Outcome, Result

MINIMUM_REASON = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """What is released for one paper."""

    final: Fraction
    passed: bool
    method: str
    breakdown: str  # canonical JSON
    rubric_label: str


def reveal_name(actor: Actor, batch_id: int, code: str, reason: str) -> str:
    """Return the name of a paper's author; the look and its reason go into the audit chain."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    paper = access.paper_by_code(batch.id, code)
    if len(reason) < MINIMUM_REASON:
        raise InvalidInput(f"请写明查看姓名的理由（至少 {MINIMUM_REASON} 个字），理由会记入审计。", field="reason")
    name = db.session.scalars(
        sa.select(Account.name)
        .join(PaperIdentity, PaperIdentity.account_id == Account.id)
        .where(PaperIdentity.paper_id == paper.id)
    ).one()
    db.session.add(Reveal(paper_id=paper.id, viewer_id=actor.account_id, reason=reason[:200], at=clock.now()))
    audit.record(actor, "paper.revealed", f"paper:{code}", {"reason": reason}, scope_id=batch.scope_id)
    return name


def revealed_names(actor: Actor, batch_id: int) -> dict[int, str]:
    """Return the names this person has already looked up in the batch, by paper id."""
    rows = db.session.execute(
        sa.select(PaperIdentity.paper_id, Account.name)
        .join(Account, Account.id == PaperIdentity.account_id)
        .join(Reveal, Reveal.paper_id == PaperIdentity.paper_id)
        .where(PaperIdentity.batch_id == batch_id, Reveal.viewer_id == actor.account_id)
        .distinct()
    )
    return {row[0]: row[1] for row in rows}


def hand_back(actor: Actor, batch: Batch, decisions: dict[int, Decision]) -> None:
    """Write the released results of a batch to their owners; ``decisions`` by paper id.

    Raises Refused when an outcome is no longer the one that was frozen into its paper.
    """
    rows = db.session.execute(
        sa.select(PaperIdentity, Outcome)
        .join(Outcome, Outcome.id == PaperIdentity.outcome_id)
        .join(Paper, Paper.id == PaperIdentity.paper_id)
        .where(PaperIdentity.batch_id == batch.id, Paper.state != PaperState.WITHDRAWN)
        .order_by(Outcome.id)
    ).all()
    for identity, outcome in rows:
        if outcome.snapshot_hash != identity.snapshot_hash or digest(outcome.snapshot or "") != identity.snapshot_hash:
            raise Refused(
                f"回执 {outcome.receipt} 的实践成果与送审时不一致（哈希不符），成绩没有发布，请联系管理员核查。",
                code="snapshot_changed",
            )
        decision = decisions[identity.paper_id]
        fire(OUTCOME_FLOW, outcome, "release", actor)
        _add_result(outcome, decision)
    db.session.flush()


def _add_result(outcome: Outcome, decision: Decision) -> None:
    last = db.session.scalar(sa.select(sa.func.max(Result.version)).where(Result.outcome_id == outcome.id)) or 0
    db.session.add(
        Result(
            outcome_id=outcome.id,
            version=last + 1,
            account_id=outcome.account_id,
            scope_id=outcome.scope_id,
            final_numerator=decision.final.numerator,
            final_denominator=decision.final.denominator,
            passed=decision.passed,
            method=decision.method,
            breakdown=decision.breakdown,
            rubric_label=decision.rubric_label,
            released_at=clock.now(),
        )
    )
    db.session.flush()


def _withdraw(outcome_ids: list[int], reason: str) -> int:
    return matched(
        db.session.execute(
            sa.update(Result)
            .where(Result.outcome_id.in_(outcome_ids), Result.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now(), withdrawn_reason=reason)
        )
    )


def replace_result(outcome: Outcome, decision: Decision, reason: str) -> None:
    """Put a new version in the place of the released result of one attempt."""
    _withdraw([outcome.id], reason)
    _add_result(outcome, decision)


def take_back_results(actor: Actor, batch: Batch, reason: str) -> int:
    """Mark the released results of a batch as withdrawn; return how many."""
    outcomes = db.session.scalars(
        sa.select(Outcome)
        .join(PaperIdentity, PaperIdentity.outcome_id == Outcome.id)
        .join(Paper, Paper.id == PaperIdentity.paper_id)
        .where(PaperIdentity.batch_id == batch.id, Paper.state != PaperState.WITHDRAWN)
        .order_by(Outcome.id)
    ).all()
    for outcome in outcomes:
        fire(OUTCOME_FLOW, outcome, "unrelease", actor)
    return _withdraw([outcome.id for outcome in outcomes], reason)


def names_for_archive(batch: Batch) -> dict[int, str]:
    """Return the authors' names by paper for the score protocol; whoever asks for it is on record there."""
    rows = db.session.execute(
        sa.select(PaperIdentity.paper_id, Account.name)
        .join(Account, Account.id == PaperIdentity.account_id)
        .where(PaperIdentity.batch_id == batch.id)
    )
    return {row[0]: row[1] for row in rows}

"""Intake: outcomes of a class become papers under random codes, scrubbed and frozen.

Together with ``services.reveal`` the only place that knows whose paper is whose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.models import Scope, ScopeKind
from app.accounts.scopes import covers, descendants
from app.core import audit, clock, idempotency
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import ports
from grading.data import REPORT_FIELDS
from grading.domain.canonical import canonical, digest
from grading.domain.codes import new_code
from grading.domain.flows import OUTCOME_FLOW, PAPER_FLOW, AssignmentState, BatchState, OutcomeState, PaperState
from grading.domain.plan_content import SECTIONS, PlanContent, parse_content
from grading.domain.scan import Hit, scan
from grading.domain.scrub import MASK, scrub, token_pattern
from grading.models.batch import Assignment, Batch, BatchClass, Paper
from grading.models.identity import PaperIdentity
from grading.models.outcome import Outcome
from grading.models.plan import Plan, PlanVersion
from grading.services import attachments, real_shops, rubric_desk


@dataclass(frozen=True, slots=True)
class Candidate:
    """A class with outcomes that wait for a batch."""

    scope_id: int
    class_name: str
    waiting: int


def candidates(actor: Actor) -> list[Candidate]:
    """Return the classes below the actor's scope that have submitted outcomes in no batch."""
    if actor.scope_id is None:
        return []
    rows = db.session.execute(
        sa.select(Scope.id, Scope.name, sa.func.count(Outcome.id))
        .join(Outcome, Outcome.scope_id == Scope.id)
        .where(Outcome.state == OutcomeState.SUBMITTED, Scope.id.in_(descendants(actor.scope_id)))
        .group_by(Scope.id, Scope.name)
        .order_by(Scope.id)
    )
    return [Candidate(*row) for row in rows]


def classes_below(actor: Actor) -> list[Scope]:
    """Return the classes below the actor's scope by name."""
    if actor.scope_id is None:
        return []
    query = sa.select(Scope).where(Scope.kind == ScopeKind.CLASS, Scope.id.in_(descendants(actor.scope_id)))
    return list(db.session.scalars(query.order_by(Scope.name)))


def open_batch(actor: Actor, scope_id: int, key: str) -> int:
    """Open a batch of all submitted outcomes of a class and return its id.

    Raises NotFound for a class outside the actor's scope, Refused when nothing was submitted or a
    snapshot was changed after it was frozen.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    scope = db.session.get(Scope, scope_id) if 0 < scope_id < 2**31 else None
    if scope is None or scope.kind != ScopeKind.CLASS or not covers(actor.scope_id, scope_id):
        raise NotFound
    made: int = idempotency.once(actor, key, "grading.open_batch", scope_id, lambda: _open(actor, scope_id))
    return made


def _open(actor: Actor, scope_id: int) -> int:
    outcomes = db.session.scalars(
        sa.select(Outcome)
        .where(Outcome.scope_id == scope_id, Outcome.state == OutcomeState.SUBMITTED)
        .order_by(Outcome.id)
    ).all()
    if not outcomes:
        raise Refused("这个班级没有待送审的实践成果，请等学员提交后再开启批次。")
    rubric = rubric_desk.frozen(ports.bound().classes.class_of(None, scope_id).version, actor.scope_id)
    last = db.session.scalar(sa.select(sa.func.max(Batch.number)).where(Batch.scope_id == scope_id)) or 0
    batch = Batch(
        scope_id=scope_id,
        number=last + 1,
        pool_scope_id=actor.scope_id,
        rubric_id=rubric.id,
        state=BatchState.OPEN,
        opened_by=actor.account_id,
        opened_at=clock.now(),
    )
    db.session.add(batch)
    db.session.flush()
    db.session.add(BatchClass(batch_id=batch.id, scope_id=scope_id))
    db.session.flush()
    audit.record(
        actor,
        "batch.opened",
        f"batch:{batch.id}",
        {"rubric": rubric.hash, "number": batch.number},
        scope_id=scope_id,
    )
    take_in(actor, batch, list(outcomes))
    return batch.id


def take_in(actor: Actor, batch: Batch, outcomes: list[Outcome]) -> int:
    """Make papers of submitted outcomes in an open batch; return how many."""
    plans = _plans(outcomes)
    codes = sorted(
        _take_in(actor, batch, outcome, plans.get((outcome.scope_id, outcome.account_id))) for outcome in outcomes
    )
    audit.record(actor, "batch.papers", f"batch:{batch.id}", {"codes": codes}, scope_id=batch.scope_id)
    return len(codes)


def _plans(outcomes: list[Outcome]) -> dict[tuple[int, int], tuple[Plan, PlanVersion]]:
    """Return the authors' plans by class and account."""
    rows = db.session.execute(
        sa.select(Plan, PlanVersion)
        .join(PlanVersion, sa.and_(PlanVersion.plan_id == Plan.id, PlanVersion.version == Plan.version))
        .where(
            Plan.scope_id.in_({outcome.scope_id for outcome in outcomes}),
            Plan.account_id.in_([outcome.account_id for outcome in outcomes]),
        )
    )
    return {(plan.scope_id, plan.account_id): (plan, version) for plan, version in rows}


def _take_in(actor: Actor, batch: Batch, outcome: Outcome, found: tuple[Plan, PlanVersion] | None) -> str:
    """Make the paper of one outcome and return its code."""
    text = outcome.snapshot or ""
    if digest(text) != outcome.snapshot_hash:
        raise Refused(
            f"回执 {outcome.receipt} 的实践成果与提交时不一致（哈希不符），批次没有开启，请联系管理员核查。",
            code="snapshot_changed",
        )
    content, complete, version, plan_hash = PlanContent(), False, 0, ""
    if found is not None:
        plan, row = found
        if digest(row.content) != row.content_hash:
            raise Refused(
                f"回执 {outcome.receipt} 的规划书与保存时不一致（哈希不符），批次没有开启，请联系管理员核查。",
                code="snapshot_changed",
            )
        content, complete = parse_content(json.loads(row.content)), plan.complete
        version, plan_hash = row.version, row.content_hash
    tokens = ports.bound().tokens.tokens(outcome.account_id, outcome.scope_id)
    tokens |= real_shops.tokens(outcome.scope_id)
    snapshot = json.loads(text)
    verified = real_shops.verified_figures(outcome.account_id, outcome.scope_id)
    snapshot["facts"]["figures"] += [asdict(figure) for figure in verified]
    value = blind_content(snapshot, content, complete, tokens)
    pictures = content.picture_numbers(blind=True)
    blind, hits = canonical(value), [*scan(value, tokens), *_picture_hits(pictures)]
    paper = Paper(
        batch_id=batch.id,
        rubric_id=batch.rubric_id,
        code=_free_code(),
        state=PaperState.IN_DRAW,
        content=blind,
        content_hash=digest(blind),
        screening="look" if hits else "clear",
        scan=canonical([hit.as_json() for hit in hits]),
    )
    db.session.add(paper)
    db.session.flush()
    attachments.freeze(paper, pictures)
    db.session.add(
        PaperIdentity(
            paper_id=paper.id,
            batch_id=batch.id,
            outcome_id=outcome.id,
            account_id=outcome.account_id,
            snapshot_hash=outcome.snapshot_hash,
            plan_version=version,
            plan_hash=plan_hash,
        )
    )
    fire(OUTCOME_FLOW, outcome, "take_in", actor)
    return paper.code


def _picture_hits(pictures: list[int]) -> list[Hit]:
    """Return what a screener has to know of the pictures: their text is read by nobody else."""
    hits = [Hit("plan", "picture", f"共 {len(pictures)} 张")] if pictures else []
    codes = attachments.codes_in(pictures)
    return hits + ([Hit("plan", "code", f"共 {codes} 张")] if codes else [])


def _free_code() -> str:
    while True:
        code = new_code()
        if db.session.scalar(sa.select(Paper.id).where(Paper.code == code)) is None:
            return code


def blind_content(
    snapshot: Mapping[str, Any], plan: PlanContent, plan_complete: bool, tokens: frozenset[str]
) -> dict[str, Any]:
    """Return what assessors may see of a snapshot and a plan: chosen item by item, never copied whole.

    Left out: person, class, times, receipt, addresses, the real shop, the author section of the plan.
    Every text that a person wrote is scrubbed.
    """
    pattern = token_pattern(tokens)
    facts, report = snapshot["facts"], snapshot["report"]
    return {
        "figures": [
            {key: row[key] for key in ("key", "label", "value", "unit", "definition")} for row in facts["figures"]
        ],
        "exhibits": [
            {"title": row["title"], "columns": row["columns"], "rows": scrub(row["rows"], pattern)}
            for row in facts["exhibits"]
        ],
        "report": [{"title": title, "text": scrub(report.get(key, ""), pattern)} for key, title, _ in REPORT_FIELDS],
        "plan": {
            "title": scrub(plan.title, pattern),
            "sections": {
                section.key: MASK if section.masked else scrub(plan.text(section.key), pattern) for section in SECTIONS
            },
            "products": scrub(plan.as_json()["products"], pattern),
            "figures": scrub(plan.as_json().get("figures"), pattern),
            **_blind_extras(plan, pattern),
        },
        "plan_complete": plan_complete,
    }


def _blind_extras(plan: PlanContent, pattern: re.Pattern[str] | None) -> dict[str, Any]:
    """Return captions and tables scrubbed, pictures under the numbers of their blind copies; no masked section."""
    places = {picture_id: number for number, picture_id in enumerate(plan.picture_numbers(blind=True), 1)}
    found = {}
    for section in SECTIONS:
        part = plan.beside(section.key)
        if section.masked or not (part.pictures or part.tables):
            continue
        blind = replace(part, pictures=tuple(replace(one, number=places[one.number]) for one in part.pictures))
        found[section.key] = scrub(blind.as_json(), pattern)
    return {"extras": found} if found else {}


def outcomes_of(batch_id: int) -> dict[int, Outcome]:
    """Return the outcomes behind the papers of a batch, by paper."""
    rows = db.session.execute(
        sa.select(PaperIdentity.paper_id, Outcome)
        .join(Outcome, Outcome.id == PaperIdentity.outcome_id)
        .join(Paper, Paper.id == PaperIdentity.paper_id)
        .where(PaperIdentity.batch_id == batch_id, Paper.state != PaperState.WITHDRAWN)
        .order_by(Outcome.id)
    )
    return {row[0]: row[1] for row in rows}


def authors_by_paper(batch_id: int) -> dict[int, int]:
    """Return the author of each paper of the batch, for the conflicts of the draw."""
    return {paper_id: outcome.account_id for paper_id, outcome in outcomes_of(batch_id).items()}


def classes_by_paper(batch_id: int) -> dict[int, int]:
    """Return the class of each paper of the batch."""
    return {paper_id: outcome.scope_id for paper_id, outcome in outcomes_of(batch_id).items()}


def move_papers(papers: list[Paper], target: Batch) -> list[str]:
    """Put these papers into another batch; return their codes, sorted."""
    wanted = [paper.id for paper in papers]
    for column in (PaperIdentity.paper_id, Paper.id):
        db.session.execute(sa.update(column.class_).where(column.in_(wanted)).values(batch_id=target.id))
    return sorted(paper.code for paper in papers)


def batch_of(outcome_id: int) -> Batch:
    """Return the batch in which an attempt is marked. Raises NotFound."""
    return db.session.get_one(Batch, paper_of(outcome_id).batch_id)


def names_somebody(paper_id: int, text: str) -> bool:
    """Say whether a text written about a paper holds what its own texts were scrubbed of: names, numbers, addresses."""
    outcome = outcome_of(paper_id)
    tokens = ports.bound().tokens.tokens(outcome.account_id, outcome.scope_id) | real_shops.tokens(outcome.scope_id)
    return MASK in scrub(text.replace(MASK, ""), token_pattern(tokens))


def earlier_assessors(accounts: set[int]) -> list[tuple[int, int]]:
    """Return (author, assessor) for everybody who ever held a paper of these authors that was settled."""
    rows = db.session.execute(
        sa.select(PaperIdentity.account_id, Assignment.account_id)
        .join(Assignment, Assignment.paper_id == PaperIdentity.paper_id)
        .join(Paper, Paper.id == PaperIdentity.paper_id)
        .where(
            PaperIdentity.account_id.in_(accounts),
            Assignment.state.in_([AssignmentState.COMPLETED, AssignmentState.SUPERSEDED]),
            Paper.state.in_([PaperState.RELEASED, PaperState.APPEALED]),
        )
        .distinct()
        .order_by(PaperIdentity.account_id, Assignment.account_id)
    )
    return [(row[0], row[1]) for row in rows]


def paper_of(outcome_id: int) -> Paper:
    """Return the paper that an outcome became. Raises NotFound."""
    paper = db.session.scalars(
        sa.select(Paper)
        .join(PaperIdentity, PaperIdentity.paper_id == Paper.id)
        .where(PaperIdentity.outcome_id == outcome_id, Paper.state != PaperState.WITHDRAWN)
    ).one_or_none()
    if paper is None:
        raise NotFound
    return paper


def papers_of(outcome_ids: list[int]) -> dict[int, Paper]:
    """Return the papers of these outcomes, without their content, by outcome."""
    rows = db.session.execute(
        sa.select(PaperIdentity.outcome_id, Paper)
        .join(Paper, Paper.id == PaperIdentity.paper_id)
        .options(orm.defer(Paper.content))
        .where(PaperIdentity.outcome_id.in_(outcome_ids), Paper.state != PaperState.WITHDRAWN)
    )
    return {row[0]: row[1] for row in rows}


def outcome_of(paper_id: int) -> Outcome:
    """Return the outcome behind a paper."""
    return db.session.scalars(
        sa.select(Outcome)
        .join(PaperIdentity, PaperIdentity.outcome_id == Outcome.id)
        .where(PaperIdentity.paper_id == paper_id)
    ).one()


def fix_outcomes(actor: Actor, batch_id: int) -> None:
    """Mark the outcomes of a batch as drawn: they can no longer be withdrawn."""
    for outcome in outcomes_of(batch_id).values():
        fire(OUTCOME_FLOW, outcome, "draw", actor)


def take_back(actor: Actor, outcome: Outcome) -> None:
    """Take a withdrawn outcome's paper out of its batch, before the draw."""
    paper = db.session.scalars(
        sa.select(Paper)
        .join(PaperIdentity, PaperIdentity.paper_id == Paper.id)
        .where(PaperIdentity.outcome_id == outcome.id, Paper.state == PaperState.IN_DRAW)
    ).one()
    fire(PAPER_FLOW, paper, "withdraw", actor)
    audit.record(actor, "paper.withdrawn", f"paper:{paper.code}", {}, scope_id=outcome.scope_id)

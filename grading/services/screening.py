"""Screening (脱敏复核): a person looks at what the scan found, passes the paper or returns it for masking."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain.flows import OUTCOME_FLOW, PAPER_FLOW, BatchState, OutcomeState, PaperState
from grading.domain.plan_content import SECTIONS, parse_content
from grading.domain.scan import KINDS
from grading.models.batch import Batch, Paper
from grading.models.outcome import Outcome
from grading.services import intake

PARTS = {"report": "自述", "plan": "规划书", "exhibits": "平台数据"}


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """One paper that the scan asks a person to look at."""

    code: str
    screening: str
    hits: tuple[tuple[str, str, str], ...]  # part, kind, words around it
    texts: tuple[tuple[str, str], ...]  # title, scrubbed text as assessors would read it
    pictures: tuple[tuple[int, str], ...] = ()  # number, caption


def rows(actor: Actor, batch_id: int) -> list[ScreenRow]:
    """Return the papers of a batch with hits, those still to be looked at first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    found = db.session.scalars(
        sa.select(Paper)
        .where(Paper.batch_id == batch.id, Paper.state != PaperState.WITHDRAWN, Paper.scan != "[]")
        .order_by(sa.case((Paper.screening == "look", 0), else_=1), Paper.code)
    )
    return [_row(paper) for paper in found]


def _row(paper: Paper) -> ScreenRow:
    content = json.loads(paper.content)
    texts = [(one["title"], one["text"]) for one in content["report"]]
    texts.append(("规划书", "\n".join(text for text in content["plan"]["sections"].values() if text)))
    plan = parse_content(content["plan"])
    parts = [plan.beside(section.key) for section in SECTIONS]
    texts += [(f"表格：{table.caption}", table.text) for part in parts for table in part.tables]
    pictures = tuple((one.number, one.caption) for part in parts for one in part.pictures)
    hits = tuple((PARTS[one["where"]], KINDS[one["kind"]], one["excerpt"]) for one in json.loads(paper.scan))
    return ScreenRow(paper.code, paper.screening, hits, tuple(texts), pictures)


def _open_paper(actor: Actor, batch_id: int, code: str) -> tuple[Batch, Paper]:
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    paper = access.paper_by_code(batch.id, code)
    if batch.state != BatchState.OPEN or paper.state != PaperState.IN_DRAW:
        raise Refused("这一批次已经抽取，不能再复核或退回。")
    return batch, access.lock_paper(paper.id)


def pass_paper(actor: Actor, batch_id: int, code: str) -> None:
    """Say that a paper names nobody; it may be drawn."""
    batch, paper = _open_paper(actor, batch_id, code)
    paper.screening = "passed"
    audit.record(
        actor, "paper.screened", f"paper:{code}", {"hits": len(json.loads(paper.scan))}, scope_id=batch.scope_id
    )


def return_paper(actor: Actor, batch_id: int, code: str, reason: str) -> None:
    """Give the work back to its author for masking; no points are lost. The reason is shown to the author."""
    batch, paper = _open_paper(actor, batch_id, code)
    if len(reason) < 4:
        raise InvalidInput("请写明哪里需要遮盖，学员会看到。", field="reason")
    outcome = intake.outcome_of(paper.id)
    fire(PAPER_FLOW, paper, "withdraw", actor)
    values = {
        "snapshot": None,
        "snapshot_hash": None,
        "receipt": None,
        "submitted_at": None,
        "returned_reason": reason[:500],
    }
    fire(OUTCOME_FLOW, outcome, "send_back", actor, values=values)
    audit.record(actor, "paper.returned", f"paper:{code}", {"reason": reason}, scope_id=batch.scope_id)


def take_in_waiting(actor: Actor, batch_id: int) -> int:
    """Take outcomes submitted since into an open batch; return how many. Raises Refused when there are none."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    if batch.state != BatchState.OPEN:
        raise Refused("这一批次已经抽取，新提交的成果请开启下一批。")
    waiting = db.session.scalars(
        sa.select(Outcome)
        .where(Outcome.scope_id.in_(access.batch_classes(batch.id)), Outcome.state == OutcomeState.SUBMITTED)
        .order_by(Outcome.id)
    ).all()
    if not waiting:
        raise Refused("这个班级没有新提交的实践成果。")
    return intake.take_in(actor, batch, list(waiting))


def waiting_count(batch: Batch) -> int:
    """Return how many outcomes of the class were submitted since the batch was opened."""
    if batch.state != BatchState.OPEN:
        return 0
    query = sa.select(sa.func.count(Outcome.id)).where(
        Outcome.scope_id.in_(access.batch_classes(batch.id)), Outcome.state == OutcomeState.SUBMITTED
    )
    return db.session.scalar(query) or 0

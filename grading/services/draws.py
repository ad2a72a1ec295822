"""Draws: two assessors per paper at random among those who may take it, or refused with every reason."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, idempotency
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Issue, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.domain import draw as drawing
from grading.domain.canonical import canonical
from grading.domain.deadlines import LEASE_HOURS, after_work_hours
from grading.domain.flows import BATCH_FLOW, INACTIVE, PAPER_FLOW, AssignmentState, BatchState, PaperState
from grading.domain.scoring import SMALL_BATCH
from grading.models.batch import Assignment, Batch, Conflict, Draw, Paper
from grading.services import intake, pool

PER_PAPER = 2
PLACES: dict[PaperState, tuple[int, ...]] = {
    PaperState.MARKING: (1, 2),
    PaperState.THIRD: (1, 2, 3),
    PaperState.ARBITRATION: (1, 2, 3, 4),
    PaperState.APPEALED: (5,),
}
PRIORITY = ("teaching", "institution", "learner", "manager", "coached", "earlier", "declared", "recused")
REASONS = {
    "teaching": "任课或曾任课",
    "learner": "本班学员",
    "manager": "批次管理员",
    "coached": "辅导过该学员",
    "earlier": "评过该学员以前的成果",
    "institution": "与班级同机构",
    "declared": "已申报利害关系",
    "cap": "评审份数已满",
    "recused": "已回避",
    "assigned": "已在评这份",
}


def open_slots(batch: Batch) -> list[tuple[Paper, int]]:
    """Return the places that nobody holds, by what the state of a paper needs."""
    papers = access.papers(batch.id)
    taken = {
        (row.paper_id, row.slot)
        for row in access.assignments([paper.id for paper in papers])
        if row.state not in INACTIVE
    }
    wanted = [(paper, slot) for paper in papers for slot in PLACES.get(paper.state, ())]
    return [(paper, slot) for paper, slot in wanted if (paper.id, slot) not in taken]


def run_draw(actor: Actor, batch_id: int, key: str) -> int:
    """Draw two assessors for every paper of a batch and return the number of papers.

    Raises Refused with every short paper and its reasons when the draw is not feasible; then nothing is
    drawn at all.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    made: int = idempotency.once(actor, key, "grading.draw", batch_id, lambda: _first_draw(actor, batch))
    return made


def _first_draw(actor: Actor, batch: Batch) -> int:
    fire(BATCH_FLOW, batch, "draw", actor, values={"drawn_at": clock.now()})
    papers = access.papers(batch.id)
    if not papers:
        raise Refused("这一批次的实践成果都已撤回，没有可以抽取的评审件。")
    looking = [paper.code for paper in papers if paper.screening == "look"]
    if looking:
        raise Refused(f"还有 {len(looking)} 份评审件等待脱敏复核：{'、'.join(looking)}。复核通过后再抽取。")
    pool.refresh_conflicts(batch)
    intake.fix_outcomes(actor, batch.id)
    for paper in papers:
        fire(PAPER_FLOW, paper, "draw", actor)
    _fill(actor, batch, [(paper, slot) for paper in papers for slot in range(1, PER_PAPER + 1)], "first")
    if len(papers) < SMALL_BATCH:  # not merged: scored as blind as it can be, and every report says so
        batch.open_scoring = True
        data = {"papers": len(papers), "least": SMALL_BATCH}
        audit.record(actor, "draw.open_scoring", f"batch:{batch.id}", data, scope_id=batch.scope_id)
    return len(papers)


def fill_open_slots(actor: Actor, batch_id: int, key: str) -> int:
    """Draw assessors for the places left open (after a recusal, or for a third mark); return how many.

    Raises Refused with reasons when they cannot all be filled.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)

    def carry_out() -> int:
        if batch.state != BatchState.MARKING or not (slots := open_slots(batch)):
            raise Refused("这一批次没有空缺的评审名额。")
        pool.refresh_conflicts(batch)
        _fill(actor, batch, slots, "fill")
        return len(slots)

    made: int = idempotency.once(actor, key, "grading.fill", batch_id, carry_out)
    return made


def draw_one(batch: Batch, paper: Paper, slot: int, reason: str) -> bool:
    """Draw one assessor during marking (replacement or third) with the stored conflicts; False when nobody is left.

    Runs on an assessor's request: it asks no port. A place left open is shown to the centre.
    """
    given = _input(batch, [(paper, slot)], ask=False)
    if drawing.shortages(given):
        audit.record(system(), "paper.short", f"paper:{paper.code}", {"slot": slot}, scope_id=batch.scope_id)
        return False
    _carry_out(system(), batch, [(paper, slot)], given, reason)
    return True


def _fill(actor: Actor, batch: Batch, slots: list[tuple[Paper, int]], reason: str) -> None:
    given = _input(batch, slots, ask=True)
    short = drawing.shortages(given)
    if short:
        raise _refusal(short)
    _carry_out(actor, batch, slots, given, reason)


def _input(batch: Batch, slots: list[tuple[Paper, int]], *, ask: bool) -> drawing.DrawInput:
    """Return what the draw is made from; ``ask``: the ports may be asked (never on an assessor's request)."""
    papers = {paper.id: paper for paper, _ in slots}
    people = pool.assessors(batch)
    inside = set(people)
    conflicts: dict[tuple[int, str], str] = {}
    rows = db.session.scalars(sa.select(Conflict).where(Conflict.batch_id == batch.id))
    for row in sorted(rows, key=lambda one: (PRIORITY.index(one.kind), one.id)):
        codes = [papers[row.paper_id].code] if row.paper_id in papers else []
        if row.paper_id is None:
            codes = [paper.code for paper in papers.values()]
        for code in codes:
            conflicts.setdefault((row.account_id, code), row.kind)
    holding: dict[str, list[int]] = {}
    for work in access.assignments(sorted(papers)):
        code = papers[work.paper_id].code
        conflicts.setdefault((work.account_id, code), "assigned")
        if work.state not in INACTIVE and work.account_id in inside:
            holding.setdefault(code, []).append(work.account_id)
    homes = pool.homes(people)
    return drawing.DrawInput(
        papers=dict(Counter(papers[paper.id].code for paper, _ in slots)),
        assessors=tuple(people),
        conflicts={pair: why for pair, why in conflicts.items() if pair[0] in inside},
        loads=_loads(people),
        caps=pool.caps(batch),
        holding={code: tuple(who) for code, who in holding.items()},
        groups={who: min(places) for who, places in homes.items()},
        apart=tuple(pool.co_teachers(people)),
        costly=tuple((who, paper.code) for who in sorted(pool.mutual(batch, people)) for paper in papers.values())
        if ask
        else (),
    )


def _loads(people: list[int]) -> dict[int, int]:
    """Return how many papers of batches not yet released each person holds, done or not."""
    rows = db.session.execute(
        sa.select(Assignment.account_id, sa.func.count())
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(
            Assignment.account_id.in_(people),
            Assignment.state.not_in(INACTIVE),
            Paper.state.not_in([PaperState.RELEASED, PaperState.WITHDRAWN]),
        )
        .group_by(Assignment.account_id)
    )
    found = {row[0]: row[1] for row in rows}
    return {who: found.get(who, 0) for who in people}


def _carry_out(
    actor: Actor, batch: Batch, slots: list[tuple[Paper, int]], given: drawing.DrawInput, reason: str
) -> None:
    text, input_hash = given.text(), given.hash  # fixed before there is a seed
    seed = secrets.token_hex(16)
    chosen = drawing.draw(given, seed)
    places = drawing.queue_order(chosen, seed)
    row = Draw(
        batch_id=batch.id,
        reason=reason,
        seed=seed,
        algorithm=drawing.ALGORITHM,
        input=text,
        input_hash=input_hash,
        result=canonical({code: list(people) for code, people in chosen.items()}),
        run_by=actor.account_id,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    _assign(row, slots, chosen, places)
    audit.record(
        actor,
        "draw.run",
        f"draw:{row.id}",
        {
            "batch": batch.id,
            "reason": reason,
            "seed": seed,
            "algorithm": row.algorithm,
            "input_hash": input_hash,
            "result": row.result,
            "together": drawing.met(given, chosen),
        },
        scope_id=batch.scope_id,
    )


def _assign(
    row: Draw,
    slots: list[tuple[Paper, int]],
    chosen: Mapping[str, tuple[int, ...]],
    places: Mapping[tuple[int, str], int],
) -> None:
    waiting = {code: list(people) for code, people in chosen.items()}
    for paper, slot in slots:
        who = waiting[paper.code].pop(0)
        db.session.add(
            Assignment(
                paper_id=paper.id,
                draw_id=row.id,
                account_id=who,
                slot=slot,
                place=row.id * 10_000 + places[(who, paper.code)],
                state=AssignmentState.ASSIGNED,
                lease_until=after_work_hours(clock.now(), LEASE_HOURS),
            )
        )
    db.session.flush()


def _refusal(short: list[drawing.Shortage]) -> Refused:
    def why(reasons: Mapping[str, int]) -> str:
        return (
            "、".join(f"{REASONS.get(key, key)} {count} 人" for key, count in reasons.items()) or "评审库里没有其他人"
        )

    reasons: Counter[str] = Counter()
    for one in short:
        reasons |= Counter(one.reasons)
    missing = sum(one.missing for one in short)
    return Refused(
        f"抽取没有进行：{len(short)} 份评审件共缺 {missing} 名评审讲师（{why(reasons)}）。"
        "请先扩充评审库再抽取；规则不会自动放宽。",
        code="draw_infeasible",
        issues=[
            Issue(f"{one.code}：缺 {one.missing} 名，可选 {one.eligible} 名；{why(one.reasons)}。") for one in short
        ],
    )


def verify_draw(row: Draw) -> bool:
    """Say whether the stored draw comes out again from its stored input and seed."""
    given = drawing.parse_input(json.loads(row.input))
    if row.algorithm != drawing.ALGORITHM or given.hash != row.input_hash:
        return False
    try:
        chosen = drawing.draw(given, row.seed)
    except ValueError:
        return False
    return canonical({code: list(people) for code, people in chosen.items()}) == row.result


def verify_batch(batch_id: int) -> dict[str, Any]:
    """Run every stored draw of a batch again; ``sound`` when all come out the same. Raises NotFound."""
    if db.session.get(Batch, batch_id) is None:
        raise NotFound(f"没有编号为 {batch_id} 的批次。")
    rows = [
        {
            "draw": row.id,
            "reason": row.reason,
            "seed": row.seed,
            "algorithm": row.algorithm,
            "input_hash": row.input_hash,
            "same": verify_draw(row),
        }
        for row in draws_of(batch_id)
    ]
    return {"batch": batch_id, "sound": all(row["same"] for row in rows), "draws": rows}


def draws_of(batch_id: int) -> list[Draw]:
    """Return the draws of a batch, oldest first."""
    return list(db.session.scalars(sa.select(Draw).where(Draw.batch_id == batch_id).order_by(Draw.id)))

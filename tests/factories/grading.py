"""A class with outcomes, plans, assessors and a centre, made through the services."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.accounts.models import Account, Scope
from app.core.actor import Actor
from app.core.db import db
from app.core.money import split
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.training.models import TrainingClass
from grading.data import REPORT_FIELDS, ReportText
from grading.domain.codes import new_code
from grading.domain.flows import INACTIVE, AssignmentState, PaperState
from grading.domain.forecast import Product
from grading.domain.plan_content import SECTIONS, PlanContent
from grading.domain.rubric import Entry, Rubric
from grading.models.batch import Assignment, Draw, Paper
from grading.services import draws, intake, marking, outcomes, plans
from tests.factories.training import hat, make_class, make_instructor, make_region, make_school, make_trainee
from tests.factories.world import make_account

_count = itertools.count(1)


def key() -> str:
    """Return a fresh key for one submit."""
    return f"grading-{next(_count)}"


@dataclass
class Stage:
    """Everything a batch needs. Assessors come from the region's pool; the instructor teaches the class."""

    region: Scope
    row: TrainingClass
    centre: Actor
    instructor: Actor
    trainees: list[Actor] = field(default_factory=list)
    assessors: list[Actor] = field(default_factory=list)


def make_assessor(region: Scope, name: str = "", account: Account | None = None) -> Actor:
    """Put a person into the region's pool of assessors."""
    return hat(account or make_account(name or f"评委{next(_count)}"), Role.ASSESSOR, region.id)


def make_stage(trainees: int = 3, assessors: int = 3, name: str = "网创测试班") -> Stage:
    """Make a class below a region, with trainees, a teacher, assessors and the centre's clerk."""
    region = make_region(f"示例市{next(_count)}")
    row = make_class(make_school(region), name)
    return Stage(
        region=region,
        row=row,
        centre=hat(make_account("中心经办人"), Role.CENTRE, region.id),
        instructor=make_instructor(row, f"任课讲师{next(_count)}"),
        trainees=[make_trainee(row, f"学员甲乙{next(_count)}") for _ in range(trainees)],
        assessors=[make_assessor(region) for _ in range(assessors)],
    )


def report(extra: str = "", **answers: str) -> ReportText:
    """Return a filled self-report."""
    texts = {key: f"这是“{title}”的自述，写明了做法和理由。{extra}" for key, title, _ in REPORT_FIELDS}
    return ReportText({**texts, **answers})


def plan_content(title: str = "山货小店", extra: str = "") -> PlanContent:
    """Return a plan that passes the checks of completion."""
    return PlanContent(
        title,
        {
            section.key: f"这里写{section.title}：内容充分，理由清楚，数字有出处，读的人能看懂。{extra}"
            for section in SECTIONS
        },
        (
            Product("干香菇", 2_990, 1_500, tuple(range(10, 130, 10))),
            Product("蜂蜜", 4_900, 2_610, (5,) * 12),
        ),
    )


def submit(actor: Actor, text: ReportText | None = None) -> str:
    """Submit the trainee's outcome and return the receipt number."""
    current = outcomes.stand(actor).outcome
    with unit_of_work():
        return outcomes.submit_outcome(actor, text or report(), current.report_version if current else 0, key())


def write_plan(actor: Actor, content: PlanContent | None = None, *, complete: bool = False) -> int:
    """Save a plan (and mark it complete); return its version."""
    stored = plans.read_plan(actor)
    with unit_of_work():
        version = plans.save_plan(actor, content or plan_content(), stored.version)
        if complete:
            plans.complete_plan(actor, version)
    return version


def open_batch(stage: Stage) -> int:
    """Submit for every trainee who has not, and open a batch; return its id."""
    for trainee in stage.trainees:
        if not outcomes.stand(trainee).frozen:
            submit(trainee)
    with unit_of_work():
        return intake.open_batch(stage.centre, stage.row.scope_id, key())


def draw(stage: Stage, batch_id: int) -> None:
    """Draw the assessors of a batch."""
    with unit_of_work():
        draws.run_draw(stage.centre, batch_id, key())


def drawn_batch(stage: Stage) -> int:
    """Open and draw a batch; return its id."""
    batch_id = open_batch(stage)
    draw(stage, batch_id)
    return batch_id


def work_on(batch_id: int, code: str | None = None) -> list[Assignment]:
    """Return the open and done work of a batch (of one paper), by paper code and slot."""
    query = (
        sa.select(Assignment)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(Paper.batch_id == batch_id, Assignment.state.not_in(INACTIVE))
        .order_by(Paper.code, Assignment.slot)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query if code is None else query.where(Paper.code == code)))


def codes(batch_id: int) -> list[str]:
    """Return the codes of a batch, sorted."""
    return sorted(db.session.scalars(sa.select(Paper.code).where(Paper.batch_id == batch_id)))


def spread(rubric: Rubric, total: int) -> dict[str, Entry]:
    """Return entries whose points sum to ``total``, in proportion to the criteria, with a comment everywhere."""
    maxima = [criterion.maximum for criterion in rubric.criteria]
    points = split(total, maxima)
    return {one.key: Entry(given, "理由写清楚了。") for one, given in zip(rubric.criteria, points, strict=True)}


def mark(assessor: Actor, code: str, total: int) -> None:
    """Open a paper and submit marks that sum to ``total``."""
    with unit_of_work():
        marking.open_paper(assessor, code)
    desk = marking.desk(assessor, code)
    with unit_of_work():
        marking.submit_marks(assessor, code, desk.sheet.version, spread(desk.paper.rubric, total), key())


def assessor_of(stage: Stage, work: Assignment) -> Actor:
    """Return the assessor who holds this work."""
    return next(actor for actor in stage.assessors if actor.account_id == work.account_id)


def mark_paper(stage: Stage, batch_id: int, code: str, *totals: int) -> None:
    """Let the assessors of a paper submit these totals, by slot; a third mark after the third was drawn."""
    for slot, total in enumerate(totals, 1):
        work = next(row for row in work_on(batch_id, code) if row.slot == slot)
        mark(assessor_of(stage, work), code, total)


def fill_queue(batch_id: int, assessor: Actor, count: int) -> list[str]:
    """Give the assessor ``count`` more papers, copies of one of the batch, written in bulk; return their codes."""
    with unit_of_work():
        like = db.session.scalars(sa.select(Paper).where(Paper.batch_id == batch_id).order_by(Paper.id)).first()
        drawn = db.session.scalars(sa.select(Draw.id).where(Draw.batch_id == batch_id)).first()
        assert like is not None
        same = {
            "batch_id": batch_id,
            "rubric_id": like.rubric_id,
            "state": PaperState.MARKING,
            "content": like.content,
            "content_hash": like.content_hash,
        }
        codes_ = sorted({new_code() for _ in range(count + 9)})[:count]
        made = sa.insert(Paper).returning(Paper.id, sort_by_parameter_order=True)
        papers = list(db.session.scalars(made, [{**same, "code": code} for code in codes_]))
        work = {"draw_id": drawn, "account_id": assessor.person(), "slot": 1, "state": AssignmentState.ASSIGNED}
        rows = [{**work, "paper_id": paper, "place": place} for place, paper in enumerate(papers, 100)]
        db.session.execute(sa.insert(Assignment), rows)
    return codes_

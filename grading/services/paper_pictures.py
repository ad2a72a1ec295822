"""Pictures of blind papers, and the blind layout of a plan as PDF: for assessors, screeners and anchor papers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, files, jobs
from app.core.actor import Actor
from app.core.db import add_missing, db
from app.core.errors import NotFound
from app.core.jobs import Progress
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from grading import access
from grading.domain.canonical import canonical, digest
from grading.domain.plan_content import parse_content
from grading.models.anchor import Anchor
from grading.models.attachment import BlindPrint
from grading.models.batch import Batch, Paper
from grading.services import calibration
from grading.services.attachments import blind_contents, of_paper
from grading.services.blind import check_paper

JOB = "blind_plan_pdf"


def assessor_picture(actor: Actor, code: str, number: int) -> bytes:
    """Return a picture of one of the assessor's papers. Raises NotFound for any other code."""
    actor.require(Permission.GRADING_PAPER_MARK)
    _, paper, _ = access.my_paper(actor, code)
    return of_paper(paper.id, number)


def anchor_picture(actor: Actor, code: str, number: int) -> bytes:
    """Return a picture of an anchor paper to its assessors and to the centre that keeps it. Raises NotFound."""
    if actor.may(Permission.GRADING_PAPER_MARK):
        return of_paper(calibration.my_anchor(actor, code).source_paper_id, number)
    actor.require(Permission.GRADING_BATCH_MANAGE)
    anchor = db.session.scalars(sa.select(Anchor).where(Anchor.code == code)).one_or_none()
    if anchor is None or anchor.pool_scope_id != actor.scope_id:
        raise NotFound
    return of_paper(anchor.source_paper_id, number)


def screener_picture(actor: Actor, batch_id: int, code: str, number: int) -> bytes:
    """Return a picture of a paper as its assessors will see it, to the screener. Raises NotFound."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    return of_paper(access.paper_by_code(batch.id, code).id, number)


def printed(actor: Actor, code: str) -> files.StoredFile | None:
    """Return the blind layout of one of the assessor's papers, or None before it was made. Raises NotFound."""
    actor.require(Permission.GRADING_PAPER_MARK)
    _, paper, _ = access.my_paper(actor, code)
    row = db.session.get(BlindPrint, paper.id)
    return None if row is None else db.session.get_one(files.StoredFile, row.file_id)


def request_print(actor: Actor, code: str) -> str:
    """Queue the blind layout of one of the assessor's papers; return the job's public id."""
    actor.require(Permission.GRADING_PAPER_MARK)
    _, paper, _ = access.my_paper(actor, code)
    check_paper(paper)
    job = jobs.enqueue(
        actor, JOB, f"打印评审件 {code} 的规划书", {"paper_id": paper.id}, f"/grading/assess/{code}/plan.pdf"
    )
    batch = db.session.get_one(Batch, paper.batch_id)
    audit.record(actor, "paper.printed", f"paper:{code}", {}, scope_id=batch.scope_id)
    return job.public_id


def make_pdf(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Job: render the plan of a blind paper from what assessors see. Payload: paper_id."""
    from grading.services.printing import Cover, render_pdf

    paper = db.session.get_one(Paper, payload["paper_id"])
    check_paper(paper)
    value = json.loads(paper.content)
    content, code = parse_content(value["plan"]), paper.code
    cover = Cover("", "", "", 0, clock.now(), digest(canonical(value["plan"])), value["plan_complete"], code=code)
    progress.report(1, 2, "正在排版…")
    data = render_pdf(content, cover, blind_contents(paper.id))
    with unit_of_work():
        stored = files.keep(data, f"{code}.pdf", content_type="application/pdf")
        add_missing(BlindPrint, paper_id=paper.id, file_id=stored.id, made_at=clock.now())
    progress.report(2, 2, "完成")
    return {"url": f"/grading/assess/{code}/plan.pdf", "size": stored.size}

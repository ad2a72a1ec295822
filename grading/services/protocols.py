"""The score protocol (评分汇总表) of a released batch: marks, signatures, one PDF under the platform's seal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app
from markupsafe import Markup

from app.accounts.scopes import account_names, get_scope
from app.core import audit, clock, files, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.core.jobs import Progress
from app.core.permissions import Permission
from app.core.sealing import SealCheck, check_pdf, seal_pdf
from app.core.uow import unit_of_work
from grading import access
from grading.domain.canonical import canonical, digest
from grading.domain.flows import AssignmentState, BatchState
from grading.domain.strokes import as_svg, read_strokes
from grading.models.batch import Assignment, Batch, Paper
from grading.models.protocol import Protocol
from grading.services import correcting, intake, lifted, plans, releasing, results, reveal, signing
from grading.services.deciding import METHODS

JOB = "grading.protocol"
LETTERS = releasing.ASSESSOR_LETTERS


def _content(batch: Batch) -> dict[str, Any]:
    """Return everything that the protocol says, as plain values."""
    rubric = releasing.rubric_of(batch)
    papers = access.papers(batch.id)
    works: dict[int, list[Assignment]] = {}
    for work in access.assignments([paper.id for paper in papers]):
        if work.state == AssignmentState.COMPLETED:
            works.setdefault(work.paper_id, []).append(work)
    people, merged = reveal.names_for_archive(batch), len(access.batch_classes(batch.id)) > 1
    if merged:
        where = intake.classes_by_paper(batch.id)
        names = {scope_id: get_scope(scope_id).name for scope_id in sorted(set(where.values()))}
        people = {paper_id: f"{people[paper_id]}（{names[scope_id]}）" for paper_id, scope_id in where.items()}
    return {
        "batch": batch.id,
        "class": results.class_names([batch.id])[batch.id],
        "open_scoring": batch.open_scoring,
        "number": batch.number,
        "released_at": clock.local(batch.released_at).isoformat() if batch.released_at else "",
        "rubric": f"{rubric.programme} {rubric.version}（{rubric.label}）",
        "criteria": [[one.key, one.title, one.maximum] for one in rubric.criteria],
        "papers": [_sheet(paper, works.get(paper.id, []), people[paper.id]) for paper in papers],
        "corrections": _corrections(batch),
        "lifted": [[one.name, one.reason, clock.local(one.at).isoformat()] for one in lifted.lifted_in(batch)],
        "assessors": _assessors(batch, {paper.id: paper.code for paper in papers}, works),
    }


def _corrections(batch: Batch) -> list[dict[str, Any]]:
    """Return every correction of the rubric, with scores and marks as they stood before."""
    return [
        {
            "at": clock.local(row.at).isoformat(),
            "by": row.by,
            "old": row.old,
            "new": row.new,
            "reason": row.reason,
            "papers": [[one.code, one.score, [list(mark) for mark in one.marks]] for one in row.papers],
        }
        for row in correcting.history(batch)
    ]


def _sheet(paper: Paper, works: list[Assignment], name: str) -> dict[str, Any]:
    return {
        "code": paper.code,
        "name": name,
        "final": [paper.final_numerator, paper.final_denominator],
        "method": METHODS.get(paper.method, paper.method),
        "content_hash": paper.content_hash,
        "marks": [
            {"letter": LETTERS[work.slot - 1], "total": work.total, "entries": json.loads(work.entries)}
            for work in works
        ],
    }


def _assessors(batch: Batch, codes: dict[int, str], works: dict[int, list[Assignment]]) -> list[dict[str, Any]]:
    by_person: dict[int, list[tuple[str, Assignment]]] = {}
    for paper_id, rows in works.items():
        for work in rows:
            by_person.setdefault(work.account_id, []).append((codes[paper_id], work))
    names, signatures = account_names(set(by_person)), signing.signatures_of(batch.id)
    found = []
    for account_id, mine in sorted(by_person.items(), key=lambda one: names[one[0]]):
        signed = signatures.get((account_id, signing.marks_hash(mine)))
        found.append(
            {
                "name": names[account_id],
                "marks": sorted(f"{code}（评委{LETTERS[work.slot - 1]}）" for code, work in mine),
                "signed_at": clock.local(signed.signed_at).isoformat() if signed else "",
                "strokes": signed.strokes if signed else "",
            }
        )
    return found


def make_protocol(actor: Actor, batch_id: int) -> str:
    """Queue the sealed protocol of a released batch; return the job's public id.

    The same content is made once; a signature given later makes the next number.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    if batch.state != BatchState.RELEASED:
        raise Refused("成绩发布后才能生成评分汇总表。")
    hash_ = digest(canonical(_content(batch)))
    row = db.session.scalars(
        sa.select(Protocol).where(Protocol.batch_id == batch.id, Protocol.content_hash == hash_)
    ).one_or_none()
    failed = row is not None and row.file_id is None and _failed(row.job)
    if row is not None and not failed:
        return row.job
    target = f"/grading/batches/{batch.id}/protocol.pdf"
    last = db.session.scalar(sa.select(sa.func.max(Protocol.number)).where(Protocol.batch_id == batch.id)) or 0
    if row is None:
        row = Protocol(batch_id=batch.id, number=last + 1, content_hash=hash_, job="", made_at=clock.now())
        db.session.add(row)
        db.session.flush()
    job = jobs.enqueue(actor, JOB, "生成评分汇总表", {"protocol_id": row.id}, target)
    row.job = job.public_id
    audit.record(
        actor, "protocol.made", f"batch:{batch.id}", {"number": row.number, "hash": hash_}, scope_id=batch.scope_id
    )
    return job.public_id


def _failed(public_id: str) -> bool:
    job = db.session.scalars(sa.select(jobs.Job).where(jobs.Job.public_id == public_id)).one_or_none()
    return job is None or job.status == jobs.JobState.FAILED


def make_pdf(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Job: render, seal and keep one protocol. Payload: protocol_id."""
    row = db.session.get_one(Protocol, payload["protocol_id"])
    batch = db.session.get_one(Batch, row.batch_id)
    content = _content(batch)
    if digest(canonical(content)) != row.content_hash:
        raise Refused("评分或签名刚刚有变动，请重新生成评分汇总表。")
    progress.report(1, 3, "正在排版…")
    data = render(content, row)
    progress.report(2, 3, "正在加盖电子签章…")
    sealed = seal_pdf(data, f"评分汇总表 {batch.id}-{row.number}")
    with unit_of_work():
        stored = files.keep(sealed, f"protocol-{batch.id}-{row.number}.pdf", content_type="application/pdf")
        db.session.execute(
            sa.update(Protocol).where(Protocol.id == row.id).values(file_id=stored.id, sha256=stored.sha256)
        )
    progress.report(3, 3, "完成")
    return {"url": f"/grading/batches/{batch.id}/protocol.pdf", "sha256": stored.sha256}


def render(content: Mapping[str, Any], row: Protocol) -> bytes:
    """Return the PDF before it is sealed. Nothing is fetched."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    from grading.services.printing import code_image

    address = f"{plans.site()}/verify/protocol/{row.content_hash}"
    page = current_app.jinja_env.get_template("grading/print/protocol.html").render(
        content=content,
        row=row,
        sheets=[_shown(sheet) for sheet in content["papers"]],
        signatures=[
            Markup(as_svg(read_strokes(one["strokes"]))) if one["strokes"] not in ("", "[]") else ""  # noqa: S704
            for one in content["assessors"]
        ],
        code=Markup(code_image(address)),  # noqa: S704 - drawn here
    )
    data: bytes = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf()
    return data


def _shown(sheet: Mapping[str, Any]) -> dict[str, Any]:
    from fractions import Fraction

    from grading.domain.scoring import passes, shown

    top, bottom = sheet["final"]
    final = None if top is None else Fraction(top, bottom)
    return {
        **sheet,
        "score": "—" if final is None else shown(final),
        "passed": final is not None and passes(final),
    }


def newest(actor: Actor, batch_id: int) -> Protocol | None:
    """Return the newest protocol of a batch, finished or under way, or None."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    batch = access.get_batch(actor, batch_id)
    return db.session.scalars(
        sa.select(Protocol).where(Protocol.batch_id == batch.id).order_by(Protocol.number.desc()).limit(1)
    ).one_or_none()


def protocol_file(actor: Actor, batch_id: int) -> files.StoredFile | None:
    """Return the newest sealed file of a batch, None without one or while it is being made."""
    row = newest(actor, batch_id)
    return None if row is None or row.file_id is None else db.session.get_one(files.StoredFile, row.file_id)


def find_by_content(content_hash: str) -> tuple[Protocol, bool] | None:
    """Return the sealed protocol with this content, and whether it is the newest of its batch; or None."""
    row = db.session.scalars(
        sa.select(Protocol).where(Protocol.content_hash == content_hash, Protocol.file_id.is_not(None)).limit(1)
    ).one_or_none()
    if row is None:
        return None
    last = db.session.scalar(sa.select(sa.func.max(Protocol.number)).where(Protocol.batch_id == row.batch_id))
    return row, last == row.number


def check_file(data: bytes) -> tuple[SealCheck, Protocol | None]:
    """Return what the seal of a file says, and the protocol that was kept with exactly these bytes."""
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    row = db.session.scalars(sa.select(Protocol).where(Protocol.sha256 == sha256).limit(1)).one_or_none()
    return check_pdf(data), row

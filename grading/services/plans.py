"""The plan (《网络创业规划书》): versions with two-tab protection, completion, the PDF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.accounts.scopes import account_names
from app.core import audit, clock, events, files, jobs
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, Issue, NotFound, Refused
from app.core.jobs import Progress
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from grading import access, ports
from grading.domain.canonical import canonical, digest
from grading.domain.plan_content import PlanContent, blocking, parse_content, total_words
from grading.events import PlanCompleted
from grading.models.plan import Plan, PlanDraft, PlanPrint, PlanVersion
from grading.services import attachments

JOB = "plan_pdf"
PDF_URL = "/grading/plan.pdf"


@dataclass(frozen=True, slots=True)
class PlanState:
    """The plan as stored: version 0 and empty before the first save."""

    plan: Plan | None
    content: PlanContent
    history: list[PlanVersion]

    @property
    def version(self) -> int:
        return self.plan.version if self.plan else 0

    @property
    def complete(self) -> bool:
        return self.plan is not None and self.plan.complete


def content_of(row: PlanVersion) -> PlanContent:
    """Return the content of a stored version. Raises Refused when it no longer has its hash."""
    if digest(row.content) != row.content_hash:
        raise Refused(
            f"规划书第 {row.version} 版的内容与保存时不一致（哈希不符），已停止处理，请联系管理员核查。",
            code="snapshot_changed",
        )
    return parse_content(json.loads(row.content))


def read_plan(actor: Actor) -> PlanState:
    """Return the trainee's plan as it is stored."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    if plan is None or plan.version == 0:
        return PlanState(plan, PlanContent(), [])
    return PlanState(plan, content_of(access.plan_version(plan.id, plan.version)), access.plan_versions(plan.id))


def read_version(actor: Actor, version: int) -> tuple[PlanVersion, PlanContent]:
    """Return one stored version of the trainee's own plan. Raises NotFound."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    if plan is None:
        raise NotFound
    row = access.plan_version(plan.id, version)
    return row, content_of(row)


def save_plan(actor: Actor, content: PlanContent, version: int) -> int:
    """Store the next version and return its number; unchanged content makes none.

    Raises Conflict (code ``stale_plan``) when another tab has saved since ``version``: nothing is overwritten.
    """
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    if plan is None:
        plan = Plan(account_id=actor.person(), scope_id=access.class_scope(actor), version=0, created_at=clock.now())
        db.session.add(plan)
        db.session.flush()
    attachments.require_own(actor, content)
    text = canonical(content.as_json())
    if plan.version == version and version and access.plan_version(plan.id, version).content_hash == digest(text):
        return version
    changed = db.session.execute(
        sa.update(Plan)
        .where(Plan.id == plan.id, Plan.version == version)
        .values(version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict(
            "你在另一个窗口保存过更新的版本，刚才的内容没有覆盖它。两份都列在下面，核对后再保存。", code="stale_plan"
        )
    db.session.refresh(plan)
    db.session.execute(
        sa.delete(PlanDraft).where(PlanDraft.account_id == plan.account_id, PlanDraft.scope_id == plan.scope_id)
    )
    db.session.add(
        PlanVersion(
            plan_id=plan.id,
            version=plan.version,
            content=text,
            content_hash=digest(text),
            words=total_words(content),
            saved_at=clock.now(),
        )
    )
    db.session.flush()
    return plan.version


def complete_plan(actor: Actor, version: int) -> None:
    """Mark the stored version as complete. Raises InvalidInput with everything that is still missing."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    if plan is None or plan.version == 0:
        raise Refused("规划书还是空的，请先写内容并保存。")
    if plan.version != version:
        raise Conflict("规划书刚刚有了更新的版本，请刷新页面核对后再标记完成。", code="stale_plan")
    row = access.plan_version(plan.id, plan.version)
    missing = blocking(content_of(row))
    if missing:
        raise InvalidInput(
            "还不能标记为完成，请先补齐下面的内容。", issues=[Issue(x.message, field=x.anchor) for x in missing]
        )
    if plan.complete:
        return
    plan.complete_version = plan.version
    plan.completed_at = clock.now()
    audit.record(
        actor,
        "plan.completed",
        f"plan:{plan.id}",
        {"version": plan.version, "hash": row.content_hash},
        scope_id=plan.scope_id,
    )
    events.publish(PlanCompleted(plan.scope_id, plan.account_id, plan.id, plan.version))


def print_plan(actor: Actor) -> str:
    """Queue the PDF of the current version, unless it is there or under way; return the job's public id."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    if plan is None or plan.version == 0:
        raise Refused("规划书还是空的，请先写内容并保存，再打印。")
    row = access.plan_print(plan)
    if row is not None and (row.file_id is not None or not _failed(actor, row.job)):
        return row.job
    payload = {"plan_id": plan.id, "version": plan.version, "complete": plan.complete}
    job = jobs.enqueue(actor, JOB, "打印《网络创业规划书》", payload, PDF_URL)
    if row is None:
        db.session.add(
            PlanPrint(
                plan_id=plan.id,
                version=plan.version,
                complete=plan.complete,
                job=job.public_id,
                created_at=clock.now(),
            )
        )
    else:
        row.job = job.public_id
    audit.record(
        actor,
        "plan.printed",
        f"plan:{plan.id}",
        {"version": plan.version, "complete": plan.complete},
        scope_id=plan.scope_id,
    )
    return job.public_id


def _failed(actor: Actor, public_id: str) -> bool:
    return jobs.get_job(actor, public_id).status == jobs.JobState.FAILED


def printed(actor: Actor) -> PlanPrint | None:
    """Return the print of the current version, finished or under way, or None."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    return None if plan is None else access.plan_print(plan)


def printed_file(actor: Actor) -> files.StoredFile | None:
    """Return the finished PDF of the current version, or None."""
    row = printed(actor)
    return None if row is None or row.file_id is None else db.session.get_one(files.StoredFile, row.file_id)


def site() -> str:
    """Return the public address of the platform, for codes on paper."""
    settings = current_app.config["SETTINGS"]
    return str(settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def make_pdf(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Job: render the PDF of one version and keep it. Payload: plan_id, version, complete."""
    from grading.services.printing import Cover, render_pdf

    plan = db.session.get_one(Plan, payload["plan_id"])
    version, complete = int(payload["version"]), bool(payload["complete"])
    row = access.plan_version(plan.id, version)
    content = content_of(row)
    fact = ports.bound().classes.class_of(plan.account_id, plan.scope_id)
    cover = Cover(
        author=account_names({plan.account_id})[plan.account_id],
        class_name=fact.class_name,
        institution=fact.institution_name,
        version=version,
        saved_at=row.saved_at,
        content_hash=row.content_hash,
        complete=complete,
        address=f"{site()}/verify/plan/{row.content_hash}",
    )
    progress.report(1, 3, "正在排版…")
    data = render_pdf(content, cover, attachments.contents(content.picture_numbers()))
    progress.report(2, 3, "正在保存…")
    with unit_of_work():
        stored = files.keep(data, f"plan-v{version}.pdf", owner_id=plan.account_id, content_type="application/pdf")
        db.session.execute(
            sa.update(PlanPrint)
            .where(PlanPrint.plan_id == plan.id, PlanPrint.version == version, PlanPrint.complete == complete)
            .values(file_id=stored.id, sha256=stored.sha256)
        )
    progress.report(3, 3, "完成")
    return {"url": PDF_URL, "sha256": stored.sha256, "size": stored.size}

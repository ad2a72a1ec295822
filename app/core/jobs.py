"""Jobs: heavy work in wall-clock time, done by the worker process, shown on ``/jobs/<id>``.

The row is the truth, the queue only a bell: a job whose bell was lost is rung again by the web
process, and taking a job is a compare-and-set, so that ringing twice does no harm.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy import orm

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, StrEnumType, UTCDateTime, db, matched
from app.core.errors import DomainError, NotFound
from app.core.uow import after_commit, unit_of_work

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=20)  # queued, but no worker heard the bell
SILENT_AFTER = timedelta(minutes=5)  # running, but no sign of life


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of heavy work, its progress and its result."""

    __tablename__ = "core_job"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    public_id: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    payload: orm.Mapped[str] = orm.mapped_column(sa.Text)
    owner_id: orm.Mapped[int | None] = orm.mapped_column(index=True)
    status: orm.Mapped[JobState] = orm.mapped_column(StrEnumType(JobState), default=JobState.QUEUED)
    attempts: orm.Mapped[int] = orm.mapped_column(default=0)
    done_steps: orm.Mapped[int] = orm.mapped_column(default=0)
    total_steps: orm.Mapped[int] = orm.mapped_column(default=0)
    message: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    result: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")
    result_url: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    touched_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime, index=True)

    @property
    def percent(self) -> int:
        return 100 * self.done_steps // self.total_steps if self.total_steps else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Handed to a job: tells how far it is."""

    job_id: int

    def report(self, done: int, total: int, message: str = "") -> None:
        """Write progress in a unit of work of its own; call it between the job's own units of work."""
        with unit_of_work():
            db.session.execute(
                sa.update(Job)
                .where(Job.id == self.job_id)
                .values(done_steps=done, total_steps=total, message=message, touched_at=clock.now())
            )


Handler = Callable[[Mapping[str, Any], Progress], Mapping[str, Any]]


def enqueue(actor: Actor, kind: str, title: str, payload: Mapping[str, Any], result_url: str = "") -> Job:
    """Write a job inside the open unit of work; its bell rings after the commit.

    kind: registered in a feature's ``jobs``. result_url: where the progress page leads when done
    (the handler may answer ``{"url": …}`` instead, and ``{"message": …}`` to be shown there).
    """
    if kind not in current_app.extensions["jobs"]:
        raise LookupError(f"unknown job kind {kind}")
    now = clock.now()
    job = Job(
        public_id=secrets.token_urlsafe(12),
        kind=kind,
        title=title,
        payload=json.dumps(payload, ensure_ascii=False, default=str),
        owner_id=actor.account_id,
        result_url=result_url,
        created_at=now,
        touched_at=now,
    )
    db.session.add(job)
    db.session.flush()
    after_commit(_ring, job.id)
    return job


def unfinished(actor: Actor, kind: str, payload: Mapping[str, Any]) -> Job | None:
    """Return the actor's job of this kind and payload that waits or runs, so that the same need not start twice."""
    query = sa.select(Job).where(
        Job.owner_id == actor.account_id,
        Job.kind == kind,
        Job.payload == json.dumps(payload, ensure_ascii=False, default=str),
        Job.status.in_((JobState.QUEUED, JobState.RUNNING)),
    )
    return db.session.scalars(query.order_by(Job.id).limit(1)).first()


def _ring(job_id: int) -> None:
    current_app.extensions["job_bell"](job_id)


def run(job_id: int) -> None:
    """Carry the job out, if nobody else has taken it. Called by the worker process."""
    with unit_of_work():
        taken = db.session.execute(
            sa.update(Job)
            .where(Job.id == job_id, Job.status == JobState.QUEUED)
            .values(status=JobState.RUNNING, attempts=Job.attempts + 1, touched_at=clock.now())
        )
    if matched(taken) != 1:
        return
    job = db.session.get_one(Job, job_id)
    handler: Handler = current_app.extensions["jobs"][job.kind]
    payload = json.loads(job.payload)
    try:
        result = dict(handler(payload, Progress(job_id)))
    except DomainError as error:
        _finish(job_id, JobState.FAILED, error.message, {}, "")
    except Exception:
        log.exception("job_failed", job=job_id)
        _finish(job_id, JobState.FAILED, "处理时出现意外错误，请重试；仍不成功请把本页地址发给管理员。", {}, "")
    else:
        _finish(job_id, JobState.DONE, str(result.get("message", "")), result, str(result.get("url", "")))


def _finish(job_id: int, status: JobState, message: str, result: Mapping[str, Any], url: str) -> None:
    db.session.rollback()
    values: dict[str, Any] = {
        "status": status,
        "message": message,
        "result": json.dumps(result, ensure_ascii=False, default=str),
        "touched_at": clock.now(),
    }
    if url:
        values["result_url"] = url
    with unit_of_work():
        db.session.execute(sa.update(Job).where(Job.id == job_id).values(**values))


def get_job(actor: Actor, public_id: str) -> Job:
    """Return the actor's own job. Raises NotFound for anybody else's."""
    job = db.session.scalars(sa.select(Job).where(Job.public_id == public_id)).one_or_none()
    if job is None or job.owner_id != actor.account_id:
        raise NotFound
    return job


def recover() -> int:
    """Ring again for lost jobs and take back silent ones; return how many. Safe in every process."""
    now = clock.now()
    with unit_of_work():
        db.session.execute(
            sa.update(Job)
            .where(Job.status == JobState.RUNNING, Job.touched_at < now - SILENT_AFTER, Job.attempts >= MAX_ATTEMPTS)
            .values(status=JobState.FAILED, message="处理多次中断，请重试。", touched_at=now)
        )
        db.session.execute(
            sa.update(Job)
            .where(Job.status == JobState.RUNNING, Job.touched_at < now - SILENT_AFTER)
            .values(status=JobState.QUEUED)
        )
        lost = db.session.scalars(
            sa.select(Job.id).where(Job.status == JobState.QUEUED, Job.touched_at < now - LOST_AFTER)
        ).all()
        if lost:
            db.session.execute(sa.update(Job).where(Job.id.in_(lost)).values(touched_at=now))
        for job_id in lost:
            after_commit(_ring, job_id)
    return len(lost)

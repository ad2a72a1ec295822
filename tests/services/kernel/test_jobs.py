"""Jobs: done once, shown to their owner, taken back after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.jobs import Job, JobState, Progress
from app.core.permissions import Role
from app.core.uow import unit_of_work

ME, YOU = Actor(1, "甲", Role.TRAINEE, 1), Actor(2, "乙", Role.TRAINEE, 1)
done: list[object] = []


def work(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    progress.report(1, 4, "四分之一")
    done.append(payload["n"])
    if payload["n"] == "refuse":
        raise Refused("这件事不行。")
    if payload["n"] == "crash":
        raise LookupError
    return {"url": "/result", "n": payload["n"]}


@pytest.fixture(autouse=True)
def _kind(app_context: Flask) -> None:
    done.clear()
    app_context.extensions["jobs"]["test.work"] = work


def enqueue(n: object, actor: Actor = ME) -> Job:
    with unit_of_work():
        return jobs.enqueue(actor, "test.work", "干活", {"n": n})


def silent(app: Flask) -> None:
    """Let the bell be lost."""
    app.extensions["job_bell"] = lambda _job_id: None


def age(job: Job, by: timedelta, **values: Any) -> None:
    with unit_of_work():
        db.session.execute(sa.update(Job).where(Job.id == job.id).values(touched_at=clock.now() - by, **values))


def test_a_job_is_done_after_the_commit_with_progress_and_result() -> None:
    job = enqueue(7)
    assert (job.status, job.percent, job.result_url, job.attempts) == (JobState.DONE, 25, "/result", 1)
    assert done == [7]


def test_a_job_of_a_rolled_back_unit_never_was() -> None:
    with pytest.raises(LookupError), unit_of_work():  # noqa: PT012 - the unit is what fails
        jobs.enqueue(ME, "test.work", "干活", {"n": 1})
        raise LookupError
    assert (done, db.session.scalar(sa.select(sa.func.count(Job.id)))) == ([], 0)


def test_ringing_twice_does_it_once() -> None:
    job = enqueue(1)
    jobs.run(job.id)
    assert done == [1]


def test_a_refusal_is_told_a_crash_is_not_shown_raw() -> None:
    assert (enqueue("refuse").status, enqueue("refuse").message) == (JobState.FAILED, "这件事不行。")
    crashed = enqueue("crash")
    assert (crashed.status, "意外错误" in crashed.message) == (JobState.FAILED, True)


def test_a_lost_bell_is_rung_again(app: Flask) -> None:
    bell = app.extensions["job_bell"]
    silent(app)
    job = enqueue(1)
    assert (job.status, jobs.recover()) == (JobState.QUEUED, 0)
    app.extensions["job_bell"] = bell
    age(job, timedelta(seconds=25))
    assert jobs.recover() == 1
    assert (job.status, done) == (JobState.DONE, [1])


def test_a_job_whose_worker_died_is_taken_back_and_gives_up_after_three(app: Flask) -> None:
    bell = app.extensions["job_bell"]
    silent(app)
    job = enqueue(1)
    age(job, timedelta(minutes=4), status=JobState.RUNNING, attempts=1)
    assert jobs.recover() == 0
    app.extensions["job_bell"] = bell
    age(job, timedelta(minutes=6), status=JobState.RUNNING, attempts=1)
    assert jobs.recover() == 1
    assert (job.status, job.attempts) == (JobState.DONE, 2)
    age(job, timedelta(minutes=6), status=JobState.RUNNING, attempts=3)
    assert jobs.recover() == 0
    assert (job.status, job.message) == (JobState.FAILED, "处理多次中断，请重试。")


def test_a_job_is_its_owners() -> None:
    job = enqueue(1)
    assert jobs.get_job(ME, job.public_id).id == job.id
    for actor, name in ((YOU, job.public_id), (ME, "nothing")):
        with pytest.raises(NotFound):
            jobs.get_job(actor, name)


def test_an_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(LookupError), unit_of_work():
        jobs.enqueue(ME, "test.unknown", "x", {})

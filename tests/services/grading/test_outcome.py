"""Practice outcome: draft, frozen snapshot, withdrawal until the draw."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, Refused
from app.core.uow import unit_of_work
from grading import api
from grading.domain.canonical import digest
from grading.domain.flows import OutcomeState, PaperState
from grading.models.batch import Paper
from grading.models.outcome import Outcome
from grading.services import intake, outcomes
from tests.factories.grading import draw, key, make_stage, open_batch, report, submit
from tests.factories.mall import open_shop
from tests.factories.tables import changed, fingerprint


def _outcome() -> Outcome:
    return db.session.scalars(sa.select(Outcome).execution_options(populate_existing=True)).one()


def test_submission_freezes_figures_report_and_hash(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    open_shop(trainee, "阿满的山货")
    receipt = submit(trainee)
    row = _outcome()
    assert row.state == OutcomeState.SUBMITTED
    assert row.receipt == receipt
    assert digest(row.snapshot or "") == row.snapshot_hash
    snapshot = json.loads(row.snapshot or "")
    values = {figure["key"]: figure["value"] for figure in snapshot["facts"]["figures"]}
    assert values["shop_open"] == 1
    assert values["listings_on_sale"] == 0
    assert snapshot["late"] is False
    assert snapshot["programme"] == "电商版"
    assert audit.latest(row.scope_id)[0].action == "outcome.submitted"
    assert audit.verify(row.scope_id).broken_seq is None


def test_figures_after_submission_are_those_of_the_snapshot(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    submit(trainee)
    open_shop(trainee)
    standing = outcomes.stand(trainee)
    assert standing.frozen
    assert standing.facts.values()["shop_open"] == 0


def test_same_key_is_one_submission_and_a_second_one_is_refused(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    with unit_of_work():
        first = outcomes.submit_outcome(trainee, report(), 0, "k")
    with unit_of_work():
        assert outcomes.submit_outcome(trainee, report(), 0, "k") == first
    before = fingerprint()
    with pytest.raises(Refused, match="已经提交"), unit_of_work():
        outcomes.submit_outcome(trainee, report(), 1, "other")
    assert changed(before, fingerprint()) == []


def test_an_empty_field_of_the_report_is_named_and_nothing_is_stored(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    before = fingerprint()
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        outcomes.submit_outcome(trainee, report(review="", operations=""), 0, key())
    assert [issue.field for issue in refusal.value.issues] == ["operations", "review"]
    assert changed(before, fingerprint()) == []


def test_two_tabs_do_not_overwrite_each_other(app_context: Flask) -> None:
    trainee = make_stage(trainees=1).trainees[0]
    with unit_of_work():
        outcomes.save_report(trainee, report("第一次"), 0)
    with unit_of_work():
        outcomes.save_report(trainee, report("第二次"), 1)
    before = fingerprint()
    with pytest.raises(Conflict) as refusal, unit_of_work():
        outcomes.save_report(trainee, report("旧窗口"), 1)
    assert refusal.value.code == "stale_report"
    assert changed(before, fingerprint()) == []


def test_withdrawal_before_a_batch_and_before_the_draw(app_context: Flask) -> None:
    stage = make_stage(trainees=1)
    trainee = stage.trainees[0]
    submit(trainee)
    with unit_of_work():
        outcomes.withdraw_outcome(trainee)
    assert (_outcome().state, _outcome().snapshot, _outcome().receipt) == (OutcomeState.DRAFT, None, None)
    open_batch(stage)
    with unit_of_work():
        outcomes.withdraw_outcome(trainee)
    assert _outcome().state == OutcomeState.DRAFT
    assert db.session.scalars(sa.select(Paper.state)).one() == PaperState.WITHDRAWN
    assert json.loads(_outcome().report)["positioning"]


def test_no_withdrawal_after_the_draw(app_context: Flask) -> None:
    stage = make_stage(trainees=1)
    draw(stage, open_batch(stage))
    before = fingerprint()
    with pytest.raises(Refused, match="不能再撤回"), unit_of_work():
        outcomes.withdraw_outcome(stage.trainees[0])
    assert changed(before, fingerprint()) == []


def test_edited_snapshot_is_refused_at_intake(app_context: Flask) -> None:
    stage = make_stage(trainees=2)
    for trainee in stage.trainees:
        submit(trainee)
    with unit_of_work():
        row = db.session.scalars(sa.select(Outcome).order_by(Outcome.id)).first()
        assert row is not None
        row.snapshot = (row.snapshot or "").replace('"value":0', '"value":9', 1)
    before = fingerprint()
    with pytest.raises(Refused) as refusal, unit_of_work():
        intake.open_batch(stage.centre, stage.row.scope_id, key())
    assert refusal.value.code == "snapshot_changed"
    assert changed(before, fingerprint()) == []


def test_others_may_not_submit(app_context: Flask) -> None:
    stage = make_stage(trainees=1)
    for actor in (stage.instructor, stage.centre, stage.assessors[0]):
        with pytest.raises(Forbidden), unit_of_work():
            outcomes.submit_outcome(actor, report(), 0, key())


def test_progress_of_a_class(app_context: Flask) -> None:
    stage = make_stage(trainees=2)
    submit(stage.trainees[0])
    ids = [trainee.person() for trainee in stage.trainees]
    found = api.progress(stage.row.scope_id, ids)
    assert [found[one].outcome_submitted for one in ids] == [True, False]
    assert [found[one].released for one in ids] == [False, False]
    assert api.results(stage.row.scope_id) == []

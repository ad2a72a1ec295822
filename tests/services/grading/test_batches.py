"""Batches: intake, draw or refusal, marking, third assessor, recusal, release."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account
from app.core import audit, events
from app.core.actor import system
from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.training.services.classes import appoint_instructor
from grading import api
from grading.domain.flows import AssignmentState, OutcomeState, PaperState
from grading.domain.rubric import Entry
from grading.events import ResultsReleased
from grading.models.batch import Assignment, Draw, Paper
from grading.models.outcome import Outcome
from grading.services import draws, intake, marking, releasing, results, reveal
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint
from tests.factories.training import hat, make_region

_heard: list[ResultsReleased] = []


def _hear(_sender: object, *, event: ResultsReleased) -> None:
    _heard.append(event)


def _paper(code: str) -> Paper:
    return db.session.scalars(
        sa.select(Paper).where(Paper.code == code).execution_options(populate_existing=True)
    ).one()


def test_intake_gives_codes_without_order_and_freezes_the_rubric(app_context: Flask) -> None:
    stage = make.make_stage(trainees=12)
    batch_id = make.open_batch(stage)
    rows = db.session.execute(sa.select(Paper.id, Paper.code).order_by(Paper.id)).all()
    assert len({code for _, code in rows}) == 12
    assert all(len(code) == 6 and set(code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _, code in rows)
    view = results.view_batch(stage.centre, batch_id)
    assert (view.rubric.programme, len(view.rubric.criteria), view.small) == ("电商版", 9, False)
    assert [row.code for row in view.rows] == sorted(code for _, code in rows)
    assert {outcome.state for outcome in db.session.scalars(sa.select(Outcome))} == {OutcomeState.IN_DRAW}


def test_nothing_submitted_is_refused(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    with pytest.raises(Refused, match="没有待送审"), unit_of_work():
        intake.open_batch(stage.centre, stage.row.scope_id, make.key())


def test_another_citys_centre_knows_nothing_of_it(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.open_batch(stage)
    stranger = hat(db.session.get_one(Account, stage.assessors[0].person()), Role.CENTRE, make_region("别的市").id)
    before = fingerprint()
    for call in (
        lambda: intake.open_batch(stranger, stage.row.scope_id, make.key()),
        lambda: draws.run_draw(stranger, batch_id, make.key()),
        lambda: releasing.release_batch(stranger, batch_id, make.key()),
        lambda: reveal.reveal_name(stranger, batch_id, make.codes(batch_id)[0], "想看一下"),
        lambda: results.view_batch(stranger, batch_id),
    ):
        with pytest.raises(NotFound), unit_of_work():
            call()
    assert changed(before, fingerprint()) == []


def test_draw_gives_two_assessors_per_paper_balanced_and_verifiable(app_context: Flask) -> None:
    stage = make.make_stage(trainees=6, assessors=4)
    batch_id = make.drawn_batch(stage)
    assert results.view_batch(stage.centre, batch_id).small  # hard case 10: warned of, and kept on record
    assert "draw.open_scoring" in {event.action for event in audit.latest(stage.row.scope_id, 50)}
    work = make.work_on(batch_id)
    assert len(work) == 12
    by_paper: dict[int, set[int]] = {}
    for row in work:
        by_paper.setdefault(row.paper_id, set()).add(row.account_id)
    assert {len(people) for people in by_paper.values()} == {2}
    held = sorted(sum(row.account_id == who.account_id for row in work) for who in stage.assessors)
    assert held == [3, 3, 3, 3]
    stored = db.session.scalars(sa.select(Draw)).one()
    assert draws.verify_draw(stored)
    names = {trainee.name for trainee in stage.trainees}
    assert not any(name in stored.input + stored.result for name in names)
    stored.seed = "0" * 32
    assert not draws.verify_draw(stored)
    db.session.rollback()


def test_infeasible_draw_is_refused_with_reasons_and_nothing_is_drawn(app_context: Flask) -> None:
    """Hard case 1: three in the pool, two of them teach the class."""
    stage = make.make_stage(trainees=3, assessors=3)
    for assessor in stage.assessors[:2]:
        login = db.session.get_one(Account, assessor.person()).login
        with unit_of_work():
            appoint_instructor(system(), stage.row.code, login)
    batch_id = make.open_batch(stage)
    before = fingerprint()
    with pytest.raises(Refused) as refusal, unit_of_work():
        draws.run_draw(stage.centre, batch_id, make.key())
    assert refusal.value.code == "draw_infeasible"
    assert "3 份评审件共缺 3 名" in refusal.value.message
    assert "任课或曾任课 2 人" in refusal.value.message
    assert [issue.message[:6] for issue in refusal.value.issues] == make.codes(batch_id)
    assert changed(before, fingerprint()) == []
    make.make_assessor(stage.region)
    make.draw(stage, batch_id)
    assert len(make.work_on(batch_id)) == 6


def test_learners_and_the_manager_never_mark_their_batch(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=2)
    learner = db.session.get_one(Account, stage.trainees[0].person())
    manager = db.session.get_one(Account, stage.centre.person())
    make.make_assessor(stage.region, account=learner)
    make.make_assessor(stage.region, account=manager)
    batch_id = make.drawn_batch(stage)
    allowed = {actor.account_id for actor in stage.assessors}
    assert {row.account_id for row in make.work_on(batch_id)} == allowed


def test_a_second_draw_is_refused_and_the_same_key_is_the_same_draw(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.open_batch(stage)
    for _ in range(2):
        with unit_of_work():
            assert draws.run_draw(stage.centre, batch_id, "one-key") == 1
    with pytest.raises(Refused, match="已经抽取"), unit_of_work():
        draws.run_draw(stage.centre, batch_id, "other-key")
    assert len(make.work_on(batch_id)) == 2


def test_two_marks_give_the_exact_mean(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 75, 80)
    paper = _paper(code)
    assert (paper.state, paper.final_numerator, paper.final_denominator) == (PaperState.SCORED, 155, 2)


def test_sixty_two_and_fifty_eight_call_a_third_and_the_median_passes(app_context: Flask) -> None:
    """Hard case 4."""
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 62, 58)
    assert _paper(code).state == PaperState.THIRD
    work = make.work_on(batch_id, code)
    assert [row.slot for row in work] == [1, 2, 3]
    assert len({row.account_id for row in work}) == 3
    with pytest.raises(Refused, match=code), unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    make.mark(make.assessor_of(stage, work[2]), code, 61)
    paper = _paper(code)
    assert (paper.state, paper.final_numerator, paper.final_denominator) == (PaperState.SCORED, 61, 1)
    with unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    mine = results.my_result(stage.trainees[0])
    assert mine is not None
    assert (mine.score, mine.passed, mine.method) == ("61.0", True, "median")
    assert sum(Fraction(part.numerator, part.denominator) for part in mine.criteria) == 61


def test_third_place_stays_open_when_nobody_is_left_and_is_filled_later(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=2)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 59, 60)
    assert _paper(code).state == PaperState.THIRD
    assert results.view_batch(stage.centre, batch_id).missing == 1
    with pytest.raises(Refused), unit_of_work():
        draws.fill_open_slots(stage.centre, batch_id, make.key())
    stage.assessors.append(make.make_assessor(stage.region))
    with unit_of_work():
        assert draws.fill_open_slots(stage.centre, batch_id, make.key()) == 1
    make.mark(stage.assessors[-1], code, 10)
    assert _paper(code).final_numerator == 59


def test_release_is_refused_while_a_paper_is_open_and_names_it(app_context: Flask) -> None:
    """Hard case 11."""
    stage = make.make_stage(trainees=3)
    batch_id = make.drawn_batch(stage)
    first, second, open_one = make.codes(batch_id)
    make.mark_paper(stage, batch_id, first, 70, 72)
    make.mark_paper(stage, batch_id, second, 20, 30)
    before = fingerprint()
    with pytest.raises(Refused) as refusal, unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    assert open_one in refusal.value.message
    assert first not in refusal.value.message
    assert changed(before, fingerprint()) == []
    assert [results.my_result(trainee) for trainee in stage.trainees] == [None, None, None]
    assert api.results(stage.row.scope_id) == []


def test_release_hands_back_to_the_right_person_and_tells_codes(app_context: Flask) -> None:
    _heard.clear()
    events.subscribe(ResultsReleased, _hear)
    stage = make.make_stage(trainees=3)
    batch_id = make.drawn_batch(stage)
    totals = dict(zip(make.codes(batch_id), ((70, 71), (30, 40), (95, 96)), strict=True))
    for code, pair in totals.items():
        make.mark_paper(stage, batch_id, code, *pair)
    with unit_of_work():
        assert releasing.release_batch(stage.centre, batch_id, make.key()) == 3
    owners = {}
    for code in totals:
        with unit_of_work():
            owners[code] = reveal.reveal_name(stage.centre, batch_id, code, "核对成绩发布")
    for trainee in stage.trainees:
        code = next(code for code, name in owners.items() if name == trainee.name)
        mine = results.my_result(trainee)
        assert mine is not None
        assert mine.final == Fraction(sum(totals[code]), 2)
        assert mine.passed == (sum(totals[code]) >= 120)
        assert mine.criteria[0].comments[0] == ("评委甲", "理由写清楚了。")
    assert [event.codes for event in _heard] == [tuple(sorted(totals))]
    infos = api.results(stage.row.scope_id)
    assert len(infos) == 3
    assert sum(info.passed is True for info in infos) == 2
    actions = {event.action for event in audit.latest(stage.row.scope_id, 200)}
    assert {
        "outcome.submitted",
        "batch.opened",
        "draw.run",
        "paper.opened",
        "mark.completed",
        "paper.scored",
        "batch.released",
        "paper.revealed",
    } <= actions
    assert audit.verify(stage.row.scope_id).broken_seq is None


def test_edited_paper_stops_marking_and_release(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 70, 70)
    with unit_of_work():
        paper = _paper(code)
        paper.content = paper.content.replace("自述", "他述", 1)
    before = fingerprint()
    with pytest.raises(Refused) as refusal, unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    assert refusal.value.code == "snapshot_changed"
    with pytest.raises(Refused):
        marking.desk(make.assessor_of(stage, make.work_on(batch_id, code)[0]), code)
    assert changed(before, fingerprint()) == []


def test_edited_outcome_is_refused_at_release(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    make.mark_paper(stage, batch_id, make.codes(batch_id)[0], 70, 70)
    with unit_of_work():
        row = db.session.scalars(sa.select(Outcome)).one()
        row.snapshot = (row.snapshot or "") + " "
    with pytest.raises(Refused, match="哈希不符"), unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    assert api.results(stage.row.scope_id) == []


def test_edited_mark_is_refused_at_release(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    make.mark_paper(stage, batch_id, make.codes(batch_id)[0], 70, 70)
    with unit_of_work():
        row = make.work_on(batch_id)[0]
        entries = json.loads(row.entries)
        entries["goods"]["points"] -= 1
        row.entries = json.dumps(entries)
    with pytest.raises(Refused, match="不符"), unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())


def test_recusal_discards_points_draws_a_replacement_and_is_for_good(app_context: Flask) -> None:
    """Hard case 5."""
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    work = make.work_on(batch_id, code)[0]
    who = make.assessor_of(stage, work)
    with unit_of_work():
        marking.open_paper(who, code)
    version = marking.desk(who, code).sheet.version
    with unit_of_work():
        marking.save_draft(who, code, version, {"goods": Entry(12)})
    before = fingerprint()
    with pytest.raises(InvalidInput, match="理由"), unit_of_work():
        marking.recuse(who, code, "", make.key())
    assert changed(before, fingerprint()) == []
    with unit_of_work():
        assert marking.recuse(who, code, "我认出了作者", make.key())
    with pytest.raises(NotFound):
        marking.desk(who, code)
    rows = db.session.scalars(sa.select(Assignment).where(Assignment.paper_id == work.paper_id)).all()
    recused = next(row for row in rows if row.account_id == who.account_id)
    assert (recused.state, recused.entries, recused.total) == (AssignmentState.RECUSED, "{}", None)
    active = [row for row in rows if row.state != AssignmentState.RECUSED]
    assert sorted(row.slot for row in active) == [1, 2]
    assert who.account_id not in {row.account_id for row in active}


def test_recusal_without_anybody_left_leaves_the_place_open(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=2)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    with unit_of_work():
        assert not marking.recuse(stage.assessors[0], code, "", make.key())
    assert results.view_batch(stage.centre, batch_id).missing == 1
    with pytest.raises(Refused) as refusal, unit_of_work():
        draws.fill_open_slots(stage.centre, batch_id, make.key())
    assert "已回避 1 人" in refusal.value.issues[0].message


def test_marks_need_all_criteria_and_comments(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    who = make.assessor_of(stage, make.work_on(batch_id, code)[0])
    with unit_of_work():
        marking.open_paper(who, code)
    desk = marking.desk(who, code)
    entries = {key: Entry(entry.points, "") for key, entry in make.spread(desk.paper.rubric, 80).items()}
    before = fingerprint()
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, entries, make.key())
    assert all(str(issue.field).startswith("comment-") for issue in refusal.value.issues)
    del entries["goods"]
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, entries, make.key())
    assert "points-goods" in [issue.field for issue in refusal.value.issues]
    assert changed(before, fingerprint()) == []


def test_two_tabs_of_one_assessor(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    who = make.assessor_of(stage, make.work_on(batch_id, code)[0])
    with unit_of_work():
        marking.open_paper(who, code)
    version = marking.desk(who, code).sheet.version
    with unit_of_work():
        second = marking.save_draft(who, code, version, {"goods": Entry(10)})
    with unit_of_work():
        third = marking.save_draft(who, code, second, {"goods": Entry(11)})
    assert (second, third) == (version + 1, version + 2)
    before = fingerprint()
    with pytest.raises(Conflict), unit_of_work():
        marking.save_draft(who, code, second, {"goods": Entry(1)})
    desk = marking.desk(who, code)
    with pytest.raises(Conflict), unit_of_work():
        marking.submit_marks(who, code, second, make.spread(desk.paper.rubric, 70), make.key())
    assert changed(before, fingerprint()) == []
    assert desk.sheet.entries["goods"].points == 11


def test_a_submitted_mark_is_fixed(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    work = make.work_on(batch_id, code)[0]
    who = make.assessor_of(stage, work)
    make.mark(who, code, 70)
    desk = marking.desk(who, code)
    before = fingerprint()
    with pytest.raises(Refused, match="已经提交"), unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, make.spread(desk.paper.rubric, 90), make.key())
    with pytest.raises(Refused), unit_of_work():
        marking.save_draft(who, code, desk.sheet.version, {"goods": Entry(1)})
    with pytest.raises(Refused, match="不能再回避"), unit_of_work():
        marking.recuse(who, code, "想起来认识作者", make.key())
    assert changed(before, fingerprint()) == []


def test_not_yours_and_not_there_are_the_same(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    drawn = {row.account_id for row in make.work_on(batch_id, code)}
    outsider = next(actor for actor in stage.assessors if actor.account_id not in drawn)
    sentences = set()
    for asked in (code, "ZZZZZZ"):
        with pytest.raises(NotFound) as refusal:
            marking.desk(outsider, asked)
        sentences.add(refusal.value.message)
    assert len(sentences) == 1
    for actor in (stage.trainees[0], stage.instructor, stage.centre):
        with pytest.raises(Forbidden):
            marking.desk(actor, code)


def test_a_look_at_a_name_needs_a_reason(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.open_batch(stage)
    code = make.codes(batch_id)[0]
    before = fingerprint()
    with pytest.raises(InvalidInput), unit_of_work():
        reveal.reveal_name(stage.centre, batch_id, code, "看")
    with pytest.raises(NotFound), unit_of_work():
        reveal.reveal_name(stage.centre, batch_id, "ZZZZZZ", "核对身份")
    assert changed(before, fingerprint()) == []
    assert results.view_batch(stage.centre, batch_id).rows[0].name is None
    with unit_of_work():
        assert reveal.reveal_name(stage.centre, batch_id, code, "核对身份") == stage.trainees[0].name
    assert results.view_batch(stage.centre, batch_id).rows[0].name == stage.trainees[0].name

"""Where markers disagree, work changes hands, results are disputed or fail."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account
from app.core import audit, clock
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from app.training.services.classes import appoint_instructor
from grading import api
from grading.domain.flows import AppealState, AssignmentState, OutcomeState, PaperState
from grading.domain.rubric import Entry
from grading.models.batch import Assignment, Paper
from grading.models.outcome import Appeal, Outcome, Result
from grading.services import appeals, coaching, draws, intake, leases, marking, outcomes, pool, releasing, results
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint


def _paper(code: str) -> Paper:
    query = sa.select(Paper).where(Paper.code == code).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def _release(stage: make.Stage, batch_id: int) -> None:
    with unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())


def _holder(stage: make.Stage, batch_id: int, code: str, slot: int) -> Actor:
    return make.assessor_of(stage, next(row for row in make.work_on(batch_id, code) if row.slot == slot))


def test_three_far_apart_go_to_an_arbiter_who_sees_the_marks(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=4)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 90, 30)
    assert marking.desk(_holder(stage, batch_id, code, 3), code).others == ()
    make.mark(_holder(stage, batch_id, code, 3), code, 61)
    assert _paper(code).state == PaperState.ARBITRATION
    arbiter = _holder(stage, batch_id, code, 4)
    assert [(one.label, one.total) for one in marking.desk(arbiter, code).others] == [
        ("评委甲", 90),
        ("评委乙", 30),
        ("评委丙", 61),
    ]
    make.mark(arbiter, code, 58)
    paper = _paper(code)
    assert (paper.state, paper.final_numerator, paper.method) == (PaperState.SCORED, 58, "arbiter")
    _release(stage, batch_id)
    mine = results.my_result(stage.trainees[0])
    assert mine is not None
    assert (mine.score, mine.passed, mine.method) == ("58.0", False, "arbiter")


def test_a_flag_calls_a_third_and_needs_words(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 70)
    second = _holder(stage, batch_id, code, 2)
    with unit_of_work():
        marking.open_paper(second, code)
    desk = marking.desk(second, code)
    sheet = make.spread(desk.paper.rubric, 71)
    with pytest.raises(InvalidInput, match="疑点"), unit_of_work():
        marking.submit_marks(second, code, desk.sheet.version, sheet, make.key(), "doubt", "")
    with unit_of_work():
        marking.submit_marks(second, code, desk.sheet.version, sheet, make.key(), "doubt", "订单像是自己买的")
    assert _paper(code).state == PaperState.THIRD


def test_deviation_from_automatic_points_needs_a_reason(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    who = _holder(stage, batch_id, code, 1)
    with unit_of_work():
        marking.open_paper(who, code)
    desk = marking.desk(who, code)
    goods = next(one for one in desk.paper.rubric.criteria if one.key == "goods")
    assert desk.paper.suggested()["goods"] == 0  # there is no shop
    sheet = {**make.spread(desk.paper.rubric, 70), "goods": Entry(goods.maximum * 8 // 10, "")}
    with pytest.raises(InvalidInput, match="自动得分"), unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, sheet, make.key())


def test_reassign_and_finish_in_the_same_second(app_context: Flask) -> None:
    """Hard case 6: one wins; never two marks in a place."""
    stage = make.make_stage(trainees=1, assessors=4)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    first, second = make.work_on(batch_id, code)
    seen, who = first.version, make.assessor_of(stage, first)
    make.mark(who, code, 70)
    with pytest.raises((Refused, Conflict)), unit_of_work():
        leases.reassign(stage.centre, batch_id, code, 1, seen, "讲师长期没有评", make.key())
    late = make.assessor_of(stage, second)
    with unit_of_work():
        marking.open_paper(late, code)
    sheet = marking.desk(late, code)
    current = next(row for row in make.work_on(batch_id, code) if row.slot == 2)
    with pytest.raises(InvalidInput), unit_of_work():
        leases.reassign(stage.centre, batch_id, code, 2, current.version, "", make.key())
    with unit_of_work():
        assert leases.reassign(stage.centre, batch_id, code, 2, current.version, "讲师请假了", make.key())
    before = fingerprint()
    with pytest.raises(NotFound), unit_of_work():
        marking.submit_marks(late, code, sheet.sheet.version, make.spread(sheet.paper.rubric, 70), make.key())
    assert changed(before, fingerprint()) == []
    rows = make.work_on(batch_id, code)
    assert [row.slot for row in rows] == [1, 2]
    assert (rows[0].total, rows[1].account_id != late.account_id) == (70, True)


def test_leases_run_out_in_working_time(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=4)
    batch_id = make.drawn_batch(stage)
    first, _ = make.codes(batch_id)
    make.mark_paper(stage, batch_id, first, 70)
    with unit_of_work():
        assert leases.expire(stage.centre, batch_id) == 0
    with clock.frozen(clock.now() + timedelta(days=6)), unit_of_work():
        assert leases.expire_all(system()) == 3
    rows = db.session.scalars(sa.select(Assignment).order_by(Assignment.id)).all()
    assert sum(row.state == AssignmentState.EXPIRED for row in rows) == 3
    assert [row.slot for row in make.work_on(batch_id, first)] == [1, 2]


def test_a_substitute_teacher_loses_the_papers(app_context: Flask) -> None:
    """Hard case 3: open work is redrawn, completed marks are void and replaced; the audit keeps both."""
    stage = make.make_stage(trainees=2, assessors=4)
    batch_id = make.drawn_batch(stage)
    done, other = make.codes(batch_id)
    teacher = _holder(stage, batch_id, done, 1)
    make.mark(teacher, done, 70)
    login = db.session.get_one(Account, teacher.person()).login
    with unit_of_work():
        appoint_instructor(system(), stage.row.code, login)
    held = [row for row in make.work_on(batch_id, other) if row.account_id == teacher.account_id]
    with unit_of_work():
        found = leases.recheck(stage.centre, batch_id)
    assert (found.voided, found.moved) == (1, len(held))
    for code in (done, other):
        rows = make.work_on(batch_id, code)
        assert [row.slot for row in rows] == [1, 2]
        assert teacher.account_id not in {row.account_id for row in rows}
    assert {"mark.completed", "mark.voided"} <= {event.action for event in audit.latest(stage.row.scope_id, 200)}


def test_reopened_mark_opens_the_final_score(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 70, 72)
    with unit_of_work():
        leases.reopen(stage.centre, batch_id, code, 1, "合计与评语不符")
    paper = _paper(code)
    assert (paper.state, paper.final_numerator) == (PaperState.MARKING, None)
    who = _holder(stage, batch_id, code, 1)
    desk = marking.desk(who, code)
    with unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, make.spread(desk.paper.rubric, 80), make.key())
    assert _paper(code).final_numerator == 76


def test_a_third_that_is_no_longer_needed_is_called_off(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 62, 58)
    third = _holder(stage, batch_id, code, 3)
    with unit_of_work():
        leases.reopen(stage.centre, batch_id, code, 2, "评语里写的是 62 分")
    who = _holder(stage, batch_id, code, 2)
    desk = marking.desk(who, code)
    with unit_of_work():
        marking.submit_marks(who, code, desk.sheet.version, make.spread(desk.paper.rubric, 62), make.key())
    assert (_paper(code).state, _paper(code).final_numerator) == (PaperState.SCORED, 62)
    with pytest.raises(NotFound):
        marking.desk(third, code)


def test_conflicts_of_institution_certificate_declaration_and_pin(app_context: Flask) -> None:
    """Hard case 2 and table 3.4."""
    stage = make.make_stage(trainees=1, assessors=3)
    today = clock.local(clock.now()).date()
    one, two, three = (actor.person() for actor in stage.assessors)
    with unit_of_work():
        pool.set_qualification(stage.centre, one, "PX-001", today - timedelta(days=400), today - timedelta(days=1), 9)
        pool.declare(stage.centre, two, stage.row.scope_id, "relative", "学员的表姐")
    batch_id = make.open_batch(stage)
    with pytest.raises(Refused) as refusal, unit_of_work():
        draws.run_draw(stage.centre, batch_id, make.key())
    assert "已申报利害关系 1 人" in refusal.value.message
    with unit_of_work():
        pool.set_qualification(stage.centre, one, "PX-001", today, today, 9)
        pool.declare(stage.centre, one, stage.row.scope_id, "other", "评审库人数不足，书面同意", "none")
        pool.declare(stage.centre, two, stage.row.scope_id, "other", "不在这一批里，不用注明", "none")
    make.draw(stage, batch_id)
    told = [(x.name, x.reason) for x in results.view_batch(stage.centre, batch_id).lifted]
    assert told == [(stage.assessors[0].name, "评审库人数不足，书面同意")]  # flagged in every report
    assert {row.account_id for row in make.work_on(batch_id)} == {one, three}
    with pytest.raises(InvalidInput), unit_of_work():
        pool.declare(stage.centre, two, stage.row.scope_id, "relative", "")
    with pytest.raises(NotFound), unit_of_work():
        pool.set_qualification(stage.centre, stage.trainees[0].person(), "PX-001", today, today, 9)


def test_a_cap_is_a_reason(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=2)
    today = clock.local(clock.now()).date()
    with unit_of_work():
        pool.set_qualification(stage.centre, stage.assessors[0].person(), "PX-1", today, today, 1)
    batch_id = make.open_batch(stage)
    with pytest.raises(Refused, match="评审份数已满 1 人"), unit_of_work():
        draws.run_draw(stage.centre, batch_id, make.key())


def test_fail_coaching_new_attempt_and_the_old_result_stays(app_context: Flask) -> None:
    """Hard cases 7 and 8."""
    stage = make.make_stage(trainees=2, assessors=4)
    batch_id = make.drawn_batch(stage)
    failing, passing = stage.trainees
    for paper_id, author in intake.authors_by_paper(batch_id).items():
        marks = (40, 41) if author == failing.person() else (70, 72)
        make.mark_paper(stage, batch_id, db.session.get_one(Paper, paper_id).code, *marks)
    _release(stage, batch_id)
    with pytest.raises(Refused, match="已经合格"), unit_of_work():
        coaching.start_attempt(passing, make.key())
    with pytest.raises(Refused, match="辅导"), unit_of_work():
        coaching.start_attempt(failing, make.key())
    today = clock.local(clock.now()).date()
    with unit_of_work():
        talk = coaching.record_coaching(
            stage.instructor, failing.person(), today, "face", 45, "逐项看了评语，改了标题和详情页。", make.key()
        )
    with pytest.raises(NotFound), unit_of_work():
        coaching.confirm_coaching(passing, talk)
    with unit_of_work():
        coaching.confirm_coaching(failing, talk)
        assert coaching.start_attempt(failing, make.key()) == 2
    make.submit(failing)
    again = make.Stage(stage.region, stage.row, stage.centre, stage.instructor, [failing], stage.assessors)
    second = make.drawn_batch(again)
    first_markers = {row.account_id for row in make.work_on(batch_id)}
    assert len(first_markers) == 4 or not {row.account_id for row in make.work_on(second)} & first_markers
    mine = results.my_result(failing)
    assert mine is not None and not mine.passed  # attempt 1 while attempt 2 is marked
    assert sorted(bool(info.passed) for info in api.results(stage.row.scope_id)) == [False, True]


def test_markers_of_the_first_attempt_never_mark_the_second(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=2)
    batch_id = make.drawn_batch(stage)
    make.mark_paper(stage, batch_id, make.codes(batch_id)[0], 40, 41)
    _release(stage, batch_id)
    with unit_of_work():
        row = db.session.scalars(sa.select(Outcome)).one()
        db.session.add(
            Outcome(
                account_id=row.account_id,
                scope_id=row.scope_id,
                attempt=2,
                state=OutcomeState.DRAFT,
                report=row.report,
                report_version=1,
                created_at=clock.now(),
            )
        )
    second = make.open_batch(stage)
    with pytest.raises(Refused, match="评过该学员以前的成果 2 人"), unit_of_work():
        draws.run_draw(stage.centre, second, make.key())


def test_an_appeal_may_lower_the_result(app_context: Flask) -> None:
    """Hard case 12: released 58, the new assessor gives 55: final is 55."""
    stage = make.make_stage(trainees=1, assessors=3)
    batch_id = make.drawn_batch(stage)
    code = make.codes(batch_id)[0]
    make.mark_paper(stage, batch_id, code, 58, 58)
    _release(stage, batch_id)
    trainee = stage.trainees[0]
    mine = results.my_result(trainee)
    assert mine is not None
    reasons = {mine.criteria[0].title: "店铺定位写得很清楚，请再看一遍。"}
    for bad in ({}, {"没有这一项": "理由理由理由理由理由理由"}, {mine.criteria[0].title: "短"}):
        with pytest.raises(InvalidInput), unit_of_work():
            appeals.file_appeal(trainee, bad, True, make.key())
    with pytest.raises(InvalidInput, match="更低"), unit_of_work():
        appeals.file_appeal(trainee, reasons, False, make.key())
    with clock.frozen(clock.now() + timedelta(days=10)), pytest.raises(Refused, match="工作日"), unit_of_work():
        appeals.file_appeal(trainee, reasons, True, make.key())
    with unit_of_work():
        appeal = appeals.file_appeal(trainee, reasons, True, make.key())
    with pytest.raises(Refused, match="一次"), unit_of_work():
        appeals.file_appeal(trainee, reasons, True, make.key())
    with unit_of_work():
        assert appeals.answer_appeal(stage.centre, appeal, True, "材料齐全，受理", make.key())
    assert results.my_result(trainee).score == "58.0"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="申诉"), unit_of_work():
        releasing.withdraw_release(stage.centre, batch_id, "统计有误", make.key())
    new = _holder(stage, batch_id, code, 5)
    assert marking.desk(new, code).others == ()
    make.mark(new, code, 55)
    after = results.my_result(trainee)
    assert after is not None
    assert (after.score, after.method, after.version) == ("55.0", "appeal", 2)
    assert db.session.get_one(Appeal, appeal).state == AppealState.DECIDED
    assert _paper(code).state == PaperState.RELEASED
    assert [info.final_numerator for info in api.results(stage.row.scope_id)] == [55]


def test_unrelease_keeps_the_old_version_with_its_reason(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2)
    batch_id = make.drawn_batch(stage)
    for code in make.codes(batch_id):
        make.mark_paper(stage, batch_id, code, 70, 72)
    _release(stage, batch_id)
    with pytest.raises(InvalidInput), unit_of_work():
        releasing.withdraw_release(stage.centre, batch_id, "", make.key())
    with unit_of_work():
        assert releasing.withdraw_release(stage.centre, batch_id, "评分标准选错了版本", make.key()) == 2
    trainee = stage.trainees[0]
    assert results.my_result(trainee) is None
    assert results.aftermath(trainee, None).withdrawn == "评分标准选错了版本"
    assert api.results(stage.row.scope_id) == []
    _release(stage, batch_id)
    rows = db.session.scalars(sa.select(Result).order_by(Result.outcome_id, Result.version)).all()
    assert [row.version for row in rows] == [1, 2, 1, 2]
    assert outcomes.stand(trainee).state == OutcomeState.RELEASED

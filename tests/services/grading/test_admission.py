"""Before marking: late submission by permission, real shops with evidence and their check."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage

from app.core import clock, photos
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from app.training.models import TrainingClass
from grading.domain.admission_flows import LateState, RealShopState
from grading.models.admission import RealShop
from grading.models.batch import Paper
from grading.models.outcome import Outcome
from grading.services import lateness, outcomes, real_shops
from tests.factories import grading as make
from tests.factories.tables import changed, fingerprint

DAY = timedelta(days=1)


def _end_class(stage: make.Stage) -> None:
    with unit_of_work():
        row = db.session.get_one(TrainingClass, stage.row.id)
        row.end_date = lateness.today() - DAY
        row.start_date = row.end_date - 20 * DAY


def _ask(trainee: Actor, reason: str = "住院两周，附病历。") -> int:
    with unit_of_work():
        return lateness.ask_late(trainee, reason, make.key())


def _due(trainee: Actor) -> tuple[bool, str]:
    rule = next(rule for rule in outcomes.eligibility(trainee) if rule.rule == "提交期限")
    return rule.met, rule.value


def test_late_submission_needs_permission_and_costs_no_points(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=2)
    trainee, mate = stage.trainees
    with pytest.raises(Refused, match="还在提交期限内"):
        _ask(trainee)
    _end_class(stage)
    before = fingerprint()
    with pytest.raises(Refused, match="提交期限未达到"):
        make.submit(trainee)
    with pytest.raises(InvalidInput, match="逾期的原因"):
        _ask(trainee, "忙")
    assert changed(before, fingerprint()) == []
    asked = _ask(trainee)
    assert _due(trainee) == (False, "已逾期，申请待审批")
    with pytest.raises(Refused, match="正在等待审批"):
        _ask(trainee)
    elsewhere = make.make_stage(trainees=0, assessors=0)
    until = lateness.today() + 3 * DAY
    for stranger in (elsewhere.centre, elsewhere.instructor):
        with pytest.raises(NotFound), unit_of_work():
            lateness.decide_late(stranger, asked, True, until, "情况属实")
    with pytest.raises(InvalidInput, match="90 天以内"), unit_of_work():
        lateness.decide_late(stage.instructor, asked, True, lateness.today() - DAY, "情况属实")
    assert [row.trainee for row in lateness.list_requests(stage.instructor)] == [trainee.name]
    with unit_of_work():
        lateness.decide_late(stage.instructor, asked, True, until, "情况属实，请在三天内提交。")
    assert _due(trainee) == (True, f"已批准逾期提交至 {until:%Y-%m-%d}")
    make.submit(trainee)
    row = db.session.scalars(sa.select(Outcome).where(Outcome.account_id == trainee.account_id)).one()
    assert json.loads(row.snapshot or "")["late"] is True
    assert outcomes.stand(trainee).late
    with pytest.raises(Refused, match="已经有人处理过"), unit_of_work():
        lateness.decide_late(stage.centre, asked, False, None, "改主意了")
    refused = _ask(mate)
    with unit_of_work():
        lateness.decide_late(stage.centre, refused, False, None, "没有提供证明。")
    rule = next(rule for rule in outcomes.eligibility(mate) if rule.rule == "提交期限")
    assert (rule.met, rule.value) == (False, "已逾期，申请未批准")
    assert "没有提供证明" in rule.remedy
    again = _ask(mate, "补充了住院证明。")
    assert lateness.latest_request(mate.person(), stage.row.scope_id).state == LateState.ASKED  # type: ignore[union-attr]
    assert lateness.waiting_requests(stage.centre) == 1
    with unit_of_work():
        lateness.decide_late(stage.centre, again, True, lateness.today(), "同意当天补交。")
    with clock.frozen(clock.now() + 2 * DAY), pytest.raises(Refused, match="期限也过了"):
        make.submit(mate)


def _statement(**changes: object) -> real_shops.Statement:
    values: dict[str, object] = {
        "platform": "微店",
        "name": "阿珍真实小店",
        "address": "https://weidian.example.com/azhen",
        "opened_on": lateness.today() - 30 * DAY,
        "goods": 12,
        "orders": 4,
        "amount": 35_600,
    }
    return real_shops.Statement(**{**values, **changes})  # type: ignore[arg-type]


def _photo() -> photos.Photo:
    buffer = io.BytesIO()
    image = Image.new("RGB", (64, 48), "teal")
    exif = image.getexif()
    exif[0x010E] = "azhen-phone"
    image.save(buffer, "JPEG", exif=exif)
    assert b"azhen-phone" in buffer.getvalue()
    return photos.read_photo(FileStorage(io.BytesIO(buffer.getvalue()), "阿珍.jpg"))


def test_markers_learn_of_a_real_shop_what_the_screener_verified(app_context: Flask) -> None:
    stage = make.make_stage(trainees=2, assessors=2)
    trainee, mate = stage.trainees
    with pytest.raises(InvalidInput, match="店铺网址"), unit_of_work():
        real_shops.state_shop(trainee, _statement(address="没有网址"))
    with pytest.raises(Refused, match="先填写并保存店铺信息"), unit_of_work():
        real_shops.add_picture(trainee, _photo())
    with unit_of_work():
        real_shops.state_shop(trainee, _statement())
        picture = real_shops.add_picture(trainee, _photo())
        real_shops.state_shop(mate, _statement(name="同学的店"))
    data = real_shops.picture(trainee, picture)
    assert data == real_shops.picture(stage.centre, picture)
    assert b"azhen-phone" not in data
    for stranger in (mate, make.make_stage(trainees=0, assessors=0).centre, stage.instructor):
        with pytest.raises(NotFound):
            real_shops.picture(stranger, picture)
    with pytest.raises(NotFound), unit_of_work():
        real_shops.drop_picture(mate, picture)
    rows = {row.trainee: row for row in real_shops.list_shops(stage.centre)}
    shop = rows[trainee.name].shop
    assert rows[trainee.name].pictures == (picture,)
    with pytest.raises(Refused, match="刚刚改过"), unit_of_work():
        real_shops.check_shop(stage.centre, shop.id, shop.version - 1, True, 11, 3, "网址能打开")
    with unit_of_work():
        real_shops.check_shop(stage.centre, shop.id, shop.version, True, 11, 3, "网址能打开，截图一致。")
        other = rows[mate.name].shop
        real_shops.check_shop(stage.centre, other.id, other.version, False, -1, -1, "网址打不开，没有截图。")
    text = make.report(positioning="我在阿珍真实小店卖香菇，地址 https://weidian.example.com/azhen 。")
    make.submit(trainee, text)
    frozen = json.loads(db.session.scalars(sa.select(Outcome.snapshot).where(Outcome.receipt.is_not(None))).one() or "")
    assert frozen["real_shop"]["amount"] == 35_600
    assert len(frozen["real_shop"]["pictures"]) == 1
    with pytest.raises(Refused, match="已经提交"), unit_of_work():
        real_shops.state_shop(trainee, _statement(goods=99))
    make.open_batch(stage)
    papers = [json.loads(text) for text in db.session.scalars(sa.select(Paper.content))]
    facts = sorted(
        [one["value"] for one in paper["figures"] if one["key"].startswith("real_shop_")] for paper in papers
    )
    assert facts == [[0, 0, 0], [1, 11, 3]]
    assert all("阿珍" not in json.dumps(paper, ensure_ascii=False) for paper in papers)
    assert all("weidian" not in json.dumps(paper) for paper in papers)


def test_a_changed_statement_is_checked_anew(app_context: Flask) -> None:
    stage = make.make_stage(trainees=1, assessors=0)
    trainee = stage.trainees[0]
    with unit_of_work():
        shop = real_shops.state_shop(trainee, _statement())
        real_shops.check_shop(stage.centre, shop.id, shop.version, True, 12, 4, "属实，截图一致。")
    assert outcomes.stand(trainee).facts.values()["real_shop_goods"] == 12
    with unit_of_work():
        real_shops.add_picture(trainee, _photo())
    row = db.session.scalars(sa.select(RealShop)).one()
    assert (row.state, row.found_goods, row.checked_at) == (RealShopState.STATED, None, None)
    assert outcomes.stand(trainee).facts.values()["real_shop_verified"] == 0

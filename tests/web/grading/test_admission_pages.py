"""Pages before and after marking: late requests, real shops, signatures, the score protocol."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.core.db import db
from app.core.uow import unit_of_work
from app.training.models import TrainingClass
from grading.services import lateness, real_shops, releasing
from tests.factories import grading as make
from tests.factories.world import sign_in


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None, name
    return found.group(1)


def _picture() -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(buffer, "PNG")
    buffer.seek(0)
    return buffer


@pytest.mark.sqlite_only
def test_late_request_and_real_shop_by_the_pages(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=0)
        with unit_of_work():
            row = db.session.get_one(TrainingClass, stage.row.id)
            row.end_date = row.start_date
        trainee, centre = (sign_in(app.test_client(), who) for who in (stage.trainees[0], stage.centre))
        teacher = sign_in(app.test_client(), stage.instructor)
        today = lateness.today().isoformat()
    page = trainee.get("/grading/outcome").get_data(as_text=True)
    assert "申请逾期提交" in page
    assert 'data-poll="/grading/outcome/rules"' in page
    short = trainee.post("/grading/outcome/late", data={"late_reason": "忙", "key": "a"})
    assert short.status_code == 400
    assert "请写明逾期的原因" in short.get_data(as_text=True)
    assert trainee.post("/grading/outcome/late", data={"late_reason": "住院两周", "key": "b"}).status_code == 302
    fragment = trainee.get("/grading/outcome/rules").get_data(as_text=True)
    assert "申请待审批" in fragment
    assert "<html" not in fragment
    with app.app_context():
        request_id = lateness.list_requests(stage.centre)[0].request.id
    sent = {"action": "approve", "answer": "情况属实", "until": today}
    assert "申请逾期提交" in teacher.get("/").get_data(as_text=True)
    no_day = teacher.post(f"/grading/late/{request_id}", data={**sent, "until": "明天"})
    assert (no_day.status_code, "请填写允许提交到的日期" in no_day.get_data(as_text=True)) == (400, True)
    assert teacher.post(f"/grading/late/{request_id}", data=sent).status_code == 302
    assert "已批准逾期提交至" in trainee.get("/grading/outcome/rules").get_data(as_text=True)
    _real_shop(app, stage, trainee, centre)


def _real_shop(app: Flask, stage: make.Stage, trainee: FlaskClient, centre: FlaskClient) -> None:
    fields = {
        "platform": "微店", "name": "真小店", "address": "https://shop.example.com/1", "opened_on": "2026-10-01",
        "goods": "7", "orders": "2", "amount": "118.50", "note": "", "key": "c",
    }  # fmt: skip
    wrong = trainee.post("/grading/real-shop", data={**fields, "address": "没有", "goods": "很多"})
    assert wrong.status_code == 400
    assert "真小店" in wrong.get_data(as_text=True)
    assert trainee.post("/grading/real-shop", data=fields).status_code == 302
    not_one = trainee.post("/grading/real-shop/pictures", data={"picture": (io.BytesIO(b"PK\x03\x04 macro"), "a.jpg")})
    assert (not_one.status_code, "文件内容不是 JPG" in not_one.get_data(as_text=True)) == (400, True)
    assert trainee.post("/grading/real-shop/pictures", data={"picture": (_picture(), "a.png")}).status_code == 302
    with app.app_context():
        row = real_shops.list_shops(stage.centre)[0]
    shown = trainee.get(f"/grading/real-shop/pictures/{row.pictures[0]}")
    assert (shown.mimetype, shown.data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    listed = centre.get("/grading/real-shops").get_data(as_text=True)
    assert "真小店" in listed
    sent = {
        "version": _value(listed, "version"),
        "goods": "",
        "orders": "2",
        "answer": "网址能打开",
        "action": "verify",
    }
    empty = centre.post(f"/grading/real-shops/{row.shop.id}", data=sent)
    assert (empty.status_code, "请填写核实到的商品数" in empty.get_data(as_text=True)) == (400, True)
    assert centre.post(f"/grading/real-shops/{row.shop.id}", data={**sent, "goods": "6"}).status_code == 302
    assert "已核验" in trainee.get("/grading/real-shop").get_data(as_text=True)
    assert "真实店铺在售商品" in trainee.get("/grading/outcome").get_data(as_text=True)


@pytest.mark.sqlite_only
def test_signature_and_protocol_by_the_pages(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=2)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        make.mark_paper(stage, batch_id, code, 72, 81)
        client, centre = sign_in(app.test_client(), stage.assessors[0]), sign_in(app.test_client(), stage.centre)
        stranger = sign_in(app.test_client(), make.make_stage(trainees=0, assessors=0).centre)
    page = client.get("/grading/assess/sign").get_data(as_text=True)
    assert code in page
    assert stage.trainees[0].name not in page
    seen = _value(page, "seen")
    empty = client.post("/grading/assess/sign", data={"seen": seen, "strokes": "", "key": "s"})
    assert (empty.status_code, "请在框内签名" in empty.get_data(as_text=True)) == (400, True)
    drawn = {"seen": seen, "strokes": "[[[20,100],[200,40],[380,160]]]", "key": "s"}
    assert client.post("/grading/assess/sign", data=drawn).status_code == 302
    assert "没有需要签名的评分" in client.get("/grading/assess/sign").get_data(as_text=True)
    early = centre.post(f"/grading/batches/{batch_id}/protocol")
    assert (early.status_code, "成绩发布后才能" in early.get_data(as_text=True)) == (409, True)
    with app.app_context(), unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())
    assert centre.post(f"/grading/batches/{batch_id}/protocol").status_code == 303
    pdf = centre.get(f"/grading/batches/{batch_id}/protocol.pdf")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert stranger.get(f"/grading/batches/{batch_id}/protocol.pdf").status_code == 404
    assert client.get(f"/grading/batches/{batch_id}/protocol.pdf").status_code == 403
    nothing = app.test_client().get(f"/verify/protocol/{'0' * 64}").get_data(as_text=True)
    assert "平台上没有这份评分汇总表" in nothing

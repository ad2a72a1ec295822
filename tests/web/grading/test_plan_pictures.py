"""Pictures and tables in plans: taken in by the form, masked like text, seen by those who may see them."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest
import segno
import zxingcpp
from flask import Flask
from PIL import Image

from app.accounts.models import Account
from app.core.db import db
from app.core.uow import unit_of_work
from grading.domain.plan_content import SECTIONS
from grading.domain.plan_extras import read_table
from grading.models.batch import Paper
from grading.services import intake, paper_pictures, plans, screening
from tests.factories import grading as make
from tests.factories.world import sign_in


def _photo(*, code: bool) -> io.BytesIO:
    image = Image.new("RGB", (600, 400), "#d7c7a5")
    if code:
        buffer = io.BytesIO()
        segno.make("https://weixin.example.com/me").save(buffer, kind="png", scale=6)
        image.paste(Image.open(buffer).convert("RGB"), (200, 80))
    found, exif = io.BytesIO(), Image.Exif()
    exif[0x9286] = "拍摄者欧阳"
    image.save(found, "JPEG", exif=exif)
    found.seek(0)
    return found


def _fields(version: int, **more: object) -> dict[str, object]:
    fields: dict[str, object] = {"version": str(version), "title": "山货小店", "products": "1"}
    fields |= {f"section-{one.key}": f"{one.title}写得很充分，理由清楚，数字有出处可查。" for one in SECTIONS}
    return fields | more


def test_tables_are_read_as_they_are_typed_or_pasted() -> None:
    table = read_table("费用", "项目 | 金额\n\n推广\t300\n| 包装 | 80 | 每月 |")
    assert table.rows == (("项目", "金额", ""), ("推广", "300", ""), ("包装", "80", "每月"))
    assert read_table("费用", table.text) == table
    wrong = {
        "只有一行 | 一": "至少",
        "没有\n分格": "用 |",
        "a|b\n" * 31: "最多 30 行",
        f"a|b\nc|{'长' * 61}": "60 字",
    }
    for text, word in wrong.items():
        with pytest.raises(ValueError, match=re.escape(word)):
            read_table("", text)


def test_pictures_and_tables_from_the_form_to_the_blind_print(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=2, assessors=3)
        author, mate = stage.trainees
        scope_id = stage.row.scope_id
        name = db.session.get_one(Account, author.person()).name
        client = sign_in(app.test_client(), author)
    bad = _fields(0, **{"upload-market": (io.BytesIO(b"MZ\x90\x00 macro"), "a.jpg")})
    answer = client.post("/grading/plan", data=bad, content_type="multipart/form-data")
    assert answer.status_code in {400, 422}
    assert "图片" in answer.get_data(as_text=True)
    sent = _fields(
        0,
        **{
            "upload-market": (_photo(code=True), f"{name}的微信.jpg"),
            "upload-market-caption": f"{name}拍的摊位",
            "upload-author": (_photo(code=False), "me.jpg"),
            "table-marketing-1-caption": "推广费用",
            "table-marketing-1-text": f"渠道 | 金额\n{name}的直播 | 300",
        },
    )
    assert client.post("/grading/plan", data=sent, content_type="multipart/form-data").status_code == 302
    page = client.get("/grading/plan").get_data(as_text=True)
    found = re.findall(r'name="picture-(\w+)-1-id" value="(\d+)"', page)
    assert [key for key, _ in found] == ["author", "market"]
    market = dict(found)["market"]
    picture = client.get(f"/grading/plan/pictures/{market}")
    assert picture.mimetype == "image/jpeg"
    assert "欧阳".encode() not in picture.data  # what the sender's file said besides its pixels is gone
    with app.app_context():
        stranger, teacher = sign_in(app.test_client(), mate), sign_in(app.test_client(), stage.instructor)
    assert stranger.get(f"/grading/plan/pictures/{market}").status_code == 404
    assert teacher.get(f"/grading/plan/pictures/{market}").status_code == 200
    stolen = _fields(0, **{"picture-market-1-id": market})
    assert "已经找不到" in stranger.post("/grading/plan", data=stolen).get_data(as_text=True)

    with app.app_context():
        before = plans.read_plan(author)
        assert [len(before.content.beside(key).pictures) for key in ("author", "market")] == [1, 1]
        make.submit(author)
        make.submit(mate)
        with unit_of_work():
            batch_id = intake.open_batch(stage.centre, scope_id, make.key())
        looked = screening.rows(stage.centre, batch_id)
        assert [row.screening for row in looked] == ["look"]
        assert {kind for _, kind, _ in looked[0].hits} >= {"有图片，请逐张查看", "图片里有二维码或条码（已遮盖）"}
        code = looked[0].code
        with unit_of_work():
            screening.pass_paper(stage.centre, batch_id, code)
        make.draw(stage, batch_id)
        held = {work.account_id for work in make.work_on(batch_id, code)}
        inside = next(one for one in stage.assessors if one.account_id in held)
        marker = sign_in(app.test_client(), inside)
        outside = sign_in(app.test_client(), next(one for one in stage.assessors if one.account_id not in held))
        centre = sign_in(app.test_client(), stage.centre)
    desk = marker.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert name not in desk
    assert "●●●拍的摊位" in desk
    assert "●●●的直播" in desk
    blind = marker.get(f"/grading/assess/{code}/pictures/1")
    assert blind.status_code == 200
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.data)))
    assert not zxingcpp.read_barcodes(Image.open(io.BytesIO(blind.data)))
    assert marker.get(f"/grading/assess/{code}/pictures/2").status_code == 404  # the author's own section stays out
    assert outside.get(f"/grading/assess/{code}/pictures/1").status_code == 404
    assert outside.get(f"/grading/assess/{code}/plan.pdf").status_code == 404
    assert centre.get(f"/grading/batches/{batch_id}/papers/{code}/pictures/1").data == blind.data

    # The blind layout: asked for at the desk, made once, the same for all who hold the paper.
    assert marker.get(f"/grading/assess/{code}/plan.pdf").status_code == 303
    assert marker.post(f"/grading/assess/{code}/print").status_code == 303
    with app.app_context():
        paper = db.session.query(Paper).filter_by(code=code).one()

        class Told:
            def report(self, *_words: object) -> None:
                """Nobody listens."""

        paper_pictures.make_pdf({"paper_id": paper.id}, Told())  # type: ignore[arg-type]
    printed = marker.get(f"/grading/assess/{code}/plan.pdf")
    path = tmp_path / "blind.pdf"
    path.write_bytes(printed.data)
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    with pikepdf.open(path) as document:
        assert sum(len(one.get_images()) for one in document.pages) >= 1
    assert code in text
    assert "推广费用" in text
    assert name not in text
    assert "测试班" not in text
    assert f"{code}.pdf" in str(printed.headers)

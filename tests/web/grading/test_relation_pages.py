"""Declaring a relation by the pages: the answer never tells whether the other side is known."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.accounts.models import Account
from app.core.db import db
from tests.factories import grading as make
from tests.factories.world import sign_in

CHANGING = re.compile(r"""[0-9a-f]{16,}|csrf-token" content="[^"]+|csrf_token" value="[^"]+|name="key" value="[^"]+""")


@pytest.mark.sqlite_only
def test_declare_and_settle_by_the_pages(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=3)
        trainee = stage.trainees[0]
        login = db.session.get_one(Account, trainee.person()).login
        marker, other = (sign_in(app.test_client(), actor) for actor in stage.assessors[:2])
        learner, centre = sign_in(app.test_client(), trainee), sign_in(app.test_client(), stage.centre)
        named = trainee.name
    sent = {"who": "X", "contact": "", "place": "", "kind": "partner", "reason": "一起开过店。", "key": "a"}
    refused = marker.post("/grading/relations", data=sent)
    assert (refused.status_code, "请填写对方的姓名" in refused.get_data(as_text=True)) == (400, True)
    assert "一起开过店。" in refused.get_data(as_text=True)
    pages = []
    for client, contact in ((marker, login), (other, "nobody-of-this-name")):
        answer = client.post("/grading/relations", data={**sent, "who": named, "contact": contact, "key": contact})
        assert answer.location == "/grading/relations"
        page = CHANGING.sub("", client.get("/grading/relations").get_data(as_text=True))
        pages.append(page.partition("<main")[2].partition("</main>")[0])
    assert pages[0] == pages[1]  # found or not: to the last byte
    hidden = {**sent, "who": "认识的评委", "reason": "是我的姨父。", "key": "l"}
    assert learner.post("/grading/relations", data=hidden).status_code == 302
    assert "请先申报利害关系" in learner.get("/grading/outcome").get_data(as_text=True)
    pool = centre.get("/grading/pool").get_data(as_text=True)
    assert "待核对的申报（2）" in pool
    assert "是我的姨父。" in pool
    assert "评审讲师申报" in pool  # the one that was found stands among the relations
    assert "核对利害关系申报" in centre.get("/").get_data(as_text=True)
    (number,) = re.findall(r'id="declaration-(\d+)">\s*<div class="words"><strong>学员', pool)
    base = f"/grading/pool/declarations/{number}"
    assert centre.post(base, data={"action": "dismiss", "answer": ""}).status_code == 400
    nobody = centre.post(base, data={"action": "relate", "target": ""})
    assert (nobody.status_code, "请先选择对方是谁" in nobody.get_data(as_text=True)) == (400, True)
    chosen = {"action": "relate", "target": str(stage.assessors[2].person())}
    assert centre.post(base, data=chosen).status_code == 302
    assert centre.post(base, data=chosen).status_code == 409
    assert "学员申报" in centre.get("/grading/pool").get_data(as_text=True)
    for client in (marker, other):
        assert "姨父" not in client.get("/grading/relations").get_data(as_text=True)
    assert centre.get("/grading/relations").status_code == 403

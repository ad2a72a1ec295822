"""Blindness: markers planted in every identity field never reach an assessor, in any byte they can fetch."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pikepdf
import pytest
import sqlalchemy as sa
from flask import Flask, Response, make_response
from PIL import Image

from app.core.db import db
from app.core.sockets import socketio
from app.core.uow import unit_of_work
from grading.domain.canonical import digest
from grading.models.batch import Assignment, Paper
from tests.factories import grading as make
from tests.factories.world import sign_in
from tests.web.grading.leaks import MARKERS, WORDS, WRITTEN, Search, make_anchor_of, make_marked_stage, markers_in

CHANGING = re.compile(r"""[0-9a-f]{16}|csrf-token" content="[^"]+|csrf_token" value="[^"]+""")
Change = Callable[[Response], None]


@pytest.mark.sqlite_only
def test_nothing_an_assessor_can_fetch_names_the_author(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    with app.app_context():
        stage, code = make_marked_stage()
        client = sign_in(app.test_client(), stage.assessors[0])
    capfd.readouterr()
    search = Search(client)
    search.crawl("/grading/assess/", "/grading/assess/sign", "/")
    desk = f"GET /grading/assess/{code}"
    assert desk in search.seen
    search.work(code)
    page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert "●●●" in page
    assert "作者情况已隐去" in page
    assert search.seen[f"{desk}/pictures/1"] == search.seen[f"{desk}/plan.pdf"] == 200
    assert {"text/html", "application/json", "application/pdf", "image/jpeg"} <= search.kinds
    assert search.elsewhere() == [403] * 8
    assert search.leaks == {}
    assert 500 not in set(search.seen.values())
    with app.app_context():
        newcomer, anchor = make_anchor_of(stage, code)
        trial = Search(sign_in(app.test_client(), newcomer))
    trial.calibrate(anchor)
    assert trial.seen[f"GET /grading/calibration/{anchor}/pictures/1"] == 200
    assert trial.leaks == {}
    assert 500 not in set(trial.seen.values())
    log = "".join(capfd.readouterr())  # what the server wrote meanwhile
    assert f"/grading/assess/{code}" in log
    assert markers_in(log) == []
    for namespace in ("/live", "/service"):  # no door of the sockets opens to an assessor
        visit = socketio.test_client(app, namespace=namespace, flask_test_client=client)
        assert not visit.is_connected(namespace)


def _on_the_page(answer: Response) -> None:
    answer.set_data(answer.get_data(as_text=True).replace("</main>", f"<i hidden>{MARKERS['name']}</i></main>"))


def _as_entities(answer: Response) -> None:
    spelled = "".join(f"&#{ord(sign)};" for sign in MARKERS["classmate"])
    answer.set_data(answer.get_data(as_text=True).replace("</main>", f"{spelled}</main>"))


def _in_a_link(answer: Response) -> None:
    link = f'<a href="/grading/assess/?shop={quote(MARKERS["shop"])}">…</a></main>'
    answer.set_data(answer.get_data(as_text=True).replace("</main>", link))


def _in_json(answer: Response) -> None:
    answer.set_data(json.dumps({"author": MARKERS["teacher"]}))  # spelled as \uXXXX


def _in_the_way_back(answer: Response) -> None:
    answer.headers["Location"] = f"{answer.location}?class={quote(MARKERS['class'])}"


def _in_the_file_name(answer: Response) -> None:
    answer.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(MARKERS['real shop'])}.pdf"


def _in_the_pdf(answer: Response) -> None:
    found = io.BytesIO()
    with pikepdf.open(io.BytesIO(answer.get_data())) as document:
        document.docinfo["/Author"] = MARKERS["institution"]
        document.save(found)
    answer.set_data(found.getvalue())


def _in_the_picture(answer: Response) -> None:
    found, exif = io.BytesIO(), Image.Exif()
    exif[0x013B] = MARKERS["metadata"]
    Image.open(io.BytesIO(answer.get_data())).save(found, "JPEG", exif=exif)
    answer.set_data(found.getvalue())


PLANTS: list[tuple[str, Change, str, str]] = [
    ("grading.assess_paper", _on_the_page, "GET /grading/assess/{code}", "name"),
    ("grading.assess_paper", _as_entities, "GET /grading/assess/{code}", "classmate"),
    ("grading.assess", _in_a_link, "GET /grading/assess/", "shop"),
    ("grading.save_marks", _in_json, "POST /grading/assess/{code}/draft", "teacher"),
    ("grading.print_paper", _in_the_way_back, "POST /grading/assess/{code}/print", "class"),
    ("grading.paper_pdf", _in_the_file_name, "GET /grading/assess/{code}/plan.pdf", "real shop"),
    ("grading.paper_pdf", _in_the_pdf, "GET /grading/assess/{code}/plan.pdf", "institution"),
    ("grading.paper_picture", _in_the_picture, "GET /grading/assess/{code}/pictures/1", "metadata"),
]


def _planted(view: Callable[..., Any], change: Change) -> Callable[..., Response]:
    def planted(**given: Any) -> Response:
        answer: Response = make_response(view(**given))
        change(answer)
        return answer

    return planted


@pytest.mark.sqlite_only
def test_the_search_finds_whatever_is_planted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above is worth something: each of these leaks, in another layer of an answer, makes it fail."""
    with app.app_context():
        stage, code = make_marked_stage()
        client = sign_in(app.test_client(), stage.assessors[0])
    for endpoint, change, _, _ in PLANTS:
        monkeypatch.setitem(app.view_functions, endpoint, _planted(app.view_functions[endpoint], change))
    search = Search(client)
    search.work(code)
    found = {(where, what) for where, names in search.leaks.items() for what in names}
    assert {(where.format(code=code), what) for _, _, where, what in PLANTS} <= found
    monkeypatch.undo()

    with app.app_context(), unit_of_work():  # a paper that was frozen without scrubbing
        paper = db.session.scalars(sa.select(Paper).where(Paper.code == code)).one()
        paper.content = paper.content.replace("●●●", WORDS, 3)
        paper.content_hash = digest(paper.content)
    search = Search(client)
    search.crawl(f"/grading/assess/{code}")
    assert search.leaks[f"GET /grading/assess/{code}"] == WRITTEN
    with app.app_context():  # and its copy as an anchor
        newcomer, anchor = make_anchor_of(stage, code)
        trial = Search(sign_in(app.test_client(), newcomer))
    trial.calibrate(anchor)
    assert trial.leaks[f"GET /grading/calibration/{anchor}"] == WRITTEN


def test_not_yours_and_not_there_answer_the_same(app: Flask) -> None:
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=3)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        drawn = {row.account_id for row in make.work_on(batch_id, code)}
        outsider = next(actor for actor in stage.assessors if actor.account_id not in drawn)
        client = sign_in(app.test_client(), outsider)

    def answers(asked: str) -> list[tuple[int, str]]:
        found = [client.get(f"/grading/assess/{asked}", headers={"Accept": "application/json"})]
        found += [client.post(f"/grading/assess/{asked}{verb}", json={}) for verb in ("", "/open", "/draft", "/recuse")]
        return [
            (answer.status_code, CHANGING.sub("", answer.get_data(as_text=True)).replace(asked, "")) for answer in found
        ]

    assert answers(code) == answers("ZZZZZZ")
    assert {status for status, _ in answers(code)} == {404, 400} or {status for status, _ in answers(code)} == {404}


@pytest.mark.sqlite_only
def test_an_arbiter_learns_neither_author_nor_colleagues(app: Flask) -> None:
    """The arbiter sees points and comments; the search would find a colleague's name planted in one."""
    with app.app_context():
        stage = make.make_stage(trainees=1, assessors=4)
        batch_id = make.drawn_batch(stage)
        code = make.codes(batch_id)[0]
        make.mark_paper(stage, batch_id, code, 90, 30, 61)
        work = {row.slot: row for row in make.work_on(batch_id, code)}
        first = work[1].id
        arbiter = make.assessor_of(stage, work[4])
        others = [make.assessor_of(stage, work[slot]).name for slot in (1, 2, 3)]
        hidden = [*others, stage.trainees[0].name, stage.row.name, stage.instructor.name]
        client = sign_in(app.test_client(), arbiter)
        client.post(f"/grading/assess/{code}/open")
    page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert "你是这份评审件的仲裁人" in page and "评委丙" in page
    assert [name for name in hidden if name in page] == []
    with app.app_context(), unit_of_work():
        row = db.session.get_one(Assignment, first)
        row.entries = row.entries.replace("理由写清楚了。", f"{others[1]}也这么看。", 1)
    page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
    assert [name for name in hidden if name in page] == [others[1]]

"""The score protocol: signatures under marks, one sealed PDF, any changed byte breaks it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import audit, files
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.sealing import check_pdf
from app.core.uow import unit_of_work
from grading.domain.strokes import as_svg, read_strokes
from grading.models.protocol import Protocol
from grading.services import leases, protocols, releasing, signing, snippets
from tests.factories import grading as make

DRAWN = json.dumps([[[20, 100], [200, 40], [380, 160]], [[400, 60], [560, 150]]])


def _released(papers: int = 2) -> tuple[make.Stage, int]:
    stage = make.make_stage(trainees=papers, assessors=2)
    batch_id = make.drawn_batch(stage)
    for code in make.codes(batch_id):
        make.mark_paper(stage, batch_id, code, 72, 81)
    return stage, batch_id


def _release(stage: make.Stage, batch_id: int) -> None:
    with unit_of_work():
        releasing.release_batch(stage.centre, batch_id, make.key())


def _sign(assessor: Actor, strokes: str = DRAWN) -> int:
    with unit_of_work():
        return signing.sign_marks(assessor, signing.to_sign(assessor).hash, read_strokes(strokes), make.key())


def _make(stage: make.Stage, batch_id: int) -> Protocol:
    with unit_of_work():
        protocols.make_protocol(stage.centre, batch_id)
    db.session.expire_all()
    row = protocols.newest(stage.centre, batch_id)
    assert row is not None
    return row


def _bytes(row: Protocol) -> bytes:
    return files.read(db.session.get_one(files.StoredFile, row.file_id))


@pytest.mark.sqlite_only
def test_the_protocol_is_sealed_and_any_changed_byte_breaks_it(app_context: Flask, tmp_path: Path) -> None:
    stage, batch_id = _released()
    with pytest.raises(Refused, match="发布后才能"):
        _make(stage, batch_id)
    assert _sign(stage.assessors[0]) == 2
    with pytest.raises(Refused, match="没有需要签名"):
        _sign(stage.assessors[0])
    _release(stage, batch_id)
    row = _make(stage, batch_id)
    data = _bytes(row)
    seal, kept = protocols.check_file(data)
    assert seal.sound
    assert kept is not None
    assert kept.id == row.id
    assert _make(stage, batch_id).id == row.id  # the same content is made once
    end = data.index(b"/ByteRange")
    for place in (*range(200, end, max(1, end // 8)), end + 40, len(data) - 12):
        broken = bytearray(data)
        broken[place] ^= 0x01
        assert not check_pdf(bytes(broken)).sound, place
    assert not check_pdf(data + b"\n% one more line\n").sound
    assert not check_pdf(data[:-30]).sound
    assert not check_pdf(b"no pdf").sealed
    path = tmp_path / "protocol.pdf"
    path.write_bytes(data)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for words in (*make.codes(batch_id), *(one.name for one in stage.trainees), stage.assessors[0].name, "76.5"):
        assert words in text
    assert text.count("尚未签名") == 1
    assert "protocol.made" in {event.action for event in audit.latest(stage.row.scope_id)}
    _sign(stage.assessors[1])
    second = _make(stage, batch_id)
    assert (second.number, protocols.find_by_content(row.content_hash)) == (2, (row, False))
    assert protocols.find_by_content(second.content_hash) == (second, True)
    with pytest.raises(NotFound):
        protocols.newest(make.make_stage(trainees=0, assessors=0).centre, batch_id)


def test_a_signature_lapses_when_a_mark_changes(app_context: Flask) -> None:
    stage, batch_id = _released(papers=1)
    assessor = make.assessor_of(stage, make.work_on(batch_id)[0])
    code = make.codes(batch_id)[0]
    seen = signing.to_sign(assessor)
    assert seen.marks == ((code, 72),)
    with pytest.raises(InvalidInput, match="在框内签名"):
        signing.check_signature(assessor, "", "")
    with pytest.raises(InvalidInput, match="密码不正确"):
        signing.check_signature(assessor, "", "wrong")
    with pytest.raises(Conflict, match="刚刚有变动"), unit_of_work():
        signing.sign_marks(assessor, "0" * 64, read_strokes(DRAWN), make.key())
    _sign(assessor)
    with unit_of_work():
        leases.reopen(stage.centre, batch_id, code, 1, "第三项算错了")
    assert signing.to_sign(assessor).marks == ()
    make.mark(assessor, code, 75)
    assert signing.to_sign(assessor).marks == ((code, 75),)
    assert db.session.scalar(sa.select(sa.func.count(Protocol.id))) == 0


@pytest.mark.parametrize(
    "text", ["[[1,2]]", "[[[1]]]", '[[["a",2]]]', "{", '"x"', "[[[0,0],[3,3]]]", "[[[true,2],[3,4]]]", "[" * 5000]
)
def test_a_broken_or_tiny_drawing_is_no_signature(text: str) -> None:
    with pytest.raises(InvalidInput, match="签名"):
        read_strokes(text)


def test_a_signature_is_numbers_inside_its_field() -> None:
    strokes = read_strokes("[[[-50,10],[900,10]]]")
    assert strokes == (((0, 10), (600, 10)),)
    assert 'points="0,10 600,10"' in as_svg(strokes)


def test_usual_comments_are_the_own_ones_by_criterion(app_context: Flask) -> None:
    stage, batch_id = _released(papers=1)
    first = make.assessor_of(stage, make.work_on(batch_id)[0])
    found = snippets.usual_comments(first)
    assert set(found["goods"]) == {"理由写清楚了。"}
    assert snippets.usual_comments(make.make_assessor(stage.region)) == {}

"""Files: bytes by content, random names, served to those who may have them; the outbox."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import FileStorage

from app.core import clock, files, outbox
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.outbox import OutboxMessage, Pump
from app.core.permissions import Role
from app.core.uow import unit_of_work

pytestmark = pytest.mark.usefixtures("app_context")
ME, YOU = Actor(1, "甲", Role.TRAINEE, 1, world_id=3), Actor(2, "乙", Role.TRAINEE, 1, world_id=3)
STRANGER = Actor(9, "丙", Role.TRAINEE, 2, world_id=4)


def keep(data: bytes, **options: Any) -> files.StoredFile:
    with unit_of_work():
        return files.keep(data, "方案.pdf", actor=ME, **options)


def test_a_file_is_kept_by_content_under_a_random_name() -> None:
    first, second = keep(b"%PDF-1.7 x"), keep(b"%PDF-1.7 x")
    assert first.sha256 == second.sha256
    assert first.public_name != second.public_name
    assert (first.content_type, first.size, files.read(first)) == ("application/pdf", 10, b"%PDF-1.7 x")


def test_a_file_is_found_by_its_owner_and_by_its_world() -> None:
    own, shared = keep(b"a"), keep(b"b", world_id=3)
    assert files.find(ME, own.public_name).id == own.id
    assert files.find(YOU, shared.public_name).id == shared.id
    assert files.find(system(), own.public_name).id == own.id
    for actor, row in ((YOU, own), (STRANGER, own), (STRANGER, shared)):
        with pytest.raises(NotFound):
            files.find(actor, row.public_name)


def test_lost_bytes_are_told(app: Flask) -> None:
    row = keep(b"gone")
    folder = app.config["SETTINGS"].var_dir / "files"
    next(path for path in folder.rglob("*") if path.is_file() and path.name == row.sha256).unlink()
    with pytest.raises(NotFound, match="备份"):
        files.read(row)


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (None, "请先选择要上传的文件。"),
        (b"", "这个文件是空的，请检查后重新选择。"),
        (b"%PDF" + b"x" * 2_000_000, "文件超过 1 MB，请拆分或压缩后再上传。"),
        (b"\x89PNG\r\n\x1a\n", "文件内容不是 PDF，请选择正确的文件（只改扩展名不起作用）。"),
    ],
    ids=["none", "empty", "large", "mistyped"],
)
def test_a_useless_upload_gets_one_sentence(upload: bytes | None, sentence: str) -> None:
    storage = None if upload is None else FileStorage(io.BytesIO(upload), "plan.pdf")
    with pytest.raises(InvalidInput) as caught:
        files.read_upload(storage, kinds={"application/pdf": "PDF"}, limit=1024 * 1024)
    assert caught.value.message == sentence


def test_the_outbox_pushes_each_message_once_and_forgets_old_ones() -> None:
    pump, pushed = Pump(), []

    def push(namespace: str, room: str, event: str, body: dict[str, Any]) -> None:
        pushed.append((namespace, room, event, body))

    with unit_of_work():
        outbox.send("/live", "room-1", "said", {"text": "你好"})
    assert pump.drain(push) == 1
    assert pump.drain(push) == 0
    assert pushed == [("/live", "room-1", "said", {"text": "你好"})]
    with pytest.raises(LookupError), unit_of_work():  # noqa: PT012 - the unit is what fails
        outbox.send("/live", "room-1", "said", {})
        raise LookupError
    assert pump.drain(push) == 0
    with unit_of_work():
        db.session.execute(sa.update(OutboxMessage).values(at=clock.now() - timedelta(minutes=11)))
    outbox.forget_old()
    assert db.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 0

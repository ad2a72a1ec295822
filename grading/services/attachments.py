"""Pictures of plans (规划书配图): checked and re-encoded when they come in, shown to those who may read the plan.

In blind papers the QR and bar codes are painted over; a screener looks at every picture, since no text in it is read.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core import clock, files, photos
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import Permission
from grading.domain.plan_content import PlanContent
from grading.models.attachment import PaperPicture, PlanPicture
from grading.models.batch import Paper
from grading.models.plan import Plan

MOST_OF_A_PERSON = 200
MARGIN = 12  # pixels around a code that are painted over with it


def _codes(image: Any) -> list[tuple[int, int, int, int]]:
    """Return the boxes of the QR and bar codes in a picture."""
    import zxingcpp

    boxes = []
    for code in zxingcpp.read_barcodes(image):
        corners = code.position
        across = [point.x for point in (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)]
        down = [point.y for point in (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)]
        boxes.append((min(across), min(down), max(across), max(down)))
    return boxes


def blind_copy(data: bytes) -> tuple[bytes, int]:
    """Return the picture with its codes painted over, and how many there were."""
    from PIL import Image, ImageDraw

    image: Any = Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")
    boxes = _codes(image)
    if not boxes:
        return data, 0
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes:
        pen.rectangle((left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN), fill="#777777")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=86, optimize=True)
    return buffer.getvalue(), len(boxes)


def add_picture(actor: Actor, photo: photos.Photo) -> int:
    """Keep an uploaded picture, already re-encoded; return its id. Raises InvalidInput at the limit."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    held = db.session.scalar(sa.select(sa.func.count(PlanPicture.id)).where(PlanPicture.account_id == actor.person()))
    if (held or 0) >= MOST_OF_A_PERSON:
        raise InvalidInput(f"规划书里一共上传过 {MOST_OF_A_PERSON} 张图片，不能再加。", field="picture")
    stored = files.keep(photo.large, "plan-picture.jpg", actor=actor, content_type=photos.JPEG)
    row = PlanPicture(
        account_id=actor.person(), file_id=stored.id, codes=blind_copy(photo.large)[1], added_at=clock.now()
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def require_own(actor: Actor, content: PlanContent) -> None:
    """Raise InvalidInput when a plan names a picture that is not its author's."""
    wanted = set(content.picture_numbers())
    if not wanted:
        return
    owned = db.session.scalars(
        sa.select(PlanPicture.id).where(PlanPicture.id.in_(wanted), PlanPicture.account_id == actor.person())
    )
    if wanted - set(owned):
        raise InvalidInput("有一张图片已经找不到，请刷新页面后重新上传。")


def _bytes(file_id: int) -> bytes:
    return files.read(db.session.get_one(files.StoredFile, file_id))


def picture(actor: Actor, picture_id: int) -> bytes:
    """Return a plan's picture to its author and to those who teach a class of the author. Raises NotFound otherwise."""
    row = db.session.get(PlanPicture, picture_id) if 0 < picture_id < 2**31 else None
    if row is None:
        raise NotFound
    own = actor.may(Permission.GRADING_PLAN_WRITE) and row.account_id == actor.account_id
    if not own:
        scopes = db.session.scalars(sa.select(Plan.scope_id).where(Plan.account_id == row.account_id))
        if not (actor.may(Permission.CLASS_TEACH) and actor.scope_id in set(scopes)):
            raise NotFound
    return _bytes(row.file_id)


def contents(numbers: list[int]) -> dict[int, bytes]:
    """Return the bytes of plans' pictures, for printing."""
    rows = db.session.scalars(sa.select(PlanPicture).where(PlanPicture.id.in_(numbers)))
    return {row.id: _bytes(row.file_id) for row in rows}


def freeze(paper: Paper, numbers: list[int]) -> None:
    """Make the blind copies of a paper's pictures, numbered in their order."""
    rows = {row.id: row for row in db.session.scalars(sa.select(PlanPicture).where(PlanPicture.id.in_(numbers)))}
    for number, picture_id in enumerate(numbers, 1):
        data, codes = blind_copy(_bytes(rows[picture_id].file_id))
        stored = files.keep(data, f"{paper.code}_{number}.jpg", content_type=photos.JPEG)
        db.session.add(PaperPicture(paper_id=paper.id, number=number, file_id=stored.id, codes=codes))
    db.session.flush()


def codes_in(numbers: list[int]) -> int:
    """Return how many of these pictures hold a code."""
    query = sa.select(sa.func.count(PlanPicture.id)).where(PlanPicture.id.in_(numbers), PlanPicture.codes > 0)
    return db.session.scalar(query) or 0


def of_paper(paper_id: int, number: int) -> bytes:
    """Return a picture of a blind paper. Raises NotFound."""
    row = db.session.scalars(
        sa.select(PaperPicture).where(PaperPicture.paper_id == paper_id, PaperPicture.number == min(number, 99))
    ).one_or_none()
    if row is None:
        raise NotFound
    return _bytes(row.file_id)


def blind_contents(paper_id: int) -> Mapping[int, bytes]:
    """Return the bytes of a blind paper's pictures by number."""
    rows = db.session.scalars(sa.select(PaperPicture).where(PaperPicture.paper_id == paper_id))
    return {row.number: _bytes(row.file_id) for row in rows}

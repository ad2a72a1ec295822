"""Photos (图片凭证、晒图) that people send along with reviews and after-sale: several at once, seen by the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core import files
from app.core.actor import Actor
from app.core.errors import InvalidInput
from app.core.photos import JPEG, read_photo

LONGEST = 1600  # pixels


def read_photos(storages: Sequence[Any], most: int) -> list[bytes]:
    """Return the uploaded photos as JPEG bytes. Raises InvalidInput (field pictures) that names what is wrong."""
    chosen = [storage for storage in storages if getattr(storage, "filename", "")]
    if len(chosen) > most:
        raise InvalidInput(f"最多上传 {most} 张图片，请去掉一些。", field="pictures")
    photos = []
    for number, storage in enumerate(chosen, 1):
        try:
            photos.append(read_photo(storage, max_side=LONGEST, field="pictures").large)
        except InvalidInput as error:
            raise InvalidInput(f"第 {number} 张图片：{error.message}", field="pictures") from error
    return photos


def keep_photos(actor: Actor, photos: Sequence[bytes]) -> tuple[str, ...]:
    """Store photos for everybody in the actor's world, inside the open unit of work; return their public names."""
    return tuple(
        files.keep(data, "图片.jpg", actor=actor, content_type=JPEG, world_id=actor.world()).public_name
        for data in photos
    )

"""Photos that people upload (图片): checked by content, turned upright, re-encoded without anything but the pixels.

What comes out is a JPEG that this module wrote; nothing of the sender's bytes (names, places, appended data) is kept.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

from app.core.errors import InvalidInput
from app.core.files import read_upload

KINDS = {"image/jpeg": "JPG", "image/png": "PNG", "image/webp": "WebP"}
MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo ready to be stored. large, small: JPEG bytes. look: 16 hex digits, alike for pictures that look alike."""

    large: bytes
    small: bytes
    width: int
    height: int
    look: str


def read_photo(
    storage: Any,
    *,
    square: bool = False,
    min_side: int = 0,
    max_side: int = 1200,
    thumb: int = 360,
    field: str = "file",
) -> Photo:
    """Return an uploaded photo, checked and re-encoded.

    square: cut from the middle when it is not. min_side: pixels that the shorter side (after the cut) must have.
    Raises InvalidInput with one Chinese sentence.
    """
    try:
        data = read_upload(storage, kinds=KINDS, limit=MAX_BYTES)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field) from error
    return make_photo(data, square=square, min_side=min_side, max_side=max_side, thumb=thumb, field=field)


def make_photo(
    data: bytes, *, square: bool = False, min_side: int = 0, max_side: int = 1200, thumb: int = 360, field: str = "file"
) -> Photo:
    """Return the photo in ``data``, checked and re-encoded; see ``read_photo``."""
    from PIL import Image, ImageOps  # heavy: only where a picture comes in

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Any = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if image.width * image.height > MAX_PIXELS:
                raise InvalidInput("图片的像素太大，请缩小到 6000×6000 以内再上传。", field=field)
            image.load()
            image = ImageOps.exif_transpose(image)
    except InvalidInput:
        raise
    except Exception as error:  # Pillow raises anything from OSError to struct.error on broken pictures
        raise InvalidInput("图片已损坏，无法打开，请换一张。", field=field) from error
    if image.mode in ("RGBA", "LA", "P", "PA"):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    image = image.convert("RGB")
    image.info.clear()  # what the file said besides its pixels: Pillow would write comment and XMP again
    if square and image.width != image.height:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    if min(image.size) < min_side:
        raise InvalidInput(
            f"图片太小：现在是 {image.width}×{image.height}，短边至少 {min_side} 像素，请换一张更清晰的。", field=field
        )
    large, small = image.copy(), image.copy()
    large.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    small.thumbnail((thumb, thumb), Image.Resampling.LANCZOS)
    return Photo(_jpeg(large), _jpeg(small), large.width, large.height, _look(image))


def _jpeg(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=86, optimize=True, progressive=True)
    return buffer.getvalue()


def _look(image: Any) -> str:
    """Return the difference hash: is each of 8 × 8 spots brighter than its right neighbour?"""
    grey = image.convert("L").resize((9, 8))
    spots = grey.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (spots[row * 9 + column] > spots[row * 9 + column + 1])
    return f"{bits:016x}"

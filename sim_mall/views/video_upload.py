"""An MP4 that comes with a form (视频上传): read with its limit; what it holds is checked where it is kept."""

from __future__ import annotations

from typing import Any

from app.core.errors import InvalidInput
from app.core.files import read_upload
from sim_mall.services.videos import MAX_VIDEO

KINDS = {"application/octet-stream": "MP4"}


def read_video(storage: Any, field: str = "file") -> bytes:
    """Return the bytes of an uploaded video. Raises InvalidInput naming the form's field."""
    try:
        return read_upload(storage, kinds=KINDS, limit=MAX_VIDEO)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field) from error

"""Picture and sound: chunks of the host's browser in, list and segments out; the recording and its replay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import render_template, request
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Response

from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from sim_livestream.domain.room_flow import STATE_NAMES
from sim_livestream.services import picture, recording, replay
from sim_livestream.views.answers import Answer
from sim_livestream.views.lobby import blueprint

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
PIECE = 256 * 1024


@blueprint.post("/studio/<int:number>/picture/<session>/<int:index>")
@requires(Permission.LIVE_ROOM_HOST)
def chunk(number: int, session: str, index: int) -> Answer:
    """Take a chunk of the host's camera, screen or slides."""
    if request.content_length is None or request.content_length > picture.MOST_CHUNK:
        raise InvalidInput("这一段画面太大，请降低清晰度后重试。", field="chunk")
    data = request.get_data(cache=False)
    with unit_of_work():
        wanted = picture.take_chunk(actor(), number, session, index, data)
    return {"ok": True, "next": wanted}


@blueprint.get("/<int:number>/picture/<name>")
@requires(Permission.LIVE_ROOM_VIEW)
def segment(number: int, name: str) -> Response:
    """Hand out the list or a segment of the running picture."""
    found = picture.part(actor(), number, name)
    answer = Response(found.read_bytes(), mimetype=TYPES[found.suffix])
    answer.headers["Cache-Control"] = "no-store" if found.suffix == ".m3u8" else "private, max-age=60"
    return answer


@blueprint.get("/<int:number>/recording.mp4")
@requires(Permission.LIVE_ROOM_VIEW)
def recorded(number: int) -> Response:
    """Hand out the recording, in parts when the player asks for parts."""
    found = recording.file_of(actor(), number)
    size = found.stat().st_size
    wanted = parse_range_header(request.headers.get("Range"))
    part = wanted.range_for_length(size) if wanted is not None else None
    begin, end = part if part is not None else (0, size)
    answer = Response(_bytes_of(found, begin, end), 206 if part is not None else 200, mimetype="video/mp4")
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.content_length = end - begin
    if part is not None:
        answer.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return answer


def _bytes_of(file: Path, begin: int, end: int) -> Iterator[bytes]:
    """Read a part of the file piece by piece; it is opened when the first piece is asked for."""
    with file.open("rb") as opened:
        opened.seek(begin)
        while begin < end and (piece := opened.read(min(PIECE, end - begin))):
            begin += len(piece)
            yield piece


@blueprint.get("/<int:number>/replay")
@requires(Permission.LIVE_ROOM_VIEW)
def replay_page(number: int) -> str:
    """Show a past show again: picture or slides, chapters, messages at their time."""
    show = replay.load(actor(), number)
    return render_template("live/replay.html", show=show, room=show.room, names=STATE_NAMES)

"""Picture and sound (画面与声音): what the host's browser records, remuxed by ffmpeg to HLS while it comes in.

Chunks are appended to one file per session of the host; ffmpeg follows that file and writes short
segments. A host who comes back begins a new session, which continues the same list: the room never ends
because of it. Segments stay until the recording is closed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import structlog
from flask import current_app

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import add_missing
from app.core.errors import InvalidInput, NotFound, Refused
from sim_livestream import access
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.rooms import LiveRecording, LiveRoom
from sim_livestream.services import journal

log = structlog.get_logger(__name__)

MOST_CHUNK = 4 * 1024 * 1024  # bytes of one chunk: half a second to a few seconds
MOST_SESSION = 6 * 1024**3  # bytes of one session
SESSION = re.compile(r"[a-z0-9]{8,32}")
SEGMENT = re.compile(r"seg\d{6}\.ts")
SILENT = timedelta(seconds=15)  # without a chunk, after which the picture counts as gone
PATIENCE = str(int(SILENT.total_seconds() * 1_000_000))  # microseconds that ffmpeg waits for more
ENCODER = "encoder.in"  # written again and again while an encoder pushes
STOP_TRIES = 50  # tenths of a second that the machine has to clear a killed process away
SEGMENT_SECONDS = 1
LISTED = 6  # segments in the list of a running show
followers: list[subprocess.Popen[bytes]] = []  # by this process: asked after, so that none stays behind as a zombie
TRANSCODE: Sequence[str] = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"),
    *("-vf", "scale=-2:480", "-r", "20", "-g", "20", "-b:v", "900k", "-maxrate", "1200k", "-bufsize", "1200k"),
)


def folder_of(room: LiveRoom) -> Path:
    """Return where the picture of a room lies."""
    folder: Path = current_app.config["SETTINGS"].var_dir / "live" / str(room.number)
    return folder


def take_chunk(actor: Actor, number: int, session: str, index: int, data: bytes) -> int:
    """Take the next chunk of a session of the host; return the index that is wanted next.

    The first chunk starts ffmpeg and tells the room that there is a picture. A chunk that came already
    changes nothing; one that is ahead is refused by answering the index that is missing.
    Raises Refused off air, InvalidInput for what is no recording of a browser.
    """
    room = access.get_host_room(actor, number)
    if room.state not in ON_AIR:
        raise Refused("没有在直播，画面不再接收。")
    if not SESSION.fullmatch(session) or index < 0:
        raise InvalidInput("画面编号不正确，请刷新页面。", field="session")
    if not data or len(data) > MOST_CHUNK:
        raise InvalidInput("这一段画面太大或是空的，请降低清晰度后重试。", field="chunk")
    folder = folder_of(room)
    incoming, place = folder / f"{session}.in", folder / f"{session}.next"
    wanted = int(place.read_text()) if place.exists() else 0
    if index != wanted:
        return wanted
    if index == 0:
        if fresh(folder / ENCODER):
            raise Refused("推流软件正在推画面，请先在软件里停止推流，再打开摄像头。")
        if not _is_recording(data):
            raise InvalidInput("浏览器的录制格式不受支持，请使用最新版的 Chrome、Edge 或 Safari。", field="chunk")
        folder.mkdir(parents=True, exist_ok=True)
        note_recording(room)
    elif incoming.stat().st_size > MOST_SESSION:
        raise Refused("这一段画面太长了，请重新打开摄像头。")
    with incoming.open("ab") as file:
        file.write(data)
    place.write_text(str(index + 1))
    if index == 0:
        _follow(folder, incoming, data)
        journal.tell(access.lock(room), "notice", {"kind": "picture", "on": True})
    return index + 1


def _is_recording(data: bytes) -> bool:
    return data.startswith(b"\x1aE\xdf\xa3") or data[4:8] == b"ftyp"


def note_recording(room: LiveRoom) -> None:
    """Note that the show has a recording; once."""
    row = {"world_id": room.world_id, "room_id": room.id, "folder": str(room.number), "started_wall_at": wall.now()}
    add_missing(LiveRecording, **row, sha256="", size=0, seconds=0)


def _follow(folder: Path, incoming: Path, head: bytes) -> None:
    """Follow the growing file of a browser; ends by itself when nothing comes for a while."""
    h264 = b"V_MPEG4/ISO/AVC" in head or b"avc1" in head
    # not seekable: a reader of MP4 would look at the end of the file before it gives out the first frame
    follow = ("-follow", "1", "-seekable", "0", "-rw_timeout", PATIENCE, "-i", f"file:{incoming}")
    start_ffmpeg(folder, follow, ("-c:v", "copy") if h264 else TRANSCODE)


def start_ffmpeg(folder: Path, source: Sequence[str], video: Sequence[str]) -> None:
    """Let ffmpeg write the segments of a picture that comes in. source, video: its arguments for input and codec.

    One before it, of an earlier session, is ended: two would write the same list.
    """
    stop_encoder(folder)
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-fflags", "+nobuffer+genpts", "-probesize", "200000", "-analyzeduration", "1000000"),
        *source,
        *video,
        *("-c:a", "aac", "-b:a", "96k", "-ar", "44100"),
        *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", str(LISTED)),
        *("-hls_flags", "append_list+omit_endlist+independent_segments+temp_file"),
        *("-hls_segment_filename", str(folder / "seg%06d.ts"), str(folder / "live.m3u8")),
    ]
    with (folder / "ffmpeg.log").open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command, names we made
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
        )
    followers[:] = [one for one in followers if one.poll() is None] + [process]
    (folder / "ffmpeg.pid").write_text(str(process.pid))


def working(folder: Path, *, tell: int = 0) -> bool:
    """Say whether the folder's ffmpeg runs; tell: a signal for it. A process that works elsewhere is left alone."""
    try:
        pid = int((folder / "ffmpeg.pid").read_text())
        if str(folder).encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return False
        if tell:
            os.kill(pid, tell)
    except (OSError, ValueError):
        return False
    return True


def stop_encoder(folder: Path, polite: int = 0) -> None:
    """End the folder's ffmpeg; polite: tenths of a second that it has to write its last segment.

    It is killed then: told a second time it would cut off its own list, and while it waits for a file that has
    stopped growing it does not hear the first. What was listed is whole, at most the last second is missing.
    """
    if polite and working(folder, tell=signal.SIGTERM):
        _wait_for_end(folder, polite)
    if working(folder, tell=signal.SIGKILL):
        _wait_for_end(folder, STOP_TRIES)


def _wait_for_end(folder: Path, tries: int) -> None:
    for _ in range(tries):
        if not working(folder):
            return
        time.sleep(0.1)


def shown(room: LiveRoom) -> bool:
    """Say whether a picture comes in now: a chunk came a moment ago, even if no segment is ready yet."""
    if room.state not in ON_AIR:
        return False
    return any(fresh(file) for file in folder_of(room).glob("*.in"))


def fresh(file: Path) -> bool:
    """Say whether the file was written a moment ago."""
    try:
        return wall.now().timestamp() - file.stat().st_mtime < SILENT.total_seconds()
    except FileNotFoundError:
        return False


def part(actor: Actor, number: int, name: str) -> Path:
    """Return the list or a segment of the running picture. Raises NotFound off air: a stopped room shows nothing."""
    standing = access.stand(actor, number)
    if standing.state not in ON_AIR or not (name == "live.m3u8" or SEGMENT.fullmatch(name)):
        raise NotFound
    found: Path = current_app.config["SETTINGS"].var_dir / "live" / str(number) / name
    if not found.is_file():
        raise NotFound
    return found

"""The picture of a show: chunks in their order, segments out, and who joins in the first seconds is told of it."""

from __future__ import annotations

import functools
import subprocess
import time
from collections.abc import Iterator

import imageio_ffmpeg
import pytest
from flask import Flask

from app.core.errors import InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from sim_livestream.services import catching_up, picture, rooms
from tests.factories.live import Show, make_show, make_viewer, room_row

SESSION = "5e5510n5e5510n"


KINDS = {
    "mp4": ("-c:v", "libx264", "-profile:v", "baseline", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-f", "webm"),
}


@functools.cache
def record(kind: str) -> bytes:
    """Return four seconds as browsers record them: MP4 (Chrome and Safari today) or WebM (others and older ones)."""
    sources = ("-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-f", "lavfi", "-i", "sine", "-t", "4")
    coded = ("-pix_fmt", "yuv420p", "-g", "10", *KINDS[kind], "-")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *sources, *coded]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


@pytest.fixture
def recording() -> bytes:
    return record("mp4")


@pytest.fixture
def show(app_context: Flask) -> Iterator[Show]:
    made = make_show()
    yield made
    for process in picture.followers:
        process.kill()
        process.wait()


def take(show: Show, index: int, data: bytes, session: str = SESSION) -> int:
    with unit_of_work():
        return picture.take_chunk(show.host, show.number, session, index, data)


def listed(show: Show, at_least: int) -> list[str]:
    """Return the segments of the list once there are so many, or what there is after ten seconds."""
    found: list[str] = []
    file = picture.folder_of(room_row(show.number)) / "live.m3u8"
    until = time.monotonic() + 10
    while len(found) < at_least and time.monotonic() < until:
        time.sleep(0.05)
        found = [line for line in file.read_text().splitlines() if line.endswith(".ts")] if file.exists() else []
    return found


def told(show: Show) -> bool:
    room = room_row(show.number)
    return bool(catching_up.snapshot(make_viewer(show), room, room.last_seq)["picture"])


def test_who_joins_before_the_first_segment_is_told_of_the_picture(show: Show, recording: bytes) -> None:
    assert told(show) is False
    take(show, 0, recording[:2000])
    assert not (picture.folder_of(room_row(show.number)) / "live.m3u8").exists()
    assert told(show) is True


def test_chunks_are_taken_once_and_in_their_order(show: Show, recording: bytes) -> None:
    assert take(show, 0, recording[:2000]) == 1
    assert take(show, 0, recording[:2000]) == 1  # came again
    assert take(show, 2, b"ahead") == 1
    assert take(show, 1, recording[2000:]) == 2
    incoming = picture.folder_of(room_row(show.number)) / f"{SESSION}.in"
    assert incoming.read_bytes() == recording


@pytest.mark.parametrize("kind", KINDS)
def test_a_viewer_fetches_list_and_segments_while_the_show_is_on(show: Show, kind: str) -> None:
    viewer = make_viewer(show)
    with pytest.raises(NotFound):
        picture.part(viewer, show.number, "live.m3u8")
    take(show, 0, record(kind))
    first = listed(show, 1)[0]
    assert first in picture.part(viewer, show.number, "live.m3u8").read_text()
    assert picture.part(viewer, show.number, first).read_bytes()[:1] == b"\x47"  # MPEG-TS
    for name in ("../../secret-key", "ffmpeg.log", f"{SESSION}.in"):
        with pytest.raises(NotFound):
            picture.part(viewer, show.number, name)
    with unit_of_work():
        rooms.end(show.host, show.number)
    with pytest.raises(NotFound):
        picture.part(viewer, show.number, "live.m3u8")


def test_a_host_who_comes_back_goes_on_with_the_same_list(show: Show, recording: bytes) -> None:
    take(show, 0, recording)
    before = listed(show, 1)
    first = picture.followers[-1]
    take(show, 0, recording, "another5e5510n")
    assert first.poll() is not None  # two encoders would write over each other
    after = listed(show, len(before) + 1)
    assert after[: len(before)] == before
    assert after == sorted(set(after))


@pytest.mark.parametrize(
    ("session", "data", "words"),
    [
        (SESSION, b"MZ\x90\x00 a program", "录制格式"),
        (SESSION, b"", "空的"),
        ("../../../etc", b"\x1aE\xdf\xa3", "画面编号"),
        (SESSION, bytes(picture.MOST_CHUNK + 1), "太大"),
    ],
    ids=["no recording", "nothing", "a path", "too large"],
)
def test_what_is_no_recording_is_refused(show: Show, session: str, data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words), unit_of_work():
        picture.take_chunk(show.host, show.number, session, 0, data)
    assert not list(picture.folder_of(room_row(show.number)).glob("*.in"))


def test_off_air_no_picture_is_taken(show: Show, recording: bytes) -> None:
    with unit_of_work():
        rooms.end(show.host, show.number)
    with pytest.raises(Refused, match="没有在直播"):
        take(show, 0, recording)
    assert told(show) is False

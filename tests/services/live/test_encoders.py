"""An encoder such as OBS pushes by RTMP to a media server, which lets in only who holds the room's key."""

from __future__ import annotations

import dataclasses
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import imageio_ffmpeg
import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.core.errors import DomainError, NotFound, Refused
from app.core.uow import unit_of_work
from sim_livestream.models.rooms import CrewRole
from sim_livestream.services import crew, encoders, picture, recording, rooms
from sim_mall.services import members
from tests.factories.live import make_show, make_viewer, room_row
from tests.factories.mall import key
from tests.factories.world import sign_in
from tests.infrastructure.media import start_media_server

SOURCE = ("-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-f", "lavfi", "-i", "sine", "-t", "30")
CODED = ("-c:v", "libx264", "-profile:v", "baseline", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv")


def push(server: str, key: str) -> subprocess.Popen[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *SOURCE, *CODED, f"{server}/{key}"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def streams(segment: Path) -> str:
    """Return what ffmpeg says of a segment."""
    asked = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(segment)]
    return subprocess.run(asked, stderr=subprocess.PIPE, text=True, check=False).stderr


def until(true: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return done


@contextmanager
def configured(app: Flask, url: str) -> Iterator[None]:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(before, rtmp_url=url, rtmp_pull_url=url)
    yield
    app.config["SETTINGS"] = before


@pytest.fixture
def media(app: Flask) -> Iterator[str]:
    """The platform answering a media server's questions; the address to push to."""
    platform = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=platform.serve_forever, daemon=True).start()
    running, url = start_media_server(platform.port)
    with configured(app, url):
        yield url
    running.stop()
    platform.shutdown()
    for process in picture.followers:
        process.kill()
        process.wait()


@pytest.mark.sqlite_only
def test_a_stream_arrives_and_a_wrong_key_is_refused(app: Flask, media: str) -> None:
    with app.app_context():
        show = make_show()
        viewer, folder = make_viewer(show), picture.folder_of(room_row(show.number))
        address = encoders.address_of(show.host, room_row(show.number))
    assert address is not None
    assert address.server == media
    wrong = push(media, address.key[:-1] + ("0" if address.key[-1] != "0" else "1"))
    sender = push(media, address.key)
    assert wrong.wait(10) != 0
    assert until((folder / "live.m3u8").exists)
    with app.app_context():
        listed = picture.part(viewer, show.number, "live.m3u8").read_text()
        first = next(line for line in listed.splitlines() if line.endswith(".ts"))
        segment = picture.part(viewer, show.number, first)
        assert segment.read_bytes()[:1] == b"\x47"  # MPEG-TS
        assert "Video: h264" in streams(segment)  # key frames two seconds apart: the sound was there long before
        assert picture.shown(room_row(show.number))
        assert address.key not in listed
    second = push(media, address.key)
    assert second.wait(10) != 0  # one encoder at a time, and the first goes on
    assert sender.poll() is None
    with app.app_context():
        with pytest.raises(Refused, match="推流软件正在推"), unit_of_work():
            picture.take_chunk(show.host, show.number, "5e5510n5e5510n", 0, b"\x1aE\xdf\xa3")
        with unit_of_work():
            encoders.change_key(show.host, show.number)
    assert sender.wait(10) != 0  # cut off
    with app.app_context():
        assert not picture.shown(room_row(show.number))
        assert until(lambda: not picture.working(folder))
        with unit_of_work():
            rooms.end(show.host, show.number)
        kept = recording.recording_of(room_row(show.number).id)
        assert kept is not None
        assert kept.sha256 != ""


def _asked(app: Flask, **fields: str) -> tuple[int, str | None]:
    answer = app.test_client().post("/live/media", data=fields)
    return answer.status_code, answer.headers.get("Location")


def test_who_may_push(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers to the media server, without one; and that nobody but the host is told the key."""
    started: list[Path] = []
    monkeypatch.setattr(picture, "start_ffmpeg", lambda folder, *_more: started.append(folder))
    with app.app_context():
        show, planned = make_show(), make_show(on_air=False)
        room = room_row(show.number)
        assert encoders.address_of(show.host, room) is None  # no media server is configured
        with pytest.raises(Refused, match="没有接入"), unit_of_work():
            encoders.change_key(show.host, show.number)
        helper, viewer = make_viewer(show), make_viewer(show)
        with unit_of_work():
            invited = members.invite_member(show.host, helper.person(), "operator", key())
            members.answer_invitation(helper, invited, accept=True)
            crew.add_member(show.host, show.number, helper.person(), CrewRole.OPERATOR)
        unconfigured = encoders._key(room)
        assert _asked(app, call="publish", name=unconfigured, clientid="1") == (401, None)
        pages = {}
        for name, person in (("host", show.host), ("helper", helper), ("viewer", viewer)):
            client = app.test_client()
            sign_in(client, person)
            pages[name] = client
        console = f"/live/studio/{show.number}"
        assert "推流" not in pages["host"].get(console).get_data(as_text=True)
        with configured(app, "rtmp://media.example.org/live"):
            mine = encoders.address_of(show.host, room)
            theirs = encoders.address_of(planned.host, room_row(planned.number))
            assert mine is not None
            assert theirs is not None
            text = pages["host"].get(console).get_data(as_text=True)
            assert mine.key in text
            assert "rtmp://media.example.org/live" in text
            for other in (pages["helper"].get(console), pages["viewer"].get(f"/live/{show.number}")):
                assert other.status_code == 200
                assert mine.key not in other.get_data(as_text=True)
            assert [encoders.address_of(who, room) for who in (helper, viewer)] == [None, None]
            for wrong in ("", "x", "100001", "-", mine.key[:-1], mine.key.upper(), "999999999-" + mine.key, theirs.key):
                assert _asked(app, call="publish", name=wrong, clientid="1") == (401, None)
            assert started == []
            assert _asked(app, call="publish", name=mine.key, clientid="7") == (302, str(show.number))
            assert started == [picture.folder_of(room)]
            assert _asked(app, call="publish", name=mine.key, clientid="8") == (401, None)  # one at a time
            assert _asked(app, call="update_publish", name=mine.key, clientid="7")[0] == 204
            assert _asked(app, call="publish_done", name=mine.key, clientid="8")[0] == 401
            assert picture.shown(room)
            assert _asked(app, call="publish_done", name=mine.key, clientid="7")[0] == 204
            assert not picture.shown(room)
            assert pages["host"].post(f"{console}/key").status_code == 302
            assert _asked(app, call="publish", name=mine.key, clientid="9") == (401, None)
            for person in (helper, viewer):
                with pytest.raises(DomainError) as refused, unit_of_work():
                    encoders.change_key(person, show.number)
                assert isinstance(refused.value, NotFound)
            fresh = encoders.address_of(show.host, room_row(show.number))
            assert fresh is not None
            with unit_of_work():
                rooms.end(show.host, show.number)
            assert _asked(app, call="update_publish", name=fresh.key, clientid="7")[0] == 401
            assert _asked(app, call="publish", name=fresh.key, clientid="7") == (401, None)

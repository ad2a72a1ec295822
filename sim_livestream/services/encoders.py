"""Encoders (推流软件), such as OBS: they push by RTMP to an external media server, which asks here who may.

The key (推流码) is made from the platform's secret, the room and how often it was changed: it is stored nowhere and
told to the host alone. The platform fetches the stream under the room's number and writes the same segments as for
a browser's picture, so viewers, recording and replay know no difference.
"""

from __future__ import annotations

import hashlib
import hmac
import signal
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from app.worlds import notices
from app.worlds.api import scope_of_world
from sim_livestream import access
from sim_livestream.domain.room_flow import CLOSED, ON_AIR
from sim_livestream.models.rooms import FIRST_NUMBER, LiveRoom
from sim_livestream.services import journal, picture
from sim_livestream.services.picture import ENCODER, folder_of


@dataclass(frozen=True, slots=True)
class Address:
    """What a host types into the encoder."""

    server: str
    key: str


def _settings() -> tuple[str | None, str | None, str]:
    settings = current_app.config["SETTINGS"]
    return settings.rtmp_url, settings.rtmp_pull_url, settings.secret_key


def _key(room: LiveRoom) -> str:
    told = f"live-stream:{room.id}:{room.key_turn}".encode()
    return f"{room.number}-{hmac.new(_settings()[2].encode(), told, hashlib.sha256).hexdigest()[:40]}"


def address_of(actor: Actor, room: LiveRoom) -> Address | None:
    """Return where the host of the room pushes to; None for everybody else, and without a media server."""
    server = _settings()[0]
    return Address(server, _key(room)) if server and access.hosts(actor, room) else None


def change_key(actor: Actor, number: int) -> None:
    """Give the room another key: the old one opens nothing from now on, and who pushes with it is cut off."""
    room = access.lock(access.get_host_room(actor, number))
    if _settings()[0] is None:
        raise Refused("平台没有接入推流服务器，请用浏览器的摄像头或共享屏幕。")
    if room.state in CLOSED:
        raise Refused("直播已结束，推流码已失效。")
    room.key_turn += 1
    db.session.flush()
    _forget(folder_of(room))
    audit.record(actor, "live_room.key_changed", f"live_room:{number}", {}, scope_id=scope_of_world(room.world_id))


def room_of_key(key: str) -> LiveRoom | None:
    """Return the room that the key opens, compared in constant time; None for a wrong or an old one."""
    head = key.partition("-")[0]
    number = int(head) if head.isascii() and head.isdigit() and len(head) < 10 else 0
    room = db.session.get(LiveRoom, number - FIRST_NUMBER, populate_existing=True) if _settings()[0] else None
    wanted = _key(room) if room is not None else "-".join(("0", "0" * 40))
    return room if hmac.compare_digest(wanted.encode(), key.encode()) and room is not None else None


def _may_push(room: LiveRoom) -> bool:
    try:
        notices.refuse_in_world(room.world_id)
    except Refused:
        return False
    return room.state in ON_AIR


def begin(key: str, client: str) -> int | None:
    """Let an encoder push for its room (on_publish): fetch the stream, tell the room; return the room's number.

    client: the media server's number of the connection. Returns None for a wrong key, off air, while another
    encoder or the host's browser shows a picture.
    """
    room = room_of_key(key)
    if room is None or not _may_push(room) or picture.shown(room):
        return None
    folder = folder_of(room)
    folder.mkdir(parents=True, exist_ok=True)
    picture.note_recording(room)
    (folder / ENCODER).write_text(client)
    source = ("-rw_timeout", picture.PATIENCE, "-rtmp_live", "live", "-i", f"{_settings()[1]}/{room.number}")
    picture.start_ffmpeg(folder, source, ("-c:v", "copy"))
    journal.tell(access.lock(room), "notice", {"kind": "picture", "on": True})
    return room.number


def go_on(key: str, client: str) -> bool:
    """Say whether the encoder may go on (on_update): asked every few seconds, who may not is cut off."""
    room = room_of_key(key)
    if room is None or not _may_push(room):
        return False
    file = folder_of(room) / ENCODER
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(client)
    return True


def end(key: str, client: str) -> bool:
    """The encoder has gone (on_publish_done): its picture ends. Says whether it was the one that pushed."""
    room = room_of_key(key)
    file = folder_of(room) / ENCODER if room is not None else None
    if file is None or not file.is_file() or file.read_text() != client:
        return False
    _forget(file.parent)
    return True


def _forget(folder: Path) -> None:
    """No encoder pushes any more: let ffmpeg end."""
    if (folder / ENCODER).is_file():
        (folder / ENCODER).unlink(missing_ok=True)
        picture.working(folder, tell=signal.SIGTERM)

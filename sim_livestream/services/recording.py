"""The recording of a show (录像): joined after the end, sealed with its SHA-256, kept for a time, then deleted."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import sqlalchemy as sa
from flask import current_app

from app.core import audit, jobs
from app.core import clock as wall
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import Progress
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_livestream import access
from sim_livestream.domain.room_flow import OVER
from sim_livestream.models.rooms import LiveRecording, LiveRoom
from sim_livestream.services.picture import folder_of, stop_encoder

JOB = "live.close_recording"
FILE = "recording.mp4"
CHUNK = 1024 * 1024


def recording_of(room_id: int) -> LiveRecording | None:
    """Return the recording of a room, whatever became of it."""
    return db.session.scalars(sa.select(LiveRecording).where(LiveRecording.room_id == room_id)).one_or_none()


def seal(room: LiveRoom) -> None:
    """Ask for the recording to be closed, inside the open unit of work that ends the show."""
    if recording_of(room.id) is not None:
        actor = system(room.world_id, scope_of_world(room.world_id))
        jobs.enqueue(actor, JOB, f"整理“{room.title}”的直播录像", {"room": room.id})


def close(payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Join the segments, write size, length and SHA-256, and delete what was only on the way; in the worker."""
    room = db.session.get_one(LiveRoom, payload["room"])
    folder, number, world_id = folder_of(room), room.number, room.world_id
    keep = timedelta(days=setting(get_world(world_id), "live_keep_days"))
    db.session.rollback()
    stop_encoder(folder, polite=20)
    segments = sorted(folder.glob("seg*.ts"))
    progress.report(0, 3, "正在拼接画面")
    seconds = _join(folder, segments) if segments else 0
    progress.report(1, 3, "正在计算校验值")
    whole = folder / FILE
    digest, size = _digest(whole) if whole.is_file() else ("", 0)
    progress.report(2, 3, "正在清理临时文件")
    with unit_of_work():
        now = wall.now()
        recording = db.session.scalars(sa.select(LiveRecording).where(LiveRecording.room_id == payload["room"])).one()
        if recording.closed_wall_at is None:
            recording.sha256, recording.size, recording.seconds = digest, size, seconds
            recording.closed_wall_at, recording.expires_wall_at = now, now + keep
            scope_id = scope_of_world(world_id)
            data = {"sha256": digest, "size": size, "seconds": seconds}
            audit.record(
                system(world_id, scope_id), "live_recording.closed", f"live_room:{number}", data, scope_id=scope_id
            )
    for spent in (*segments, *folder.glob("*.in"), *folder.glob("*.next"), folder / "live.m3u8"):
        spent.unlink(missing_ok=True)
    return {"sha256": digest, "size": size}


def _join(folder: Path, segments: list[Path]) -> int:
    """Write one file of all segments, without encoding again; return its seconds."""
    listed = folder / "segments.txt"
    listed.write_text("".join(f"file '{segment.name}'\n" for segment in segments))
    part = folder / "recording.part.mp4"
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-fflags", "+genpts", "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy"),
        *("-bsf:a", "aac_adtstoasc", "-movflags", "+faststart", str(part)),
    ]
    subprocess.run(command, check=True, timeout=1800, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
    part.replace(folder / FILE)
    _frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(folder / FILE))
    listed.unlink()
    return int(seconds)


def _digest(file: Path) -> tuple[str, int]:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            found.update(chunk)
    return found.hexdigest(), file.stat().st_size


def file_of(actor: Actor, number: int) -> Path:
    """Return the recording of a room that is over, for those who may watch it. Raises NotFound."""
    standing = access.stand(actor, number)
    recording = recording_of(standing.room_id)
    if standing.state not in OVER or recording is None or recording.deleted_wall_at is not None:
        raise NotFound
    found: Path = current_app.config["SETTINGS"].var_dir / "live" / str(number) / FILE
    if not recording.sha256 or not found.is_file():
        raise NotFound
    return found


def forget_expired() -> int:
    """Delete recordings whose time is over; the row with its SHA-256 stays. Return how many."""
    now = wall.now()
    rows = db.session.scalars(
        sa.select(LiveRecording.id).where(LiveRecording.expires_wall_at <= now, LiveRecording.deleted_wall_at.is_(None))
    ).all()
    db.session.rollback()
    for row_id in rows:
        with unit_of_work():
            recording = db.session.get_one(LiveRecording, row_id)
            room = db.session.get_one(LiveRoom, recording.room_id)
            shutil.rmtree(folder_of(room), ignore_errors=True)
            recording.deleted_wall_at = now
            scope_id = scope_of_world(room.world_id)
            audit.record(
                system(room.world_id, scope_id),
                "live_recording.deleted",
                f"live_room:{room.number}",
                {"sha256": recording.sha256},
                scope_id=scope_id,
            )
    return len(rows)

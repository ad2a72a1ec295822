"""Files: bytes by content hash in a store, rows with a random public name in the database.

The store is a folder (default ``var/files``) or S3-compatible object storage (``STORAGE_URL``), both
through obstore. A file is served under its random name with the content type found when it was stored.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import orm

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, UTCDateTime, db
from app.core.errors import InvalidInput, NotFound

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StoredFile(Base):
    """One stored file and who may fetch it: its owner, and everybody in ``world_id`` when set."""

    __tablename__ = "core_stored_file"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    public_name: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64), index=True)
    size: orm.Mapped[int]
    content_type: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    file_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    owner_id: orm.Mapped[int | None] = orm.mapped_column(index=True)
    world_id: orm.Mapped[int | None]
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


def sniff(data: bytes) -> str:
    """Return the content type by content: a known signature, text, or octet-stream."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            return kind
    if b"\x00" not in data[:4096]:
        return "text/plain"
    return "application/octet-stream"


def _store() -> Any:
    store = current_app.extensions.get("file_store")
    if store is None:
        from obstore.store import LocalStore, from_url

        settings = current_app.config["SETTINGS"]
        if settings.storage_url:
            store = from_url(settings.storage_url)
        else:
            folder = settings.var_dir / "files"
            folder.mkdir(parents=True, exist_ok=True)
            store = LocalStore(prefix=folder)
        current_app.extensions["file_store"] = store
    return store


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def keep(
    data: bytes,
    file_name: str,
    *,
    actor: Actor | None = None,
    owner_id: int | None = None,
    content_type: str | None = None,
    world_id: int | None = None,
) -> StoredFile:
    """Store bytes inside the open unit of work and return the row.

    The bytes go first: a crash before the commit leaves an unused object, never a row without bytes.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    store = _store()
    store.put(_path(sha256), data)
    row = StoredFile(
        public_name=secrets.token_urlsafe(24),
        sha256=sha256,
        size=len(data),
        content_type=content_type or sniff(data),
        file_name=file_name[:200],
        owner_id=owner_id if owner_id is not None else (actor.account_id if actor else None),
        world_id=world_id,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def read(row: StoredFile) -> bytes:
    """Return the bytes. Raises NotFound when the store has lost them."""
    try:
        data = bytes(_store().get(_path(row.sha256)).bytes())
    except FileNotFoundError as error:
        raise NotFound("文件已不在存储中，请联系管理员从备份恢复。") from error
    return data


def find(actor: Actor, public_name: str) -> StoredFile:
    """Return the file this actor may fetch. Raises NotFound otherwise."""
    row = db.session.scalars(sa.select(StoredFile).where(StoredFile.public_name == public_name)).one_or_none()
    if row is None:
        raise NotFound
    own = row.owner_id is not None and row.owner_id == actor.account_id
    shared = row.world_id is not None and row.world_id == actor.world_id
    if not (own or shared or actor.is_system):
        raise NotFound
    return row


def read_upload(
    storage: Any, *, kinds: dict[str, str], limit: int, check: Callable[[bytes], None] | None = None
) -> bytes:
    """Return the bytes of an uploaded file after checking size and type by content.

    kinds: content type → the word people use for it. Raises InvalidInput with one Chinese sentence.
    """
    if storage is None or not getattr(storage, "filename", ""):
        raise InvalidInput("请先选择要上传的文件。", field="file")
    data: bytes = storage.stream.read(limit + 1)
    if not data:
        raise InvalidInput("这个文件是空的，请检查后重新选择。", field="file")
    if len(data) > limit:
        raise InvalidInput(f"文件超过 {limit // 1024 // 1024} MB，请拆分或压缩后再上传。", field="file")
    if sniff(data) not in kinds:
        wanted = "、".join(dict.fromkeys(kinds.values()))
        raise InvalidInput(f"文件内容不是 {wanted}，请选择正确的文件（只改扩展名不起作用）。", field="file")
    if check:
        check(data)
    return data


def store_works() -> bool:
    """Say whether the store takes and gives back bytes (for /readyz)."""
    store = _store()
    store.put("readyz", b"ok")
    return bytes(store.get("readyz").bytes()) == b"ok"

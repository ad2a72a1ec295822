"""The mark in the audit chain of the platform that says that the demo data is whole."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import audit
from app.core.audit import AuditEvent
from app.core.db import db

DONE = "demo.loaded"
ALREADY = "演示数据已经在了，没有改动任何内容。"


def is_loaded() -> bool:
    """Say whether the demo data was loaded to its end."""
    query = sa.select(AuditEvent.id).where(AuditEvent.scope_id == audit.PLATFORM_SCOPE, AuditEvent.action == DONE)
    return db.session.scalar(query.limit(1)) is not None

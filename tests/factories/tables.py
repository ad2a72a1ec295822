"""Fingerprints of the database: what a refused request must leave as it was."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from app.core.db import db

# written by any request of a signed-in person: when the device was last seen
VOLATILE = {"accounts_signed_in_device", "alembic_version"}


def fingerprint() -> dict[str, str]:
    """Return a hash of the rows of every table, by table name."""
    result = {}
    for table in db.metadata.sorted_tables:
        if table.name in VOLATILE:
            continue
        key = list(table.primary_key.columns)
        rows = db.session.execute(sa.select(table).order_by(*key)).all()
        result[table.name] = hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
    db.session.rollback()
    return result


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the tables whose rows differ."""
    return sorted(name for name in after if before.get(name) != after[name])

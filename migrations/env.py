"""Alembic environment: the application's engine and models, on SQLite and PostgreSQL.

SQLite recreates a table to alter it; with foreign keys on, dropping the old one would fire cascades. So they
are switched off outside the transaction and checked before the commit.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from flask import current_app

from app.core.db import WRITE_OPTION, StrEnumType, UTCDateTime

MIGRATION_LOCK = 6_033_711  # any number that nothing else locks


def render_type(kind: str, value: Any, _autogen: Any) -> str | Literal[False]:
    """Write our column types as what they are in the database: a migration must not change with the code."""
    if kind == "type" and isinstance(value, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, StrEnumType):
        return "sa.String(length=40)"
    return False


def run() -> None:
    """Bring the database to the asked revision in one transaction."""
    database = current_app.extensions["migrate"].db
    with database.engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=sqlite,
            render_item=render_type,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            if not sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"migration breaks foreign keys: {broken[:5]}")
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()

"""The database: one typed declarative base, engine options, column types.

SQLite runs in WAL with foreign keys on. Its busy handler would sleep in C and freeze the gevent loop,
so writers inside one process wait for a green lock (see ``app.core.uow``) and only the wait for
another process polls, cooperatively, up to five seconds.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MS = 50
BUSY_WAIT_SECONDS = 5.0
WRITE_OPTION = "write_transaction"


class Base(orm.DeclarativeBase):
    """Base of all tables; names constraints so that migrations can address them on both databases."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive value is an error, not a guess."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StrEnumType(TypeDecorator[Any]):
    """A StrEnum stored by its value as text; an unknown value in the database is an error."""

    impl = sa.String(40)
    cache_ok = True

    def __init__(self, enum_class: type[Any]) -> None:
        super().__init__()
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else self.enum_class(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else self.enum_class(value)


def engine_options(database_url: str) -> dict[str, Any]:
    """Return the options of the engine for this database."""
    if database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}, "pool_size": 20}
    return {"pool_size": 20, "max_overflow": 0, "pool_timeout": 30, "pool_pre_ping": True}


def prepare_engine(engine: Engine, *, durable: bool = True) -> None:
    """Attach the SQLite rules to the engine; PostgreSQL needs none.

    durable: wait for the disk at every commit, so that a power cut loses nothing; tests do without.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITE_OPTION):
            connection.exec_driver_sql("BEGIN")
            return
        deadline = time.monotonic() + BUSY_WAIT_SECONDS
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


def like_escape(text: str) -> str:
    """Escape %, _ and \\ for LIKE … ESCAPE '\\'."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def matched(result: sa.Result[Any]) -> int:
    """Return how many rows a conditional UPDATE or DELETE changed.

    Not for INSERT: PostgreSQL's answer to it may carry no count; ``add_missing`` tells what came in.
    """
    count: int = result.rowcount  # type: ignore[attr-defined]
    return count


def table_of(model: type[Base]) -> sa.Table:
    """Return the model's table, for statements of the hot path that do without objects."""
    table = model.__table__
    if not isinstance(table, sa.Table):
        raise TypeError(f"{model.__name__} is mapped to no table")
    return table


def insert_into(model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT into the model's table that knows ON CONFLICT in the dialect of this database."""
    return postgresql.insert(model) if db.engine.dialect.name == "postgresql" else sqlite.insert(model)


def add_missing(model: type[Base], **values: Any) -> bool:
    """Insert a row unless one with the same unique values stands already; say whether it came in."""
    key = sa.inspect(model).primary_key[0]
    command = insert_into(model).values(**values).on_conflict_do_nothing().returning(key)
    return db.session.execute(command).first() is not None


def is_migrated() -> bool:
    """Say whether the database stands at the newest migration."""
    from alembic.runtime.migration import MigrationContext  # asked at the start and by monitoring only
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(current_app.config["MIGRATIONS"]).get_heads()
    with db.engine.connect() as connection:  # not the session's: a migration that follows must not meet its snapshot
        return set(MigrationContext.configure(connection).get_current_heads()) == set(newest)

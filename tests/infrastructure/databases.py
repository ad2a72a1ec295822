"""A fresh database for every test, copied from a template whose schema was made once.

The database of a session's common application keeps its name and is only filled anew (``again``): an engine
that stays keeps its compiled statements, which are half the time of a short test.
"""

from __future__ import annotations

import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

TIDIED_EVERY = 50  # tests; nobody else removes dead rows, autovacuum is off
SchemaMaker = Callable[[str], None]  # makes the schema in the database of this URL


def _new_name() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


class Databases(ABC):
    """Gives out databases: with the schema, or empty ones for tests of the migrations."""

    def __init__(self, make_schema: SchemaMaker) -> None:
        self._make_schema = make_schema
        self._template_ready = False

    def fresh(self) -> str:
        """Return the URL of a new database with the schema and no rows."""
        self._make_template()
        return self._copy_template(_new_name())

    def again(self) -> str:
        """Return the URL of the common database, with the schema and no rows; whoever is connected is thrown out."""
        self._make_template()
        return self._copy_template("common")

    def _make_template(self) -> None:
        if not self._template_ready:
            template = self._new_template()
            try:
                self._make_schema(template)
            except BaseException:
                self.drop(template)
                raise
            self._template_ready = True

    @abstractmethod
    def empty(self) -> str:
        """Return the URL of a new database without any table."""

    @abstractmethod
    def copied(self, url: str) -> str:
        """Return the URL of a new database with all that the one of this URL holds; nobody may be connected to that."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Remove the database of this URL."""

    @abstractmethod
    def _new_template(self) -> str: ...

    @abstractmethod
    def _copy_template(self, name: str) -> str: ...


class SqliteDatabases(Databases):
    """Databases are files; a copy is a file copy."""

    def __init__(self, folder: Path, make_schema: SchemaMaker) -> None:
        super().__init__(make_schema)
        self._folder = folder
        self._template = folder / "template.db"

    def empty(self) -> str:
        return self._url(_new_name())

    def copied(self, url: str) -> str:
        return self._copy(self._path(url), _new_name())

    def drop(self, url: str) -> None:
        path = self._path(url)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    def _new_template(self) -> str:
        return f"sqlite:///{self._template}"

    def _copy_template(self, name: str) -> str:
        return self._copy(str(self._template), name)

    def _copy(self, path: str, name: str) -> str:
        url = self._url(name)
        self.drop(url)
        for suffix in ("", "-wal"):
            source = Path(f"{path}{suffix}")
            if source.exists():
                shutil.copyfile(source, f"{self._path(url)}{suffix}")
        return url

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    @staticmethod
    def _path(url: str) -> str:
        return url.removeprefix("sqlite:///")


class PostgresDatabases(Databases):
    """Databases of one server; a copy is CREATE DATABASE … TEMPLATE."""

    def __init__(self, server_url: str, make_schema: SchemaMaker) -> None:
        super().__init__(make_schema)
        self._server = make_url(server_url).set(drivername="postgresql+psycopg")
        self._template = f"template_{uuid.uuid4().hex[:12]}"
        self._common: _Emptied | None = None
        admin = self._server.set(drivername="postgresql", database=self._server.database or "postgres")
        self._admin = psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True)

    def again(self) -> str:
        """Empty the common database where it exists: copying hundreds of files takes longer than most tests."""
        if self._common is None:
            url = super().again()
            self._common = _Emptied(url)
            return url
        self._common.empty()
        return self._common.url

    def close(self) -> None:
        """Remove the template and leave the server."""
        if self._common is not None:
            self._common.close()
        self._admin.execute(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')
        self._admin.close()

    def empty(self) -> str:
        return self._create("template0", _new_name())

    def copied(self, url: str) -> str:
        return self._create(str(make_url(url).database), _new_name())

    def drop(self, url: str) -> None:
        self._admin.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _new_template(self) -> str:
        return self._create("template0", self._template)

    def _copy_template(self, name: str) -> str:
        self._admin.execute(f'DROP DATABASE IF EXISTS "{self._template}_{name}" WITH (FORCE)')
        return self._create(self._template, f"{self._template}_{name}")

    def _create(self, template: str, name: str) -> str:
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._server.set(database=name).render_as_string(hide_password=False)


class _Emptied:
    """The common PostgreSQL database: rows and counters are taken out, the tables stay.

    Needs the right to switch triggers and foreign keys off for its connection, as the owner of a server has it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)
        self._connection.execute("SET session_replication_role = replica")
        names = [name for (name,) in self._connection.execute(_TABLES).fetchall()]
        self._filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
            for name in names
        )
        self._emptied = 0
        if self._connection.execute(self._filled).fetchall():
            raise RuntimeError("the migrations leave rows: the common database cannot simply be emptied")

    def empty(self) -> None:
        """Throw out whoever is still connected, delete all rows, start all counters at 1."""
        run = self._connection.execute
        run(_OTHERS)
        for (name,) in run(self._filled).fetchall():
            run(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        run(_COUNTERS)
        self._emptied += 1
        if not self._emptied % TIDIED_EVERY:
            run("VACUUM")  # else every query reads past the dead rows of all tests before

    def close(self) -> None:
        self._connection.close()


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_COUNTERS = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) "
    "FROM pg_sequences WHERE last_value IS NOT NULL"
)

"""What one test session has started: everything lazily, everything ended in reverse order."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.infrastructure.daemons import start_postgres, start_redis
from tests.infrastructure.databases import Databases, PostgresDatabases, SchemaMaker, SqliteDatabases
from tests.infrastructure.server import Server


class Services:
    """PostgreSQL, Redis, databases and real servers of a session.

    Asked for the first time they are started. TEST_POSTGRES_URL and TEST_REDIS_URL name servers to use instead.
    """

    def __init__(self, folder: Path, make_schema: SchemaMaker) -> None:
        self._folder = folder
        self._make_schema = make_schema
        self._stack = ExitStack()
        self._databases: dict[str, Databases] = {}
        self._servers: dict[tuple[object, ...], Server] = {}
        self._loaded: dict[str, Server] = {}  # by backend: the demo data in a database that nobody runs on

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def postgres_url(self) -> str:
        """URL of the PostgreSQL server, without a database name."""
        given = os.environ.get("TEST_POSTGRES_URL")
        if given:
            return given
        running, url = start_postgres()
        self._stack.callback(running.stop)
        return url

    @cached_property
    def redis_url(self) -> str:
        """URL of the Redis server."""
        given = os.environ.get("TEST_REDIS_URL")
        if given:
            return given
        running, url = start_redis()
        self._stack.callback(running.stop)
        return url

    def databases(self, backend: str) -> Databases:
        """Return the databases of a backend, sqlite or postgres."""
        if backend not in self._databases:
            if backend == "postgres":
                postgres = PostgresDatabases(self.postgres_url, self._make_schema)
                self._stack.callback(postgres.close)
                self._databases[backend] = postgres
            else:
                self._databases[backend] = SqliteDatabases(self._folder, self._make_schema)
        return self._databases[backend]

    def server(self, backend: str, *, demo: bool = False, **settings: str) -> Server:
        """Return the session's running server with these settings, started on a new database when first asked for.

        settings: environment of the server, for example ``TICKER="off"``.
        """
        key = (backend, demo, *sorted(settings.items()))
        if key not in self._servers:
            server = self.prepared(backend, demo=demo, **settings)
            self._servers[key] = server.start()
        return self._servers[key]

    def prepared(self, backend: str, *, demo: bool = False, **settings: str) -> Server:
        """Return a server that was not started, on a new database; the demo data is loaded once and copied."""
        if not demo:
            return self._server_on(backend, self.databases(backend).fresh(), demo=False, **settings)
        loaded = self._demo(backend)
        server = self._server_on(backend, self.databases(backend).copied(loaded.database_url), demo=True, **settings)
        shutil.copytree(loaded.var_dir, server.var_dir, dirs_exist_ok=True)
        return server

    def _demo(self, backend: str) -> Server:
        if backend not in self._loaded:
            server = self._server_on(backend, self.databases(backend).fresh(), demo=True)
            self._loaded[backend] = server.prepare()
        return self._loaded[backend]

    def _server_on(self, backend: str, url: str, *, demo: bool, **settings: str) -> Server:
        """Return a server on this database; both are gone with the session."""
        self._stack.callback(self.databases(backend).drop, url)
        server = Server(url, demo=demo, **settings)
        self._stack.callback(server.stop)
        return server

    def stop_servers(self) -> None:
        """End all servers: who asks for one later gets a new one."""
        for server in self._servers.values():
            server.stop()
        self._servers.clear()

"""Fixtures of all tests.

A test that touches the database asks for ``app`` (or ``client``, ``database_url``, ``server``) and is run
twice, on SQLite and on PostgreSQL; ``@pytest.mark.sqlite_only`` and ``@pytest.mark.postgres_only`` narrow it.
Every test has a database of its own, copied from a template whose schema the migrations made.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings, load_settings
from app.core.db import db
from tests.infrastructure import browser as browsers
from tests.infrastructure.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.infrastructure.processes import Running
from tests.infrastructure.server import Server
from tests.infrastructure.services import start_postgres, start_redis

ROOT = Path(__file__).resolve().parents[1]
SECRET_KEY = "a-secret-of-the-tests-that-nobody-else-uses"
FIELD_KEY = "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="
BACKENDS = ("sqlite", "postgres")

SettingsMaker = Callable[..., Settings]
AppMaker = Callable[..., Flask]
ServerMaker = Callable[..., Server]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of the database on both backends, or on the one that its marker names."""
    if "backend" not in metafunc.fixturenames:
        return
    narrowed = [name for name in BACKENDS if metafunc.definition.get_closest_marker(f"{name}_only")]
    metafunc.parametrize("backend", narrowed or list(BACKENDS), indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one journey file and backend on one worker: they share a server."""
    for item in items:
        if "journeys" in item.path.parts:
            callspec = getattr(item, "callspec", None)
            backend = callspec.params.get("backend") if callspec else None
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{backend}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Say of a failed browser test where the page stood, and keep a picture of it."""
    report = yield
    arguments = getattr(item, "funcargs", {})
    if call.when == "call" and report.failed:
        for name, value in arguments.items():
            if type(value).__name__ == "Page" and not value.is_closed():
                report.sections.append((f"browser {name}", browsers.keep_failure(f"{item.name}-{name}", value)))
            if isinstance(value, Server):
                report.sections.append(("server", value.log()))
    return report


# -- services ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """Name the database of this run: sqlite or postgres."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server without a database name: our own, or that of TEST_POSTGRES_URL."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    running, url = start_postgres()
    yield url
    running.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a Redis server: our own, or that of TEST_REDIS_URL."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    running, url = start_redis()
    yield url
    running.stop()


# -- settings, application, database ----------------------------------------------------------------------


def test_settings(database_url: str, var_dir: Path, **changes: Any) -> Settings:
    """Return settings of the test mode (cheap password hashes, jobs at once); changes are fields of Settings."""
    settings = load_settings(
        {
            "APP_MODE": "test",
            "SECRET_KEY": SECRET_KEY,
            "FIELD_KEYS": FIELD_KEY,
            "VAR_DIR": str(var_dir),
            "DATABASE_URL": database_url,
            "TICKER": "off",
        }
    )
    return dataclasses.replace(settings, **changes)


test_settings.__test__ = False  # type: ignore[attr-defined]


def make_schema(database_url: str, var_dir: Path) -> None:
    """Make the schema of the database: by the migrations once there are any, else from the models."""
    from app.factory import create_app  # unit tests of pure rules need no application

    app = create_app(test_settings(database_url, var_dir))
    with app.app_context():
        if list((ROOT / "migrations" / "versions").glob("*.py")):
            from flask_migrate import upgrade  # only the first test of a session needs Alembic

            upgrade(directory=str(ROOT / "migrations"))
        else:
            db.create_all()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Databases]:
    """Give the databases of a backend: ``databases("sqlite").fresh()``."""
    var_dir = tmp_path_factory.mktemp("template-var")
    made: dict[str, Databases] = {}

    def schema(url: str) -> None:
        make_schema(url, var_dir)

    def of(backend: str) -> Databases:
        if backend not in made:
            if backend == "postgres":
                postgres = PostgresDatabases(request.getfixturevalue("postgres_url"), schema)
                request.addfinalizer(postgres.close)
                made[backend] = postgres
            else:
                made[backend] = SqliteDatabases(tmp_path_factory.mktemp("sqlite"), schema)
        return made[backend]

    return of


@pytest.fixture
def database_url(backend: str, databases: Callable[[str], Databases]) -> Iterator[str]:
    """URL of a fresh database with the schema."""
    url = databases(backend).fresh()
    yield url
    databases(backend).drop(url)


@pytest.fixture
def empty_database_url(backend: str, databases: Callable[[str], Databases]) -> Iterator[str]:
    """URL of a database without any table, for tests of the migrations."""
    url = databases(backend).empty()
    yield url
    databases(backend).drop(url)


@pytest.fixture
def make_settings(tmp_path: Path, database_url: str) -> SettingsMaker:
    """Make settings for this test's database: ``make_settings(upload_limit=1000)``."""

    def make(**changes: Any) -> Settings:
        return test_settings(database_url, tmp_path / "var", **changes)

    return make


@pytest.fixture
def settings(make_settings: SettingsMaker) -> Settings:
    """Settings of the test mode on a fresh database."""
    return make_settings()


@pytest.fixture
def make_app(make_settings: SettingsMaker) -> Iterator[AppMaker]:
    """Make an application with changed settings on this test's database: ``make_app(upload_limit=1000)``."""
    from app.factory import create_app  # unit tests of pure rules need no application

    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        app = create_app(make_settings(**changes))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    """The application in test mode on a fresh database; no application context is pushed."""
    return make_app()


@pytest.fixture
def app_context(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed: what tests of services use."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser-like client, not signed in."""
    return app.test_client()


# -- real servers and the real browser --------------------------------------------------------------------


@pytest.fixture(scope="session")
def servers(databases: Callable[[str], Databases]) -> Iterator[ServerMaker]:
    """Start or find a server of the session: ``servers("postgres", demo=True, TICKER="off")``."""
    running: dict[tuple[object, ...], tuple[Server, str]] = {}

    def of(backend: str, *, demo: bool = False, **settings: str) -> Server:
        key = (backend, demo, *sorted(settings.items()))
        if key not in running:
            url = databases(backend).empty()
            running[key] = (Server(url, demo=demo, **settings).start(), url)
        return running[key][0]

    yield of
    for (backend, *_), (server, url) in running.items():
        server.stop()
        databases(str(backend)).drop(url)


@pytest.fixture
def server(backend: str, servers: ServerMaker) -> Server:
    """The session's real server of this backend, without demo data: web and worker, the ticker runs."""
    return servers(backend)


@pytest.fixture
def demo_server(backend: str, servers: ServerMaker) -> Server:
    """The session's real server of this backend with the demo data."""
    return servers(backend, demo=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the machine's Chromium (pytest-playwright asks for this fixture)."""
    return {**browser_type_launch_args, **browsers.launch_options()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Chinese, Shanghai time, desktop width (pytest-playwright asks for this fixture)."""
    return {**browser_context_args, **browsers.context_options()}


@pytest.fixture
def process_stopper() -> Iterator[Callable[[Running], Running]]:
    """End processes that a test starts: ``stopper(start(...))``."""
    started: list[Running] = []

    def remember(running: Running) -> Running:
        started.append(running)
        return running

    yield remember
    for running in started:
        running.stop()

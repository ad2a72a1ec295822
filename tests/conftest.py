"""Fixtures of all tests.

A test that touches the database asks for ``app`` (or ``client``, ``database_url``, ``server``) and is run
twice, on SQLite and on PostgreSQL; ``@pytest.mark.sqlite_only`` and ``@pytest.mark.postgres_only`` narrow it.
Every test has a database of its own, copied from a template whose schema the migrations made.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine

from app.config import Settings, load_settings
from app.core.db import db
from tests.infrastructure import browser as browsers
from tests.infrastructure.client import Browser
from tests.infrastructure.processes import Running
from tests.infrastructure.server import Server
from tests.infrastructure.services import Services

ROOT = Path(__file__).resolve().parents[1]
SECRET_KEY = "a-secret-of-the-tests-that-nobody-else-uses"
FIELD_KEY = "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="
BACKENDS = ("sqlite", "postgres")

gc.set_threshold(100_000, 50, 50)  # as the server (deploy/gunicorn.conf.py): a twentieth of the time goes into looking

SECTION = 1500  # characters of a log that are shown with a failure: the report of a whole run stays readable
BYTECODE = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="test-templates-"))

# the same examples in every run, on however slow a machine
hypothesis_settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis_settings.load_profile("suite")

SettingsMaker = Callable[..., Settings]
AppMaker = Callable[..., Flask]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of the database on both backends, or on the one that its marker names."""
    if "backend" not in metafunc.fixturenames:
        return
    narrowed = [name for name in BACKENDS if metafunc.definition.get_closest_marker(f"{name}_only")]
    metafunc.parametrize("backend", narrowed or list(BACKENDS), indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one server on one worker: the demo data is loaded once, a server started once."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        callspec = getattr(item, "callspec", None)
        backend = callspec.params.get("backend") if callspec else None
        if {"demo_server", "demo_app"} & names:
            item.add_marker(pytest.mark.xdist_group(f"demo-{backend}"))
        elif "server" in names:
            item.add_marker(pytest.mark.xdist_group(f"server-{backend}"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run when xdist does not keep groups together: every test would start servers of its own."""
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            if (group := _group(item)) and not item.nodeid.endswith(f"@{group}"):
                raise pytest.UsageError(
                    f"xdist ignores the group of {item.nodeid}: pytest and xdist do not fit together"
                )


def _group(item: pytest.Item | None) -> str | None:
    marker = item.get_closest_marker("xdist_group") if item else None
    return str(marker.args[0]) if marker else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Any:
    """End the servers of a group of tests with its last one: their clocks run on, at the cost of all other tests."""
    result = yield
    if (group := _group(item)) and group != _group(nextitem) and "services" in getattr(item, "funcargs", {}):
        item.funcargs["services"].stop_servers()  # type: ignore[attr-defined]
    return result


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
        report.sections[:] = [(name, text[-SECTION:]) for name, text in report.sections]
    return report


@sa.event.listens_for(Engine, "connect")
def _reverse_what_nobody_ordered(connection: Any, _record: object) -> None:
    """Let SQLite answer backwards where no order was asked for: PostgreSQL promises none either."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")


# -- services ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """Name the database of this run: sqlite or postgres."""
    return str(request.param)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """What the session has started so far; everything is started when first asked for."""
    with Services(tmp_path_factory.mktemp("services"), make_schema) as started:
        yield started


@pytest.fixture(scope="session")
def postgres_url(services: Services) -> str:
    """URL of a PostgreSQL server without a database name: our own, or that of TEST_POSTGRES_URL."""
    return services.postgres_url


@pytest.fixture(scope="session")
def redis_url(services: Services) -> str:
    """URL of a Redis server: our own, or that of TEST_REDIS_URL."""
    return services.redis_url


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


def make_schema(database_url: str) -> None:
    """Make the schema by the migrations; ``TEST_SCHEMA=models`` takes the models, while their revision is unwritten."""
    from app.factory import create_app  # unit tests of pure rules need no application

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(test_settings(database_url, Path(folder)))
        with app.app_context():
            from flask_migrate import stamp, upgrade  # only the first test of a session needs Alembic

            if os.environ.get("TEST_SCHEMA") == "models":
                db.create_all()
                stamp(directory=str(ROOT / "migrations"))
            else:
                upgrade(directory=str(ROOT / "migrations"))
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def database_url(backend: str, services: Services) -> str:
    """URL of this worker's common database of the backend, filled anew with the schema alone."""
    return services.databases(backend).again()


@pytest.fixture
def empty_database_url(backend: str, services: Services) -> Iterator[str]:
    """URL of a database without any table, for tests of the migrations."""
    databases = services.databases(backend)
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def common_var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of uploads and queues of all applications of the tests; emptied for every test."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def make_settings(common_var_dir: Path, database_url: str) -> SettingsMaker:
    """Make settings for this test's database: ``make_settings(upload_limit=1000)``."""
    for left in common_var_dir.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()

    def make(**changes: Any) -> Settings:
        return test_settings(database_url, common_var_dir, **changes)

    return make


@pytest.fixture
def settings(make_settings: SettingsMaker) -> Settings:
    """Settings of the test mode on a fresh database."""
    return make_settings()


def new_app(settings: Settings) -> Flask:
    """Return an application for tests: compiled templates are kept, forms need no token."""
    from app.factory import create_app  # unit tests of pure rules need no application

    app = create_app(settings)
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = BYTECODE  # a second application need not compile every template again
    app.config["WTF_CSRF_ENABLED"] = False  # the tests of the CSRF check switch it on again
    return app


def _forget_connections(app: Flask) -> None:
    from app.core.sockets import socketio
    from sim_livestream.feature import FEATURE as LIVE

    app.__dict__.pop("wsgi_app", None)  # what an earlier attach has put around it
    socketio.attach(app)
    assert LIVE.startup is not None
    LIVE.startup(app)


def _leave_database(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def make_app(make_settings: SettingsMaker) -> Iterator[AppMaker]:
    """Make an application with changed settings on this test's database: ``make_app(upload_limit=1000)``."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(new_app(make_settings(**changes)))
        return made[-1]

    yield make
    for app in made:
        _leave_database(app)


def _copied(table: dict[Any, Any]) -> dict[Any, Any]:
    """Return a copy whose dictionaries and lists are copies too."""
    return {name: copy.copy(value) if type(value) in {dict, list} else value for name, value in table.items()}


@pytest.fixture(scope="session")
def common_apps() -> dict[str, tuple[Flask, list[dict[Any, Any]]]]:
    """The applications that the tests share, by backend, with what each began with: settings, extensions, hooks."""
    return {}


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    backend: str,
    make_app: AppMaker,
    make_settings: SettingsMaker,
    common_apps: dict[str, tuple[Flask, list[dict[Any, Any]]]],
) -> Iterator[Flask]:
    """The application in test mode on a fresh database; no application context is pushed.

    The application of a backend is made once and shared (its compiled statements and templates are half the
    time of a test); database, files, configuration, hooks and limits of attempts are those of this test alone.
    For tests about connections (folders ``live`` and ``sockets``) it forgets who was connected before.
    """
    if backend not in common_apps:
        made = new_app(make_settings())
        kept = (made.config, made.extensions, made.teardown_request_funcs)
        common_apps[backend] = made, [_copied(table) for table in kept]
    app, begun = common_apps[backend]
    tables: tuple[dict[Any, Any], ...] = (app.config, app.extensions, app.teardown_request_funcs)
    for table, first in zip(tables, begun, strict=True):
        table.clear()
        table.update(_copied(first))
    if {"live", "sockets"} & set(request.path.parts):
        _forget_connections(app)
    yield app
    _leave_database(app)


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


@pytest.fixture
def server(backend: str, services: Services) -> Server:
    """The session's real server of this backend, without demo data: web and worker, the ticker runs.

    Servers with other settings: ``services.server(backend, demo=True, TICKER="off")``.
    """
    return services.server(backend)


@pytest.fixture
def demo_server(backend: str, services: Services) -> Server:
    """The session's real server of this backend with the demo data."""
    return services.server(backend, demo=True)


@pytest.fixture
def demo_app(backend: str, services: Services) -> Iterator[Flask]:
    """The application in demo mode on a copy of the loaded demo data."""
    environment = services.prepared(backend, demo=True).environment
    made = new_app(load_settings({**environment, "TICKER": "off"}))
    yield made
    _leave_database(made)


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

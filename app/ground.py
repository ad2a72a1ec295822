"""The application before any feature: settings, database, and what commands say when the database is not ready."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.exc import OperationalError, ProgrammingError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings
from app.core.db import db, engine_options, prepare_engine

ROOT = Path(__file__).resolve().parent.parent


def configure(flask_app: Flask, settings: Settings) -> None:
    """Put the settings into Flask's configuration."""
    flask_app.config.update(
        SETTINGS=settings,
        TESTING=settings.mode == "test",
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=settings.upload_limit + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=bool(settings.public_url and settings.public_url.startswith("https")),
        PERMANENT_SESSION_LIFETIME=settings.sign_in_days * 86_400,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,  # the messages of WTForms itself, which has Chinese ones
        MIGRATIONS=str(ROOT / "migrations"),
    )
    flask_app.json.ensure_ascii = False  # type: ignore[attr-defined]
    flask_app.extensions.update({"menu": [], "jobs": {}, "due_handlers": {}, "home_cards": [], "flows": []})
    flask_app.extensions.update({"periodic": {}, "every_process": {}})
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        flask_app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            flask_app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )


def connect_database(flask_app: Flask) -> None:
    """Bind the database; connections open on first use."""
    settings: Settings = flask_app.config["SETTINGS"]
    if settings.is_sqlite:
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db.init_app(flask_app)
    Migrate(flask_app, db, directory=flask_app.config["MIGRATIONS"])
    with flask_app.app_context():
        prepare_engine(db.engine, durable=settings.mode != "test")


def watch_commands(group: click.Group) -> None:
    """Let every command of the group end with one sentence and code 3 when the database is absent or not migrated."""
    for command in group.commands.values():
        if isinstance(command, click.Group):
            watch_commands(command)
        elif command.callback is not None and not hasattr(command.callback, "watched"):
            command.callback = _watched(command.callback)


def _watched(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except (OperationalError, ProgrammingError) as error:
            said = str(error.orig)
            missing = "no such table" in said or "does not exist" in said or "no such column" in said
            if not missing and isinstance(error, ProgrammingError):
                raise
            if missing:
                sys.stderr.write("数据库还没有迁移到这个版本，请先运行 ./run app，或 flask up。\n")
            else:
                sys.stderr.write(f"数据库现在用不了，请检查 DATABASE_URL 和数据库服务（{said.splitlines()[0]}）。\n")
            sys.exit(3)

    called.watched = True  # type: ignore[attr-defined]
    return called

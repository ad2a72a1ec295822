"""The application factory: a table of contents. The one module that imports every feature."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import app.accounts.feature
import app.dashboards.feature
import app.demo.feature
import app.ledger.feature
import app.teaching.feature
import app.training.feature
import app.worlds.feature
import grading.feature
import grading.ports
import sim_livestream.feature
import sim_mall.feature
import sim_supply.feature
from app import cli
from app.accounts import sessions
from app.config import Settings, load_settings
from app.core import events, outbox
from app.core.db import db, engine_options, prepare_engine
from app.core.feature import Feature
from app.core.jobs import Handler
from app.core.queue import connect_queue
from app.core.sockets import socketio
from app.core.web import assets, formats, guard, health, job_views, picture_views, shell
from app.training import grading_facts

KERNEL_TABLES = (outbox.OutboxMessage,)  # those that no import above has loaded
ROOT = Path(__file__).resolve().parent.parent

FEATURES: tuple[Feature, ...] = (
    app.accounts.feature.FEATURE,
    app.worlds.feature.FEATURE,
    app.ledger.feature.FEATURE,
    sim_mall.feature.FEATURE,
    sim_supply.feature.FEATURE,
    sim_livestream.feature.FEATURE,
    grading.feature.FEATURE,
    app.training.feature.FEATURE,
    app.teaching.feature.FEATURE,
    app.dashboards.feature.FEATURE,
    app.demo.feature.FEATURE,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return a ready application; starts no server, no ticker, and touches no database."""
    settings = settings or load_settings()
    guard.setup_logging()
    flask_app = Flask("app", root_path=str(ROOT / "app"))
    configure(flask_app, settings)
    connect_database(flask_app)
    guard.register(flask_app)
    sessions.register(flask_app)
    for module in (assets, formats, picture_views, shell):
        module.register(flask_app)
    for blueprint in (health.blueprint, job_views.blueprint):
        flask_app.register_blueprint(blueprint)
    for feature in FEATURES:
        wire(flask_app, feature)
    grading.ports.bind(flask_app, grading_facts.PORTS)
    connect_queue(flask_app)
    cli.register(flask_app)
    socketio.attach(flask_app)
    return flask_app


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


def wire(flask_app: Flask, feature: Feature) -> None:
    """Connect what one feature brings along."""
    jobs: dict[str, Handler] = flask_app.extensions["jobs"]
    for blueprint in feature.blueprints:
        flask_app.register_blueprint(blueprint)
    for command in feature.commands:
        flask_app.cli.add_command(command)
    for event_class, receiver in feature.subscribers:
        events.subscribe(event_class, receiver)
    jobs.update(feature.jobs)
    flask_app.extensions["due_handlers"].update(feature.due_handlers)
    flask_app.extensions["menu"].extend(feature.menu)
    flask_app.extensions["menu"].sort(key=lambda item: item.order)
    flask_app.extensions["home_cards"].extend(feature.home_cards)
    flask_app.extensions["flows"].extend(feature.flows)
    if feature.sockets:
        feature.sockets(socketio)
    if feature.startup:
        feature.startup(flask_app)

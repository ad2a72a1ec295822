"""The application factory: a table of contents. The one module that imports every feature."""

from __future__ import annotations

from flask import Flask

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
import sim_mall.platform_feature
import sim_supply.feature
from app import cli, ground
from app.accounts import sessions
from app.config import Settings, load_settings
from app.core import events, outbox
from app.core.feature import Feature
from app.core.jobs import Handler
from app.core.queue import connect_queue
from app.core.sockets import socketio
from app.core.web import assets, formats, guard, health, job_views, picture_views, shell
from app.training import grading_facts

KERNEL_TABLES = (outbox.OutboxMessage,)  # those that no import above has loaded

FEATURES: tuple[Feature, ...] = (
    app.accounts.feature.FEATURE,
    app.worlds.feature.FEATURE,
    app.ledger.feature.FEATURE,
    sim_mall.feature.FEATURE,
    sim_mall.platform_feature.FEATURE,
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
    flask_app = Flask("app", root_path=str(ground.ROOT / "app"))
    ground.configure(flask_app, settings)
    ground.connect_database(flask_app)
    guard.register(flask_app)
    sessions.register(flask_app)
    for module in (assets, formats, picture_views, shell):
        module.register(flask_app)
    for blueprint in (health.blueprint, job_views.blueprint):
        flask_app.register_blueprint(blueprint)
    for feature in FEATURES:
        wire(flask_app, feature)
    subscribe_all()
    grading.ports.bind(flask_app, grading_facts.PORTS)
    connect_queue(flask_app)
    cli.register(flask_app)
    ground.watch_commands(flask_app.cli)
    socketio.attach(flask_app)
    return flask_app


def subscribe_all() -> None:
    """Connect the receivers of all features with the events of the others."""
    for feature in FEATURES:
        for event_class, receiver in feature.subscribers:
            events.subscribe(event_class, receiver)


def wire(flask_app: Flask, feature: Feature) -> None:
    """Connect what one feature brings along."""
    jobs: dict[str, Handler] = flask_app.extensions["jobs"]
    for blueprint in feature.blueprints:
        flask_app.register_blueprint(blueprint)
    for command in feature.commands:
        flask_app.cli.add_command(command)
    jobs.update(feature.jobs)
    flask_app.extensions["due_handlers"].update(feature.due_handlers)
    flask_app.extensions["menu"].extend(feature.menu)
    flask_app.extensions["menu"].sort(key=lambda item: item.order)
    flask_app.extensions["home_cards"].extend(feature.home_cards)
    flask_app.extensions["flows"].extend(feature.flows)
    flask_app.extensions["periodic"].update(feature.periodic)
    flask_app.extensions["every_process"].update(feature.every_process)
    if feature.sockets:
        feature.sockets(socketio)
    if feature.startup:
        feature.startup(flask_app)

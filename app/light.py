"""Commands that start without the site: they work on a file or a few tables, print JSON, and need no page.

Loading every page and table of the site takes most of the time of such a command; here only its own module
is imported, by name. The receivers of events are loaded when the first event is published, so a fact told by a
command reaches who listens. All of them stand on the whole application too.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app import ground
from app.config import load_settings
from app.core import events
from app.core.db import is_migrated
from app.demo.mark import is_loaded

UP, DEMO = "app.cli:up", "app.demo.commands:commands"
LIGHT = {
    ("up",): UP,  # on a database that stands already; the first start needs everything
    ("demo", "load"): DEMO,  # the same
    ("accounts", "create"): "app.accounts.commands:commands",
    ("accounts", "create-region"): "app.accounts.commands:commands",
    ("audit", "verify"): "app.cli:audit_commands",
    ("ledger", "prove"): "app.ledger.commands:commands",
    ("mall", "quote"): "sim_mall.commands:commands",
    ("grading", "check-plan"): "grading.commands:commands",
    ("grading", "stats"): "grading.commands:commands",
    ("grading", "draw"): "grading.commands:commands",
    ("grading", "expire-leases"): "grading.commands:commands",
    ("grading", "verify-protocol"): "grading.commands:commands",
    ("openapi", "check"): "sim_mall.views.platform_commands:openapi",
    ("openapi", "show"): "sim_mall.views.platform_commands:openapi",
    ("supply", "import-attributes"): "sim_supply.commands:commands",
    ("supply", "import-catalogue"): "sim_supply.commands:commands",
    ("training", "classes"): "app.training.commands:commands",
    ("training", "create-institution"): "app.training.commands:commands",
}
_WITH_VALUE = {"-A", "--app", "-e", "--env-file"}  # options of ``flask`` itself that take the word behind them


def light_group(arguments: Sequence[str]) -> str | None:
    """Return the group (``module:name``) that answers these arguments of ``flask`` without the site, if one does."""
    words = []
    skip = False
    for argument in arguments:
        if not skip and not argument.startswith("-"):
            words.append(argument)
        skip = argument in _WITH_VALUE
    for length in (1, 2):
        found = LIGHT.get(tuple(words[:length]))  # type: ignore[call-overload]
        if found:
            return str(found)
    return None


def light_app(arguments: Sequence[str]) -> Flask | None:
    """Return an application that has this one command, its settings and the database; None where that is too little."""
    group = light_group(arguments)
    if group is None:
        return None
    module, name = group.split(":")
    app = Flask("app", root_path=str(ground.ROOT / "app"))
    ground.configure(app, load_settings())
    ground.connect_database(app)
    app.cli.add_command(getattr(import_module(module), name))
    if group in {UP, DEMO} and not _stands(app):
        return None
    ground.watch_commands(app.cli)
    events.bring_receivers(_subscribe_all)
    return app


def _subscribe_all() -> None:
    from app.factory import subscribe_all

    subscribe_all()


def _stands(app: Flask) -> bool:
    """Say whether the database is migrated and, in demo mode, holds the demo data."""
    with app.app_context():
        try:
            return is_migrated() and (not app.config["SETTINGS"].is_demo or is_loaded())
        except SQLAlchemyError:
            return False  # what is wrong is told by the command itself

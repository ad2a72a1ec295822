"""Commands of the demo data. Exit codes: 0 done, 4 refused by a rule."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from app.core.errors import DomainError
from app.demo.mark import ALREADY, is_loaded

commands = AppGroup("demo", help="Demo data (演示数据).")


@commands.command("load")
def load_command() -> None:
    """Load the demo data once; what is there is never touched."""
    _carry_out("load")


@commands.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_command(*, yes: bool) -> None:
    """Delete everything in the database and load the demo data anew; in demo mode only."""
    if not yes:
        click.confirm("将删除数据库里的全部数据并重新装入演示数据，确定吗？", abort=True)
    _carry_out("reset")


def _carry_out(verb: str) -> None:
    if verb == "load" and is_loaded():
        click.echo(ALREADY)
        return
    from app.demo import loader  # brings every package's services: not needed to list the commands

    settings = current_app.config["SETTINGS"]
    try:
        click.echo(loader.load(settings) if verb == "load" else loader.reset(settings))
    except DomainError as error:
        click.echo(error.message, err=True)
        sys.exit(4)

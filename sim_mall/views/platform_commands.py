"""Commands of the mall's open platform."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

openapi = AppGroup("openapi", help="OpenAPI document of the open platform (开放平台文档).")


def _text() -> str:
    from sim_mall.views.platform_document import document

    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@openapi.command("check")
def check() -> None:
    """Prove that the document and the code agree; exit 4 with each difference when they do not."""
    from sim_mall.views.platform_document import OPERATIONS, disagreements

    found = disagreements()
    click.echo(
        json.dumps({"agrees": not found, "operations": len(OPERATIONS), "differences": found}, ensure_ascii=False)
    )
    if found:
        sys.exit(4)


@openapi.command("show")
def show() -> None:
    """Print the document."""
    click.echo(_text(), nl=False)

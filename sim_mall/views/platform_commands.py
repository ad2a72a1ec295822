"""Commands of the mall's open platform."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

openapi = AppGroup("openapi", help="OpenAPI document of the open platform (开放平台文档).")
WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def _text() -> str:
    from sim_mall.views.platform_document import document

    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@openapi.command("check")
def check() -> None:
    """Prove that the document and the code agree; exit 4 with each difference when they do not."""
    from sim_mall.views.platform_document import OPERATIONS, disagreements

    found = disagreements(current_app)
    if not WRITTEN.exists() or WRITTEN.read_text("utf-8") != _text():
        found.append("docs/openapi.json 不是现在这份，请运行 flask openapi write。")
    click.echo(
        json.dumps({"agrees": not found, "operations": len(OPERATIONS), "differences": found}, ensure_ascii=False)
    )
    if found:
        sys.exit(4)


@openapi.command("write")
def write() -> None:
    """Write the document to docs/openapi.json."""
    WRITTEN.write_text(_text(), "utf-8")
    click.echo(str(WRITTEN.name))

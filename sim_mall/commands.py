"""Commands of the mall. JSON alone on standard output; 0 done, 2 bad input, 4 refused by a rule."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import AppGroup

from app.core.errors import InvalidInput
from sim_mall.domain.pricing.quote_file import WHOLE, quote_json

commands = AppGroup("mall", help="Simulated mall (模拟商城).")


def _bad(field: str, message: str) -> NoReturn:
    click.echo(f"{field}：{message}", err=True)
    sys.exit(2)


@commands.command("quote")
@click.argument("file")
def quote(file: str) -> None:
    """Price the cart in FILE (JSON, amounts in fen) and print the breakdown; needs no database."""
    try:
        data = Path(file).read_bytes()
    except IsADirectoryError:
        _bad(WHOLE, f"{file} 是文件夹，请给出文件。")
    except (OSError, ValueError):
        _bad(WHOLE, f"读不到文件 {file}，请检查路径和权限。")
    try:
        answer = quote_json(data)
    except InvalidInput as error:
        _bad(error.field or WHOLE, error.message)
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False, indent=2).encode() + b"\n")
    sys.stdout.buffer.flush()

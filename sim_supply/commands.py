"""Commands of the supply system. JSON alone on standard output; 0 done, 2 bad input, 4 refused by a rule."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import AppGroup

from app.accounts.scopes import scope_by_code
from app.core.errors import DomainError, InvalidInput
from app.core.uow import unit_of_work
from app.worlds.api import world_of_scope
from sim_supply.domain.pricing import parse_percent

commands = AppGroup("supply", help="Simulated supply system (供销系统).")
good_rows_option = click.option("--good-rows", is_flag=True, help="Take the good rows and leave the refused ones.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Check only; nothing is stored.")
OPTIONS = {"file": "FILE", "suppliers_file": "--suppliers", "cost_percent": "--cost-percent"}


def _bad(field: str, message: str) -> NoReturn:
    click.echo(f"{field}：{message}", err=True)
    sys.exit(2)


def _read(path: str, field: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        _bad(field, f"{path} 是文件夹，请给出文件。")
    except OSError:
        _bad(field, f"读不到文件 {path}，请检查路径和权限。")


def _basis_points(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_percent(text)
    except ValueError:
        _bad("--cost-percent", "应为 1 到 100 之间的数字，例如 50。")


@commands.command("import-catalogue")
@click.argument("file")
@click.option("--class", "class_code", required=True, help="Code of the class whose library takes the goods.")
@click.option("--cost-percent", help="Cost as a percentage of the retail price, for rows without a cost.")
@click.option("--suppliers", "suppliers_file", help="Suppliers file: supplier_code, name, description.")
@good_rows_option
@dry_run_option
def import_catalogue(
    file: str, class_code: str, cost_percent: str | None, suppliers_file: str | None, *, good_rows: bool, dry_run: bool
) -> None:
    """Check a catalogue (CSV or xlsx) and take it into the library of a class."""
    from sim_supply.services import imports  # brings the file readers: not needed to list the commands

    world_id = _world(class_code)
    cost_bp = _basis_points(cost_percent)
    data = _read(file, "FILE")
    suppliers_data = _read(suppliers_file, "--suppliers") if suppliers_file else None
    try:
        report = imports.import_catalogue(
            imports.system_of_world(world_id),
            data,
            Path(file).name,
            suppliers_data=suppliers_data,
            cost_bp=cost_bp,
            good_only=good_rows,
            dry_run=dry_run,
        )
    except InvalidInput as error:
        _bad(OPTIONS.get(error.field or "file", "FILE"), error.message)
    except DomainError as error:
        _print({"committed": False, "reason": error.message})
        sys.exit(4)
    _tell(class_code, report, dry_run=dry_run)


@commands.command("import-attributes")
@click.argument("file")
@click.option("--class", "class_code", required=True, help="Code of the class whose library holds the products.")
@good_rows_option
@dry_run_option
def import_attributes(file: str, class_code: str, *, good_rows: bool, dry_run: bool) -> None:
    """Check product attributes (CSV or xlsx) and take them into the library of a class."""
    from sim_supply.services import attribute_imports, imports

    world_id = _world(class_code)
    data = _read(file, "FILE")
    try:
        with unit_of_work():
            report = attribute_imports.import_attributes(
                imports.system_of_world(world_id), data, Path(file).name, good_only=good_rows, dry_run=dry_run
            )
    except InvalidInput as error:
        _bad("FILE", error.message)
    _tell(class_code, report, dry_run=dry_run)


def _world(class_code: str) -> int:
    scope = scope_by_code(class_code)
    world_id = world_of_scope(scope.id) if scope else None
    if world_id is None:
        _bad("--class", f"没有代码为 {class_code} 的班级，或它还没有模拟市场。")
    return world_id


def _tell(class_code: str, report: dict[str, object], *, dry_run: bool) -> None:
    """Print a report; 4 when nothing was stored although it was to be."""
    _print({"class": class_code, **report})
    if not report["committed"] and not dry_run:
        sys.exit(4)


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

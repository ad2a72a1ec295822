"""Commands of grading: figures of a plan, a draw on paper, statistics of marks. The first three need no database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.core.errors import DomainError, InvalidInput
from grading.domain import documents

commands = AppGroup("grading", help="Plans, draws and marks (评审).")


def answers(command: Callable[..., tuple[Any, int]]) -> Callable[..., None]:
    """Print what the command returns as JSON and end with its code; bad input: one sentence, code 2."""

    @wraps(command)
    def answered(*args: Any, **kwargs: Any) -> None:
        import json

        try:
            result, code = command(*args, **kwargs)
        except DomainError as error:
            where = f"{error.field}：" if error.field else ""
            sys.stderr.write(f"{where}{error.message}\n")
            sys.exit(2 if isinstance(error, InvalidInput) or error.status == 404 else 4)
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        sys.exit(code)

    return answered


def _document(name: str) -> dict[str, Any]:
    try:
        with Path(name).open("rb") as file:
            data = file.read(documents.MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"打不开这个文件，请检查路径和权限（{error.strerror}）。", field=name) from error
    return documents.read_document(data)


@commands.command("check-plan")
@click.argument("file", metavar="FILE.json")
@answers
def check_plan(file: str) -> tuple[Any, int]:
    """Check the figures of a business plan: monthly tables, identities P1-P20; 4 when an error is found."""
    from dataclasses import asdict

    from grading.domain.finance import compute_accounts
    from grading.domain.finance_checks import check_finance
    from grading.domain.finance_input import parse_finance

    plan, typed = parse_finance(_document(file))
    accounts = compute_accounts(plan)
    findings = check_finance(plan, accounts, typed)
    answer = {**accounts.as_json(), "findings": [asdict(one) for one in findings]}
    return answer, 4 if any(one.blocks for one in findings) else 0


@commands.command("draw")
@click.option("--dry-run", "file", metavar="FILE.json", help="Draw what the file describes; nothing is stored.")
@click.option("--verify", "batch", metavar="BATCH", help="Run the stored draws of this batch (id) again.")
@answers
def draw(file: str | None, batch: str | None) -> tuple[Any, int]:
    """Draw assessors from a file, or verify the stored draws of a batch; 4 when not feasible or not the same."""
    if (file is None) == (batch is None):
        raise InvalidInput("请在 --dry-run 文件 和 --verify 批次 中选择一个。", field="grading draw")
    if file is not None:
        from grading.domain import draw_file

        answer = draw_file.run(draw_file.parse_draw(_document(file)))
        return answer, 0 if answer["feasible"] else 4
    from grading.services import draws

    text = batch or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput("批次应是数字编号，例如 3。", field="--verify")
    verdict = draws.verify_batch(int(text))
    return verdict, 0 if verdict["sound"] else 4


@commands.command("stats")
@click.argument("file", metavar="FILE.json")
@answers
def stats(file: str) -> tuple[Any, int]:
    """Statistics of marks: reliability, agreement on passing, severity, pass rate."""
    from grading.domain import marks_file

    return marks_file.run(_document(file)), 0


@commands.command("expire-leases")
@answers
def expire_leases() -> tuple[Any, int]:
    """Take back papers whose lease ran out and draw others; for a timer of the machine."""
    from app.core.actor import system
    from app.core.uow import unit_of_work
    from grading.services import leases

    with unit_of_work():
        return {"taken_back": leases.expire_all(system())}, 0


@commands.command("verify-protocol")
@click.argument("file", metavar="FILE.pdf")
@answers
def verify_protocol(file: str) -> tuple[Any, int]:
    """Check the seal of a score protocol (评分汇总表); 4 when a byte was changed or it is not of this platform."""
    from grading.services import protocols

    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"打不开这个文件，请检查路径和权限（{error.strerror}）。", field=file) from error
    seal, row = protocols.check_file(data)
    sound = seal.sound and row is not None
    answer = {
        "sound": sound,
        "sealed": seal.sealed,
        "unchanged": seal.intact and seal.whole,
        "by_this_platform": seal.ours,
        "on_file": None if row is None else {"batch": row.batch_id, "number": row.number, "content": row.content_hash},
    }
    return answer, 0 if sound else 4

"""flask grading: codes, what goes to which stream, same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.factories import grading as make
from tests.unit.grading.test_check_plan import EXAMPLE
from tests.unit.grading.test_draw_file import case, person


@pytest.mark.sqlite_only
def test_answers_go_out_as_json_and_refusals_as_one_sentence(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()

    def write(value: Any) -> str:
        path = tmp_path / "input.json"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return str(path)

    poor = {**EXAMPLE, "owner_money": 0}
    free = case(["P1"], [person("a"), person("b")])
    good: list[tuple[list[str], Any, int, str]] = [
        (["check-plan"], EXAMPLE, 0, "findings"),
        (["check-plan"], poor, 4, "findings"),
        (["draw", "--dry-run"], free, 0, "assignments"),
        (["draw", "--dry-run"], {**free, "k": 3}, 4, "short"),
        (["stats"], {"marks": [], "pass_line": 60}, 0, "reasons"),
    ]
    for command, value, code, key in good:
        path = write(value)
        first, second = (runner.invoke(args=["grading", *command, path]) for _ in range(2))
        assert (first.exit_code, first.stderr) == (code, ""), first.output
        assert key in json.loads(first.stdout)
        assert first.stdout == second.stdout
    bad = (b"", b"[1]", b"{}", b"\xff\xfe", b'{"marks": 1, "pass_line": 60}')
    for command in (["check-plan"], ["draw", "--dry-run"], ["stats"]):
        for path in (*(write(value) for value in bad), str(tmp_path), str(tmp_path / "none.json")):
            answer = runner.invoke(args=["grading", *command, path])
            assert (answer.exit_code, answer.stdout) == (2, "")
            assert answer.stderr.count("\n") == 1 and answer.stderr.endswith("。\n")
    for arguments in (["draw"], ["draw", "--verify", "x"]):
        assert runner.invoke(args=["grading", *arguments]).exit_code == 2


def test_stored_draws_come_out_again(app_context: Flask) -> None:
    stage = make.make_stage(trainees=3)
    batch_id = make.drawn_batch(stage)
    runner = app_context.test_cli_runner()
    answer = runner.invoke(args=["grading", "draw", "--verify", str(batch_id)])
    assert answer.exit_code == 0
    value = json.loads(answer.stdout)
    assert (value["sound"], [row["same"] for row in value["draws"]]) == (True, [True])
    assert runner.invoke(args=["grading", "draw", "--verify", "99999"]).exit_code == 2

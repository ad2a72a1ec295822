"""Two writers in one process under gevent: both commit, and the loop never stands still."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LONGEST_STALL_MS = 200


def test_a_writer_that_yields_blocks_neither_the_other_nor_the_loop(database_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.kernel.two_writers", database_url, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    expected = ["first", *(f"more{n}" for n in range(5)), "second"]
    if database_url.startswith("sqlite"):
        expected = ["after-other-process", *expected]
    assert seen["codes"] == expected
    assert seen["stall_ms"] < LONGEST_STALL_MS

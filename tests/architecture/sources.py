"""The project's own Python files, parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "sim_mall", "sim_supply", "sim_livestream", "grading")


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Return the Python files below these folders of the project, in order."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Give every syntax node below these folders with the place to name in a complaint: file:line."""
    for path in modules(*folders):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree(path)):
            yield f"{name}:{getattr(node, 'lineno', 1)}", node

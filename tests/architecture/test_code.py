"""Rules of hand that are visible in the source."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import PACKAGES, ROOT, modules, nodes, tree

pytestmark = pytest.mark.xdist_group("sources")  # every module is read once

LONGEST_MODULE = 400
LONGEST_TEST = 500  # stories are long; nobody imports them
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc"}
CLOCK = "app/core/clock.py"
FLOW = "app/core/flow.py"
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def test_the_top_level_holds_the_five_packages_alone() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == {*PACKAGES, "tests"}


def test_modules_are_short() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(*PACKAGES, "tests")
    }
    limits = {name: LONGEST_TEST if name.startswith("tests/") else LONGEST_MODULE for name in lengths}
    assert {name: length for name, length in lengths.items() if length > limits[name]} == {}


def test_modules_are_named_by_a_noun() -> None:
    names = {path: set(path.relative_to(ROOT).with_suffix("").parts) for path in modules(*PACKAGES, "tests")}
    assert [str(path) for path, parts in names.items() if parts & VAGUE_NAMES] == []


def test_package_files_hold_a_docstring_alone() -> None:
    wrong = []
    for path in modules(*PACKAGES, "tests"):
        if path.name == "__init__.py":
            body = tree(path).body
            if len(body) != 1 or ast.get_docstring(tree(path)) is None:
                wrong.append(path.relative_to(ROOT).as_posix())
    assert wrong == []


def test_only_the_kernel_commits() -> None:
    wrong = [
        place
        for place, node in nodes(*PACKAGES)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and not place.startswith("app/core/")
    ]
    assert wrong == []


def test_only_the_clock_reads_the_time() -> None:
    wrong = []
    for place, node in nodes(*PACKAGES):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            if (name, node.func.attr) in CLOCK_CALLS and not place.startswith(CLOCK):
                wrong.append(place)
    assert wrong == []


def _assigned(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return [part for target in node.targets for part in ast.walk(target) if isinstance(part, ast.expr)]
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return [node.target]
    return []


def test_only_the_state_machine_moves_a_state() -> None:
    wrong = []
    for place, node in nodes(*PACKAGES):
        assigns = any(isinstance(part, ast.Attribute) and part.attr == "state" for part in _assigned(node))
        updates = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "values"
            and any(keyword.arg == "state" for keyword in node.keywords)
        )
        sets = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "setattr"
            and isinstance(node.args[1], ast.Constant)
            and node.args[1].value == "state"
        )
        if (assigns or updates or sets) and not place.startswith(FLOW):
            wrong.append(place)
    assert wrong == []


def test_no_test_is_left_out() -> None:
    left_out = {"skip", "skipif", "xfail", "importorskip"}
    wrong = [place for place, node in nodes("tests") if isinstance(node, ast.Attribute) and node.attr in left_out]
    assert wrong == []


def test_no_row_is_looked_up_in_a_view() -> None:
    """A view parses, calls and renders; look-ups by id belong to ``access`` and ``services``."""
    wrong = [
        place
        for place, node in nodes(*PACKAGES)
        if "/views" in place
        and isinstance(node, ast.Attribute)
        and node.attr in {"session", "query"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "db"
    ]
    assert wrong == []

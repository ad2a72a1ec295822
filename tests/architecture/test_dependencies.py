"""What the lock files may hold, and what must never be installed."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib

from tests.architecture.sources import PACKAGES, ROOT

ADDRESS = re.compile(r"\b(?:https?|git\+\w+|ssh)://", re.IGNORECASE)
PINNED = re.compile(r"^[a-z0-9][a-z0-9._-]*==\S+( ;.*)? \\$")


def test_lock_files_name_no_registry() -> None:
    found = [path.name for path in sorted((ROOT / "requirements").iterdir()) if ADDRESS.search(path.read_text("utf-8"))]
    assert found == []


def test_every_python_package_is_pinned_and_hashed() -> None:
    for name in ("app.txt", "test.txt", "uv.lock.txt"):
        for block in re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text("utf-8").strip()):
            first, *rest = block.splitlines()
            assert PINNED.match(first), first
            assert rest, first
            assert all(re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", line) for line in rest), first


def test_front_end_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("link")] == []


def test_front_end_setting_keeps_registries_out() -> None:
    lines = (ROOT / "frontend" / ".npmrc").read_text("utf-8").splitlines()
    assert "omit-lockfile-registry-resolved=true" in lines
    assert [line for line in lines if ADDRESS.search(line)] == []


def test_gevent_websocket_is_not_installed() -> None:
    """With it Socket.IO takes another path, which fails under gunicorn."""
    assert importlib.util.find_spec("geventwebsocket") is None


def test_import_contracts_cover_every_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert tuple(settings["root_packages"]) == PACKAGES
    contracts = {contract["id"]: contract for contract in settings["contracts"]}
    ladder = set(re.findall(r"[\w.]+", " ".join(contracts["ladder"]["layers"])))
    feature_packages = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/feature.py")}
    feature_packages |= {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("app/*/feature.py")}
    modules = {name.replace("/", ".") for name in feature_packages} - {"app.core"}
    assert modules - ladder == set()
    assert modules - set(contracts["inside"]["containers"]) == set()
    assert {f"{name}.feature" for name in modules} - set(contracts["features"]["protected_modules"]) == set()


def test_import_contracts_allow_no_exception() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert [contract["id"] for contract in settings["contracts"] if "ignore_imports" in contract] == []

"""What can be seen in template sources: icons exist, nothing inline, every form carries its token."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "sim_mall", "sim_supply", "sim_livestream", "grading")
TEMPLATES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*.html"))
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ICONS = frozenset(json.loads((ROOT / "frontend" / "src" / "icons.json").read_text(encoding="utf-8")))
IN_TEMPLATE = re.compile(r"""\bicon\(\s*["']([\w-]+)["']""")
IN_MODULE = re.compile(
    r"""\bicon(?:: str)? ?= ?["']([\w-]+)["']|MenuItem\((?:\s*["'][^"']*["'],){3}\s*["']([\w-]+)["']"""
)
POST_FORM = re.compile(r"<form\b[^>]*method=[\"']post[\"'][^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)
INLINE = re.compile(r"""\son[a-z]+=["']|javascript:|<script(?![^>]*(?:\bsrc=|nonce=|type="application/json"))""")


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_icon_is_in_the_sprite() -> None:
    wanted = {name for path in TEMPLATES for name in IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))}
    for path in MODULES:
        wanted |= {first or second for first, second in IN_MODULE.findall(path.read_text(encoding="utf-8"))}
    assert wanted - ICONS == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_no_inline_script(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_posted_forms_carry_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    bare = [form for form in POST_FORM.findall(text) if "csrf" not in form and "hidden_tag" not in form]
    assert bare == []

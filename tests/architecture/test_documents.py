"""What the documents promise: every setting is explained, every command stands in the help."""

from __future__ import annotations

import re
import subprocess

from tests.architecture.sources import ROOT

READ_SETTING = re.compile(r'(?:env\.get|_integer|_switch|environ\.get)\(\s*(?:env(?:iron)?, )?"([A-Z][A-Z0-9_]+)"')
NOT_OURS = {"FLASK_DEBUG"}  # Flask's own; read only to refuse it in production


def test_every_setting_stands_in_the_table() -> None:
    code = (ROOT / "app" / "config.py").read_text("utf-8") + (ROOT / "deploy" / "gunicorn.conf.py").read_text("utf-8")
    read = set(READ_SETTING.findall(code)) - NOT_OURS
    listed = set(
        re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.MULTILINE)
    )
    assert {"DATABASE_URL", "PORT", "TICKER"} <= read
    assert read ^ listed == set()


def test_every_command_of_run_stands_in_its_help() -> None:
    script = (ROOT / "run").read_text("utf-8")
    cases = set(re.findall(r"^  ([a-z]+)\) ", script.split("case $command in")[1], re.MULTILINE))
    shown = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    assert cases == set(re.findall(r"^\./run ([a-z]+)", shown, re.MULTILINE))


def test_run_refuses_an_unknown_command() -> None:
    answer = subprocess.run([ROOT / "run", "nonsense"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "没有这个命令：nonsense" in answer.stderr


def test_the_readme_names_the_two_commands_first() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        first = (ROOT / name).read_text("utf-8").split("```")[1]
        assert re.findall(r"^\./run (\w+)", first, re.MULTILINE) == ["app", "test"]


def test_no_link_between_documents_is_broken() -> None:
    link = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")]
    links = [(path, target) for path in documents for target in link.findall(path.read_text("utf-8"))]
    assert [f"{path.name} -> {target}" for path, target in links if not (path.parent / target).exists()] == []

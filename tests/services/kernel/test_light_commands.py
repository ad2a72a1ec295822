"""Commands that start without the site: which they are, and that they do what the whole application does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from app.core import events
from app.light import LIGHT, light_app, light_group
from tests.infrastructure.server import flask


@dataclass(frozen=True)
class Happened:
    """An event of these tests."""


@pytest.mark.parametrize(
    ("line", "group"),
    [
        ("--app app.wsgi audit verify", "app.cli:audit_commands"),
        ("audit verify --scope DEMO01", "app.cli:audit_commands"),
        ("-A app.wsgi grading draw --dry-run f.json", "grading.commands:commands"),
        ("grading draw --verify 3", "grading.commands:commands"),
        ("supply import-catalogue f.csv --class A", "sim_supply.commands:commands"),
        ("openapi check", "sim_mall.views.platform_commands:openapi"),
        ("up", "app.cli:up"),
        ("audit", None),
        ("run", None),
        ("demo load", "app.demo.commands:commands"),
        ("demo reset --yes", None),
        ("accounts rotate-keys", None),
        ("", None),
    ],
)
def test_which_commands_are_light(line: str, group: str | None) -> None:
    assert light_group(line.split()) == group


def test_the_whole_application_has_them_too(app: Flask) -> None:
    for words in LIGHT:
        command = app.cli.commands[words[0]]
        assert len(words) == 1 or words[1] in command.commands  # type: ignore[attr-defined]


def test_a_light_command_loads_no_page_and_answers_the_same(app: Flask, database_url: str) -> None:
    settings = {"APP_MODE": "test", "DATABASE_URL": database_url}
    done = flask(settings, "audit", "verify")
    whole = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (done.stdout, done.returncode) == (whole.stdout, 0)
    loaded = flask({**settings, "PYTHONVERBOSE": "1"}, "audit", "verify").stderr
    assert "app.core.audit" in loaded
    assert "sim_mall" not in loaded


def test_a_light_command_brings_receivers_when_it_has_something_to_tell(app: Flask) -> None:
    told: list[str] = []
    events.bring_receivers(lambda: told.append("brought"))
    try:
        events.publish(Happened())
        events.publish(Happened())
    finally:
        events._bring.clear()
    assert told == ["brought"]
    with pytest.MonkeyPatch.context() as patch:
        light = light_app(["audit", "verify"])
        assert light is not None
        brought: list[str] = []
        patch.setattr("app.factory.subscribe_all", lambda: brought.append("all"))
        events.publish(Happened())
        assert brought == ["all"]


def test_a_second_start_is_light_and_a_first_is_whole(empty_database_url: str, tmp_path: Path) -> None:
    settings = {"APP_MODE": "test", "DATABASE_URL": empty_database_url, "VAR_DIR": str(tmp_path)}
    first = flask({**settings, "PYTHONVERBOSE": "1"}, "up")
    second = flask({**settings, "PYTHONVERBOSE": "1"}, "up")
    assert ("sim_mall" in first.stderr, "sim_mall" in second.stderr) == (True, False)
    assert first.stdout == second.stdout
    assert "地址：" in second.stdout


@pytest.mark.sqlite_only
def test_a_database_that_is_not_migrated_is_said_in_one_sentence(empty_database_url: str) -> None:
    done = flask({"APP_MODE": "test", "DATABASE_URL": empty_database_url}, "audit", "verify", check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "数据库还没有迁移到这个版本，请先运行 ./run app，或 flask up。\n"


@pytest.mark.sqlite_only
def test_a_database_that_is_away_is_said_in_one_sentence() -> None:
    away = "postgresql://nobody@127.0.0.1:9/none"
    done = flask({"APP_MODE": "test", "DATABASE_URL": away}, "ledger", "prove", check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("数据库现在用不了，请检查 DATABASE_URL 和数据库服务（")
    assert done.stderr.count("\n") == 1

"""Migrations: one line of revisions, equal to the models, up and down on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app.core.db import db
from tests.architecture.sources import ROOT
from tests.conftest import test_settings

FOLDER = str(ROOT / "migrations")
NAME = re.compile(r"^\d{8}_\d{4}_[a-z0-9_]+\.py$")


@pytest.fixture
def empty_app(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database without any table, its context pushed."""
    from app.factory import create_app

    app = create_app(test_settings(empty_database_url, tmp_path_factory.mktemp("var")))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def _differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False, "render_as_batch": True}
        )
        return list(compare_metadata(context, db.metadata))


def test_revisions_form_one_line_and_are_named_by_date() -> None:
    scripts = ScriptDirectory(FOLDER)
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    names = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [name for name in names if not NAME.match(name)] == []


def test_upgrade_makes_what_the_models_say(empty_app: Flask) -> None:
    flask_migrate.upgrade(directory=FOLDER)
    assert _tables() == set(empty_app.extensions["sqlalchemy"].metadata.tables)
    assert _differences() == []


def test_down_to_nothing_and_up_again(empty_app: Flask) -> None:
    assert empty_app.config["TESTING"]
    flask_migrate.upgrade(directory=FOLDER)
    there = _tables()
    flask_migrate.downgrade(directory=FOLDER, revision="base")
    assert _tables() == set()
    flask_migrate.upgrade(directory=FOLDER)
    assert _tables() == there
    assert _differences() == []


def test_every_revision_goes_down_and_up_and_keeps_the_rows(empty_app: Flask) -> None:
    """Rows written under the first revision survive the whole way up, and down again to it."""
    assert empty_app.config["TESTING"]
    revisions = [script.revision for script in ScriptDirectory(FOLDER).walk_revisions()][::-1]
    flask_migrate.upgrade(directory=FOLDER, revision=revisions[0])
    columns: list[sa.ColumnClause[str]] = [sa.column(name) for name in ("code", "name", "level", "parent_code")]
    division = sa.table("accounts_division", *columns)
    rows = [("110000", "北京市", "province", None), ("110101", "东城区", "district", "110000")]
    with db.engine.begin() as connection:
        for row in rows:
            connection.execute(division.insert().values(dict(zip(division.columns.keys(), row, strict=True))))
    for revision in revisions[1:]:
        flask_migrate.upgrade(directory=FOLDER, revision=revision)
    for revision in revisions[-2::-1]:
        flask_migrate.downgrade(directory=FOLDER, revision=revision)
    with db.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.select(*columns).order_by(columns[0]))] == rows

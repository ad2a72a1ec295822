"""The stage of these tests: made once for each of their modules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import db
from tests.conftest import new_app, test_settings
from tests.infrastructure.services import Services
from tests.permissions.stage import Stage, build_stage


@pytest.fixture(scope="module")
def app(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application and database for the whole table: refusals change nothing, so they can share it."""
    databases = services.databases("sqlite")
    url = databases.fresh()
    made = new_app(test_settings(url, tmp_path_factory.mktemp("permissions")))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture(scope="module")
def stage(app: Flask) -> Stage:
    with app.app_context():
        return build_stage()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()

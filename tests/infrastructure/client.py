"""The browser of tests without a real one."""

from __future__ import annotations

import contextvars
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient

from app.core.db import db


class Browser(FlaskClient):
    """A client whose requests share neither session nor ``g`` with the application context of the test."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; after a POST the test sees what it changed."""
        answer = contextvars.Context().run(super().open, *args, **kwargs)
        if answer.request.method != "GET" and has_app_context():
            db.session.rollback()
        return answer

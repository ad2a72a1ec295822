"""What the open platform needs once per application: the limiter's storage, the rotation of secrets."""

from __future__ import annotations

from flask import Flask

from sim_mall.services import platform_apps
from sim_mall.views.platform_operations import limiter


def set_up(flask_app: Flask) -> None:
    """Bind the rate limiter (Redis where configured, else memory) and the rotation of secrets."""
    settings = flask_app.config["SETTINGS"]
    flask_app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    flask_app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    limiter.init_app(flask_app)
    platform_apps.register_rotation(flask_app)

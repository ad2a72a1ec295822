"""How a done action is answered: a page for people, a short JSON for the room's own script."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from werkzeug.wrappers import Response

from app.core.web.access import wants_json

Answer = Response | dict[str, Any]


def done(message: str, url: str, **more: Any) -> Answer:
    """Say that it is done; scripts get ``{"ok": true, "message", …}``."""
    if wants_json():
        return {"ok": True, "message": message, **more}
    if message:
        flash(message, "success")
    return redirect(url)

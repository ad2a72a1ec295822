"""The two blueprints of the mall: what buyers see, and the seller centre."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

Answer = str | Response | tuple[str, int] | tuple[dict[str, object], int] | dict[str, object]

mall = Blueprint("mall", __name__, url_prefix="/mall", template_folder="../templates")
seller = Blueprint("seller", __name__, url_prefix="/seller", template_folder="../templates")

"""Addresses of drawn pictures: everything a picture needs stands in its address, so nothing is looked up."""

from __future__ import annotations

import base64
import binascii
import json

from flask import Blueprint, Flask, Response, abort, url_for

from app.core.pictures import KINDS, draw_picture
from app.core.web.access import public

blueprint = Blueprint("pictures", __name__)
TITLE_LIMIT = 60
CATEGORY_LIMIT = 40
TOKEN_LIMIT = 600
WEEK = 7 * 86_400


def _encode(title: str, category: str) -> str:
    text = json.dumps([title, category], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(token: str) -> tuple[str, str]:
    """Return title and category of a token; raises ValueError for any other text."""
    if len(token) > TOKEN_LIMIT or not token.isascii():
        raise ValueError("token too long")
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not a token") from error
    if not (isinstance(content, list) and len(content) == 2 and all(isinstance(part, str) for part in content)):
        raise ValueError("not a token")
    title, category = content
    if len(title) > TITLE_LIMIT or len(category) > CATEGORY_LIMIT or _encode(title, category) != token:
        raise ValueError("not a token")
    return title, category


def picture_url(kind: str, title: str, category: str = "") -> str:
    """Return the address of a drawn picture (product, shop, avatar, cover, category)."""
    return url_for("pictures.show", kind=kind, token=_token(title, category))


def picture_path(kind: str, title: str, category: str = "") -> str:
    """Return the path of a drawn picture, outside requests too: what is stored or pushed to a socket."""
    return f"/pictures/{kind}/{_token(title, category)}.svg"


def _token(title: str, category: str) -> str:
    clean = [part.encode("utf-8", "ignore").decode() for part in (title or "", category or "")]
    return _encode(clean[0][:TITLE_LIMIT], clean[1][:CATEGORY_LIMIT])


@blueprint.get("/pictures/<kind>/<token>.svg")
@public
def show(kind: str, token: str) -> Response:
    """Draw the picture; open to everybody, for it holds nothing but the words of its own address."""
    if kind not in KINDS:
        abort(404)
    try:
        title, category = _decode(token)
    except ValueError:
        abort(404)
    answer = Response(
        draw_picture(kind, title, category, f"{title}|{category}"), content_type="image/svg+xml; charset=utf-8"
    )
    answer.headers["Cache-Control"] = f"public, max-age={WEEK}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


def register(app: Flask) -> None:
    """Serve the pictures and offer `picture_url` to templates."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["picture_url"] = picture_url

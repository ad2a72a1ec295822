"""Who may call a route: every view carries exactly one of these marks, and a test checks that."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.core.actor import Actor
from app.core.errors import Forbidden
from app.core.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])
FOR_PROGRAMS = "/open/v1/"  # addresses that only programs call: always answered as JSON


def actor() -> Actor:
    """Return who makes this request. Raises Forbidden when nobody is signed in."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise Forbidden("请先登录。")
    return found


def public(view: View) -> View:
    """Mark a view that everybody may call, signed in or not."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Mark a view for everybody who is signed in, whatever the hat."""
    return _guarded(view, "signed_in", ())


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Mark a view for hats that hold at least one of the permissions."""

    def mark(view: View) -> View:
        return _guarded(view, "requires", permissions)

    return mark


def by_signature(view: View) -> View:
    """Mark a view for programs: it checks the request's signature itself and answers 401 without one."""
    view.access = "signature"  # type: ignore[attr-defined]
    return view


def _guarded(view: View, access: str, permissions: tuple[Permission, ...]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        found: Actor | None = g.get("actor")
        if found is None:
            return to_sign_in()
        if permissions and not any(found.may(p) for p in permissions):
            raise Forbidden
        return view(*args, **kwargs)

    guarded.access = access  # type: ignore[attr-defined]
    guarded.permissions = permissions  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def wants_json() -> bool:
    """Say whether the caller is a script of a page rather than a person's navigation."""
    if request.path.startswith(FOR_PROGRAMS):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" or request.headers.get("X-Requested-With") == "fetch"


def to_sign_in() -> Response | tuple[dict[str, str], int]:
    """Return the answer for somebody who must sign in first: the page, coming back here, or 401 for a script."""
    if wants_json():
        return {"error": "请先登录。", "code": "signed_out"}, 401
    back = request.full_path.rstrip("?") if request.method == "GET" else (request.referrer or "")
    return redirect(url_for("accounts.sign_in", next=local_path(back) or None))


def local_path(target: str | None) -> str:
    """Return the target when it is a path of this site, else ''. Protects redirects."""
    if not target:
        return ""
    own = request.host_url.rstrip("/")
    target = target.removeprefix(own)
    if not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target or "\r" in target:
        return ""
    return target

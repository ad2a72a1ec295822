"""How a call of the open platform is answered: signature, grant, scope, shapes, then the operation itself.

An operation is declared once; the router, the checks and the OpenAPI document all read the declaration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint, current_app, make_response, request
from flask_limiter import Limiter, RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.core.actor import Actor
from app.core.errors import DomainError, InvalidInput
from app.core.web.access import by_signature
from app.core.web.guard import csrf, error_page
from app.worlds import notices
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.payload_rules import BadPayload, check, read_query
from sim_mall.domain.platform_codes import ERRORS, stable_code
from sim_mall.domain.platform_signing import Signed
from sim_mall.services import platform_gate

PREFIX = "/open/v1"
MOST_BODY = 512 * 1024
blueprint = Blueprint("open", __name__, url_prefix=PREFIX)
csrf.exempt(blueprint)

_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,40}")


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call. actor: the shop's owner, on whose behalf it acts; None for operations without a shop."""

    caller: platform_gate.Caller
    actor: Actor | None
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    key: str

    @property
    def owner(self) -> Actor:
        """Return the shop's owner."""
        assert self.actor is not None, "only operations on a shop have an owner"
        return self.actor


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the platform as it is declared."""

    name: str
    method: str
    path: str
    summary: str
    answer: Mapping[str, Any]
    scope: str = ""
    status: int = 200
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None
    keyed: bool = False
    errors: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Say whether the operation changes anything."""
        return self.method != "GET"

    @property
    def codes(self) -> tuple[str, ...]:
        """Return every error code that the operation may answer."""
        found = ["invalid_input", "too_large", "too_many", "unexpected", "not_ready"]
        found += [code for code, (status, _) in ERRORS.items() if status == 401]
        if self.scope:
            found += ["no_grant", "scope_missing", "forbidden", "not_found"]
        if self.body is not None:
            found.append("bad_json")
        if self.changes:
            found.append("frozen")
        if self.keyed:
            found += ["key_reused", "conflict", "refused"]
        return tuple(code for code in ERRORS if code in {*found, *self.errors})


OPERATIONS: dict[str, Operation] = {}


def _limit_key() -> str:
    return f"{request.headers.get(signing.KEY_HEADER, '')[:40]}:{request.remote_addr}"


limiter = Limiter(_limit_key, headers_enabled=True, strategy="moving-window")


def _per_minute() -> str:
    return f"{current_app.config['SETTINGS'].platform_calls} per minute"


def operation(declared: Operation) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Publish a function under its declaration: signed, checked, answered as JSON."""

    def publish(answer: Callable[..., Any]) -> Callable[..., Any]:
        OPERATIONS[declared.name] = declared

        @limiter.limit(_per_minute)
        @wraps(answer)
        def view(**ids: int) -> Response:
            raw = request.get_data()
            caller = _admit(raw)
            if declared.changes:
                notices.refuse_in_world(caller.world_id)
            shop = ids.get("shop_id")
            actor = platform_gate.act_on_shop(caller, shop, declared.scope) if shop is not None else None
            call = Call(caller, actor, _query(declared), _body(declared, raw), _idempotency_key(declared, caller.id))
            return make_response(answer(call, **ids), declared.status)

        rule = re.sub(r"\{(\w+)\}", r"<int:\1>", declared.path)
        blueprint.add_url_rule(rule, declared.name, by_signature(view), methods=[declared.method])
        return answer

    return publish


def signed_request(raw: bytes) -> Signed:
    """Return what the request's signature must cover."""
    path = signing.canonical_path(request.path, request.args.items(multi=True))
    headers = request.headers
    return Signed(
        request.method,
        path,
        headers.get(signing.TIME_HEADER, "").strip(),
        headers.get(signing.NONCE_HEADER, "").strip(),
        raw,
    )


def _admit(raw: bytes) -> platform_gate.Caller:
    return platform_gate.admit(dict(request.headers), signed_request(raw))


def _bad(error: BadPayload) -> InvalidInput:
    return InvalidInput(str(error), field=error.field or None)


def _query(declared: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {name: s["default"] for name, s in declared.query.items() if "default" in s}
    for name in request.args:
        if name not in declared.query:
            raise InvalidInput(f"不认识参数 {name[:40]}，请对照文档删掉或改名。", field=name[:40])
        values = request.args.getlist(name)
        if len(values) > 1:
            raise InvalidInput(f"参数 {name} 只能出现一次。", field=name)
        try:
            found[name] = read_query(values[0], declared.query[name], name)
        except BadPayload as error:
            raise _bad(error) from error
    for name in declared.needed:
        if name not in found:
            raise InvalidInput(f"缺少参数 {name}。", field=name)
    return found


def _body(declared: Operation, raw: bytes) -> dict[str, Any]:
    if declared.body is None:
        return {}
    if len(raw) > MOST_BODY:
        raise InvalidInput("请求体最多 512 KB，请分几次发送。", code="too_large", status=413)
    try:
        parsed = json.loads(raw.decode("utf-8"))
        json.dumps(parsed, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("请求体不是有效的 JSON（UTF-8 编码）。", code="bad_json") from error
    try:
        found: dict[str, Any] = check(parsed, declared.body)
    except BadPayload as error:
        raise _bad(error) from error
    return found


def _idempotency_key(declared: Operation, app_id: int) -> str:
    if not declared.keyed:
        return ""
    key = request.headers.get(signing.IDEMPOTENCY_HEADER, "")
    if not _KEY.fullmatch(key):
        text = f"请带请求头 {signing.IDEMPOTENCY_HEADER}：8 到 40 个字母、数字或 _ . : -，重试时不变。"
        raise InvalidInput(text, field=signing.IDEMPOTENCY_HEADER)
    return f"open:{app_id}:{key}"


@blueprint.errorhandler(DomainError)
def _refusal(error: DomainError) -> Response:
    code = stable_code(error.code, error.status)
    return error_page(error.status, error.message, code, error.issues, error.field)


@blueprint.errorhandler(RateLimitExceeded)
def _too_many(_error: RateLimitExceeded) -> Response:
    return error_page(429, "调用太频繁，请按 Retry-After 等待后再试。", "too_many")


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return error_page(status, "", stable_code("", status))

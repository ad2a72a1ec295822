"""Around every request: request id, structured log line, figures, security headers, error pages."""

from __future__ import annotations

import logging
import secrets
import sys
from typing import Any

import structlog
from flask import Flask, flash, g, make_response, render_template, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import DomainError, NotFound
from app.core.web.access import to_sign_in, wants_json

log = structlog.get_logger("request")
csrf = CSRFProtect()

REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "endpoint", "status"])
SECONDS = Histogram("http_request_seconds", "Time to answer a request", ["endpoint"])

TEXTS: dict[int, tuple[str, str]] = {
    400: ("提交的内容有问题", "请返回上一页检查后重新提交。"),
    401: ("请先登录", "登录后会回到这里。"),
    403: ("没有权限", "你的当前身份不能进行这个操作，可以在页面右上角切换身份。"),
    404: ("没有找到", "页面不存在，或者你无权查看。请检查地址，或从首页重新进入。"),
    405: ("不能这样打开", "这个地址只接受页面上的按钮提交，请从页面进入。"),
    409: ("现在还不能这样做", "请刷新页面查看最新状态后再试。"),
    413: ("文件太大", "请压缩或拆分后再上传。"),
    429: ("操作太频繁", "请稍等一会儿再试。"),
    500: ("系统出错了", "错误已经记录。请稍后重试；需要帮助时，把下面的编号告诉管理员。"),
    503: ("系统正忙", "请稍候几秒再试。"),
}


HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many"}


def setup_logging() -> None:
    """Write logs as JSON lines to standard error, each with the request id where there is one."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_name: structlog.PrintLogger(sys.stderr),  # looked up anew: it may be replaced
    )


def csp_nonce() -> str:
    """Return the nonce of this answer's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _before() -> None:
    g.request_id = secrets.token_hex(8)
    g.started = clock.monotonic()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if "\x00" in request.path or any("\x00" in value for value in request.args.values()):
        raise NotFound  # no database text holds this character; PostgreSQL refuses it with an error


def _after(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Request-Id", g.get("request_id", ""))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(), payment=()")
    if response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
            f"script-src 'self' 'nonce-{csp_nonce()}'; connect-src 'self' ws: wss:; media-src 'self' blob:; "
            "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
        )
    endpoint = request.endpoint or "none"
    spent = clock.monotonic() - g.get("started", clock.monotonic())
    REQUESTS.labels(request.method, endpoint, response.status_code).inc()
    SECONDS.labels(endpoint).observe(spent)
    if endpoint not in {"static", "health.alive", "health.metrics"}:
        log.info(
            "request",
            method=request.method,
            endpoint=endpoint,
            path=None if g.get("hide_path") else request.path,
            status=response.status_code,
            ms=round(spent * 1000, 1),
        )
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()


def error_page(
    status: int, message: str = "", code: str = "error", issues: Any = (), field: str | None = None
) -> Response:
    """Return the answer for a refusal: JSON for scripts, the Chinese error page for people."""
    title, advice = TEXTS.get(status, TEXTS[500 if status >= 500 else 400])
    if wants_json():
        body: dict[str, Any] = {"error": message or title, "code": code, "request_id": g.get("request_id", "")}
        if field:
            body["field"] = field
        if issues:
            body["issues"] = [{"row": i.row, "field": i.field, "message": i.message} for i in issues]
        return make_response(body, status)
    page = render_template(
        "errors/error.html", status=status, title=title, message=message, advice=advice, issues=issues
    )
    return make_response(page, status)


def _domain_error(error: DomainError) -> Response:
    return error_page(error.status, error.message, error.code, error.issues, error.field)


def _csrf_error(_error: CSRFError) -> Response:
    if "_user_id" not in session and not wants_json():  # signed out meanwhile: the draft waits in the browser
        flash("登录已过期，请重新登录；已填写的文字会为你保留。", "info")
        return make_response(to_sign_in())
    return error_page(400, "页面停留太久或登录已过期，请刷新页面后重新提交；已填写的文字会为你保留。", "csrf")


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    answer = error_page(error.code, code=HTTP_CODES.get(error.code, "error"))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", path=request.path, exc_info=error)
    try:
        return error_page(500, code="unexpected")
    except Exception:
        log.exception("error_page_failed")
        return make_response(f"系统出错了，请把编号 {g.get('request_id', '')} 告诉管理员。", 500)


def _no_connection(_error: NoConnection) -> Response:
    """All connections to the database are taken for too long; the answer must not ask for one itself."""
    log.warning("no_database_connection", path=request.path)
    words = "系统正忙，请稍候几秒，刷新页面查看后再试。"
    if wants_json():
        return make_response({"error": words, "code": "not_ready", "request_id": g.get("request_id", "")}, 503)
    answer = make_response(words, 503)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Retry-After"] = "5"
    return answer


class RowNumber(IntegerConverter):
    """A row's number in an address; one that no database holds is no address (404), not an error."""

    def __init__(self, url_map: Any) -> None:
        super().__init__(url_map, max=2**31 - 1)


def register(app: Flask) -> None:
    """Wire all of it into the application."""
    app.url_map.converters["int"] = RowNumber
    csrf.init_app(app)
    app.before_request(_before)
    app.after_request(_after)
    app.teardown_request(_forget)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NoConnection, _no_connection)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.context_processor(lambda: {"request_id": g.get("request_id", "")})

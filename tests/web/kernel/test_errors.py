"""Error pages in Chinese, JSON for scripts, headers on every answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy.exc import TimeoutError as NoConnection

from app.core.errors import Conflict, Forbidden, InvalidInput, Issue, NotFound, Refused, TooMany
from app.core.web.access import public
from tests.conftest import AppMaker

ERRORS: dict[str, Callable[[], Exception]] = {
    "400": lambda: InvalidInput("第 3 行的价格无效。", issues=[Issue("价格无效", "price", 3)]),
    "403": Forbidden,
    "404": NotFound,
    "409": lambda: Conflict("刚刚被别人改过。"),
    "409b": lambda: Refused("库存不足。"),
    "429": lambda: TooMany("请 30 秒后再试。"),
    "no-connection": lambda: NoConnection("pool limit"),
}


def add_routes(app: Flask) -> None:
    """Routes that go wrong in every way."""

    @public
    def fail(kind: str) -> str:
        if kind in ERRORS:
            error = ERRORS[kind]()
            raise error
        if kind == "crash":
            raise LookupError("secret detail")
        abort(int(kind))

    @public
    def swallow() -> str:
        return str(len(request.files["file"].read()))

    app.add_url_rule("/test/fail/<kind>", view_func=fail)
    app.add_url_rule("/test/swallow", view_func=swallow, methods=["POST"])


@pytest.fixture
def failing(make_app: AppMaker) -> FlaskClient:
    app = make_app(mode="demo")  # only outside the test mode are unexpected errors caught
    add_routes(app)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("400", 400, "第 3 行的价格无效。"),
        ("403", 403, "你的当前身份不能进行这个操作"),
        ("404", 404, "没有找到这个页面，或你无权查看。"),
        ("409", 409, "刚刚被别人改过。"),
        ("409b", 409, "库存不足。"),
        ("429", 429, "请 30 秒后再试。"),
        ("crash", 500, "系统出错了"),
        ("413", 413, "文件太大"),
        ("503", 503, "系统正忙"),
    ],
)
def test_every_refusal_is_a_chinese_page_and_json_for_scripts(
    failing: FlaskClient, kind: str, status: int, sentence: str
) -> None:
    page = failing.get(f"/test/fail/{kind}")
    assert page.status_code == status
    assert sentence in page.text
    assert f'data-error="{status}"' in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert "secret detail" not in page.text
    answer = failing.get(f"/test/fail/{kind}", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert sentence in answer.get_json()["error"]


def test_a_refused_file_names_row_and_field(failing: FlaskClient) -> None:
    answer = failing.get("/test/fail/400", headers={"X-Requested-With": "fetch"}).get_json()
    assert answer["issues"] == [{"row": 3, "field": "price", "message": "价格无效"}]
    assert "<td>3</td><td>price</td><td>价格无效</td>" in failing.get("/test/fail/400").text


def test_an_unknown_address_and_a_wrong_method_have_their_pages(client: FlaskClient) -> None:
    assert client.get("/no/such/page").status_code == 404
    assert "页面不存在" in client.get("/no/such/page").text
    wrong = client.get("/logout")
    assert (wrong.status_code, "只接受页面上的按钮提交" in wrong.text) == (405, True)


def test_an_upload_over_the_limit_is_413(make_app: AppMaker) -> None:
    app = make_app(upload_limit=1000)
    add_routes(app)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    part = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    body = part + b"x" * (1024 * 1024 + 2000) + b"\r\n--edge--\r\n"
    answer = client.post("/test/swallow", data=body, content_type="multipart/form-data; boundary=edge")
    assert (answer.status_code, "文件太大" in answer.text) == (413, True)


def test_headers_of_every_page(client: FlaskClient) -> None:
    headers = client.get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'nonce-" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_every_answer_is_one_log_line_with_its_request_id(make_app: AppMaker, capsys: Any) -> None:
    answer = make_app().test_client().get("/login")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    assert [(line["endpoint"], line["status"], line["request_id"]) for line in lines] == [
        ("accounts.sign_in", 200, answer.headers["X-Request-Id"])
    ]


def test_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    checks = client.get("/readyz").get_json()["checks"]
    assert (checks["database"], checks["storage"], checks["queue"]) == ("ok", "ok", "ok")
    assert b"http_requests_total" in client.get("/metrics").data
    outside = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert outside.status_code == 404


@pytest.mark.sqlite_only
def test_a_crowded_database_is_told_as_busy(failing: FlaskClient) -> None:
    answer = failing.get("/test/fail/no-connection")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.text == "系统正忙，请稍候几秒，刷新页面查看后再试。"

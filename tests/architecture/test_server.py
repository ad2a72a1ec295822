"""The real server: pages and sockets under gunicorn, as it is configured for people."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from tests.infrastructure.server import Server, flask

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}


def _get(server: Server, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_server_is_alive_and_ready(server: Server) -> None:
    ready = {"database": "ok", "migrations": "ok", "queue": "ok", "storage": "ok"}
    assert _get(server, "/healthz") == (200, {"status": "ok"})
    assert _get(server, "/readyz") == (200, {"status": "ok", "checks": ready})


@pytest.mark.sqlite_only
def test_sockets_are_websocket_only_and_uncompressed(server: Server) -> None:
    """Polling is refused; the handshake is answered by simple-websocket under gevent, without deflate."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", "/socket.io/?EIO=4&transport=polling")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 400
        connection.request("GET", "/socket.io/?EIO=4&transport=websocket", headers=HANDSHAKE)
        answer = connection.getresponse()
        assert answer.status == 101
        assert answer.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert answer.headers["Sec-WebSocket-Extensions"] is None
    finally:
        connection.close()


@pytest.mark.sqlite_only
def test_commands_print_json_alone(server: Server) -> None:
    """JSON on standard output, logs and warnings on standard error."""
    verdict = json.loads(server.flask("audit", "verify").stdout)
    assert verdict["sound"] is True


@pytest.mark.sqlite_only
def test_a_wrong_setting_is_one_sentence(server: Server) -> None:
    answer = flask({**server.environment, "UPLOAD_LIMIT_MB": "viel"}, "up", check=False)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "设置 UPLOAD_LIMIT_MB='viel' 无效：应为 1 到 2048 之间的整数。\n"


@pytest.mark.sqlite_only
def test_production_refuses_to_start_without_keys_of_its_own(server: Server) -> None:
    keys = {"SECRET_KEY": "x" * 40, "FIELD_KEYS": "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="}
    production = {**server.environment, "APP_MODE": "production"}
    del production["DEMO_PASSWORD"]
    for missing in ("SECRET_KEY", "FIELD_KEYS"):
        settings = {name: value for name, value in {**production, **keys}.items() if name != missing}
        answer = flask(settings, "up", check=False)
        assert answer.returncode == 3
        assert answer.stderr.startswith(f"生产模式缺少 {missing}：")
    answer = flask({**production, **keys, "DEMO_PASSWORD": "x"}, "up", check=False)
    assert answer.stderr == "生产模式不允许 DEMO_PASSWORD：演示账号只存在于演示模式。\n"

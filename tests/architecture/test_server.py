"""The real server: pages and sockets under gunicorn, as it is configured for people."""

from __future__ import annotations

import http.client
import json
from typing import Any

from tests.infrastructure.server import Server


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

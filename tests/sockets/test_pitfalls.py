"""What goes wrong with sockets unless somebody looks: each a test."""

from __future__ import annotations

import importlib.util
import socket

import pytest
from flask import Flask, request

from sim_livestream.services import entry
from tests.conftest import AppMaker
from tests.factories.live import Guest, make_show, make_viewer
from tests.factories.queries import count_queries
from tests.infrastructure.server import Server

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


@pytest.mark.sqlite_only
def test_compression_is_offered_and_never_taken(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as viewer:
        viewer.sendall(HANDSHAKE.format(port=server.port).encode())
        answer = viewer.recv(4096).decode("latin-1").lower()
    assert answer.startswith("http/1.1 101")
    assert "sec-websocket-extensions" not in answer
    assert "monkeypatchwarning" not in server.log().lower()  # ssl and threading were imported after the patch


def test_nothing_is_installed_that_takes_another_path() -> None:
    assert [name for name in ("geventwebsocket", "eventlet") if importlib.util.find_spec(name)] == []


def test_a_storm_of_tickets_asks_the_database_nothing(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        viewer = make_viewer(show)
        shown = entry.issue_ticket(viewer, show.number)
    with count_queries(app) as seen:
        guest = Guest(app, viewer, auth={"ticket": shown})
    assert guest.connected
    assert seen == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "203.0.113.7")])
def test_a_forwarded_address_counts_from_the_proxy_alone(make_app: AppMaker, proxies: int, address: str) -> None:
    """Of a chain that a client has begun itself, only what our own proxy wrote is believed."""
    app = make_app(trusted_proxies=proxies)
    found: list[str | None] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: found.append(request.remote_addr))
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    app.test_client().get("/login", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert found == [address]

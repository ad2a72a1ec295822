"""The keeper of a process's connections: upgrades HTTP to a connection, pings all by one wheel, ends the stuck."""

from __future__ import annotations

import _socket
import base64
import hashlib
import io
import socket
from collections import deque
from http import HTTPStatus
from typing import Any

import gevent
import structlog
from engineio import packet as engine_packet
from flask import Flask

from app.core import clock
from app.core.realtime.connection import SEND_BUFFER, Connection
from app.core.realtime.engine import tell
from app.core.realtime.fanout import SLICE
from app.core.realtime.frames import PING

log = structlog.get_logger(__name__)

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TURN_SECONDS = 0.25
PASSED_ON = frozenset(
    {
        "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT",
        "SERVER_PROTOCOL", "SCRIPT_NAME", "wsgi.url_scheme", "HTTP_HOST", "HTTP_COOKIE", "HTTP_ORIGIN",
        "HTTP_USER_AGENT",
    }
)  # fmt: skip
EMPTY = io.BytesIO()


class Keeper:
    """All connections of one process."""

    def __init__(self, app: Flask, engine: Any) -> None:
        self._app = app
        self._engine = engine
        self._wheel: deque[tuple[float, Connection]] = deque()
        self._answers: deque[tuple[float, Connection]] = deque()
        self._blocked: set[Connection] = set()
        self._behind_proxy = app.config["SETTINGS"].trusted_proxies > 0
        engine.start_service_task = False
        gevent.spawn(self._turn_for_ever)

    def blocked(self, connection: Connection, waits: bool) -> None:
        """Frames began or ceased to wait for a viewer."""
        (self._blocked.add if waits else self._blocked.discard)(connection)

    def wants(self, environ: dict[str, Any]) -> bool:
        """Say whether a request is a new Socket.IO connection over WebSocket."""
        query = environ.get("QUERY_STRING", "")
        return (
            environ.get("HTTP_UPGRADE", "").lower() == "websocket"
            and environ.get("REQUEST_METHOD") == "GET"
            and environ.get("PATH_INFO", "").rstrip("/") == "/socket.io"
            and "sid=" not in query
            and "EIO=4" in query
            and "transport=websocket" in query
        )

    def refusal(self, environ: dict[str, Any]) -> HTTPStatus | None:
        """Return why the handshake is refused: a foreign origin, or no proper handshake at all."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and self._engine.cors_allowed_origins != []:
            allowed = self._engine._cors_allowed_origins(environ)  # noqa: SLF001 - the library's own rule
            if allowed is not None and origin not in allowed:
                return HTTPStatus.FORBIDDEN
        if not environ.get("HTTP_SEC_WEBSOCKET_KEY") or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            return HTTPStatus.BAD_REQUEST
        return None

    def take(self, environ: dict[str, Any], descriptor: int) -> None:
        """Answer the handshake on a detached descriptor and keep the connection. Extensions are never taken."""
        raw = _socket.socket(fileno=descriptor)  # without gevent's layer: it never waits
        raw.setblocking(False)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        engine = self._engine
        connection = Connection(engine, engine.generate_id(), raw, self)
        key = environ["HTTP_SEC_WEBSOCKET_KEY"].encode("latin-1")
        accepted = base64.b64encode(hashlib.sha1(key + GUID).digest())  # noqa: S324 - as the protocol says
        connection.outgoing.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )
        engine.sockets[connection.sid] = connection
        tell(engine, "connect", connection.sid, self._passed_on(environ))
        connection.send(
            engine_packet.Packet(
                engine_packet.OPEN,
                {
                    "sid": connection.sid,
                    "upgrades": [],
                    "pingInterval": int(engine.ping_interval * 1000),
                    "pingTimeout": int(engine.ping_timeout * 1000),
                    "maxPayload": engine.max_http_buffer_size,
                },
            )
        )
        if not connection.closed:
            connection.listen()
            self._wheel.append((clock.monotonic() + engine.ping_interval, connection))

    def _passed_on(self, environ: dict[str, Any]) -> dict[str, Any]:
        kept = {name: environ[name] for name in PASSED_ON if name in environ}
        if self._behind_proxy:
            kept |= {name: value for name, value in environ.items() if name.startswith("HTTP_X_FORWARDED_")}
        return {
            **kept,
            "flask.app": self._app,
            "wsgi.input": EMPTY,
            "wsgi.errors": None,
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def _turn_for_ever(self) -> None:
        while True:
            gevent.sleep(TURN_SECONDS)
            try:
                self._turn(clock.monotonic())
            except Exception:
                log.exception("ping_wheel_failed")

    def _turn(self, now: float) -> None:
        """Ping who is due, end who did not answer or does not read; in slices that let others run."""
        engine, done = self._engine, 0
        for connection in [one for one in self._blocked if one.outgoing.stuck(now)]:
            connection.lost(engine.reason.TRANSPORT_ERROR)
        while self._answers and self._answers[0][0] <= now:
            _due, connection = self._answers.popleft()
            if not connection.closed and connection.heard_at < connection.pinged_at:
                connection.lost(engine.reason.PING_TIMEOUT)
        while self._wheel and self._wheel[0][0] <= now:
            _due, connection = self._wheel.popleft()
            if connection.closed:
                continue
            connection.pinged_at = now
            connection.write(PING)
            self._wheel.append((now + engine.ping_interval, connection))
            self._answers.append((now + engine.ping_timeout, connection))
            done += 1
            if not done % SLICE:
                gevent.sleep(0)

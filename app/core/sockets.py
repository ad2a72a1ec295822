"""Socket.IO: the one server object, and the dispatcher that every event of every connection passes.

A feature opens a namespace with a door (who may come in, who may still stay, what happens on leaving)
and registers handlers. The dispatcher asks the door for each event, runs the handler in the application
context, and turns refusals into the acknowledgement ``{"ok": false, "error", "code"}``. Handlers parse
their data and call services; services emit after their commit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask
from flask_socketio import SocketIO

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, Refused
from app.core.realtime.fanout import FanOut

log = structlog.get_logger(__name__)

MESSAGE_LIMIT = 64 * 1024  # bytes of one message from a client
BURST = 60  # events of one connection ...
BURST_SECONDS = 1.0  # ... in this time; a person's page sends a handful
TICKET = "ticket"  # what a client shows instead of the browser's cookie

MALFORMED = {"ok": False, "error": "消息格式不正确。", "code": "invalid_input"}
TOO_FAST = {"ok": False, "error": "操作太频繁，请稍等一会儿。", "code": "too_many"}
UNEXPECTED = {"ok": False, "error": "系统出错了，请稍后再试。", "code": "unexpected"}


class SignedOut(Refused):
    """Who opened the connection may not stay: signed out, disabled, or without the hat."""

    code = "signed_out"

    def __init__(self) -> None:
        super().__init__("登录已失效，请重新登录。")


@dataclass(slots=True)
class Visit:
    """One open connection: who came in through the door, and what its feature keeps about it."""

    sid: str
    actor: Actor
    notes: dict[str, Any] = field(default_factory=dict)
    asked_at: float = 0.0  # when the door last said that this person may stay
    window: float = 0.0
    events: int = 0

    def within_burst(self, now: float) -> bool:
        """Count an event at ``now`` (seconds); say whether the connection still keeps to its rate."""
        if now - self.window >= BURST_SECONDS:
            self.window, self.events = now, 0
        self.events += 1
        return self.events <= BURST


Handler = Callable[[Visit, dict[str, Any]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Door:
    """Who comes into a namespace.

    enter: (what the client handed over, notes of the visit) → actor, or None to refuse; with the request of the
    browser around it, unless a ticket is shown. still: asked for
    every event, so that a sign-out takes effect at once. leave: told when the connection has ended.
    """

    enter: Callable[[dict[str, Any], dict[str, Any]], Actor | None]
    still: Callable[[Actor], bool]
    leave: Callable[[Visit], None]


class PlainFrames:
    """Take the offer of compressed frames out of a WebSocket handshake.

    Per-message deflate costs 160 KiB a viewer and doubles the processor time of a broadcast.
    """

    def __init__(self, wsgi_app: Callable[..., Any]) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return self._wsgi_app(environ, start_response)


def async_mode() -> str:
    """Return gevent under a patched server, threads in commands and tests."""
    monkey = sys.modules.get("gevent.monkey")
    return "gevent" if monkey is not None and monkey.is_module_patched("socket") else "threading"


class Sockets(SocketIO):  # type: ignore[misc]
    """Flask-SocketIO with our settings and one way to register events."""

    def __init__(self) -> None:
        super().__init__()
        self._visits: dict[str, Visit] = {}
        self._doors: dict[str, Door] = {}
        self._listening: dict[tuple[str, str], Callable[..., Any]] = {}
        self._app: Flask | None = None
        self._droppable: frozenset[str] = frozenset()
        self._orders: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.fan_out = FanOut()

    def attach(self, app: Flask) -> None:
        """Bind to the application: websocket only, own sign-in, messages over Redis when configured.

        What was registered before is registered again: tests make many applications in one process.
        """
        settings = app.config["SETTINGS"]
        self._visits = {}
        self.server_options: dict[str, Any] = {}
        self.handlers: list[Any] = []
        self.fan_out = FanOut(settings.redis_url)
        self.fan_out.droppable, self.fan_out.orders = self._droppable, self._orders
        self.init_app(
            app,
            client_manager=self.fan_out,
            async_handlers=False,
            async_mode=async_mode(),
            transports=["websocket"],
            manage_session=False,
            ping_interval=25,
            ping_timeout=20,
            cors_allowed_origins=[settings.public_url] if settings.public_url else None,
            max_http_buffer_size=MESSAGE_LIMIT,
        )
        for (namespace, event), handler in self._listening.items():
            # straight to the server: these need no request, and a request context per event costs more than a like
            self.server.on(event, handler, namespace=namespace)
        self._app = app
        app.wsgi_app = PlainFrames(app.wsgi_app)  # type: ignore[method-assign]

    def open(self, namespace: str, door: Door, *, droppable: frozenset[str] = frozenset()) -> None:
        """Open a namespace: connections come in through the door and are forgotten when they end.

        droppable: events that a viewer who does not read may miss.
        """
        self._droppable |= droppable

        def connected(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
            shown = auth if isinstance(auth, dict) else {}
            notes: dict[str, Any] = {}
            with self._bound().app_context() if TICKET in shown else self._bound().request_context(environ):
                try:
                    actor = door.enter(shown, notes)
                except DomainError:
                    actor = None
            if actor is None:
                raise ConnectionRefusedError("signed_out")
            self._visits[sid] = Visit(sid, actor, notes, clock.monotonic())

        def disconnected(sid: str, *_reason: Any) -> None:
            visit = self._visits.pop(sid, None)
            if visit is not None:
                with self._bound().app_context():
                    door.leave(visit)

        self._listening[(namespace, "connect")] = connected
        self._listening[(namespace, "disconnect")] = disconnected
        self._doors[namespace] = door

    def listen(self, namespace: str, event: str, handler: Handler, *, trust_seconds: float = 0.0) -> None:
        """Register ``handler(visit, data)`` for an event; its answer becomes the acknowledgement.

        trust_seconds: for how long the door's last word about this person is good enough; events that
        change nothing at once are so frequent that a query for each would be their main cost. Infinite:
        the handler asks by itself, where it writes.
        """

        def dispatched(sid: str, data: Any = None, *_more: Any) -> dict[str, Any]:
            with self._bound().app_context():
                try:
                    return self._dispatch(namespace, sid, data, handler, trust_seconds)
                except DomainError as error:
                    return {"ok": False, "error": error.message, "code": error.code}
                except Exception:
                    log.exception("socket_event_failed", namespace=namespace, socket_event=event)
                    return UNEXPECTED
                finally:
                    db.session.remove()

        self._listening[(namespace, event)] = dispatched

    def _dispatch(self, namespace: str, sid: str, data: Any, handler: Handler, trust_seconds: float) -> dict[str, Any]:
        visit, now = self._visits.get(sid), clock.monotonic()
        if visit is None:
            raise SignedOut
        if not visit.within_burst(now):
            return TOO_FAST
        if not isinstance(data, dict):
            return MALFORMED
        if now - visit.asked_at >= trust_seconds:
            if not self._doors[namespace].still(visit.actor):
                raise SignedOut
            visit.asked_at = now
            db.session.rollback()  # whoever waits for others holds no connection to the database
        return {"ok": True, **(handler(visit, data) or {})}

    def _bound(self) -> Flask:
        if self._app is None:
            raise RuntimeError("the sockets are bound to no application")
        return self._app

    def tell(self, namespace: str, room: str, event: str, body: dict[str, Any]) -> None:
        """Send an event to everybody in a room of the namespace, or to one connection by its id."""
        self.emit(event, body, namespace=namespace, to=room)

    def told(self, namespace: str, room: str) -> int:
        """Return how many events this process has told a room so far."""
        return self.fan_out.told(namespace, room)

    def begin(self) -> None:
        """Listen to the other processes from now on; a web process does so before its first viewer."""
        self.server.manager_initialized = True
        self.fan_out.initialize()

    def on_order(self, name: str, carry_out: Callable[[dict[str, Any]], None]) -> None:
        """Register what every process does when one of them orders it (``order``)."""
        self._orders[name] = carry_out

    def order(self, name: str, body: dict[str, Any]) -> None:
        """Have every process carry out an order, this one too."""
        self.fan_out.order(name, body)

    def expel(self, sid: str, namespace: str) -> None:
        """End a connection of this process."""
        self.server.disconnect(sid, namespace=namespace)

    def seat(self, visit: Visit, namespace: str, room: str) -> None:
        """Let the connection receive what is told to the room."""
        self.server.enter_room(visit.sid, room, namespace=namespace)

    def unseat(self, visit: Visit, namespace: str, room: str) -> None:
        """Let the connection receive it no longer."""
        self.server.leave_room(visit.sid, room, namespace=namespace)


socketio = Sockets()

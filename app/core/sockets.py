"""Socket.IO: the one server object, and the dispatcher that every event passes.

The dispatcher finds the actor of the connection, parses nothing itself, runs the handler in the
application context, and turns refusals into the acknowledgement ``{"ok": false, "error", "code"}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import SocketIO

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError

log = structlog.get_logger(__name__)

Handler = Callable[[Actor, dict[str, Any]], dict[str, Any] | None]


class Sockets(SocketIO):  # type: ignore[misc]
    """Flask-SocketIO with our settings and one way to register events."""

    def attach(self, app: Flask) -> None:
        """Bind to the application: websocket only, own sign-in, messages over Redis when configured."""
        settings = app.config["SETTINGS"]
        self.init_app(
            app,
            async_mode="threading" if settings.mode == "test" else None,
            transports=["websocket"],
            manage_session=False,
            ping_interval=25,
            ping_timeout=20,
            message_queue=settings.redis_url,
            cors_allowed_origins=[settings.public_url] if settings.public_url else None,
            max_http_buffer_size=64 * 1024,
        )

    def listen(self, namespace: str, event: str, actor_of: Callable[[str], Actor | None], handler: Handler) -> None:
        """Register ``handler(actor, data)`` for an event; its answer becomes the acknowledgement.

        actor_of: connection id → actor, asked for every event, so that a sign-out takes effect at once.
        """

        def dispatched(data: Any = None) -> dict[str, Any]:
            try:
                actor = actor_of(request.sid)  # type: ignore[attr-defined]
                if actor is None:
                    return {"ok": False, "error": "请重新登录。", "code": "signed_out"}
                if not isinstance(data, dict):
                    return {"ok": False, "error": "消息格式不正确。", "code": "invalid_input"}
                return {"ok": True, **(handler(actor, data) or {})}
            except DomainError as error:
                return {"ok": False, "error": error.message, "code": error.code}
            except Exception:
                log.exception("socket_event_failed", namespace=namespace, event=event)
                return {"ok": False, "error": "系统出错了，请稍后再试。", "code": "unexpected"}
            finally:
                db.session.remove()

        self.on_event(event, dispatched, namespace=namespace)


socketio = Sockets()

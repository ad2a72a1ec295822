"""One viewer's connection: a plain descriptor watched by the hub, with no greenlet and no queue of its own.

It stands where Engine.IO keeps its own sockets, so that Flask-SocketIO and every handler work unchanged.
"""

from __future__ import annotations

import _socket
from collections import deque
from typing import Any, Protocol

import gevent
import structlog
from engineio import packet as engine_packet
from gevent.hub import get_hub
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed

from app.core import clock
from app.core.realtime.buffer import Outgoing
from app.core.realtime.engine import tell
from app.core.realtime.frames import close_frame, packet_frame, pong_frame

log = structlog.get_logger(__name__)

READ_BYTES = 65_536
SEND_BUFFER = 65_536  # of the kernel, per connection: what a viewer that does not read costs at the most there
READABLE, WRITABLE = 1, 2
WAITING_MESSAGES = 256  # of one connection, not yet handled


class Registry(Protocol):
    """What a connection tells its keeper."""

    def blocked(self, connection: Connection, waits: bool) -> None:
        """Frames began or ceased to wait for this viewer."""


class Connection:
    """The duck type of ``engineio.socket.Socket`` over a detached descriptor."""

    __slots__ = (
        "__weakref__",
        "_busy",
        "_decoder",
        "_inbox",
        "_keeper",
        "_raw",
        "_reader",
        "_text",
        "_text_size",
        "_writer",
        "closed",
        "closing",
        "connected",
        "heard_at",
        "last_ping",
        "outgoing",
        "pinged_at",
        "server",
        "session",
        "sid",
        "upgraded",
        "upgrading",
    )  # fmt: skip

    def __init__(self, server: Any, sid: str, raw: _socket.socket, keeper: Registry) -> None:
        self.server = server
        self.sid = sid
        self.session: dict[str, Any] = {}
        self.connected = self.upgraded = True
        self.upgrading = self.closed = self.closing = False
        self.last_ping: float | None = None
        self.heard_at = clock.monotonic()
        self.pinged_at = 0.0
        self.outgoing = Outgoing(raw.send, self._wait_for_room, self._lose, clock.monotonic)
        self._raw = raw
        self._keeper = keeper
        self._decoder: FrameProtocol | None = FrameProtocol(client=False, extensions=[])
        self._text: list[str] = []
        self._text_size = 0
        self._inbox: deque[str] = deque()
        self._busy = False
        self._reader = get_hub().loop.io(raw.fileno(), READABLE)
        self._writer: Any = None

    def listen(self) -> None:
        """Begin to read."""
        self._reader.start(self._readable)

    def send(self, packet: engine_packet.Packet) -> None:
        """Write an Engine.IO packet; acknowledgements and messages to one connection come this way."""
        self.write(packet_frame(packet))

    def write(self, frame: bytes, *, droppable: bool = False) -> None:
        """Write a finished frame."""
        if not self.closed:
            self.outgoing.write(frame, droppable=droppable)

    def check_ping_timeout(self) -> bool:
        """Say that the connection is open; the ping wheel ends those that are not."""
        return not self.closed

    def schedule_ping(self) -> None:
        """Nothing: one wheel pings all connections."""

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """End the connection from our side."""
        if self.closed:
            return
        if not abort:
            self.send(engine_packet.Packet(engine_packet.CLOSE))
            self.outgoing.write(close_frame())
        self._release()
        self._tell_gone(reason or self.server.reason.SERVER_DISCONNECT)

    def lost(self, reason: Any) -> None:
        """The connection has ended; its handlers are told outside the hub."""
        if self.closed:
            return
        self._release()
        gevent.spawn(self._tell_gone, reason)

    def _lose(self, why: str) -> None:
        if not self.closed:
            log.info("viewer_dropped", sid=self.sid, why=why, kept=self.outgoing.kept_bytes)
        self.lost(self.server.reason.TRANSPORT_ERROR)

    def _release(self) -> None:
        self.closed = self.closing = True
        self.connected = False
        for watcher in (self._reader, self._writer):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._reader = self._writer = self._decoder = None
        self._keeper.blocked(self, False)
        self._raw.close()

    def _tell_gone(self, reason: Any) -> None:
        tell(self.server, "disconnect", self.sid, reason)
        self.server.sockets.pop(self.sid, None)

    def _wait_for_room(self, wait: bool) -> None:
        self._keeper.blocked(self, wait)
        if wait:
            self._writer = get_hub().loop.io(self._raw.fileno(), WRITABLE)
            self._writer.start(self.outgoing.flush)
        elif self._writer is not None:
            writer, self._writer = self._writer, None
            writer.stop()
            writer.close()

    def _readable(self) -> None:
        """Take in what came; runs in the hub and never waits."""
        try:
            data = self._raw.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lost(self.server.reason.TRANSPORT_CLOSE)
            return
        self.heard_at = clock.monotonic()
        try:
            self._take_frames(data)
        except (ParseFailed, ValueError):
            self._refuse(CloseReason.PROTOCOL_ERROR)

    def _take_frames(self, data: bytes) -> None:
        decoder = self._decoder
        if decoder is None:
            return None
        decoder.receive_bytes(data)
        for frame in decoder.received_frames():
            if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONTINUATION:
                if not isinstance(frame.payload, str):
                    return self._refuse(CloseReason.UNSUPPORTED_DATA)
                self._text.append(frame.payload)
                self._text_size += len(frame.payload)
                if self._text_size > self.server.max_http_buffer_size:
                    return self._refuse(CloseReason.MESSAGE_TOO_BIG)
                if frame.message_finished:
                    message, self._text, self._text_size = "".join(self._text), [], 0
                    self._take_packet(message)
            elif frame.opcode is Opcode.PING:
                self.write(pong_frame(bytes(frame.payload) if isinstance(frame.payload, (bytes, bytearray)) else b""))
            elif frame.opcode is Opcode.CLOSE:
                self.write(close_frame())
                return self.lost(self.server.reason.TRANSPORT_CLOSE)
            elif frame.opcode is not Opcode.PONG:
                return self._refuse(CloseReason.UNSUPPORTED_DATA)
            if self.closed:
                return None
        return None

    def _refuse(self, reason: CloseReason) -> None:
        self.write(close_frame(reason))
        self.lost(self.server.reason.TRANSPORT_ERROR)

    def _take_packet(self, text: str) -> None:
        kind = text[:1]
        if kind == "4":
            if len(self._inbox) >= WAITING_MESSAGES:
                return self._refuse(CloseReason.POLICY_VIOLATION)
            self._inbox.append(text[1:])
            if not self._busy:
                self._busy = True
                gevent.spawn(self._handle)
        elif kind == "1":
            self.lost(self.server.reason.CLIENT_DISCONNECT)
        return None

    def _handle(self) -> None:
        """Hand over messages in their order, one after the other."""
        try:
            while self._inbox and not self.closed:
                tell(self.server, "message", self.sid, self._inbox.popleft())
        finally:
            self._busy = False

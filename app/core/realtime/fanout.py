"""The fan-out: what is told to a room is encoded once and written to each connection as a finished frame.

It is a client manager under Flask-SocketIO's public interface. Over Redis the encoded text is published,
and each process writes it to its own viewers; without Redis, or while Redis is away, only to its own.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import redis
import structlog
from engineio import packet as engine_packet
from socketio import packet as socket_packet
from socketio.manager import Manager

from app.core.realtime.frames import text_frame

log = structlog.get_logger(__name__)

SLICE = 512  # connections written to before other work gets its turn
CHANNEL = "realtime"
TOGETHER_BYTES = 32 * 1024  # of waiting events that one write takes along: the kernel's buffer has room for it
RETRY_SECONDS = 1.0


def _give_way() -> None:
    gevent = sys.modules.get("gevent")
    if gevent is not None and gevent.getcurrent() is not gevent.get_hub():
        gevent.sleep(0)


class Told:
    """One event on its way to the members of a room. text: of its packet. skipped: connections it is not for."""

    __slots__ = ("droppable", "frame", "skipped", "text")

    def __init__(self, text: str, droppable: bool, skipped: Collection[str]) -> None:
        self.text, self.droppable, self.skipped = text, droppable, skipped
        self.frame = text_frame(text)


class FanOut(Manager):  # type: ignore[misc]
    """Rooms of this process, and the way to those of the others.

    droppable: names of events that a viewer who does not read may miss. orders: what the processes ask of
    each other beside telling a room, by name.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        super().__init__()
        self.droppable: frozenset[str] = frozenset()
        self.orders: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._rooms_of: dict[str, set[tuple[str, str | None]]] = {}
        self._lanes: dict[tuple[str, str], deque[Told]] = {}
        self._told: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._redis = redis.Redis.from_url(redis_url) if redis_url else None

    # membership: leaving costs the rooms of that viewer, not all rooms

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        """Note the room beside the connection too."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of.setdefault(sid, set()).add((namespace, room))

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Forget the room beside the connection too."""
        super().basic_leave_room(sid, namespace, room)
        own = self._rooms_of.get(sid)
        if own is not None:
            own.discard((namespace, room))
            if not own:
                del self._rooms_of[sid]

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        """Return the rooms of one connection."""
        return [room for ns, room in self._rooms_of.get(sid, ()) if ns == namespace and room is not None]

    def basic_disconnect(self, sid: str, namespace: str, **_more: Any) -> None:
        """Take a connection out of its own rooms."""
        for ns, room in list(self._rooms_of.get(sid, ())):
            if ns == namespace:
                self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for waiting in (self.pending_connect, self.pending_disconnect):
            sids = waiting.get(namespace)
            if sids and sid in sids:
                sids.remove(sid)
                if not sids:
                    del waiting[namespace]

    # telling

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **more: Any,
    ) -> None:
        """Tell a room or one connection; what needs an answer or is binary takes the library's way."""
        room = to or room
        if callback or not isinstance(room, str) or isinstance(data, (bytes, tuple)):
            super().emit(event, data, namespace, room=room, skip_sid=skip_sid, callback=callback, **more)
            return
        here = self.rooms.get(namespace, {}).get(None, {}).get(room)
        if here is not None:
            connection = self.server.eio.sockets.get(here)
            if getattr(connection, "outgoing", None) is None:
                super().emit(event, data, namespace, room=room, skip_sid=skip_sid, **more)
            else:
                connection.write(text_frame(self._encode(event, data, namespace)))
            return
        text = self._encode(event, data, namespace)
        droppable = event in self.droppable
        skipped = [sid for sid in (skip_sid if isinstance(skip_sid, list) else [skip_sid]) if sid]
        if self._published({"ns": namespace, "room": room, "text": text, "drop": droppable, "skip": skipped}):
            return
        self._tell(namespace, room, Told(text, droppable, skipped))

    def order(self, name: str, body: dict[str, Any]) -> None:
        """Ask every process, this one too, to carry out one of its ``orders``."""
        if not self._published({"order": name, "body": body}):
            self.orders[name](body)

    def told(self, namespace: str, room: str) -> int:
        """Return how many events this process has told the room: who sat down meanwhile may have missed one."""
        return self._told[(namespace, room)]

    @staticmethod
    def _encode(event: str, data: Any, namespace: str) -> str:
        """Return the text of an event packet; Chinese words as they are, half as long as escaped."""
        body = json.dumps([event] if data is None else [event, data], ensure_ascii=False, separators=(",", ":"))
        where = "" if namespace == "/" else f"{namespace},"
        return f"{engine_packet.MESSAGE}{socket_packet.EVENT}{where}{body}"

    def _published(self, message: dict[str, Any]) -> bool:
        if self._redis is None:
            return False
        try:
            return int(self._redis.publish(CHANNEL, json.dumps(message))) > 0
        except redis.RedisError:
            log.exception("realtime_publish_failed")
            return False

    def _tell(self, namespace: str, room: str, told: Told) -> None:
        """Write to the room in turn: a later event never overtakes one that is still being written."""
        if self._leads(namespace, room, told):
            self._write_all(namespace, room)

    def _leads(self, namespace: str, room: str, told: Told) -> bool:
        """Let the event wait for its turn; say whether nobody is writing to the room."""
        with self._lock:
            lane = self._lanes.get((namespace, room))
            if lane is not None:
                lane.append(told)
                return False
            self._lanes[(namespace, room)] = deque([told])
            return True

    def _write_all(self, namespace: str, room: str) -> None:
        """Write what waits, and what comes meanwhile.

        It goes out together: a process that fell behind (many people coming in) has caught up after one round.
        """
        try:
            while together := self._next(namespace, room):
                self._write(namespace, room, together)
        except BaseException:
            with self._lock:
                self._lanes.pop((namespace, room), None)
            raise

    def _next(self, namespace: str, room: str) -> list[Told]:
        with self._lock:
            lane = self._lanes[(namespace, room)]
            if not lane:
                del self._lanes[(namespace, room)]
                return []
            together = [lane.popleft()]
            size = len(together[0].frame)
            while lane and size + len(lane[0].frame) <= TOGETHER_BYTES:
                size += len(lane[0].frame)
                together.append(lane.popleft())
            return together

    def _write(self, namespace: str, room: str, together: Sequence[Told]) -> None:
        self._told[(namespace, room)] += len(together)
        members = self.rooms.get(namespace, {}).get(room)
        if members is None:
            return
        frames = b"".join(told.frame for told in together)
        droppable = all(told.droppable for told in together)
        skipping = any(told.skipped for told in together)
        find = self.server.eio.sockets.get
        done = 0
        for sid, eio_sid in list(members.items()):
            connection = find(eio_sid)
            outgoing = getattr(connection, "outgoing", None)
            if outgoing is None:  # a connection of the library itself: tests, servers without gevent
                for told in together:
                    if sid not in told.skipped:
                        packet = engine_packet.Packet(engine_packet.MESSAGE, told.text[1:])
                        self.server._send_eio_packet(eio_sid, packet)  # noqa: SLF001 - as the library's own manager does
                continue
            if not connection.closed:
                if skipping or outgoing.blocked:  # what this one may miss is its own matter
                    for told in together:
                        if sid not in told.skipped:
                            connection.write(told.frame, droppable=told.droppable)
                else:
                    outgoing.write(frames, droppable=droppable)
            done += 1
            if not done % SLICE:
                _give_way()

    # hearing from the other processes

    def initialize(self) -> None:
        """Begin to listen to the other processes."""
        if self._redis is not None:
            threading.Thread(target=self._listen_for_ever, name="realtime", daemon=True).start()

    def _listen_for_ever(self) -> None:
        while True:
            try:
                self._listen()
            except redis.RedisError:
                log.exception("realtime_listen_failed")
            time.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        if self._redis is None:
            return
        with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(CHANNEL)
            for heard in subscription.listen():
                try:
                    self._hear(json.loads(heard["data"]))
                except Exception:
                    log.exception("realtime_message_failed")

    def _hear(self, message: dict[str, Any]) -> None:
        if "order" in message:
            self.orders[message["order"]](message["body"])
        else:
            where = (message["ns"], message["room"])
            if self._leads(*where, Told(message["text"], message["drop"], message["skip"])):
                # beside the ear: what comes meanwhile must wait in the room's lane, not unheard at Redis
                threading.Thread(target=self._write_all, args=where, name="telling", daemon=True).start()

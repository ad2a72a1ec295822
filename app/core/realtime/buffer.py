"""Writing to one viewer without ever waiting: what the kernel does not take is kept, within bounds.

A viewer that does not read loses droppable frames (ticks) first; then, with 256 KiB kept or after 15 s
without progress, the connection. Nobody else notices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

DROP_BYTES = 64 * 1024  # kept bytes from which droppable frames are skipped
MOST_BYTES = 256 * 1024  # kept bytes at which the connection ends
STUCK_SECONDS = 15.0  # without progress, after which the connection ends


class Outgoing:
    """Frames on their way to one socket.

    send: non-blocking send of the socket. watch: called with True when the socket should be watched for
    room to write, False when no longer. lost: called when the connection must end.
    """

    __slots__ = ("_kept", "_lost", "_now", "_send", "_watch", "kept_bytes", "progress_at", "skipped")

    def __init__(
        self,
        send: Callable[[bytes], int],
        watch: Callable[[bool], None],
        lost: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self._send, self._watch, self._lost, self._now = send, watch, lost, now
        self._kept: deque[bytes] | None = None
        self.kept_bytes = 0
        self.progress_at = 0.0
        self.skipped = 0

    @property
    def blocked(self) -> bool:
        """Say whether frames are waiting for the viewer to read."""
        return self._kept is not None

    def write(self, frame: bytes, *, droppable: bool = False) -> None:
        """Hand a frame to the kernel, or keep it behind those that wait."""
        if self._kept is not None:
            if droppable and self.kept_bytes > DROP_BYTES:
                self.skipped += 1
                return
            self._kept.append(frame)
            self.kept_bytes += len(frame)
            if self.kept_bytes > MOST_BYTES or self.stuck(self._now()):
                self._lost("does not read")
            return
        try:
            sent = self._send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lost("transport error")
            return
        if sent != len(frame):
            rest = frame[sent:]
            self._kept, self.kept_bytes, self.progress_at = deque((rest,)), len(rest), self._now()
            self._watch(True)

    def flush(self, *_arguments: Any) -> None:
        """Write what waits; called when the kernel has room again."""
        kept = self._kept
        if kept is None:
            return
        try:
            while kept:
                sent = self._send(kept[0])
                self.kept_bytes -= sent
                self.progress_at = self._now()
                if sent != len(kept[0]):
                    kept[0] = kept[0][sent:]
                    return
                kept.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._lost("transport error")
            return
        self._kept, self.kept_bytes = None, 0
        self._watch(False)

    def stuck(self, now: float) -> bool:
        """Say whether the viewer has not read anything for too long."""
        return self._kept is not None and now - self.progress_at > STUCK_SECONDS

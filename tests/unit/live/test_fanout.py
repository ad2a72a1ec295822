"""The way to a room: in order, and what waits goes out together."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from socketio.packet import Packet

from app.core.realtime.fanout import TOGETHER_BYTES, FanOut, Told


class Viewer:
    """A connection that keeps what was written to it; ``first``: happens at the first write."""

    def __init__(self, first: Callable[[], None], *, blocked: bool = False) -> None:
        self.outgoing, self.closed, self.blocked = self, False, blocked
        self.got: list[bytes] = []
        self._first: Callable[[], None] | None = first

    def write(self, frame: bytes, *, droppable: bool = False) -> None:
        self.got.append(frame)
        first, self._first = self._first, None
        if first is not None:
            first()


def _room(*viewers: Viewer) -> FanOut:
    fan_out = FanOut()
    sockets = {f"e{place}": viewer for place, viewer in enumerate(viewers)}
    server: Any = SimpleNamespace(eio=SimpleNamespace(sockets=sockets), packet_class=Packet)
    fan_out.set_server(server)
    for place in range(len(viewers)):
        fan_out.basic_enter_room(f"s{place}", "/live", "room", eio_sid=f"e{place}")
    return fan_out


def test_what_came_while_a_room_was_written_to_goes_out_together() -> None:
    waiting = [Told(f"4{n}", True, ()) for n in range(1, 4)] + [Told("4" + "x" * TOGETHER_BYTES, True, ())]

    def more_comes() -> None:
        for told in waiting:
            fan_out._tell("/live", "room", told)

    viewers = [Viewer(more_comes), Viewer(lambda: None), Viewer(lambda: None, blocked=True)]
    fan_out = _room(*viewers)
    first = Told("40", True, ())
    fan_out._tell("/live", "room", first)
    small, large = waiting[:3], waiting[3]
    together = b"".join(told.frame for told in small)
    for viewer in viewers[:2]:
        assert viewer.got == [first.frame, together, large.frame]
    assert viewers[2].got == [first.frame, *(told.frame for told in waiting)]
    assert fan_out.told("/live", "room") == 5


def test_a_connection_that_is_left_out_hears_the_rest() -> None:
    viewers = [Viewer(lambda: None), Viewer(lambda: None)]
    fan_out = _room(*viewers)
    secret, open_ = Told("4a", False, ["s0"]), Told("4b", False, ())
    fan_out._write("/live", "room", [secret, open_])
    assert [viewer.got for viewer in viewers] == [[open_.frame], [secret.frame, open_.frame]]

"""A viewer that does not read loses ticks first, then the connection; whoever reads again loses nothing else."""

from __future__ import annotations

from app.core.realtime.buffer import DROP_BYTES, MOST_BYTES, STUCK_SECONDS, Outgoing


class Wire:
    """A socket that takes ``room`` bytes and then blocks, until it is given more."""

    def __init__(self, room: int) -> None:
        self.room, self.taken, self.ended, self.watched, self.now = room, b"", [], [], 0.0  # type: ignore[var-annotated]
        self.out = Outgoing(self.send, self.watched.append, self.ended.append, lambda: self.now)

    def send(self, frame: bytes) -> int:
        if not self.room:
            raise BlockingIOError
        part = frame[: self.room]
        self.room -= len(part)
        self.taken += part
        return len(part)


def test_what_the_kernel_does_not_take_waits_in_its_order() -> None:
    wire = Wire(5)
    wire.out.write(b"abc")
    wire.out.write(b"defg")
    wire.out.write(b"hij")
    assert (wire.taken, wire.out.blocked, wire.watched) == (b"abcde", True, [True])
    wire.room = 2
    wire.out.flush()
    assert (wire.taken, wire.out.kept_bytes) == (b"abcdefg", 3)
    wire.room = 99
    wire.out.flush()
    assert (wire.taken, wire.out.blocked, wire.watched, wire.ended) == (b"abcdefghij", False, [True, False], [])


def test_ticks_are_skipped_and_memory_is_bounded() -> None:
    wire, tick, notice = Wire(0), b"t" * 1024, b"n" * 1024
    for _ in range(1000):
        wire.out.write(tick, droppable=True)
    assert DROP_BYTES < wire.out.kept_bytes <= DROP_BYTES + 2 * len(tick)
    assert (wire.out.skipped > 900, wire.ended) == (True, [])
    while not wire.ended:
        wire.out.write(notice)
        assert wire.out.kept_bytes <= MOST_BYTES + len(notice)
    assert wire.ended == ["does not read"]


def test_no_progress_for_fifteen_seconds_ends_the_connection() -> None:
    wire = Wire(1)
    wire.out.write(b"ab")
    wire.now = STUCK_SECONDS
    assert not wire.out.stuck(wire.now)
    wire.room = 1
    wire.out.flush()
    wire.out.write(b"cdef")
    assert not wire.out.blocked or not wire.out.stuck(wire.now)
    wire = Wire(0)
    wire.out.write(b"ab")
    wire.now = STUCK_SECONDS + 0.1
    assert wire.out.stuck(wire.now)
    wire.out.write(b"cd", droppable=True)
    assert wire.ended == ["does not read"]

"""Group commit: one writing for many, an answer of its own for each, nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from app.core.errors import DomainError, NotReady, Refused
from app.core.gather import Gather


def _all(gather: Gather[int, str], wishes: Sequence[int]) -> dict[int, str | Exception]:
    """Hand everything in at once; return what each got."""
    got: dict[int, str | Exception] = {}

    def hand_in(wish: int) -> None:
        try:
            got[wish] = gather.hand_in(wish)
        except Exception as error:  # noqa: BLE001 - looked at below
            got[wish] = error

    threads = [threading.Thread(target=hand_in, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return got


def test_what_comes_while_the_last_writing_is_fresh_is_written_together() -> None:
    written: list[list[int]] = []

    def write(wishes: Sequence[int]) -> list[str | DomainError]:
        written.append(list(wishes))
        return [Refused("nein") if wish % 2 else str(wish) for wish in wishes]

    gather = Gather(write, 0.05)
    assert gather.hand_in(0) == "0"
    got = _all(gather, range(1, 9))
    assert written[0] == [0]
    assert sorted(wish for batch in written[1:] for wish in batch) == list(range(1, 9))
    assert len(written) <= 3
    for wish in range(1, 9):
        assert got[wish] == str(wish) if wish % 2 == 0 else isinstance(got[wish], Refused)


def test_one_that_cannot_be_written_costs_the_others_nothing() -> None:
    tries: list[list[int]] = []

    def write(wishes: Sequence[int]) -> list[str | DomainError]:
        tries.append(list(wishes))
        if 3 in wishes:
            raise ValueError("three")
        if 5 in wishes:
            raise NotReady("busy")
        return [str(wish) for wish in wishes]

    gather = Gather(write, 0.05)
    gather.hand_in(0)
    got = _all(gather, (1, 2, 3))
    assert (got[1], got[2]) == ("1", "2")
    assert isinstance(got[3], ValueError)
    with pytest.raises(NotReady):
        gather.hand_in(5)

"""How many events one connection may send."""

from __future__ import annotations

from app.core.actor import system
from app.core.sockets import BURST, Visit


def test_a_flood_of_events_is_cut_off_until_the_next_second() -> None:
    visit = Visit("sid", system())
    assert [visit.within_burst(100.0 + n / 1000) for n in range(BURST)] == [True] * BURST
    assert visit.within_burst(100.9) is False
    assert visit.within_burst(101.0) is True

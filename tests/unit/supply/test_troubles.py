"""Chance of late and lost parcels, and what the supplier pays for them."""

from __future__ import annotations

from app.worlds.chance import Chance
from sim_supply.domain.trouble_flow import TroubleKind, compensation, foresee


def test_chance_keeps_the_rates_and_is_the_same_each_time() -> None:
    found = [foresee(Chance("seed", "supplier-parcel", f"CG{n}"), 300, 50) for n in range(10_000)]
    again = [foresee(Chance("seed", "supplier-parcel", f"CG{n}"), 300, 50) for n in range(10_000)]
    late = [one for one in found if one and one[0] is TroubleKind.LATE]
    lost = [one for one in found if one and one[0] is TroubleKind.LOST]
    assert found == again
    assert 240 < len(late) < 360 and 30 < len(lost) < 75
    assert {one[1] for one in lost} == {0}
    assert min(one[1] for one in late) == 24 and max(one[1] for one in late) == 72
    assert foresee(Chance("seed", "x"), 0, 0) is None


def test_compensation_never_exceeds_what_was_paid() -> None:
    assert compensation(TroubleKind.LOST, 4000, 500, 4500) == 4500
    assert compensation(TroubleKind.LOST, 4000, 500, 4000) == 4000
    assert compensation(TroubleKind.LATE, 4000, 500, 4500) == 500
    assert compensation(TroubleKind.LATE, 4000, 0, 4500) == 0

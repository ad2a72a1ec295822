"""Chance: the same key gives the same numbers, different keys unrelated ones, all evenly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.worlds.chance import Chance


def draws(seed: str, stream: str, tick: int | str, count: int = 20) -> list[int]:
    chance = Chance(seed, stream, tick)
    return [chance.below(10**9) for _ in range(count)]


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 10**6))
def test_the_same_key_gives_the_same_numbers(seed: str, stream: str, tick: int) -> None:
    assert draws(seed, stream, tick) == draws(seed, stream, tick)


def test_the_numbers_are_these_for_ever() -> None:
    assert draws("seed", "buyers", 1, 3) == [612686646, 14207566, 57890346]


def test_another_seed_stream_or_tick_is_another_stream() -> None:
    streams = {
        tuple(draws(*key)) for key in (("a", "b", 1), ("a", "b", 2), ("a", "c", 1), ("b", "b", 1), ("ab", "", 1))
    }
    assert len(streams) == 5


def test_one_stream_does_not_disturb_another() -> None:
    alone, beside = Chance("s", "x"), Chance("s", "x")
    other = Chance("s", "y")
    numbers = [beside.below(100) for _ in range(5) if other.below(7) >= 0]
    assert numbers == [alone.below(100) for _ in range(5)]


def test_numbers_are_even() -> None:
    chance, counts = Chance("even", "dice"), [0] * 6
    for _ in range(60_000):
        counts[chance.below(6)] += 1
    squares = sum((count - 10_000) ** 2 / 10_000 for count in counts)
    assert squares < 20.5  # chi square with 5 degrees of freedom, 99.9 %


def test_yes_comes_as_often_as_its_basis_points() -> None:
    chance = Chance("yes", "no")
    assert 2300 < sum(chance.happens(2500) for _ in range(10_000)) < 2700
    assert not any(chance.happens(0) for _ in range(100))
    assert all(chance.happens(10_000) for _ in range(100))


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(0, 100))
def test_bounds_are_kept(low: int, width: int, tick: int) -> None:
    assert low <= Chance("b", "b", tick).between(low, low + width) <= low + width


@given(st.lists(st.integers(), max_size=40), st.integers(0, 40))
def test_shuffling_and_sampling_lose_nothing(items: list[int], count: int) -> None:
    shuffled = list(items)
    Chance("s", "s").shuffle(shuffled)
    assert sorted(shuffled) == sorted(items)
    picked = Chance("s", "p").sample(range(len(items)), count)
    assert len(picked) == len(set(picked)) == min(count, len(items))


def test_every_order_of_three_comes_about_equally_often() -> None:
    counts: dict[str, int] = {}
    chance = Chance("orders", "of three")
    for _ in range(6000):
        items = list("abc")
        chance.shuffle(items)
        counts["".join(items)] = counts.get("".join(items), 0) + 1
    assert len(counts) == 6
    assert all(850 < count < 1150 for count in counts.values())


def test_nothing_below_one_can_be_drawn() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Chance("x", "x").below(0)

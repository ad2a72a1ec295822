"""Money: rounding, splitting and refunds in integer fen."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import half_up, parse_yuan, part, plain_yuan, split, unit_refund

fen = st.integers(0, 10**9)
lines = st.lists(fen, min_size=1, max_size=30)


@given(lines, st.data())
def test_parts_are_within_their_line_and_add_up(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(0 <= share <= weight for share, weight in zip(parts, weights, strict=True))


@given(lines, st.data())
def test_parts_keep_to_caps_other_than_the_weights(weights: list[int], data: st.DataObject) -> None:
    caps = data.draw(st.lists(fen, min_size=len(weights), max_size=len(weights)))
    total = data.draw(st.integers(0, sum(caps)))
    parts = split(total, weights, caps)
    assert sum(parts) == total
    assert all(0 <= share <= cap for share, cap in zip(parts, caps, strict=True))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20), st.data())
def test_a_part_is_less_than_a_fen_from_its_share(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    for share, weight in zip(split(total, weights), weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(lines, st.data())
def test_equal_lines_get_equal_parts_up_to_a_fen(weights: list[int], data: st.DataObject) -> None:
    equal = [weights[0]] * len(weights)
    parts = split(data.draw(st.integers(0, sum(equal))), equal)
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)  # ties go to the earlier line


def test_the_order_of_the_commerce_model() -> None:
    lines_after_discount = [5271, 3998, 2550]
    assert split(1000, lines_after_discount) == [446, 338, 216]
    assert split(500, [4825, 3660], [4825, 3660]) == [284, 216]
    assert split(300, [4541, 3444, 2334]) == [132, 100, 68]


def test_what_cannot_be_split_is_refused() -> None:
    for total, weights in ((11, [10]), (-1, [10]), (1, [-1, 5])):
        with pytest.raises(ValueError, match=r"must not be negative|exceeds"):
            split(total, weights)
    assert split(0, [0, 0]) == [0, 0]


@given(fen, st.integers(1, 999))
def test_the_refunds_of_all_units_are_the_line(payable: int, quantity: int) -> None:
    shares = [unit_refund(payable, quantity, k) for k in range(1, quantity + 1)]
    assert sum(shares) == payable
    assert max(shares) - min(shares) <= 1


def test_refunds_of_the_commerce_model() -> None:
    assert [unit_refund(3344, 2, k) for k in (1, 2)] == [1672, 1672]
    assert [unit_refund(2266, 3, k) for k in (1, 2, 3)] == [755, 755, 756]
    for k in (0, 3):
        with pytest.raises(ValueError, match="between"):
            unit_refund(100, 2, k)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_is_half_up(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)
    assert Fraction(-1, 2) < rounded - Fraction(numerator, denominator) <= Fraction(1, 2)


def test_basis_points() -> None:
    assert part(5990, 8800) == 5271
    assert part(1, 5000) == 1
    assert part(0, 8800) == 0


@given(st.integers(-(10**12), 10**12))
def test_amounts_are_read_back_as_written(amount: int) -> None:
    assert parse_yuan(plain_yuan(amount)) == amount


def test_ways_of_writing_an_amount() -> None:
    assert [parse_yuan(text) for text in ("12", "12.5", "¥1,234.50", " 0.01 ", "￥3")] == [1200, 1250, 123450, 1, 300]
    for wrong in ("", "12.345", "abc", "1e3", "--1", "1.2.3", "１２.３.４"):
        with pytest.raises(ValueError, match="not an amount"):
            parse_yuan(wrong)

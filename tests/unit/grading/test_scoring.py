"""Final score: exact, by mean or median, compared unrounded."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.domain.scoring import criterion_points, final_score, needs_third, passes, shown

MARK = st.integers(0, 100)


def test_fifty_nine_and_a_half_is_shown_as_it_is_and_does_not_pass() -> None:
    final = final_score([59, 60])
    assert final == Fraction(119, 2)
    assert shown(final) == "59.5"
    assert not passes(final)


def test_a_score_is_cut_and_never_rounded_up_to_the_line() -> None:
    assert shown(Fraction(5999, 100)) == "59.9"
    assert not passes(Fraction(5999, 100))
    assert shown(Fraction(60)) == "60.0"
    assert passes(Fraction(60))


def test_sixty_two_and_fifty_eight_need_a_third() -> None:
    assert needs_third(62, 58)
    assert not needs_third(60, 100)
    assert not needs_third(59, 0)
    assert final_score([62, 58, 61]) == 61
    assert passes(final_score([62, 58, 61]))


def test_one_mark_is_no_result() -> None:
    with pytest.raises(ValueError, match="two or three"):
        final_score([70])


@given(MARK, MARK, MARK)
def test_median_follows_the_majority(a: int, b: int, c: int) -> None:
    assert passes(final_score([a, b, c])) == (sum(mark >= 60 for mark in (a, b, c)) >= 2)


@given(st.lists(st.lists(st.integers(0, 20), min_size=5, max_size=5), min_size=2, max_size=3))
def test_points_per_criterion_sum_to_the_final_score(rows: list[list[int]]) -> None:
    marks = [dict(zip("abcde", row, strict=True)) for row in rows]
    assert sum(criterion_points(marks).values()) == final_score([sum(row) for row in rows])

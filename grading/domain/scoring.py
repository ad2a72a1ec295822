"""From marks to the final score: exact fractions, compared unrounded with the pass line (合格线)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

PASS_LINE = 60
FULL = 100


def needs_third(first: int, second: int, pass_line: int = PASS_LINE) -> bool:
    """Say whether a third assessor must decide: one mark passes, the other does not."""
    return (first >= pass_line) != (second >= pass_line)


def final_score(totals: Sequence[int]) -> Fraction:
    """Return the exact mean of two marks, or the median of three. Raises ValueError otherwise."""
    if len(totals) == 2:
        return Fraction(sum(totals), 2)
    if len(totals) == 3:
        return Fraction(sorted(totals)[1])
    raise ValueError("a final score is made of two or three marks")


def passes(final: Fraction, pass_line: int = PASS_LINE) -> bool:
    """Say whether the unrounded score reaches the pass line."""
    return final >= pass_line


def shown(score: Fraction) -> str:
    """Return a score with one decimal, cut and never rounded up, so that 59.96 does not read as 60."""
    tenths = score.numerator * 10 // score.denominator
    return f"{tenths // 10}.{tenths % 10}"


def criterion_points(marks: Sequence[Mapping[str, int]]) -> dict[str, Fraction]:
    """Return the points per criterion behind the final score; their sum is exactly the final score.

    Two marks: the mean of each criterion. Three: the points of the mark whose total is the median.
    """
    if len(marks) == 2:
        return {key: Fraction(marks[0][key] + marks[1][key], 2) for key in marks[0]}
    if len(marks) == 3:
        middle = sorted(marks, key=lambda mark: sum(mark.values()))[1]
        return {key: Fraction(points) for key, points in middle.items()}
    raise ValueError("a final score is made of two or three marks")

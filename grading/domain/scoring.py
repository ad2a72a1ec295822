"""From marks to the final score: exact fractions, compared unrounded with the pass line (合格线).

Two independent marks give the mean; a third is called where they disagree, then the median of three decides;
an arbiter where even that stands alone (training model 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

PASS_LINE = 60
FULL = 100
SMALL_BATCH = 10  # papers; below, an assessor may guess the author (3.5)
GAP = 15  # points between two marks that still need no third
MOST_DEVIATION = 10  # points from an anchor's agreed total: above, it is marked again (3.11)

ARBITER_SLOT = 4
APPEAL_SLOT = 5


@dataclass(frozen=True, slots=True)
class Marked:
    """One completed mark: points by criterion; flag: "" | doubt | veto."""

    points: Mapping[str, int]
    flag: str = ""

    @property
    def total(self) -> int:
        return sum(self.points.values())


@dataclass(frozen=True, slots=True)
class Policy:
    """By what a batch decides. maxima: points per criterion."""

    maxima: Mapping[str, int] = field(default_factory=dict)
    gap: int = GAP
    pass_line: int = PASS_LINE


def needs_third(first: int, second: int, pass_line: int = PASS_LINE) -> bool:
    """Say whether one mark passes and the other does not."""
    return (first >= pass_line) != (second >= pass_line)


def third_reasons(first: Marked, second: Marked, policy: Policy) -> list[str]:
    """Return why a third assessor must look: pass line, total, criterion, flag; empty when none is needed."""
    reasons = []
    if needs_third(first.total, second.total, policy.pass_line):
        reasons.append("pass_line")
    if abs(first.total - second.total) > policy.gap:
        reasons.append("total")
    if any(
        2 * abs(first.points.get(key, 0) - second.points.get(key, 0)) > maximum
        for key, maximum in policy.maxima.items()
    ):
        reasons.append("criterion")
    if first.flag or second.flag:
        reasons.append("flag")
    return reasons


def needs_arbiter(marks: Sequence[Marked], policy: Policy) -> bool:
    """Say whether three marks leave the median alone (both gaps too wide), or one side alone claims a veto."""
    low, middle, high = sorted(mark.total for mark in marks)
    vetoes = sum(mark.flag == "veto" for mark in marks)
    return (middle - low > policy.gap and high - middle > policy.gap) or 0 < vetoes < len(marks)


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


@dataclass(frozen=True, slots=True)
class Decided:
    """The final score, how it came about, and the points per criterion that sum to it."""

    final: Fraction
    method: str  # mean | median | arbiter | appeal
    points: Mapping[str, Fraction]


def decide(marks: Mapping[int, Marked]) -> Decided:
    """Return the final score of the completed marks by place: a pure function of the marks.

    An appeal's mark stands before the arbiter's, that before the median of three, that before the mean of
    two. Raises ValueError when marks are missing.
    """
    for place, method in ((APPEAL_SLOT, "appeal"), (ARBITER_SLOT, "arbiter")):
        if place in marks:
            alone = marks[place]
            return Decided(Fraction(alone.total), method, {key: Fraction(x) for key, x in alone.points.items()})
    points = [marks[place].points for place in sorted(marks)]
    final = final_score([sum(one.values()) for one in points])
    return Decided(final, "mean" if len(points) == 2 else "median", criterion_points(points))


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a paper needs: "wait", "third", "arbiter" or "settle", and why."""

    step: str
    reasons: tuple[str, ...] = ()


def next_step(marks: Mapping[int, Marked], policy: Policy) -> NextStep:
    """Return what follows from the completed marks by place."""
    if ARBITER_SLOT in marks:
        return NextStep("settle")
    if not {1, 2} <= set(marks):
        return NextStep("wait")
    if 3 not in marks:
        reasons = third_reasons(marks[1], marks[2], policy)
        return NextStep("third", tuple(reasons)) if reasons else NextStep("settle")
    return NextStep("arbiter") if needs_arbiter([marks[1], marks[2], marks[3]], policy) else NextStep("settle")

"""What holds for every final score: a pure function of rubric, marks and policy, exact, from completed marks alone."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.domain import scoring
from grading.domain.rubric import Entry, check_entries, parse_rubric, template_text
from grading.domain.scoring import Marked, Policy

RUBRIC = parse_rubric(json.loads(template_text("电商版")))
MAXIMA = {one.key: one.maximum for one in RUBRIC.criteria}
POLICY = Policy(MAXIMA)
bounded = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def marks(draw: st.DrawFn) -> Marked:
    """Return a mark in which every criterion has points within its maximum."""
    return Marked({key: draw(st.integers(0, most)) for key, most in MAXIMA.items()})


@bounded
@given(st.lists(marks(), min_size=2, max_size=4))
def test_the_final_score_is_a_pure_function_of_the_marks(given_marks: list[Marked]) -> None:
    by_slot = dict(enumerate(given_marks, 1))
    decided = scoring.decide(by_slot)
    backwards = dict(reversed(list(by_slot.items())))
    assert scoring.decide(backwards) == decided  # the order in which marks came in is nothing
    assert sum(decided.points.values(), Fraction(0)) == decided.final
    assert set(decided.points) == set(MAXIMA)
    totals = sorted(mark.total for mark in given_marks[:3])
    if len(given_marks) == 4:
        assert decided.final == given_marks[3].total
    elif len(given_marks) == 3:
        assert decided.final == totals[1]
    else:
        assert decided.final == Fraction(sum(totals), 2)


@bounded
@given(marks(), marks())
def test_two_marks_settle_only_where_they_agree_on_passing(first: Marked, second: Marked) -> None:
    step = scoring.next_step({1: first, 2: second}, POLICY)
    if step.step == "settle":
        final = scoring.decide({1: first, 2: second}).final
        passed = [mark.total >= 60 for mark in (first, second)]
        assert passed[0] == passed[1] == scoring.passes(final, 60)
    else:
        assert step.step == "third"
        assert step.reasons
    assert scoring.next_step({1: first}, POLICY).step not in {"settle", "third", "arbiter"}  # one mark decides nothing


@bounded
@given(st.integers(0, 200), st.integers(1, 7))
def test_the_exact_fraction_is_compared_with_the_pass_line(halves: int, parts: int) -> None:
    final = Fraction(halves, 2) + Fraction(1, 1000 * parts)
    assert scoring.passes(final, 60) == (final >= 60)


@pytest.mark.parametrize(("final", "shown"), [(Fraction(119, 2), "59.5"), (Fraction(5999, 100), "59.9")])
def test_a_score_that_comes_near_sixty_does_not_pass(final: Fraction, shown: str) -> None:
    assert scoring.shown(final) == shown
    assert not scoring.passes(final, 60)


@bounded
@given(marks(), st.sampled_from(sorted(MAXIMA)))
def test_nothing_is_completed_while_a_criterion_has_no_points(mark: Marked, left_out: str) -> None:
    entries = {key: Entry(points, "理由写清楚了。") for key, points in mark.points.items()}
    assert check_entries(RUBRIC, entries, complete=True) == []
    issues = check_entries(RUBRIC, entries | {left_out: Entry(None, "还没想好")}, complete=True)
    assert [issue.field for issue in issues] == [f"points-{left_out}"]

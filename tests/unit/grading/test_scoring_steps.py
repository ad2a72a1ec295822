"""Third marks, arbiters and final scores: a pure function of rubric, marks and policy."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.domain.scoring import Marked, Policy, decide, next_step, passes, third_reasons

MAXIMA = {"a": 20, "b": 30, "c": 50}
POLICY = Policy(MAXIMA)
MARK = st.builds(
    lambda a, b, c, flag: Marked({"a": a, "b": b, "c": c}, flag),
    st.integers(0, 20),
    st.integers(0, 30),
    st.integers(0, 50),
    st.sampled_from(["", "", "", "doubt", "veto"]),
)


def mark(total: int, flag: str = "") -> Marked:
    return Marked(
        {"a": total * 20 // 100, "b": total * 30 // 100, "c": total - total * 20 // 100 - total * 30 // 100}, flag
    )


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        (mark(62), mark(58), ["pass_line"]),
        (mark(60), mark(75), []),
        (mark(60), mark(76), ["total"]),
        (mark(70), mark(70, "doubt"), ["flag"]),
        (Marked({"a": 20, "b": 20, "c": 30}), Marked({"a": 9, "b": 25, "c": 36}), ["criterion"]),
        (Marked({"a": 20, "b": 20, "c": 30}), Marked({"a": 10, "b": 25, "c": 35}), []),
    ],
)
def test_what_calls_a_third(first: Marked, second: Marked, reasons: list[str]) -> None:
    assert third_reasons(first, second, POLICY) == reasons
    assert third_reasons(second, first, POLICY) == reasons


@pytest.mark.parametrize(
    ("marks", "step"),
    [
        ({}, "wait"),
        ({1: mark(70)}, "wait"),
        ({1: mark(70), 3: mark(70)}, "wait"),
        ({1: mark(70), 2: mark(72)}, "settle"),
        ({1: mark(62), 2: mark(58)}, "third"),
        ({1: mark(62), 2: mark(58), 3: mark(61)}, "settle"),
        ({1: mark(90), 2: mark(30), 3: mark(61)}, "arbiter"),
        ({1: mark(90), 2: mark(74), 3: mark(75)}, "settle"),
        ({1: mark(70, "veto"), 2: mark(70), 3: mark(70)}, "arbiter"),
        ({1: mark(70, "veto"), 2: mark(70, "veto"), 3: mark(70, "veto")}, "settle"),
        ({1: mark(90), 2: mark(30), 3: mark(61), 4: mark(50)}, "settle"),
    ],
)
def test_next_steps(marks: dict[int, Marked], step: str) -> None:
    assert next_step(marks, POLICY).step == step


@settings(max_examples=100, deadline=None, derandomize=True)
@given(MARK, MARK, MARK, MARK, MARK)
def test_the_final_score_is_exact_and_follows_the_rules(
    one: Marked, two: Marked, three: Marked, arbiter: Marked, appeal: Marked
) -> None:
    marks = {1: one, 2: two}
    while next_step(marks, POLICY).step in {"third", "arbiter"}:
        marks[len(marks) + 1] = three if len(marks) == 2 else arbiter
    assert next_step(marks, POLICY).step == "settle"
    decided = decide(marks)
    assert sum(decided.points.values()) == decided.final
    assert all(0 <= decided.points[key] <= maximum for key, maximum in MAXIMA.items())
    expected = {
        2: Fraction(one.total + two.total, 2),
        3: Fraction(sorted([one.total, two.total, three.total])[1]),
        4: Fraction(arbiter.total),
    }[len(marks)]
    assert decided.final == expected
    if len(marks) == 2:
        assert passes(decided.final) == (one.total >= 60) == (two.total >= 60)
    again = decide({**marks, 5: appeal})
    assert (again.final, again.method) == (Fraction(appeal.total), "appeal")

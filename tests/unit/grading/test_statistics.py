"""Statistics of marks against textbooks and against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from grading.domain.marks_file import run

# Shrout and Fleiss 1979, table 2: six targets, four judges
TEXTBOOK = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]


def marks(rows: Sequence[Sequence[int]], pass_line: Any = 60) -> dict[str, Any]:
    return {
        "marks": [
            {"paper": f"p{paper}", "assessor": f"a{who}", "points": points}
            for paper, row in enumerate(rows)
            for who, points in enumerate(row)
        ],
        "pass_line": pass_line,
    }


def test_icc_of_shrout_and_fleiss() -> None:
    answer = run(marks(TEXTBOOK, 5))
    assert answer["icc1"] == pytest.approx(0.1657, abs=5e-5)
    assert answer["icck"] == pytest.approx(0.4428, abs=5e-5)
    assert (answer["agreement"], answer["kappa"], answer["ac1"]) == (None, None, None)
    assert set(answer["reasons"]) == {"agreement", "kappa", "ac1"}


def test_icc_with_unequal_numbers_of_marks_by_hand() -> None:
    """Papers 70,74 / 50,60,64 / 90: the last has one mark and stays out. N = 5, n = 2.

    Sums 144 and 174, T = 318; between = 144²/2 + 174²/3 - 318²/5 = 10368 + 10092 - 20224.8 = 235.2;
    within = (70²+74²) + (50²+60²+64²) - 10368 - 10092 = 112; MSB = 235.2, MSW = 112/3;
    k0 = 5 - 13/5 = 2.4.
    """
    answer = run(marks([(70, 74), (50, 60, 64), (90,)]))
    msb, msw = 235.2, 112 / 3
    assert answer["icc1"] == pytest.approx((msb - msw) / (msb + 1.4 * msw), rel=1e-12)
    assert answer["icck"] == pytest.approx((msb - msw) / msb, rel=1e-12)
    assert answer["pass_rate"] == pytest.approx(2 / 3)  # 72, 58, 90


def test_agreement_when_nearly_all_pass() -> None:
    """96 both pass, 2 and 2 split: agreement 0.96, kappa -0.02, AC1 0.96."""
    answer = run(marks([(70, 80)] * 96 + [(70, 50)] * 2 + [(50, 70)] * 2))
    assert answer["agreement"] == 0.96
    assert answer["kappa"] == pytest.approx((0.96 - 0.9608) / 0.0392)
    assert answer["ac1"] == pytest.approx((0.96 - 0.0392) / 0.9608)
    assert answer["pass_rate"] == 1.0  # a mean of exactly 60 passes
    assert answer["alpha"] == pytest.approx(1 - 199 * 8 / (2 * 196 * 4))


def test_alpha_of_krippendorffs_binary_example() -> None:
    """Krippendorff 2011, two observers, ten units: alpha = 0.095."""
    first, second = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    answer = run(marks([(60 * a, 60 * b) for a, b in zip(first, second, strict=True)]))
    assert answer["alpha"] == pytest.approx(0.095, abs=5e-4)


def test_severity_by_hand() -> None:
    """One paper, 70 and 80: (1/2 + 1/2 + 1) s = 5, so -2.5 and +2.5; no residual freedom, no error."""
    answer = run(marks([(70, 80)]))
    assert answer["severity"] == {
        "a0": {"n": 1, "value": pytest.approx(-2.5), "standard_error": None},
        "a1": {"n": 1, "value": pytest.approx(2.5), "standard_error": None},
    }
    assert "severity" in answer["reasons"]


def test_severity_of_two_papers_by_hand() -> None:
    """70,80 and 60,74: normal matrix [[1,-1],[-1,1]]; (1 + 1 + 1) s = 12, s = 4; residuals -1, 1, 1, -1 around
    the paper means after removing ±4: 70+4, 80-4 -> 74, 76; 60+4, 74-4 -> 64, 70: rss = 2 + 18 = 20; one degree.
    """
    answer = run(marks([(70, 80), (60, 74)]))
    assert answer["severity"]["a1"]["value"] == pytest.approx(4.0)
    # ridge covariance along (1,-1)/sqrt 2: eigenvalue 2 -> 2/9; half of it for one assessor: 20 x 1/9
    assert answer["severity"]["a1"]["standard_error"] == pytest.approx((20 / 9) ** 0.5)


def test_undefined_figures_are_null_with_a_reason() -> None:
    nothing = run({"marks": [], "pass_line": 60})
    figures = ("icc1", "icck", "agreement", "kappa", "ac1", "alpha", "pass_rate")
    assert [nothing[key] for key in figures] == [None] * 7
    assert set(nothing["reasons"]) == {*figures, "severity"}
    same = run(marks([(70, 70), (70, 70)]))
    assert (same["icc1"], same["icck"], same["kappa"], same["alpha"]) == (None, None, None, None)
    assert (same["agreement"], same["ac1"]) == (1.0, 1.0)
    single = run(marks([(70,), (50,)]))
    assert single["pass_rate"] == 0.5
    assert single["severity"]["a0"] == {"n": 2, "value": 0.0, "standard_error": None}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"marks": [{"paper": "p", "assessor": "a", "points": 101}]}, "/marks/0/points"),
    ({"marks": [{"paper": "p", "assessor": "a", "points": -1}]}, "/marks/0/points"),
    ({"marks": [{"paper": "p", "assessor": "a", "points": "60"}]}, "/marks/0/points"),
    ({"marks": [{"paper": "p", "assessor": "a", "points": True}]}, "/marks/0/points"),
    ({"marks": [{"paper": "p", "points": 1}]}, "/marks/0/assessor"),
    ({"marks": [{"paper": "p", "assessor": "a", "points": 1}] * 2}, "/marks/1"),
    ({"marks": {}}, "/marks"),
    ({"pass_line": None}, "/pass_line"),
]


@pytest.mark.parametrize(("parts", "path"), BAD)
def test_bad_input_names_its_place(parts: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        run({"marks": [], "pass_line": 60, **parts})
    assert refusal.value.field == path


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=4), min_size=1, max_size=8), st.randoms())
def test_figures_do_not_depend_on_the_order_of_papers(rows: list[list[int]], source: Any) -> None:
    value = marks([tuple(row) for row in rows])
    first = run(value)
    papers = [f"p{n}" for n in range(len(rows))]
    source.shuffle(papers)
    value["marks"].sort(key=lambda mark: papers.index(mark["paper"]))
    second = run(value)
    for key in ("icc1", "icck", "agreement", "kappa", "ac1", "alpha", "pass_rate"):
        assert first[key] == second[key]
    effects = [one["value"] for one in first["severity"].values()]
    assert sum(effects) == pytest.approx(0, abs=1e-9)
    mean_passes = sum(Fraction(sum(row), len(row)) >= 60 for row in rows)
    assert first["pass_rate"] == mean_passes / len(rows)

"""Lists as people in China sort them, and scores that never round up over the pass line."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from app.dashboards.services.figures import score_text
from app.dashboards.services.home import greeting
from app.dashboards.sorting import arrange, pinyin_key


def test_names_by_pinyin() -> None:
    names = ["周子墨", "安然", "欧阳娜", "陈立冬", "阿依努尔·艾力", "唐䶮"]
    assert sorted(names, key=pinyin_key) == ["阿依努尔·艾力", "安然", "陈立冬", "欧阳娜", "唐䶮", "周子墨"]


def test_figures_by_size_and_what_is_missing_last() -> None:
    rows = [("a", 2), ("b", None), ("c", 5)]
    keys = {"figure": lambda row: row[1], "name": lambda row: row[0]}
    assert arrange(rows, keys, "figure", "name") == ([("a", 2), ("c", 5), ("b", None)], "figure")
    assert arrange(rows, keys, "-figure", "name") == ([("c", 5), ("a", 2), ("b", None)], "-figure")


def test_an_unknown_column_is_the_default_one() -> None:
    assert arrange([2, 1], {"size": lambda row: row}, "DROP TABLE", "-size") == ([2, 1], "-size")


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Fraction(60), "60"),
        (Fraction(121, 2), "60.5"),
        (Fraction(11999, 200), "59.99"),  # 59.995 never reads as 60
        (Fraction(179, 3), "59.66"),
        (Fraction(0), "0"),
    ],
)
def test_scores_are_cut(score: Fraction, text: str) -> None:
    assert score_text(score) == text


@pytest.mark.parametrize(
    ("hour", "words"), [(20, "夜深了"), (22, "早上好"), (4, "中午好"), (6, "下午好"), (12, "晚上好")]
)
def test_the_greeting_follows_shanghai(hour: int, words: str) -> None:
    assert greeting(datetime(2026, 11, 20, hour, 30, tzinfo=UTC)) == words

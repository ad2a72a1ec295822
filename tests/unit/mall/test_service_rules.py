"""Figures and robots of customer service: pure."""

from __future__ import annotations

from sim_mall.domain.service_figures import RoundFact, figures, percentile
from sim_mall.domain.service_replies import (
    KeywordRule,
    fill,
    in_hours,
    matching_rule,
    split_keywords,
    unknown_variables,
)


def test_figures_follow_their_definitions() -> None:
    rounds = [
        RoundFact(1, 9, 60, True),
        RoundFact(1, 9, 30, False),
        RoundFact(2, 10, 180, True),
        RoundFact(3, 11, 181, True),
        RoundFact(4, 22, None, True),
        RoundFact(5, 23, None, True),  # outside 8 to 23: not in the reply rate
        RoundFact(6, 7, 5, True),  # likewise
    ]
    found = figures(rounds)
    assert (found.rounds, found.answered, found.unanswered) == (7, 5, 2)
    assert (found.first_median, found.first_p90) == (60, 181)
    assert found.mean == (60 + 30 + 180 + 181 + 5) // 5
    assert found.quick_bp == 6000  # 3 of 5
    empty = figures([])
    assert (empty.first_median, empty.mean, empty.quick_bp) == (None, None, None)
    assert percentile([5, 1, 3, 2], 50) == 2


def test_phrases_keywords_and_hours() -> None:
    assert fill("{buyer}您好，订单{order_no}", {"buyer": "小王"}) == "小王您好，订单"
    assert fill("{什么}", {}) == "{什么}"
    assert unknown_variables("{buyer}{foo}") == ["foo"]
    rules = [KeywordRule(1, ("发货", "几天到"), "两天内发货"), KeywordRule(2, ("发票",), "可以开")]
    assert [
        (found.id if (found := matching_rule(text, rules)) else None) for text in ("什么时候发 货？", "发票", "在吗")
    ] == [
        1,
        2,
        None,
    ]
    assert split_keywords("发货，几天到、 物流 发货") == ("发货", "几天到", "物流")
    assert [in_hours(hour, 8, 23) for hour in (7, 8, 22, 23)] == [False, True, True, False]
    assert [in_hours(hour, 20, 4) for hour in (19, 20, 3, 4)] == [False, True, True, False]
    assert in_hours(3, 8, 8) is True

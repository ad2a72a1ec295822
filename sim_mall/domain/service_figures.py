"""Figures of customer service (客服数据) from rounds: pure, with every definition beside its formula. Source: 3.8.

A round (轮次) runs from the first message of a buyer's burst to the first human answer; robots do not count.
Times of day are simulated, waiting is measured in real seconds, because people type in real time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUICK_SECONDS = 180
DAY_STARTS, DAY_ENDS = 8, 23  # hours in which the reply rate counts
LOW_RATE_BP = 6_000
LOST_RATE_BP = 3_000
LEAST_DISPUTES = 3

DEFINITIONS = {
    "sessions": "所选时间内开始的会话数。",
    "rounds": "一轮：买家连续说话到第一次人工回复，自动回复不算。",
    "first_median": "每个会话第一轮的等待时间，按大小排在中间的那个。",
    "first_p90": "九成会话的首次响应不超过这个时间。",
    "mean": "所有已回复轮次等待时间的平均值。",
    "quick_bp": "8:00–23:00（模拟时间）的轮次里，180 秒内有人工回复的占比。",
    "unanswered": "没有等到人工回复的轮次。",
    "conversion_bp": "售前咨询后 24 个模拟小时内在本店付款的买家，占咨询买家的比例；模拟顾客满意离开算作付款。",
    "satisfaction_bp": "评价为 4 星或 5 星的占全部评价的比例。",
    "dispute_bp": "平台介入的纠纷数占付款订单数的比例。",
}


@dataclass(frozen=True, slots=True)
class RoundFact:
    """One round. hour: simulated, 0 to 23; seconds: None while unanswered; first: of its session."""

    session: int
    hour: int
    seconds: int | None
    first: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds and basis points; None where nothing is to be measured."""

    rounds: int
    answered: int
    unanswered: int
    first_median: int | None
    first_p90: int | None
    mean: int | None
    quick_bp: int | None


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank percentile, None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def figures(rounds: Sequence[RoundFact]) -> Figures:
    """Return the figures of some rounds."""
    answered = [found.seconds for found in rounds if found.seconds is not None]
    firsts = [found.seconds for found in rounds if found.first and found.seconds is not None]
    return Figures(
        rounds=len(rounds),
        answered=len(answered),
        unanswered=len(rounds) - len(answered),
        first_median=percentile(firsts, 50),
        first_p90=percentile(firsts, 90),
        mean=sum(answered) // len(answered) if answered else None,
        quick_bp=quick_rate(rounds),
    )


def quick_rate(rounds: Sequence[RoundFact]) -> int | None:
    """Return the 3-minute human reply rate in basis points, None without a round in the hours that count."""
    counted = [found for found in rounds if DAY_STARTS <= found.hour < DAY_ENDS]
    if not counted:
        return None
    quick = sum(1 for found in counted if found.seconds is not None and found.seconds <= QUICK_SECONDS)
    return quick * 10_000 // len(counted)


def share_bp(part: int, whole: int) -> int | None:
    """Return a share in basis points, None of nothing."""
    return part * 10_000 // whole if whole else None

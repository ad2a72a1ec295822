"""Figures of presence from stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sim_livestream.domain.attendance import Attendance, Stay, attendance, merge
from sim_livestream.domain.pace import LikeAllowance

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def stay(account: int, start: float, end: float) -> Stay:
    return Stay(account, at(start), at(end))


def test_nobody_came() -> None:
    assert attendance([], START, at(60)) == Attendance(0, 0, 0, 0, ())


def test_tabs_and_reconnects_of_one_account_are_one_viewer() -> None:
    stays = [stay(1, 0, 30), stay(1, 10, 20), stay(1, 30, 40)]
    assert merge(stays) == [stay(1, 0, 40)]
    figures = attendance(stays, START, at(60))
    assert (figures.uv, figures.pv, figures.peak, figures.mean_stay) == (1, 3, 1, 40)


def test_leaving_and_coming_back_within_a_bucket_counts_once() -> None:
    figures = attendance([stay(1, 0, 1), stay(1, 3, 4), stay(2, 0, 10)], START, at(10))
    assert figures.peak == 2
    assert [count for _moment, count in figures.curve] == [2, 1]


def test_only_the_show_counts() -> None:
    figures = attendance([stay(1, -100, -50), stay(2, -100, 20), stay(3, 55, 500)], START, at(60))
    assert (figures.uv, figures.pv, figures.mean_stay) == (2, 2, (20 + 5) // 2)


def test_peak_is_the_most_distinct_accounts_in_five_seconds() -> None:
    stays = [stay(n, 0, 12) for n in range(3)] + [stay(n, 20, 24) for n in range(10, 14)]
    figures = attendance(stays, START, at(30))
    assert figures.peak == 4
    assert [count for _moment, count in figures.curve] == [3, 3, 3, 0, 4, 0]


def test_a_long_show_has_at_most_120_points_and_keeps_its_peak() -> None:
    figures = attendance([stay(1, 0, 7200), stay(2, 3600, 3605)], START, at(7200))
    assert len(figures.curve) <= 120
    assert max(count for _moment, count in figures.curve) == figures.peak == 2


def test_twenty_likes_a_second() -> None:
    allowance = LikeAllowance()
    assert [allowance.take(15, 7.0), allowance.take(15, 7.9), allowance.take(1, 7.99)] == [15, 5, 0]
    assert allowance.take(10**9, 8.0) == 20
    assert allowance.take(-5, 9.0) == 0

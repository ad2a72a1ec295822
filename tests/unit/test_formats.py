"""Page formats: exact words for money, rates, times and counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.web import formats

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (123450, "¥1,234.50"),
        (-300, "-¥3.00"),
        (0, "¥0.00"),
        (5, "¥0.05"),
        (-5, "-¥0.05"),
        (10**11, "¥1,000,000,000.00"),
    ],
)
def test_yuan(fen: int, text: str) -> None:
    assert formats.yuan(fen) == text


@given(st.integers(-(10**15), 10**15))
def test_plain_amounts_lose_nothing(fen: int) -> None:
    text = formats.fen_plain(fen)
    assert int(text.replace(".", "")) == fen
    assert text[-3] == "."


@pytest.mark.parametrize("wrong", [1.5, True, "3", None])
def test_money_must_be_whole_fen(wrong: object) -> None:
    with pytest.raises(TypeError):
        formats.yuan(wrong)  # type: ignore[arg-type]


def test_price_html() -> None:
    assert formats.price_html(123450) == (
        '<span class="price"><span class="price-mark">¥</span><span class="price-whole">1,234</span>'
        '<span class="price-cents">.50</span></span>'
    )


@pytest.mark.parametrize(
    ("rate", "text"), [(8800, "88%"), (1250, "12.5%"), (5, "0.05%"), (10000, "100%"), (0, "0%"), (-250, "-2.5%")]
)
def test_percent(rate: int, text: str) -> None:
    assert formats.percent_bp(rate) == text


@pytest.mark.parametrize(("rate", "text"), [(8800, "8.8折"), (5000, "5折"), (9500, "9.5折"), (6650, "6.65折")])
def test_discount(rate: int, text: str) -> None:
    assert formats.discount_zh(rate) == text


def test_dates_are_shanghai() -> None:
    late = datetime(2026, 11, 19, 16, 5, tzinfo=UTC)
    assert formats.date_zh(late) == "2026年11月20日"
    assert formats.datetime_zh(late) == "2026年11月20日 00:05"
    assert formats.time_zh(late) == "00:05"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON + timedelta(hours=2, minutes=5), "今天 14:05"),
        (NOON - timedelta(days=1), "昨天 12:00"),
        (NOON - timedelta(hours=13), "昨天 23:00"),
        (NOON + timedelta(days=1), "明天 12:00"),
        (NOON - timedelta(days=3), "11月17日 12:00"),
        (NOON - timedelta(days=365), "2025年11月20日"),
    ],
)
def test_when(moment: datetime, text: str) -> None:
    assert formats.when(moment, NOON) == text


def test_naive_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        formats.date_zh(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0秒"),
        (40, "40秒"),
        (1500, "25分钟"),
        (3600, "1小时"),
        (3605, "1小时"),
        (97200, "1天3小时"),
        (timedelta(days=2), "2天"),
        (5430, "1小时30分钟"),
    ],
)
def test_duration(length: int | timedelta, text: str) -> None:
    assert formats.duration_zh(length) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (9999, "9,999"),
        (10000, "1万"),
        (12000, "1.2万"),
        (12999, "1.2万"),
        (99999, "9.9万"),
        (230000000, "2.3亿"),
        (-12000, "-1.2万"),
    ],
)
def test_count(number: int, text: str) -> None:
    assert formats.count_zh(number) == text

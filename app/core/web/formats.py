"""How numbers, money and times are written on pages (页面格式): pure functions and their template filters.

Money comes in fen (分), rates in basis points (万分比), times as aware datetimes in UTC; pages show Asia/Shanghai.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUS = "-"


def _split_fen(fen: int) -> tuple[str, int, int]:
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError("money is an integer number of fen")
    return (MINUS if fen < 0 else "", *divmod(abs(fen), 100))


def yuan(fen: int) -> str:
    """Return an amount for reading: 123450 → '¥1,234.50', -300 → '-¥3.00'."""
    sign, whole, cents = _split_fen(fen)
    return f"{sign}¥{whole:,}.{cents:02d}"


def fen_plain(fen: int) -> str:
    """Return an amount for a form field or a spreadsheet: 123450 → '1234.50'."""
    sign, whole, cents = _split_fen(fen)
    return f"{sign}{whole}.{cents:02d}"


def price_html(fen: int) -> Markup:
    """Return a price with small ¥ and small decimals; read aloud it is one amount."""
    sign, whole, cents = _split_fen(fen)
    return Markup(
        '<span class="price">{}<span class="price-mark">¥</span><span class="price-whole">{}</span>'
        '<span class="price-cents">.{}</span></span>'
    ).format(sign, f"{whole:,}", f"{cents:02d}")


def _trimmed(hundredths: int, unit: int) -> str:
    """Write hundredths/unit with at most two decimals and no trailing zeros."""
    whole, rest = divmod(hundredths, unit)
    if not rest:
        return f"{whole}"
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")


def percent_bp(basis_points: int) -> str:
    """Return a rate: 8800 → '88%', 1250 → '12.5%'."""
    sign = MINUS if basis_points < 0 else ""
    return f"{sign}{_trimmed(abs(basis_points), 100)}%"


def discount_zh(basis_points: int) -> str:
    """Return a discount as shops write it: 8800 → '8.8折', 5000 → '5折'."""
    return f"{_trimmed(basis_points, 1000)}折"


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time on a page must be aware of its zone")
    return moment.astimezone(SHANGHAI)


def date_zh(moment: datetime) -> str:
    """Return '2026年11月20日'."""
    local = _local(moment)
    return f"{local.year}年{local.month}月{local.day}日"


def datetime_zh(moment: datetime) -> str:
    """Return '2026年11月20日 14:05'."""
    local = _local(moment)
    return f"{date_zh(moment)} {local:%H:%M}"


def time_zh(moment: datetime) -> str:
    """Return '14:05'."""
    return f"{_local(moment):%H:%M}"


def when(moment: datetime, now: datetime) -> str:
    """Return a time near now as people say it.

    今天 14:05, 昨天 14:05, 明天 14:05, in the same year 11月20日 14:05, else 2025年11月20日.
    """
    local, today = _local(moment), _local(now)
    days = (local.date() - today.date()).days
    near = {-1: "昨天", 0: "今天", 1: "明天"}.get(days)
    if near:
        return f"{near} {local:%H:%M}"
    if local.year == today.year:
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return date_zh(moment)


def duration_zh(length: timedelta | int) -> str:
    """Return a length of time (timedelta, or seconds 秒) in its two largest units: '1天3小时', '25分钟', '40秒'."""
    seconds = int(length.total_seconds()) if isinstance(length, timedelta) else length
    if seconds < 0:
        raise ValueError("a duration is not negative")
    parts: list[str] = []
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟"), (1, "秒")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return "".join(parts) or "0秒"


def count_zh(number: int) -> str:
    """Return a count as pages write it: 9999 → '9,999', 12000 → '1.2万', 230000000 → '2.3亿'; cut, never rounded up."""
    sign, size = (MINUS, -number) if number < 0 else ("", number)
    for unit, word in ((100_000_000, "亿"), (10_000, "万")):
        if size >= unit:
            return f"{sign}{_trimmed(size * 10 // unit, 10)}{word}"
    return f"{sign}{size:,}"


FILTERS = (
    yuan,
    fen_plain,
    price_html,
    percent_bp,
    discount_zh,
    date_zh,
    datetime_zh,
    time_zh,
    when,
    duration_zh,
    count_zh,
)


def register(app: Flask) -> None:
    """Offer every format as a template filter under its own name."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function

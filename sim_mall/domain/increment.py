"""Incremental fetching (增量抓取): the window by change time and its pages. Source: commerce model 3.10.

A page list is ordered by (change time, id). While a client reads, orders change and leave the window for a
later one; what stood behind them moves forward by a place. Whoever pages forward misses the one that slipped
over the edge; whoever starts at the last page meets it again at worst.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST = timedelta(minutes=30)
SETTLE = timedelta(minutes=3)
MAX_PAGE_SIZE = 100


def window_problem(start: datetime, end: datetime, latest: datetime) -> tuple[str, str, str] | None:
    """Return (code, field, Chinese sentence) for what is wrong with a window, or None. latest: see ``latest_end``."""
    if end <= start:
        return "invalid_input", "modified_to", "modified_to 应晚于 modified_from。"
    if end - start > LONGEST:
        return "window_too_long", "modified_to", "一次最多抓取 30 个模拟分钟；请把时间分成几段。"
    if end > latest:
        text = f"modified_to 最晚是 {latest.isoformat()}（模拟时间，留 3 分钟等变化写完）；请稍后再抓这一段。"
        return "window_too_new", "modified_to", text
    return None


def latest_end(now: datetime, oldest_pending: datetime | None) -> datetime:
    """Return up to when changes are settled: three minutes back, and not beyond what is still to be fired."""
    settled = now - SETTLE
    return settled if oldest_pending is None else min(settled, oldest_pending)


def page_count(total: int, size: int) -> int:
    """Return how many pages ``total`` rows make; none for no rows."""
    return -(-total // size)

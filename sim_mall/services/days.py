"""Days and months in Shanghai as expressions of both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import SHANGHAI
from app.core.db import db


def _is_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


def shanghai_day(column: Any) -> Any:
    """Return the day of a moment in Shanghai as text YYYY-MM-DD."""
    if _is_postgres():
        return sa.func.to_char(sa.func.timezone("Asia/Shanghai", column), "YYYY-MM-DD")
    return sa.func.strftime("%Y-%m-%d", column, "+8 hours", type_=sa.String)


def shanghai_month(column: Any) -> Any:
    """Return the month of a moment in Shanghai as text YYYY-MM."""
    if _is_postgres():
        return sa.func.to_char(sa.func.timezone("Asia/Shanghai", column), "YYYY-MM")
    return sa.func.strftime("%Y-%m", column, "+8 hours", type_=sa.String)


def hours_between(first: Any, last: Any) -> Any:
    """Return the hours from one moment to another, as a number with decimals."""
    if _is_postgres():
        return sa.extract("epoch", last - first) / 3600
    return (sa.func.julianday(last) - sa.func.julianday(first)) * 24


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def within(column: Any, first: date, last: date) -> Any:
    """Return the condition that a moment lies in the days from first to last."""
    return sa.and_(column >= start_of(first), column < start_of(last + timedelta(days=1)))

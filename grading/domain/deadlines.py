"""Deadlines of people in working time: Monday to Friday, Asia/Shanghai. Public holidays are not known here."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.clock import local

LEASE_HOURS = 72
APPEAL_DAYS = 5
_SATURDAY = 5


def after_work_hours(start: datetime, hours: int) -> datetime:
    """Return the moment ``hours`` later, Saturdays and Sundays not counted."""
    moment, left = start, hours
    while left > 0:
        moment += timedelta(hours=1)
        if local(moment - timedelta(seconds=1)).weekday() < _SATURDAY:
            left -= 1
    return moment


def after_work_days(start: datetime, days: int) -> datetime:
    """Return the end of the ``days``-th working day after the day of ``start``."""
    day, left = local(start).replace(hour=0, minute=0, second=0, microsecond=0), days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            left -= 1
    return day + timedelta(days=1)

"""Who was there, from the stays of a room: viewers, peak and length of stay (场观、峰值、停留)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

BUCKET = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Stay:
    """One time that one account was in the room, from ``start`` to ``end``."""

    account_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Attendance:
    """Figures of presence. uv: distinct accounts; pv: stays; peak: most distinct accounts in one 5-s bucket;
    mean_stay: whole seconds per account; curve: (bucket start, distinct accounts) thinned to at most 120 points."""

    uv: int
    pv: int
    peak: int
    mean_stay: int
    curve: tuple[tuple[datetime, int], ...]


def clip(stays: Iterable[Stay], start: datetime, end: datetime) -> list[Stay]:
    """Return the parts of the stays that lie within the show."""
    cut = (Stay(stay.account_id, max(stay.start, start), min(stay.end, end)) for stay in stays)
    return [stay for stay in cut if stay.start < stay.end]


def merge(stays: Iterable[Stay]) -> list[Stay]:
    """Return stays that do not overlap per account: three tabs are one viewer."""
    merged: list[Stay] = []
    for stay in sorted(stays, key=lambda s: (s.account_id, s.start, s.end)):
        last = merged[-1] if merged else None
        if last is not None and last.account_id == stay.account_id and stay.start <= last.end:
            merged[-1] = Stay(last.account_id, last.start, max(last.end, stay.end))
        else:
            merged.append(stay)
    return merged


def _buckets(stays: Sequence[Stay], start: datetime, end: datetime) -> list[int]:
    count = max(1, -(-(end - start) // BUCKET))
    steps = [0] * (count + 1)
    last_bucket: dict[int, int] = {}
    for stay in stays:  # ascending per account: a bucket left and entered again counts once
        first = max((stay.start - start) // BUCKET, last_bucket.get(stay.account_id, -1) + 1)
        last = min(-(-(stay.end - start) // BUCKET) - 1, count - 1)
        if first <= last:
            steps[first] += 1
            steps[last + 1] -= 1
            last_bucket[stay.account_id] = last
    present, totals = 0, []
    for step in steps[:count]:
        present += step
        totals.append(present)
    return totals


def attendance(stays: Iterable[Stay], start: datetime, end: datetime, points: int = 120) -> Attendance:
    """Return the figures of a show that ran (or runs) from ``start`` to ``end``."""
    inside = clip(stays, start, end)
    merged = merge(inside)
    uv = len({stay.account_id for stay in merged})
    if not uv:
        return Attendance(0, 0, 0, 0, ())
    seconds = sum((stay.end - stay.start for stay in merged), timedelta(0)).total_seconds()
    totals = _buckets(merged, start, end)
    width = max(1, -(-len(totals) // points))
    curve = tuple(
        (start + index * BUCKET, max(totals[index : index + width])) for index in range(0, len(totals), width)
    )
    return Attendance(uv, len(inside), max(totals), int(seconds // uv), curve)

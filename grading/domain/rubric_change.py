"""What a corrected rubric (更正的评分标准) asks of marks given by the version that was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.domain.rubric import Criterion, Rubric


@dataclass(frozen=True, slots=True)
class Difference:
    """One criterion that differs. before, after: its maximum, None where the version has no such criterion.

    again: points given by the old version no longer fit, so that assessors mark it again.
    """

    key: str
    title: str
    before: int | None
    after: int | None
    what: tuple[str, ...]
    again: bool


def _what(old: Criterion, new: Criterion) -> list[tuple[str, bool]]:
    """Return what differs in a criterion, and whether that asks for new points."""
    parts = (
        ("名称", False, old.title, new.title),
        ("满分", True, old.maximum, new.maximum),
        ("评判要点", True, old.judged, new.judged),
        ("自动得分", True, old.auto, new.auto),
        ("等级", True, old.levels, new.levels),
        ("平台数据", False, old.figures, new.figures),
    )
    return [(name, again) for name, again, before, after in parts if before != after]


def compare(old: Rubric, new: Rubric) -> tuple[Difference, ...]:
    """Return the criteria that differ, in the order of the new version, dropped ones last."""
    before = {one.key: one for one in old.criteria}
    found = []
    for one in new.criteria:
        was = before.pop(one.key, None)
        if was is None:
            found.append(Difference(one.key, one.title, None, one.maximum, ("新增",), again=True))
        elif what := _what(was, one):
            names, again = tuple(name for name, _ in what), any(again for _, again in what)
            found.append(Difference(one.key, one.title, was.maximum, one.maximum, names, again))
    dropped = [Difference(key, one.title, one.maximum, None, ("取消",), again=True) for key, one in before.items()]
    return (*found, *dropped)


def marked_again(differences: tuple[Difference, ...]) -> frozenset[str]:
    """Return the keys of the criteria whose old points no longer fit."""
    return frozenset(one.key for one in differences if one.again)


def keep_entries(entries: Mapping[str, Any], again: frozenset[str], rubric: Rubric) -> dict[str, Any]:
    """Return what stays of stored entries: points where the criterion is the same, comments everywhere."""
    kept = {}
    for one in rubric.criteria:
        if one.key in entries:
            row = entries[one.key]
            kept[one.key] = {"points": None, "comment": row["comment"]} if one.key in again else dict(row)
    return kept

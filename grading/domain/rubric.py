"""Rubrics (评分标准): versioned data, 100 points, frozen into a batch by content hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import Issue
from grading.domain.canonical import canonical, digest

FULL = 100
LOW_PERCENT = 60  # below: a comment is needed
HIGH_PERCENT = 90  # above: a comment is needed
MAX_COMMENT = 1000
FOLDER = Path(__file__).resolve().parent / "rubrics"
TEMPLATES = {"电商版": "ecommerce.json", "直播版": "livestream.json"}


@dataclass(frozen=True, slots=True)
class AutoRule:
    """Points that the platform suggests when a figure reaches a value."""

    figure: str
    at_least: int
    points: int


@dataclass(frozen=True, slots=True)
class Level:
    """An anchored level: per cent of the criterion's maximum, and what it looks like."""

    percent: int
    text: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: what the platform shows (figures), suggests (auto), and what the assessor judges."""

    key: str
    number: int
    title: str
    maximum: int
    figures: tuple[str, ...]
    auto: tuple[AutoRule, ...]
    judged: str
    levels: tuple[Level, ...]

    @property
    def auto_maximum(self) -> int:
        return sum(rule.points for rule in self.auto)

    def suggested(self, figures: Mapping[str, int]) -> int:
        """Return the automatic points by these figures."""
        return sum(rule.points for rule in self.auto if figures.get(rule.figure, 0) >= rule.at_least)

    def deviates(self, points: int, suggested: int) -> bool:
        """Say whether points contradict the automatic ones: fewer than proved, or more than can be judged."""
        return points < suggested or points > suggested + self.maximum - self.auto_maximum

    def comment_needed(self, points: int) -> bool:
        """Say whether these points must be explained: below 60 % or above 90 % of the maximum."""
        return points * 100 < LOW_PERCENT * self.maximum or points * 100 > HIGH_PERCENT * self.maximum


@dataclass(frozen=True, slots=True)
class Rubric:
    """A version of the rubric of one programme version (电商版 or 直播版)."""

    programme: str
    version: str
    label: str
    source: str
    pass_line: int
    criteria: tuple[Criterion, ...]


def parse_rubric(value: Mapping[str, Any]) -> Rubric:
    """Return the rubric of plain JSON values. Raises ValueError when the points do not sum to 100."""
    criteria = tuple(
        Criterion(
            key=row["key"],
            number=number,
            title=row["title"],
            maximum=row["maximum"],
            figures=tuple(row["figures"]),
            auto=tuple(AutoRule(rule["figure"], rule["at_least"], rule["points"]) for rule in row["auto"]),
            judged=row["judged"],
            levels=tuple(Level(level["percent"], level["text"]) for level in value["levels"]),
        )
        for number, row in enumerate(value["criteria"], 1)
    )
    if sum(criterion.maximum for criterion in criteria) != FULL:
        raise ValueError("the criteria do not sum to 100 points")
    if any(criterion.auto_maximum > criterion.maximum for criterion in criteria):
        raise ValueError("a criterion suggests more points than it has")
    return Rubric(value["programme"], value["version"], value["label"], value["source"], value["pass_line"], criteria)


def template_text(programme: str) -> str:
    """Return the current template of a programme version as canonical JSON. Raises LookupError."""
    value = json.loads((FOLDER / TEMPLATES[programme]).read_text(encoding="utf-8"))
    parse_rubric(value)
    return canonical(value)


def rubric_hash(text: str) -> str:
    """Return the content hash by which a batch freezes its rubric."""
    return digest(text)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an assessor wrote for one criterion; points None: not yet."""

    points: int | None = None
    comment: str = ""


def _deviates(criterion: Criterion, entry: Entry, suggested: Mapping[str, int]) -> bool:
    return entry.points is not None and criterion.deviates(entry.points, suggested.get(criterion.key, 0))


def check_entries(
    rubric: Rubric, entries: Mapping[str, Entry], *, complete: bool, suggested: Mapping[str, int] | None = None
) -> list[Issue]:
    """Return what is wrong with the entries; ``complete`` also asks for all criteria and needed comments.

    suggested: the automatic points; whoever deviates from them says why in the comment.
    """
    issues = []
    for criterion in rubric.criteria:
        entry = entries.get(criterion.key, Entry())
        where = f"第 {criterion.number} 项“{criterion.title}”"
        if entry.points is not None and not 0 <= entry.points <= criterion.maximum:
            issues.append(Issue(f"{where}应打 0 到 {criterion.maximum} 分。", field=f"points-{criterion.key}"))
        elif entry.points is None and complete:
            issues.append(Issue(f"{where}还没有打分。", field=f"points-{criterion.key}"))
        elif complete and entry.points is not None and criterion.comment_needed(entry.points) and not entry.comment:
            side = "低于" if entry.points * 100 < LOW_PERCENT * criterion.maximum else "高于"
            limit = LOW_PERCENT if side == "低于" else HIGH_PERCENT
            issues.append(
                Issue(f"{where}得分{side}满分的 {limit}%，请写评语说明理由。", field=f"comment-{criterion.key}")
            )
        elif complete and not entry.comment and suggested is not None and _deviates(criterion, entry, suggested):
            message = f"{where}与平台的自动得分（{suggested.get(criterion.key, 0)} 分）不一致，请在评语里写明理由。"
            issues.append(Issue(message, field=f"comment-{criterion.key}"))
        if len(entry.comment) > MAX_COMMENT:
            issues.append(Issue(f"{where}的评语超过 {MAX_COMMENT} 字。", field=f"comment-{criterion.key}"))
    unknown = set(entries) - {criterion.key for criterion in rubric.criteria}
    if unknown:
        issues.append(Issue("评分里有评分标准中没有的项目，请刷新页面。"))
    return issues

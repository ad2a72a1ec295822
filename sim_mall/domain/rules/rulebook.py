"""The rule book (规则手册): what each rule says, its points, and the card that teaches it. Source: commerce model 3.7.

Point values are teaching defaults of this platform, not those of any real one. Points are hundredths (100 = 1 分).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NOTICE = "模拟处罚，不影响真实账号"


class Severity(StrEnum):
    """Which account of points a violation goes to."""

    GENERAL = "general"  # 一般违规
    SERIOUS = "serious"  # 严重违规


SEVERITY_NAMES = {Severity.GENERAL: "一般违规", Severity.SERIOUS: "严重违规"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the quiz. right: place of the right answer, from 0."""

    text: str
    answers: tuple[str, str, str]
    right: int
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. points: hundredths; points_again: from the second time on in a year; compensation: fen to the buyer."""

    id: str
    name: str
    severity: Severity
    points: int
    says: str
    basis: str
    how_to: str
    wrong: str
    better: str
    quiz: tuple[Question, Question]
    points_again: int = 0
    compensation: int = 0
    warn_first: bool = False

    def points_for(self, times_before: int) -> int:
        """Return the points of one more violation, hundredths. times_before: confirmed ones in the same year."""
        if self.warn_first and times_before == 0:
            return 0
        return self.points_again if self.points_again and times_before >= 1 else self.points


def points_text(hundredths: int) -> str:
    """Return points as people write them: 100 → '1', 50 → '0.5', 25 → '0.25'."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}" if not rest else f"{whole}.{rest:02d}".rstrip("0")

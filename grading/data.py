"""What grading hands out and takes in: frozen values without rows of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from grading.domain.flows import AssignmentState
from grading.domain.forecast import Forecast
from grading.domain.plan_content import PlanContent
from grading.domain.rubric import Entry, Rubric
from grading.domain.scoring import shown


@dataclass(frozen=True, slots=True)
class Figure:
    """One automatic item of the practice outcome, with its definition.

    unit: 个, 单, 条, 分钟, 次 …; "分" means that value is money in fen, "是否" that it is 0 or 1,
    "百分之一星" that it is a mean of stars × 100. where: address of the page where it is earned.
    """

    key: str
    group: str
    label: str
    value: int
    unit: str
    definition: str
    target: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A table of artefacts (goods, orders, reviews …); cells are text or whole numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """What the platform has collected about one trainee in one class."""

    figures: tuple[Figure, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()

    def values(self) -> dict[str, int]:
        return {figure.key: figure.value for figure in self.figures}


@dataclass(frozen=True, slots=True)
class ClassFact:
    """What grading must know of a class."""

    scope_id: int
    class_name: str
    version: str  # 电商版 | 直播版
    institution_scope_id: int | None = None
    institution_name: str = ""
    ends_on: date | None = None  # outcomes are due on this day


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One rule of the eligibility panel (评审资格)."""

    rule: str
    value: str
    limit: str
    met: bool
    source: str
    remedy: str = ""
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class BlindFigure:
    """A figure as an assessor sees it."""

    key: str
    label: str
    value: int
    unit: str
    definition: str


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One field of the self-report, scrubbed."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class BlindPaper:
    """All that an assessor may know of a paper. There is no person in it."""

    code: str
    rubric: Rubric
    figures: tuple[BlindFigure, ...]
    exhibits: tuple[Exhibit, ...]
    report: tuple[ReportAnswer, ...]
    plan: PlanContent
    plan_complete: bool
    forecast: Forecast

    def figure_values(self) -> dict[str, int]:
        return {figure.key: figure.value for figure in self.figures}

    def suggested(self) -> dict[str, int]:
        """Return the automatic points per criterion."""
        values = self.figure_values()
        return {criterion.key: criterion.suggested(values) for criterion in self.rubric.criteria}


@dataclass(frozen=True, slots=True)
class Sheet:
    """An assessor's own work on a paper."""

    state: AssignmentState
    version: int
    entries: Mapping[str, Entry]
    flag: str = ""
    flag_note: str = ""
    lease_until: datetime | None = None
    slot: int = 1
    opened_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(entry.points or 0 for entry in self.entries.values())

    @property
    def given(self) -> int:
        return sum(entry.points is not None for entry in self.entries.values())


@dataclass(frozen=True, slots=True)
class OtherMark:
    """A colleague's mark as the arbiter sees it; who it was is not told."""

    label: str  # 评委甲
    entries: Mapping[str, Entry]
    total: int
    flag: str
    flag_note: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The marking desk: the blind paper, the own sheet, the next paper; for an arbiter the marks so far."""

    paper: BlindPaper
    sheet: Sheet
    next_code: str | None
    others: tuple[OtherMark, ...] = ()
    corrected: tuple[str, ...] = ()  # what a corrected rubric asks to mark again


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One paper in an assessor's queue."""

    code: str
    state: AssignmentState


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """Points of one criterion as they are released, exact, and the comments behind them."""

    title: str
    maximum: int
    numerator: int
    denominator: int
    comments: tuple[tuple[str, str], ...] = ()  # (评委甲, text)

    @property
    def shown(self) -> str:
        return shown(Fraction(self.numerator, self.denominator))

    @property
    def points(self) -> float:
        """Return the points for drawing a bar; figures to read come from ``shown``."""
        return self.numerator / self.denominator


@dataclass(frozen=True, slots=True)
class ResultInfo:
    """A released result, for other packages."""

    account_id: int
    state: str
    final_numerator: int
    final_denominator: int
    passed: bool | None
    released_at: datetime


@dataclass(frozen=True, slots=True)
class GradingProgress:
    """How far a trainee is with outcome, plan and result."""

    outcome_submitted: bool = False
    plan_complete: bool = False
    released: bool = False
    passed: bool | None = None


REPORT_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("positioning", "店铺定位与特色", "卖什么、卖给谁、和别人有什么不同。"),
    ("goods_story", "选品与商品打造", "为什么选这些商品，标题、图片、价格怎么定的。"),
    ("operations", "运营与推广过程", "做过哪些推广、客服和售后，遇到什么问题，怎样解决。"),
    ("review", "数据复盘与改进", "哪些数据让你意外，下一步怎么改。"),
)
MAX_REPORT = 3000


@dataclass(frozen=True, slots=True)
class ReportText:
    """What a trainee wrote about the own practice."""

    answers: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        return self.answers.get(key, "")

    def as_json(self) -> dict[str, Any]:
        return {key: self.get(key) for key, _, _ in REPORT_FIELDS}

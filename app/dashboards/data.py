"""What the pages of the dashboards show: frozen values. Money in fen, rates in basis points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.training.data import ClassInfo


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class in figures. pass_bp: passed of scored; None while nothing is released."""

    group: ClassInfo
    trainees: int
    activated: int
    shops: int
    goods: int
    orders: int
    gmv_paid: int
    submitted: int
    scored: int
    passed: int

    @property
    def pass_bp(self) -> int | None:
        return 10_000 * self.passed // self.scored if self.scored else None

    @property
    def activated_percent(self) -> int:
        return 100 * self.activated // self.trainees if self.trainees else 0


@dataclass(frozen=True, slots=True)
class TraineeLine:
    """One trainee of a class in figures. score: final score as text, None until released."""

    account_id: int
    number: int
    name: str
    activated: bool
    shop_name: str
    shop_open: bool
    goods: int
    orders: int
    completed: int
    gmv_paid: int
    live_orders: int
    bought: int
    plan_complete: bool
    submitted: bool
    score: str | None
    score_order: float
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table behind it. option: of ECharts."""

    id: str
    title: str
    option: dict[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    height: str = ""


@dataclass(frozen=True, slots=True)
class ClassDetail:
    """Everything on the page of one class."""

    figures: ClassFigures
    lines: tuple[TraineeLine, ...]
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a home page. text: ready to read; definition: what it counts."""

    label: str
    text: str
    definition: str = ""
    unit: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that goes from 0 to ``most``."""

    label: str
    value: int
    most: int
    text: str = ""
    url: str = ""

    @property
    def percent(self) -> int:
        return min(100, 100 * self.value // self.most) if self.most else 0


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened: one sentence, wall time."""

    text: str
    at: datetime
    icon: str = "point-filled"
    tone: str = "quiet"


@dataclass(frozen=True, slots=True)
class Person:
    """A person to look after: who and why."""

    name: str
    why: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The middle of a home page: a ring, bars, figures, people to look after, classes."""

    title: str
    ring: Bar | None = None
    bars: Sequence[Bar] = ()
    facts: Sequence[Fact] = ()
    people: Sequence[Person] = ()
    people_title: str = ""
    classes: Sequence[ClassFigures] = ()
    more_url: str = ""
    more_label: str = ""

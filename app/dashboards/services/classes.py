"""The class list of a hat's scope: searched, sorted, one page of figures at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.actor import Actor
from app.core.web.paging import Page
from app.dashboards.data import Chart, ClassFigures, TraineeLine
from app.dashboards.services.figures import class_figures
from app.dashboards.sorting import arrange, pinyin_key
from app.training.api import classes_for
from app.training.data import ClassInfo

PAGE_SIZE = 12  # each class costs a fixed handful of queries

KEYS: dict[str, Callable[[ClassInfo], Any]] = {
    "name": lambda group: pinyin_key(group.name),
    "institution": lambda group: pinyin_key(group.institution_name),
    "trainees": lambda group: group.trainee_count,
    "start": lambda group: group.start_date,
}

LINE_KEYS: dict[str, Callable[[TraineeLine], Any]] = {
    "number": lambda line: line.number,
    "name": lambda line: pinyin_key(line.name),
    "goods": lambda line: line.goods,
    "orders": lambda line: line.orders,
    "completed": lambda line: line.completed,
    "gmv": lambda line: line.gmv_paid,
    "live": lambda line: line.live_orders,
    "score": lambda line: line.score_order,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of classes in figures. ``classes`` and ``trainees`` count the whole scope."""

    page: Page[ClassFigures]
    q: str
    sort: str
    classes: int
    trainees: int
    charts: tuple[Chart, ...]

    @property
    def gmv_paid(self) -> int:
        return sum(one.gmv_paid for one in self.page.items)

    @property
    def scored(self) -> int:
        return sum(one.scored for one in self.page.items)

    @property
    def pass_bp(self) -> int | None:
        return 10_000 * sum(one.passed for one in self.page.items) // self.scored if self.scored else None


def _found(actor: Actor, q: str) -> tuple[list[ClassInfo], list[ClassInfo]]:
    groups = [group for group in classes_for(actor) if not group.is_test]
    word = q.strip().lower()[:60]
    if not word:
        return groups, groups
    return groups, [x for x in groups if word in f"{x.name} {x.code} {x.institution_name} {x.region_name}".lower()]


def listing(actor: Actor, q: str, sort: str, number: int) -> Listing:
    """Return one page of the classes this hat covers; test classes never enter figures."""
    groups, found = _found(actor, q)
    found, sort = arrange(found, KEYS, sort, "-start")
    number = min(number, max(1, -(-len(found) // PAGE_SIZE)))
    shown = [class_figures(group) for group in found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]]
    return Listing(
        page=Page(shown, number, PAGE_SIZE, len(found)),
        q=q.strip()[:60],
        sort=sort,
        classes=len(groups),
        trainees=sum(group.trainee_count for group in groups),
        charts=_charts(shown),
    )


def everything(actor: Actor, q: str) -> list[ClassFigures]:
    """Return all classes found, for an export."""
    _, found = _found(actor, q)
    return [class_figures(group) for group in arrange(found, KEYS, "", "-start")[0]]


def arrange_lines(lines: Sequence[TraineeLine], sort: str) -> tuple[list[TraineeLine], str]:
    """Return the trainees sorted by the asked column."""
    return arrange(lines, LINE_KEYS, sort, "number")


def _charts(shown: Sequence[ClassFigures]) -> tuple[Chart, ...]:
    """Small multiples: the same classes in the same order, one question per chart."""
    if len(shown) < 2:
        return ()
    names = [one.group.name for one in shown][::-1]
    questions: list[tuple[str, str, str, Callable[[ClassFigures], int]]] = [
        ("shops", "每班店铺数", "店铺", lambda one: one.shops),
        ("orders", "每班已付订单", "订单", lambda one: one.orders),
        ("submitted", "每班已提交成果", "人数", lambda one: one.submitted),
    ]
    charts = []
    for key, title, word, measure in questions:
        values = [measure(one) for one in shown]
        option = {
            "grid": {"left": 8, "right": 36, "top": 8, "bottom": 8, "containLabel": True},
            "xAxis": {"type": "value", "minInterval": 1, "splitNumber": 3},
            "yAxis": {"type": "category", "data": names, "axisLabel": {"width": 90, "overflow": "truncate"}},
            "series": [
                {"type": "bar", "name": word, "data": values[::-1], "label": {"show": True, "position": "right"}}
            ],
        }
        rows = tuple((one.group.name, value) for one, value in zip(shown, values, strict=True))
        charts.append(Chart(f"classes-{key}", title, option, ("班级", word), rows, "low"))
    return tuple(charts)

"""Practice with simulated customers (接待练习): who comes, how long they wait, what an answer is worth. Pure.

Each shop's n-th customer is the same in the whole world. Source: commerce model 3.8: patience is exponential with a
mean of six minutes; one who leaves costs the sale and 0.3 of a service star.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from sim_mall.domain.practice_bank import COMMON, QUICK, SCRIPTS, Intent, Point
from sim_mall.domain.service_figures import QUICK_SECONDS

T = TypeVar("T")
PATIENCE_SECONDS = 360  # mean, real seconds, for each answer waited for
BUYS_FROM = 60  # points
LEAVING_COSTS = 30  # hundredths of a star
CUSTOMERS = (
    *("小林", "小周", "小吴", "小郑", "小王", "小冯"),
    *("小陈", "小褚", "小卫", "小蒋", "小沈", "小韩"),
)
_FINE = 10**9


class Ending(StrEnum):
    """How a visit ended."""

    BOUGHT = "bought"  # 满意: decides to buy, or accepts the help
    UNCONVINCED = "unconvinced"  # 未打动
    LEFT = "left"  # 等不及离开


ENDING_NAMES: dict[str, str] = {
    Ending.BOUGHT: "满意",
    Ending.UNCONVINCED: "没有打动",
    Ending.LEFT: "等不及离开",
}


class Dice(Protocol):
    """The world's chance."""

    def below(self, limit: int) -> int: ...
    def pick(self, items: Sequence[T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Customer:
    """One simulated customer. waits: seconds of patience for the first and the second answer; opening: its place."""

    intent: Intent
    opening: int
    waits: tuple[int, int]
    typing: int
    after: int  # seconds after the customer before
    name: int  # place among CUSTOMERS
    leaves_with: int


def patience(dice: Dice, mean: int = PATIENCE_SECONDS) -> int:
    """Return seconds drawn from the exponential distribution with this mean, at least 1."""
    return max(1, round(-mean * math.log((dice.below(_FINE) + 1) / _FINE)))


def customer(dice: Dice) -> Customer:
    """Return who comes; the same dice, the same customer."""
    intent = dice.pick(list(Intent))
    return Customer(
        intent=intent,
        opening=dice.below(len(SCRIPTS[intent].openings)),
        waits=(patience(dice), patience(dice)),
        typing=4 + dice.below(6),
        after=patience(dice, 45),
        name=dice.below(len(CUSTOMERS)),
        leaves_with=dice.below(3),
    )


@dataclass(frozen=True, slots=True)
class Got:
    """One line of the mark."""

    label: str
    worth: int
    got: bool
    advice: str

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {"label": self.label, "worth": self.worth, "got": self.got, "advice": self.advice}


@dataclass(frozen=True, slots=True)
class Mark:
    """What the answers of a visit are worth, of 100."""

    lines: tuple[Got, ...]

    @property
    def points(self) -> int:
        """The sum."""
        return sum(line.worth for line in self.lines if line.got)

    @property
    def to_the_point(self) -> bool:
        """Say whether everything that this customer wanted to know was answered."""
        return all(line.got for line in self.lines[len(COMMON) :])


def mark(intent: Intent, said: str, first_seconds: int | None) -> Mark:
    """Mark what the shop's people said. first_seconds: until the first human answer, None without one."""
    script = SCRIPTS[intent]
    trapped = bool(script.trap and re.search(script.trap, said))

    def has(point: Point) -> bool:
        if point is QUICK:
            return first_seconds is not None and first_seconds <= QUICK_SECONDS
        if point in script.points and trapped:
            return False
        return re.search(point.pattern, said) is not None

    return Mark(tuple(Got(point.label, point.worth, has(point), point.advice) for point in (*COMMON, *script.points)))


def ending(points: int, *, left: bool) -> Ending:
    """Return how a visit with so many points ends."""
    if left:
        return Ending.LEFT
    return Ending.BOUGHT if points >= BUYS_FROM else Ending.UNCONVINCED


def service_star(points: int, *, left: bool) -> int:
    """Return the customer's service score, hundredths: 2.00 for nothing to 5.00 for all, 0.30 less when they left."""
    return 200 + 3 * points - (LEAVING_COSTS if left else 0)

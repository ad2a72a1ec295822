"""Reading a window of changed orders page by page (翻页抓取), and the lab that shows what goes wrong.

The same ``read_window`` serves the real fetch and the lab; the lab hands it a source whose orders change while
they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Direction(StrEnum):
    """From which end a window is read."""

    BACKWARD = "backward"  # 从最后一页往前: nothing slips by
    FORWARD = "forward"  # 从第一页往后: what moves out makes others slip over the edge of a page


def read_window(
    count: Callable[[], int], page: Callable[[int], Sequence[T]], size: int, direction: Direction
) -> list[tuple[int, list[T]]]:
    """Return the pages as they were read: (number, rows). count: rows of the window when reading starts."""
    pages = -(-count() // size)
    numbers = range(pages, 0, -1) if direction is Direction.BACKWARD else range(1, pages + 1)
    return [(number, list(page(number))) for number in numbers]


@dataclass(frozen=True, slots=True)
class LabPage:
    """One page of the experiment: what was read, and which order changed right after."""

    number: int
    read: tuple[int, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LabRun:
    """One direction of the experiment. lost: in the window all the time, never read. twice: read more than once."""

    direction: Direction
    pages: tuple[LabPage, ...]
    lost: tuple[int, ...]
    twice: tuple[int, ...]


def run_lab(orders: int, size: int, changes: int, direction: Direction) -> LabRun:
    """Read a window of ``orders`` orders (numbered 1, 2, …, oldest change first) while ``changes`` change after
    each page; a changed order leaves the window for a later one.

    Which ones change is fixed: the oldest that are still there, so that both directions meet the same changes.
    """
    window = list(range(1, orders + 1))
    moved: list[int] = []
    pages: list[LabPage] = []

    def page(number: int) -> list[int]:
        read = window[(number - 1) * size : number * size]
        gone = tuple(window[:changes])
        del window[:changes]
        moved.extend(gone)
        pages.append(LabPage(number, tuple(read), gone))
        return read

    read_window(lambda: orders, page, size, direction)
    seen = [order for page_read in pages for order in page_read.read]
    lost = tuple(order for order in window if order not in seen)
    twice = tuple(sorted({order for order in seen if seen.count(order) > 1}))
    return LabRun(direction, tuple(pages), lost, twice)

"""Pictures and simple tables (图片和表格) in the sections of a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_PICTURES = 3  # a section
MOST_TABLES = 2
MOST_ROWS, MOST_COLUMNS = 30, 8
MAX_CELL = 60
MAX_CAPTION = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture under a section: its number (a row's id, in a blind paper 1, 2, …) and caption."""

    number: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A simple table; the first row is its head, all rows have the same number of cells."""

    caption: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """Return the rows as they are typed."""
        return "\n".join(" | ".join(row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Extras:
    """What a section has beside its text."""

    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "pictures": [{"number": one.number, "caption": one.caption} for one in self.pictures],
            "tables": [{"caption": one.caption, "rows": [list(row) for row in one.rows]} for one in self.tables],
        }


def parse_extras(value: Mapping[str, Any] | None) -> dict[str, Extras]:
    """Return the extras by section that were stored as JSON."""
    return {
        key: Extras(
            tuple(Picture(one["number"], one["caption"]) for one in part["pictures"]),
            tuple(Table(one["caption"], tuple(tuple(row) for row in one["rows"])) for one in part["tables"]),
        )
        for key, part in (value or {}).items()
    }


def read_table(caption: str, text: str) -> Table:
    """Return a table of typed lines: cells are parted by | or a tab, as copied from a spreadsheet.

    Short rows are filled up. Raises ValueError with a Chinese sentence.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    rows = [[cell.strip() for cell in re.split(r"[|｜\t]", line.strip().strip("|｜"))] for line in lines]
    if len(rows) < 2:
        raise ValueError("表格至少要有表头和一行内容，每行单独一行。")
    width = max(len(row) for row in rows)
    if width < 2:
        raise ValueError("请用 | 把每行分成几格，例如：项目 | 金额。")
    if len(rows) > MOST_ROWS or width > MOST_COLUMNS:
        raise ValueError(f"表格最多 {MOST_ROWS} 行 {MOST_COLUMNS} 列，请拆成两张或删去不用的。")
    if any(len(cell) > MAX_CELL for row in rows for cell in row):
        raise ValueError(f"表格里每格最多 {MAX_CELL} 字，长的内容请写在正文里。")
    return Table(caption, tuple(tuple(row + [""] * (width - len(row))) for row in rows))

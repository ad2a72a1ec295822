"""Spreadsheets to keep (Excel): sheets of rows, text that is never a formula, widths that fit."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORBIDDEN = set(r"[]:*?/\\")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its title, the words of its head, its rows. Amounts as Decimal yuan."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as .xlsx."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    for one in sheets:
        sheet = book.create_sheet("".join("-" if mark in _FORBIDDEN else mark for mark in one.title)[:31])
        widths = [_width(word) for word in one.head]
        for row in [one.head, *one.rows]:
            sheet.append(list(row))
            for index, cell in enumerate(sheet[sheet.max_row]):
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # a text that begins with "=" is text, not a formula
                if index < len(widths):
                    widths[index] = max(widths[index], _width(cell.value))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for index, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(index)].width = min(max(width, 8), 60)
        sheet.freeze_panes = "A2"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _width(value: Any) -> int:
    return sum(2 if ord(mark) > 0x2E80 else 1 for mark in str(value if value is not None else "")) + 2

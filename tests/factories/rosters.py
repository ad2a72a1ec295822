"""Roster files for tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from tests.factories.accounts import id_number

HEADER = ("姓名", "身份证号", "手机号")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "子轩梓涵雨桐浩然欣怡宇航诗琪俊杰思远佳宁"


def person(number: int) -> tuple[str, str, str]:
    """Return name, ID number and phone of the number-th invented person (from 1)."""
    given = GIVEN[(number * 2) % 20 : (number * 2) % 20 + 2] or "安"
    name = SURNAMES[number % len(SURNAMES)] + given
    return name, id_number(1 + number % 999, region="440106" if number < 999 else "440103"), f"1380000{number:04d}"


def people(count: int) -> list[tuple[str, str, str]]:
    """Return that many invented people."""
    return [person(number) for number in range(1, count + 1)]


def xlsx(rows: Sequence[Sequence[Any]], header: Sequence[Any] = HEADER) -> bytes:
    """Return an .xlsx file with these rows; numbers stay numbers."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (header, *rows):
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def csv_file(rows: Sequence[Sequence[Any]], header: Sequence[Any] = HEADER, delimiter: str = ",") -> str:
    """Return the text of a .csv file with these rows."""
    return "\r\n".join(delimiter.join(str(cell) for cell in row) for row in (header, *rows)) + "\r\n"

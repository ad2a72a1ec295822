"""Spreadsheets (表格): reading what people send as CSV or xlsx, writing xlsx whose texts stay texts."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.core.errors import InvalidInput
from app.core.files import XLSX, sniff
from app.core.web.forms import clean_text

MAX_UNPACKED = 200 * 1024 * 1024
CONTENT_TYPE = XLSX
ZIP = "application/zip"
KINDS = {"text/plain": "CSV", ZIP: "Excel（.xlsx）"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t")  # a spreadsheet program would read such a cell of a CSV as a formula
_UNREADABLE = "Excel 文件已损坏或加了密码，请用 Excel 另存为 .xlsx 或 CSV 后重试。"


def read_table(data: bytes, field: str = "file") -> tuple[list[str], Iterator[list[str]]]:
    """Return the header and the rows after it. Raises InvalidInput on ``field`` with one Chinese sentence."""
    kind = sniff(data) if data else ""
    if not data.strip():
        raise InvalidInput("这个文件是空的，请检查后重新选择。", field=field)
    if kind not in KINDS:
        raise InvalidInput("文件内容不是 CSV 或 Excel（.xlsx），请选择正确的文件（只改扩展名不起作用）。", field=field)
    rows = _xlsx_rows(data, field) if kind == ZIP else _csv_rows(data, field)
    header = next(rows, [])
    while header and not header[-1]:
        header.pop()
    if not header:
        raise InvalidInput("文件第一行是空的，第一行应是表头。", field=field)
    return header, rows


def _decode(data: bytes, field: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("文件编码无法识别，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV。", field=field)


def csv_cell(text: str) -> str:
    """Return a text for a CSV that spreadsheet programs open: one that looks like a formula is marked as text."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _without_mark(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _csv_rows(data: bytes, field: str) -> Iterator[list[str]]:
    text = _decode(data, field)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield [clean_text(_without_mark(cell)) for cell in cells]
    except csv.Error as error:
        message = f"CSV 第 {number + 1} 行格式不对，请检查这一行的引号后重试。"
        raise InvalidInput(message, field=field) from error


def _xlsx_rows(data: bytes, field: str) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # heavy: only where an Excel file comes in

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise InvalidInput("Excel 文件解压后太大，请拆成几个文件分别导入。", field=field)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True)
    except InvalidInput:
        raise
    except Exception as error:  # openpyxl raises anything from KeyError to BadZipFile on broken files
        raise InvalidInput(_UNREADABLE, field=field) from error
    return _cells_of(rows, field)


def _cells_of(rows: Any, field: str) -> Iterator[list[str]]:
    try:
        for row in rows:
            yield [_cell_text(value) for value in row]
    except Exception as error:
        raise InvalidInput(_UNREADABLE, field=field) from error


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(str(value))


def write_table(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    widths: Sequence[int] = (),
    advice: Sequence[str] = (),
) -> bytes:
    """Return an .xlsx file written row by row; texts stay texts (a leading = is no formula).

    widths: of the columns, in characters. advice: lines of a second sheet 填写说明.
    """
    from openpyxl import Workbook  # heavy: only where an Excel file goes out
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width

    def cell(value: Any) -> Any:
        made = WriteOnlyCell(sheet, value="" if value is None else value)
        if isinstance(value, str):
            made.data_type = "s"
            made.number_format = "@"
        return made

    head = [cell(word) for word in header]
    for made in head:
        made.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        sheet.append([cell(value) for value in row])
    if advice:
        notes = book.create_sheet("填写说明")
        notes.column_dimensions["A"].width = 90
        for line in advice:
            notes.append([line])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

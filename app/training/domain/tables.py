"""Tables of people as files give them: .xlsx and .csv, bounded, with one clear sentence for what is wrong.

Cells become text. A number of more than 15 digits becomes ``LostDigits``: a spreadsheet keeps 15.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MAX_ROWS, MAX_COLUMNS = 20_000, 50
MAX_UNPACKED = 80 * 1024 * 1024
SMALL_ROWS = 200  # checked and taken in at once; more are a job
QUICK_ROWS = 2_000  # read at once, to know how many they are
EXACT_DIGITS = 15
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
DELIMITERS = (",", ";", "\t", "，", "；")


class BadTable(ValueError):
    """The file cannot be used; the text is one Chinese sentence."""


class LostDigits(str):
    """Text of a numeric cell that was longer than a spreadsheet can keep: its last digits are gone."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """``columns``: the header texts. ``rows``: (row number in the file, cells), blank rows left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def row_estimate(data: bytes) -> int:
    """Return about how many rows a file has without reading it: enough to choose between now and a job."""
    if not data.startswith(b"PK"):
        return data.count(b"\n") or data.count(b"\r")
    total = 0
    with _archive(data) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/sheet"):
                with archive.open(entry) as sheet:
                    while block := sheet.read(1 << 20):
                        total += block.count(b"<row")
    return total


def read_table(data: bytes, is_header: Any) -> Table:
    """Return the table in the file. ``is_header(cells) -> bool`` recognises the header among the first rows.

    Raises BadTable for an empty, damaged, oversized, encrypted or wrong kind of file.
    """
    if not data.strip():
        raise BadTable("这个文件是空的，请检查后重新选择。")
    if data.startswith(OLD_EXCEL):
        raise BadTable("这是旧的 .xls 文件或加了密码的表格，请在 Excel 里另存为不加密的 .xlsx 后再上传。")
    lines = _xlsx_lines(data) if data.startswith(b"PK") else _csv_lines(data)
    filled = [(number, cells) for number, cells in _bounded(lines) if any(cells)]
    if not filled:
        raise BadTable("表格里没有内容，请检查后重新选择。")
    start = next((index for index, (_, cells) in enumerate(filled[:10]) if is_header(cells)), 0)
    columns = filled[start][1]
    if sum(1 for cell in columns if cell) < 2:
        raise BadTable("没有找到表头：第一行应是“姓名、身份证号、手机号”这样的列名，可以下载模板对照。")
    rows = filled[start + 1 :]
    if not rows:
        raise BadTable("表格里只有表头，没有学员；请填写后再上传。")
    width = len(columns)
    return Table(columns, tuple((number, (cells + ("",) * width)[:width]) for number, cells in rows))


def _bounded(lines: Iterable[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for count, (number, cells) in enumerate(lines):
        if count > MAX_ROWS:
            raise BadTable(f"名单超过 {MAX_ROWS:,} 行，请拆成几个文件上传。")
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise BadTable(f"表格超过 {MAX_COLUMNS} 列，请只保留姓名、身份证号、手机号等需要的列。")
        yield number, cells[:MAX_COLUMNS]


# -- csv -----------------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise BadTable("文件不完整，末尾被截断，请重新导出后再上传。") from error
    if b"\x00" in data:
        raise BadTable("文件内容不是 .xlsx 或 .csv 表格，请选择正确的文件（只改扩展名不起作用）。")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and any(byte >= 0x80 for byte in data[: error.start]):
            raise BadTable("文件不完整，末尾被截断，请重新导出后再上传。") from error
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise BadTable("无法识别文件的文字编码，请在 Excel 里另存为“CSV UTF-8”或 .xlsx 后再上传。") from error


def _csv_lines(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    if data.startswith((b"%PDF", b"{\\rtf", b"<html", b"<!DOCTYPE", b"<?xml")):
        raise BadTable("文件内容不是 .xlsx 或 .csv 表格，请选择正确的文件（只改扩展名不起作用）。")
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    skip = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, skip = first.strip()[4], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if reader.line_num > skip:
                yield reader.line_num, tuple(cell.strip() for cell in cells)
    except csv.Error as error:
        raise BadTable(
            f"文件第 {reader.line_num} 行的格式不完整（引号没有成对或一格太长），请修正后再上传。"
        ) from error


# -- xlsx ----------------------------------------------------------------------------------------------


def _archive(data: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise BadTable("文件不完整或已损坏，Excel 打不开这样的文件；请重新保存后再上传。") from error
    if "xl/workbook.xml" not in archive.namelist():
        raise BadTable("文件内容不是 .xlsx 或 .csv 表格，请选择正确的文件（只改扩展名不起作用）。")
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
        raise BadTable("表格展开后太大，请只保留学员名单所在的工作表后再上传。")
    return archive


def _xlsx_lines(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    from openpyxl import load_workbook  # heavy: only where a spreadsheet comes in

    _archive(data).close()
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                lines = _sheet_lines(sheet)
                first = next(lines, None)
                if first is not None:
                    yield first
                    yield from lines
                    return
        finally:
            book.close()
    except BadTable:
        raise
    except Exception as error:  # openpyxl raises anything from KeyError to ParseError on broken files
        raise BadTable("文件不完整或已损坏，Excel 打不开这样的文件；请重新保存后再上传。") from error


def _sheet_lines(sheet: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give the rows of a sheet from its first filled one."""
    begun = False
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MAX_ROWS + 1000:
            raise BadTable(f"名单超过 {MAX_ROWS:,} 行，请拆成几个文件上传。")
        cells = tuple(cell_text(value) for value in values)
        begun = begun or any(cells)
        if begun:
            yield number, cells


def cell_text(value: Any) -> str:
    """Return a cell's value as text; LostDigits for a number longer than a spreadsheet keeps."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        if not value.is_integer():
            return repr(value)
        value = int(value)
    text = str(value)
    return LostDigits(text) if isinstance(value, int) and len(text.lstrip("-")) > EXACT_DIGITS else text

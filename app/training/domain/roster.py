"""Rows of a roster (学员名单): which column is what, and what is wrong with a row by itself and in its file."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.accounts.domain.contact import BadContact, parse_name, parse_phone
from app.accounts.domain.id_number import LOST_AS_NUMBER, BadIdNumber, IdNumber, parse_id_number
from app.training.domain.tables import LostDigits, Table

FIELDS: dict[str, str] = {"name": "姓名", "id_number": "身份证号", "phone": "手机号", "gender": "性别", "note": "备注"}
REQUIRED = ("name", "id_number")
WORDS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "学员姓名", "学生姓名", "真实姓名", "名字", "name"),
    "id_number": (
        "身份证号", "身份证号码", "身份证", "公民身份号码", "公民身份证号码", "证件号码", "证件号", "居民身份证号",
        "学员身份证号", "身份号码", "idnumber", "idcard", "idno",
    ),
    "phone": (
        "手机号", "手机号码", "手机", "联系电话", "联系手机", "电话", "电话号码", "联系方式", "移动电话", "phone",
        "mobile",
    ),
    "gender": ("性别", "gender", "sex"),
    "note": ("备注", "说明", "备注说明", "note", "remark"),
}  # fmt: skip
LONGEST_NOTE = 200
SHAPELESS = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u200f", "\u061c"}


@dataclass(slots=True)
class Candidate:
    """One row after the checks that need no database. ``problems`` hinder it, ``hints`` do not."""

    row_number: int
    name: str
    id_text: str
    phone_text: str
    id_number: IdNumber | None = None
    phone: str | None = None
    gender: str = ""
    note: str = ""
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    repeats: int | None = None  # row number of the same person further up


def _plain(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).lower()
    return re.sub(r"\(.*?\)|[\s*:_\-./]", "", text)


def guess_mapping(columns: Sequence[str]) -> dict[str, int]:
    """Return field → column index for the headers that are recognised."""
    mapping: dict[str, int] = {}
    for name, words in WORDS.items():
        for word in words:
            found = next((i for i, c in enumerate(columns) if _plain(c) == word and i not in mapping.values()), None)
            if found is not None:
                mapping[name] = found
                break
    return mapping


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a row names at least the columns that every roster needs, or two of ours."""
    return len(guess_mapping(cells)) >= 2


def mapping_problem(mapping: Mapping[str, int], columns: Sequence[str]) -> str | None:
    """Return why the mapping cannot be used, None when it can."""
    missing = [FIELDS[name] for name in REQUIRED if name not in mapping]
    if missing:
        return f"请指定哪一列是{'、'.join(missing)}。"
    if len(set(mapping.values())) != len(mapping):
        return "同一列不能对应两个项目，请重新选择。"
    if any(name not in FIELDS or not 0 <= index < len(columns) for name, index in mapping.items()):
        return "列对应无效，请重新选择。"
    return None


def visible_text(text: str) -> str:
    """Return the text without characters that nobody sees; everything else stays as it is."""
    shown = "".join(
        ch
        for ch in text
        if ch not in SHAPELESS
        and not "\u202a" <= ch <= "\u202e"
        and not "\u2066" <= ch <= "\u2069"
        and (unicodedata.category(ch) not in {"Cc", "Cs"} or ch in " \t\n")
    )
    return re.sub(r"\s+", " ", shown).strip()


def check_table(table: Table, mapping: Mapping[str, int], today: date) -> list[Candidate]:
    """Return every row checked by itself and against its own file; both rows of a clash are named."""
    candidates = [_check(number, cells, mapping, today) for number, cells in table.rows]
    _mark_same_person(candidates)
    _mark_same_phone(candidates)
    return candidates


def _check(number: int, cells: Sequence[str], mapping: Mapping[str, int], today: date) -> Candidate:
    def cell(name: str) -> str:
        index = mapping.get(name)
        return "" if index is None else cells[index]

    id_cell, phone_cell = cell("id_number"), cell("phone")
    row = Candidate(number, visible_text(cell("name"))[:120], visible_text(id_cell), visible_text(phone_cell))
    try:
        row.name = parse_name(row.name)
    except BadContact as error:
        row.problems.append(str(error))
    if isinstance(id_cell, LostDigits):
        row.problems.append(LOST_AS_NUMBER)
    else:
        try:
            row.id_number = parse_id_number(row.id_text, today)
        except BadIdNumber as error:
            row.problems.append(str(error))
    try:
        row.phone = parse_phone(row.phone_text)
    except BadContact as error:
        row.problems.append(str(error))
    row.note = visible_text(cell("note"))[:LONGEST_NOTE]
    _check_gender(row, visible_text(cell("gender")))
    return row


def _check_gender(row: Candidate, typed: str) -> None:
    known = {"男": "男", "女": "女", "m": "男", "f": "女", "male": "男", "female": "女", "男性": "男", "女性": "女"}
    gender = known.get(typed.lower(), "")
    if typed and not gender:
        row.hints.append("性别写法无法识别，按身份证号登记。")
    if row.id_number is not None:
        if gender and gender != row.id_number.gender:
            row.hints.append(f"性别“{gender}”与身份证号不符，按身份证号登记为“{row.id_number.gender}”。")
        gender = row.id_number.gender
    row.gender = gender


def _mark_same_person(candidates: list[Candidate]) -> None:
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for row in candidates:
        if row.id_number is not None:
            groups[row.id_number.number].append(row)
    for group in groups.values():
        if len(group) < 2:
            continue
        numbers = "、".join(str(row.row_number) for row in group)
        if len({row.name for row in group}) > 1:
            for row in group:
                row.problems.append(f"第 {numbers} 行的身份证号相同、姓名不同，请核对是哪一个。")
            continue
        group[0].hints.append(f"第 {numbers} 行是同一个人，只导入第 {group[0].row_number} 行。")
        for row in group[1:]:
            row.repeats = group[0].row_number
            row.hints.append(f"与第 {group[0].row_number} 行是同一个人（第 {numbers} 行），这一行跳过。")


def _mark_same_phone(candidates: list[Candidate]) -> None:
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for row in candidates:
        if row.phone and row.repeats is None:
            groups[row.phone].append(row)
    for group in groups.values():
        if len(group) > 1:
            numbers = "、".join(str(row.row_number) for row in group)
            for row in group:
                row.problems.append(f"第 {numbers} 行的手机号相同；手机号用于登录，每人一个，请改正或留空。")

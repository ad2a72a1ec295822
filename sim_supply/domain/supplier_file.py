"""Rows of a suppliers file (供应商文件): who stands behind the codes of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim_supply.domain.checked_file import Refusal

SUPPLIER_WORDS = {
    "供应商编码": "supplier_code",
    "供应商名称": "name",
    "名称": "name",
    "说明": "description",
    "简介": "description",
}


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier of a suppliers file."""

    code: str
    name: str
    description: str


def check_suppliers(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[list[SupplierRow], list[Refusal]]:
    """Check a suppliers file (supplier_code, name, description). Raises ValueError with a Chinese sentence."""
    words = [cell.strip().lower() for cell in header]
    words = [SUPPLIER_WORDS.get(word, word) for word in words]
    if "supplier_code" not in words or "name" not in words:
        raise ValueError("供应商文件的表头应包含供应商编码（supplier_code）和名称（name）。")
    good: dict[str, SupplierRow] = {}
    first: dict[str, int] = {}
    refusals: list[Refusal] = []
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        named = dict(zip(words, [cell.strip() for cell in cells], strict=False))
        code, name = named.get("supplier_code", ""), " ".join(named.get("name", "").split())
        problem = _supplier_problem(code, name, named.get("description", ""))
        if problem:
            column, sentence = problem
            refusals.append(Refusal(number, column, f"供应商文件第 {number} 行：{sentence}"))
        elif code in good and good[code].name != name:
            text = f"供应商文件第 {number} 行与第 {first[code]} 行：供应商编码 {code} 重复而名称不同，保留前一行。"
            refusals.append(Refusal(number, "supplier_code", text, first[code]))
        else:
            first.setdefault(code, number)
            good[code] = SupplierRow(code, name, named.get("description", ""))
    return list(good.values()), refusals


def _supplier_problem(code: str, name: str, description: str) -> tuple[str, str] | None:
    if not code or len(code) > 40 or re.search(r"\s", code):
        return "supplier_code", "供应商编码（supplier_code）应为 1 到 40 个字，不含空格。"
    if len(name) > 60:
        return "name", "供应商名称（name）最多 60 个字。"
    if len(description) > 500:
        return "description", "供应商说明（description）最多 500 个字。"
    return None

"""Strict reading of JSON files (计算文件): every refusal names the place and says what belongs there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from app.core.errors import InvalidInput

Name = str | int  # ids of papers and assessors
MOST_BYTES = 64 * 1024 * 1024
MOST_DECIMALS = 40  # more than a double ever prints, few enough to stay exact quickly


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidInput(f"同一个对象里“{twice}”出现了两次，请只保留一个。", field=twice)
    return found


def read_document(data: bytes) -> dict[str, Any]:
    """Return the object of a JSON file; decimals stay exact. Raises InvalidInput.

    NaN and infinity come out as floats, which no reader below accepts: the refusal then names their place.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请拆分后再试。", field="文件")
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise InvalidInput("文件不是 UTF-8 编码，请另存为 UTF-8。", field="文件") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"第 {error.lineno} 行第 {error.colno} 列不是有效的 JSON，请检查格式。", field="文件"
        ) from error
    except (RecursionError, ValueError) as error:  # nested thousands deep, or a number with thousands of digits
        raise InvalidInput("文件里的嵌套太深或数字太长，请检查内容。", field="文件") from error
    if not isinstance(value, dict):
        raise InvalidInput("文件最外层应是一个 JSON 对象（花括号）。", field="文件")
    return value


def wrong(path: str, message: str) -> NoReturn:
    """Refuse the value at this JSON Pointer."""
    raise InvalidInput(message, field=path or "文件")


def fields(value: Any, path: str, needed: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the object at a place that has exactly these keys. Raises InvalidInput."""
    if not isinstance(value, dict):
        wrong(path, "这里应是一个 JSON 对象。")
    for key in needed:
        if key not in value:
            wrong(f"{path}/{key}", "缺少这一项，请补上。")
    for key in value:
        if key not in needed and key not in optional:
            wrong(f"{path}/{key}", "没有这一项，请检查拼写或删去。")
    return value


def items(value: Any, path: str, length: int | None = None) -> list[Any]:
    """Return the list at a place. Raises InvalidInput."""
    if not isinstance(value, list):
        wrong(path, "这里应是一个列表。")
    if length is not None and len(value) != length:
        wrong(path, f"这里应有 {length} 个数，现在有 {len(value)} 个。")
    return value


def whole(value: Any, path: str, low: int, high: int) -> int:
    """Return the whole number at a place, within bounds. Raises InvalidInput."""
    if isinstance(value, bool) or not isinstance(value, int):
        wrong(path, f"应是 {low} 到 {high} 之间的整数，不加引号、不带小数。")
    if not low <= value <= high:
        wrong(path, f"应在 {low} 到 {high} 之间。")
    return value


def number(value: Any, path: str, low: int, high: int) -> Fraction:
    """Return the exact number at a place, within bounds. Raises InvalidInput."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        wrong(path, f"应是 {low} 到 {high} 之间的数，不加引号。")
    if not low <= value <= high or (isinstance(value, Decimal) and value.as_tuple().exponent < -MOST_DECIMALS):  # type: ignore[operator]
        wrong(path, f"应在 {low} 到 {high} 之间，最多 {MOST_DECIMALS} 位小数。")
    return Fraction(value)


def text(value: Any, path: str, most: int = 200, *, blank: bool = False) -> str:
    """Return the text at a place. Raises InvalidInput."""
    if not isinstance(value, str) or len(value) > most or (not blank and not value.strip()):
        wrong(path, f"应是 1 到 {most} 个字的文本。" if not blank else f"应是不超过 {most} 个字的文本。")
    return value


def name(value: Any, path: str) -> Name:
    """Return the id at a place: a text, or a whole number. Raises InvalidInput."""
    if isinstance(value, int) and not isinstance(value, bool):
        return whole(value, path, -(10**18), 10**18)
    return text(value, path)


def name_or_none(value: Any, path: str) -> Name | None:
    """Return the id at a place, None for null or an empty text. Raises InvalidInput."""
    return None if value is None or value == "" else name(value, path)


def ranked(names: Sequence[Name]) -> list[Name]:
    """Return ids in their order: numbers by value, then texts by their characters."""
    return sorted(names, key=lambda one: (isinstance(one, str), one if isinstance(one, int) else 0, str(one)))

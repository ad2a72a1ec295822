"""Checking JSON and query values against the schema that the document shows: one source for both.

Understands the part of JSON Schema that the open platform uses: type, properties, required,
additionalProperties false, enum, minimum, maximum, minLength, maxLength, pattern, format date-time, items,
minItems, maxItems, default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "object": ("对象", (dict,)),
    "array": ("数组", (list,)),
    "string": ("文字", (str,)),
    "integer": ("整数", (int,)),
    "boolean": ("true 或 false", (bool,)),
}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class BadPayload(ValueError):
    """A value that does not fit. ``field``: where, such as ``items[0].quantity``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def moment(text: str) -> datetime:
    """Return an aware moment from RFC 3339 text. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not RFC 3339")
    found = datetime.fromisoformat(text.upper())
    if not datetime(1990, 1, 1, tzinfo=UTC) <= found <= datetime(2200, 1, 1, tzinfo=UTC):
        raise ValueError("out of range")
    return found.astimezone(UTC)


def check(given: Any, schema: Mapping[str, Any], field: str = "") -> Any:
    """Return the value, with defaults filled in and moments parsed. Raises BadPayload with a Chinese sentence."""
    kind: str = schema["type"]
    word, types = TYPES[kind]
    value: Any = given
    name = field or "请求体"
    fits = isinstance(given, types)
    if not fits or (kind == "integer" and isinstance(value, bool)):
        raise BadPayload(field, f"{name} 应为{word}。")
    if "enum" in schema and value not in schema["enum"]:
        raise BadPayload(field, f"{name} 应为其中之一：{'、'.join(str(x) for x in schema['enum'])}。")
    if kind == "object":
        return _object(value, schema, field)
    if kind == "array":
        return _array(value, schema, field)
    if kind == "integer":
        low, high = schema.get("minimum"), schema.get("maximum")
        if (low is not None and value < low) or (high is not None and value > high):
            raise BadPayload(field, f"{name} 应在 {low} 到 {high} 之间。")
    return _string(value, schema, field, name) if kind == "string" else value


def _string(value: str, schema: Mapping[str, Any], field: str, name: str) -> Any:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    if not low <= len(value) <= high:
        raise BadPayload(field, f"{name} 应有 {low} 到 {high} 个字。")
    if any((ord(ch) < 32 and ch not in "\n\t") or 0xD800 <= ord(ch) <= 0xDFFF for ch in value):
        raise BadPayload(field, f"{name} 里有不能使用的控制字符。")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise BadPayload(field, f"{name} 的格式不对，应符合 {schema['pattern']}。")
    if schema.get("format") == "date-time":
        try:
            return moment(value)
        except ValueError:
            text = f"{name} 应为带时区的时间，例如 2026-11-20T09:30:00+08:00。"
            raise BadPayload(field, text) from None
    return value


def _object(value: dict[str, Any], schema: Mapping[str, Any], field: str) -> dict[str, Any]:
    known = schema.get("properties", {})
    prefix = f"{field}." if field else ""
    for name in value:
        if name not in known:
            raise BadPayload(f"{prefix}{name}"[:80], f"不认识 {prefix}{name[:40]}，请对照文档删掉或改名。")
    for name in schema.get("required", ()):
        if name not in value:
            raise BadPayload(f"{prefix}{name}", f"缺少 {prefix}{name}。")
    found = {name: check(value[name], known[name], f"{prefix}{name}") for name in value}
    for name, inner in known.items():
        if name not in found and "default" in inner:
            found[name] = inner["default"]
    return found


def _array(value: list[Any], schema: Mapping[str, Any], field: str) -> list[Any]:
    low, high = schema.get("minItems", 0), schema.get("maxItems", 1000)
    if not low <= len(value) <= high:
        raise BadPayload(field, f"{field or '数组'} 应有 {low} 到 {high} 项。")
    return [check(item, schema["items"], f"{field}[{index}]") for index, item in enumerate(value)]


def read_query(text: str, schema: Mapping[str, Any], field: str) -> Any:
    """Return a query value of the schema's type. Raises BadPayload."""
    if schema["type"] == "integer":
        if not _WHOLE.fullmatch(text):
            raise BadPayload(field, f"{field} 应为整数。")
        return check(int(text), schema, field)
    if schema["type"] == "boolean":
        if text not in {"true", "false"}:
            raise BadPayload(field, f"{field} 应为 true 或 false。")
        return text == "true"
    return check(text, schema, field)

"""Sorting as people in China read lists: names by pinyin, figures by size, what is missing last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


@lru_cache(maxsize=20_000)
def pinyin_key(name: str) -> tuple[str, ...]:
    """Return the key that sorts Chinese names by pinyin, character by character; Latin and digits by themselves."""
    from pypinyin import Style, lazy_pinyin  # a big dictionary: loaded when first needed

    return (*(part.lower() for part in lazy_pinyin(name, style=Style.TONE3, errors="default")), name)


def arrange(items: Iterable[T], keys: dict[str, Callable[[T], Any]], asked: str, default: str) -> tuple[list[T], str]:
    """Return the items sorted by the asked column and that column's name.

    asked: a name of ``keys``, with a leading "-" for the largest first. Unknown names mean ``default``.
    """
    column = asked.removeprefix("-")
    if column not in keys:
        asked, column = default, default.removeprefix("-")
    key = keys[column]

    def full(item: T) -> tuple[bool, Any]:
        value = key(item)
        if asked.startswith("-"):
            return (value is not None, value if value is not None else 0)
        return (value is None, value if value is not None else 0)

    return sorted(items, key=full, reverse=asked.startswith("-")), asked

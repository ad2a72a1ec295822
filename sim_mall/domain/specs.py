"""Specifications (规格): up to three axes such as 颜色 and 尺寸; a SKU has one value on each.

A SKU's specification travels as one text, "颜色:米白;尺寸:M"; a text without a colon is a value of the axis 规格.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_AXES = 3
MAX_VALUES = 40
PLAIN = "规格"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis with its values, in the order in which they first appear."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The axes of a listing and each SKU's values on them; no axes for a single SKU without a name."""

    axes: tuple[Axis, ...]
    rows: tuple[tuple[str, ...], ...]


def split_spec(text: str) -> tuple[tuple[str, str], ...]:
    """Return (axis, value) pairs of a specification text; () for an empty one."""
    text = text.strip().replace("：", ":").replace("；", ";")
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not parts:
        return ()
    pairs = [tuple(piece.strip() for piece in part.split(":", 1)) for part in parts]
    if all(len(pair) == 2 and all(pair) and len(pair[0]) <= 10 for pair in pairs):
        return tuple((pair[0], pair[1]) for pair in pairs)
    return ((PLAIN, text),)


def matrix_of(texts: Sequence[str]) -> Matrix:
    """Return the axes of the SKUs' texts. Raises ValueError with a Chinese sentence when they do not fit together."""
    split = [split_spec(text) for text in texts]
    names = tuple(axis for axis, _ in split[0]) if split else ()
    if len(texts) == 1 and not names:
        return Matrix((), ((),))
    if any(tuple(axis for axis, _ in pairs) != names for pairs in split):
        plain = [((PLAIN, text.strip() or "默认"),) for text in texts]
        if any(":" in text for text in texts):
            raise ValueError("各规格的名称要一致，例如每一行都写“颜色:…;尺寸:…”。")
        split, names = [tuple(pairs) for pairs in plain], (PLAIN,)
    if len(names) > MAX_AXES:
        raise ValueError(f"规格最多 {MAX_AXES} 项，例如颜色、尺寸、套餐。")
    if len(set(names)) < len(names):
        raise ValueError("规格项的名称不能重复。")
    axes = []
    for place, name in enumerate(names):
        values = tuple(dict.fromkeys(pairs[place][1] for pairs in split))
        if len(values) > MAX_VALUES:
            raise ValueError(f"“{name}”最多 {MAX_VALUES} 个值。")
        axes.append(Axis(name, values))
    return Matrix(tuple(axes), tuple(tuple(value for _, value in pairs) for pairs in split))


def shown_spec(values: Sequence[str], text: str) -> str:
    """Return the specification as buyers read it: the values alone."""
    return " / ".join(values) if values else text.strip()


def spec_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Return the text that ``split_spec`` reads again; a lone axis 规格 gives its bare value."""
    if tuple(names) == (PLAIN,):
        return values[0]
    return ";".join(f"{name}:{value}" for name, value in zip(names, values, strict=True))

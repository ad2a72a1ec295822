"""Drawn signatures (手写签名): strokes of points in a field of 600 × 200, checked, shown as SVG."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from app.core.errors import InvalidInput

WIDTH, HEIGHT = 600, 200
MOST_POINTS = 4000
LEAST_LENGTH = 120  # a dot or a slip of the finger is no signature

Strokes = tuple[tuple[tuple[int, int], ...], ...]


def read_strokes(text: str) -> Strokes:
    """Return the strokes of a sent JSON text, () for an empty field. Raises InvalidInput."""
    if not text.strip() or text.strip() == "[]":
        return ()
    try:
        if len(text) > 100_000:
            raise ValueError
        value: Any = json.loads(text)
        strokes = tuple(tuple(_point(point) for point in stroke) for stroke in value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("签名没有传完整，请清除后重新签名。", field="strokes") from error
    if sum(len(stroke) for stroke in strokes) > MOST_POINTS:
        raise InvalidInput("签名的笔画太多，请清除后重新签名。", field="strokes")
    if _length(strokes) < LEAST_LENGTH:
        raise InvalidInput("签名太短，请在框内签全名。", field="strokes")
    return strokes


def _point(value: Any) -> tuple[int, int]:
    x, y = value
    if isinstance(x, bool) or isinstance(y, bool) or not (isinstance(x, int) and isinstance(y, int)):
        raise TypeError
    return min(max(x, 0), WIDTH), min(max(y, 0), HEIGHT)


def _length(strokes: Strokes) -> int:
    return sum(abs(b[0] - a[0]) + abs(b[1] - a[1]) for stroke in strokes for a, b in pairwise(stroke))


def as_svg(strokes: Strokes) -> str:
    """Return the signature as SVG text; numbers alone go into it."""
    lines = "".join(f'<polyline points="{" ".join(f"{x},{y}" for x, y in stroke)}"/>' for stroke in strokes if stroke)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" class="signature" role="img" '
        f'aria-label="手写签名"><g fill="none" stroke="#1b2a6b" stroke-width="5" stroke-linecap="round" '
        f'stroke-linejoin="round">{lines}</g></svg>'
    )

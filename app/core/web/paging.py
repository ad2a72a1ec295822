"""Paging of lists: one count, one page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from flask import request

from app.core.db import db

T = TypeVar("T")
MAX_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. ``number`` starts at 1."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages


def page_number(name: str = "page") -> int:
    """Return the page asked for in the address; anything unusable is page 1."""
    text = request.args.get(name, "1")
    return min(max(int(text), 1), MAX_PAGE) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def paginate(query: sa.Select[*tuple[Any, ...]], number: int, size: int = 20, *, scalars: bool = True) -> Page[Any]:
    """Run the query for one page. A page past the end is the last one."""
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(number, max(1, -(-total // size)))
    result = db.session.execute(query.limit(size).offset((number - 1) * size))
    items = result.scalars().unique().all() if scalars else result.all()
    return Page(items, number, size, total)

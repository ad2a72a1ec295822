"""Chance: counter-based random streams keyed (seed, stream, tick). Same key, same numbers, bit for bit.

A number depends on its key and counter only, never on what was drawn elsewhere, so every trainee of a
world faces the same buyers and a run can be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

T = TypeVar("T")
_RANGE = 2**64


class Chance:
    """One stream. Draws count up from zero."""

    def __init__(self, seed: str, stream: str, tick: int | str = 0) -> None:
        self._key = hashlib.blake2b(f"{seed}\x1f{stream}\x1f{tick}".encode(), digest_size=32).digest()
        self._counter = 0

    def _next(self) -> int:
        block = hashlib.blake2b(self._counter.to_bytes(8, "big"), key=self._key, digest_size=8).digest()
        self._counter += 1
        return int.from_bytes(block, "big")

    def below(self, limit: int) -> int:
        """Return an integer 0 <= n < limit, without bias. Raises ValueError when limit < 1."""
        if limit < 1:
            raise ValueError("limit must be at least 1")
        bound = _RANGE - _RANGE % limit
        while (number := self._next()) >= bound:
            pass
        return number % limit

    def between(self, low: int, high: int) -> int:
        """Return an integer low <= n <= high."""
        return low + self.below(high - low + 1)

    def happens(self, bp: int) -> bool:
        """Say yes with a chance of ``bp`` basis points."""
        return self.below(10_000) < bp

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put the items into random order in place (Fisher-Yates)."""
        for index in range(len(items) - 1, 0, -1):
            other = self.below(index + 1)
            items[index], items[other] = items[other], items[index]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different items in random order."""
        pool = list(items)
        self.shuffle(pool)
        return pool[:count]

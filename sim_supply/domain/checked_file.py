"""What checking an uploaded file gives: rows to take, rows refused with the reason and the remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken. ``other``: the second row of a clash."""

    row: int
    column: str
    message: str
    other: int | None = None


@dataclass(slots=True)
class CheckedFile(Generic[RowT]):
    """Result of checking a file: good rows, refusals by row, notes that stop nothing."""

    total: int = 0
    good: list[RowT] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        return len({refusal.row for refusal in self.refusals})

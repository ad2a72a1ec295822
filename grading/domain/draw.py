"""The draw (抽取): assessors for papers at random, balanced, reproducible, or refused with reasons.

Everything random comes from hashes of the stored seed, so that anybody may run a draw again. First it is
asked whether every paper can be filled; then each paper takes the least loaded of its eligible assessors
(ties by the seed); then loads are levelled along chains of moves until no two that could exchange work
differ by more than one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.domain.canonical import canonical, digest

ALGORITHM = "seeded-balance/1"


@dataclass(frozen=True, slots=True)
class DrawInput:
    """What a draw is made from.

    papers: code → how many assessors it needs. assessors: account ids of the pool. conflicts: (assessor,
    code) → reason. loads: papers that an assessor holds already.
    """

    papers: Mapping[str, int]
    assessors: tuple[int, ...]
    conflicts: Mapping[tuple[int, str], str]
    loads: Mapping[int, int]

    def text(self) -> str:
        """Return the input as canonical JSON, to be stored and hashed."""
        return canonical(
            {
                "papers": dict(self.papers),
                "assessors": sorted(self.assessors),
                "conflicts": sorted([who, code, why] for (who, code), why in self.conflicts.items()),
                "loads": {str(who): self.loads.get(who, 0) for who in sorted(self.assessors)},
            }
        )

    @property
    def hash(self) -> str:
        return digest(self.text())

    def eligible(self, code: str) -> list[int]:
        """Return who may take the paper, ascending."""
        return [who for who in sorted(self.assessors) if (who, code) not in self.conflicts]


def parse_input(value: Mapping[str, Any]) -> DrawInput:
    """Return the input that was stored as JSON."""
    return DrawInput(
        papers=dict(value["papers"]),
        assessors=tuple(value["assessors"]),
        conflicts={(who, code): why for who, code, why in value["conflicts"]},
        loads={int(who): load for who, load in value["loads"].items()},
    )


@dataclass(frozen=True, slots=True)
class Shortage:
    """A paper that cannot be filled: how many are missing and why assessors fall out, by reason."""

    code: str
    missing: int
    eligible: int
    reasons: Mapping[str, int]


def shortages(given: DrawInput) -> list[Shortage]:
    """Return the papers with too few eligible assessors, by code; empty means that the draw is feasible."""
    found = []
    for code in sorted(given.papers):
        missing = given.papers[code] - len(given.eligible(code))
        if missing > 0:
            reasons = Counter(why for (who, paper), why in given.conflicts.items() if paper == code)
            found.append(Shortage(code, missing, len(given.eligible(code)), dict(sorted(reasons.items()))))
    return found


def _chance(seed: str, *words: object) -> str:
    return hashlib.sha256("\x1f".join([seed, *map(str, words)]).encode()).hexdigest()


def draw(given: DrawInput, seed: str) -> dict[str, tuple[int, ...]]:
    """Return the assessors of each paper, ascending ids. Raises ValueError when the draw is not feasible."""
    if shortages(given):
        raise ValueError("not feasible")
    loads = {who: given.loads.get(who, 0) for who in given.assessors}
    chosen: dict[str, set[int]] = {}
    for code in sorted(given.papers, key=lambda code: (_chance(seed, "paper", code), code)):
        order = sorted(given.eligible(code), key=lambda who: (loads[who], _chance(seed, "pair", code, who), who))
        chosen[code] = set(order[: given.papers[code]])
        for who in chosen[code]:
            loads[who] += 1
    _level(given, seed, chosen, loads)
    return {code: tuple(sorted(people)) for code, people in chosen.items()}


def _level(given: DrawInput, seed: str, chosen: dict[str, set[int]], loads: dict[int, int]) -> None:
    """Move papers from the most to the least loaded while that makes the loads more even."""
    while True:
        least = min(loads.values(), default=0)
        heavy = [who for who, load in loads.items() if load >= least + 2]
        for start in sorted(heavy, key=lambda who: (-loads[who], _chance(seed, "from", who), who)):
            path = _chain(given, seed, chosen, loads, start)
            if path:
                break
        else:
            return
        for giver, taker, code in path:
            chosen[code].remove(giver)
            chosen[code].add(taker)
        loads[path[0][0]] -= 1
        loads[path[-1][1]] += 1


def _chain(
    given: DrawInput, seed: str, chosen: Mapping[str, set[int]], loads: Mapping[int, int], start: int
) -> list[tuple[int, int, str]]:
    """Return the shortest chain of moves (giver, taker, code) that ends at somebody with two papers less."""
    before: dict[int, tuple[int, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        giver = waiting.popleft()
        if loads[giver] <= loads[start] - 2:
            path: list[tuple[int, int, str]] = []
            step = before[giver]
            taker = giver
            while step is not None:
                path.append((step[0], taker, step[1]))
                taker, step = step[0], before[step[0]]
            return path[::-1]
        for code in sorted(code for code, people in chosen.items() if giver in people):
            for taker in sorted(given.eligible(code), key=lambda who: (_chance(seed, "move", code, who), who)):
                if taker not in before and taker not in chosen[code]:
                    before[taker] = (giver, code)
                    waiting.append(taker)
    return []


def queue_order(assignments: Mapping[str, tuple[int, ...]], seed: str) -> dict[tuple[int, str], int]:
    """Return the place of each paper in its assessor's queue: a second seeded shuffle."""
    order: dict[tuple[int, str], int] = {}
    people = sorted({who for group in assignments.values() for who in group})
    for who in people:
        mine = [code for code, group in assignments.items() if who in group]
        for place, code in enumerate(sorted(mine, key=lambda code: (_chance(seed, "queue", who, code), code)), 1):
            order[(who, code)] = place
    return order

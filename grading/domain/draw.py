"""The draw (抽取): assessors for papers at random, balanced, reproducible, or refused with reasons.

Everything random comes from hashes of the stored seed, so that anybody may run a draw again. First it is
asked by maximum flow whether every place can be filled; then a minimum-cost flow chooses (``allocation``);
a second seeded shuffle orders each assessor's queue.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grading.domain.allocation import Problem, allocate, most_places, together
from grading.domain.canonical import canonical, digest

ALGORITHM = "min-cost-flow/1"
UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class DrawInput:
    """What a draw is made from.

    papers: code → how many assessors it needs. assessors: account ids of the pool. conflicts: (assessor,
    code) → reason. loads: papers that an assessor holds already. caps: most papers at a time. holding: code →
    who has it already. groups: assessor → institution; apart: pairs who teach together; both should not meet
    on a paper. costly: (assessor, code) of mutual marking, avoided where possible.
    """

    papers: Mapping[str, int]
    assessors: tuple[int, ...]
    conflicts: Mapping[tuple[int, str], str]
    loads: Mapping[int, int]
    caps: Mapping[int, int] = field(default_factory=dict)
    holding: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    groups: Mapping[int, int] = field(default_factory=dict)
    apart: tuple[tuple[int, int], ...] = ()
    costly: tuple[tuple[int, str], ...] = ()

    def text(self) -> str:
        """Return the input as canonical JSON, to be stored and hashed."""
        people = sorted(self.assessors)
        return canonical(
            {
                "papers": dict(self.papers),
                "assessors": people,
                "conflicts": sorted([who, code, why] for (who, code), why in self.conflicts.items()),
                "loads": {str(who): self.loads.get(who, 0) for who in people},
                "caps": {str(who): self.caps[who] for who in people if who in self.caps},
                "holding": {code: sorted(who) for code, who in self.holding.items()},
                "groups": {str(who): self.groups[who] for who in people if who in self.groups},
                "apart": sorted([min(pair), max(pair)] for pair in self.apart),
                "costly": sorted([who, code] for who, code in self.costly),
            }
        )

    @property
    def hash(self) -> str:
        return digest(self.text())

    def eligible(self, code: str) -> list[int]:
        """Return who may take the paper, ascending; caps aside."""
        return [who for who in sorted(self.assessors) if (who, code) not in self.conflicts]


def parse_input(value: Mapping[str, Any]) -> DrawInput:
    """Return the input that was stored as JSON."""
    return DrawInput(
        papers=dict(value["papers"]),
        assessors=tuple(value["assessors"]),
        conflicts={(who, code): why for who, code, why in value["conflicts"]},
        loads={int(who): load for who, load in value["loads"].items()},
        caps={int(who): cap for who, cap in value["caps"].items()},
        holding={code: tuple(who) for code, who in value["holding"].items()},
        groups={int(who): group for who, group in value["groups"].items()},
        apart=tuple((one, other) for one, other in value["apart"]),
        costly=tuple((who, code) for who, code in value["costly"]),
    )


@dataclass(frozen=True, slots=True)
class Shortage:
    """A paper that cannot be filled: how many are missing and why assessors fall out, by reason."""

    code: str
    missing: int
    eligible: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A draw's input by places."""

    codes: list[str]
    people: list[int]
    problem: Problem


def _placed(given: DrawInput) -> _Placed:
    codes, people = sorted(given.papers), sorted(given.assessors)
    at = {who: place for place, who in enumerate(people)}
    row = {code: place for place, code in enumerate(codes)}
    blocked: list[set[int]] = [set() for _ in codes]
    for who, code in given.conflicts:
        if who in at and code in row:
            blocked[row[code]].add(at[who])
    loads = [given.loads.get(who, 0) for who in people]
    problem = Problem(
        needs=[given.papers[code] for code in codes],
        room=[max(0, given.caps.get(who, UNLIMITED) - load) for who, load in zip(people, loads, strict=True)],
        loads=loads,
        blocked=[frozenset(one) for one in blocked],
        holding=[frozenset(at[who] for who in given.holding.get(code, ()) if who in at) for code in codes],
        groups=[given.groups.get(who) for who in people],
        apart=frozenset((at[one], at[other]) for one, other in given.apart if one in at and other in at),
        costly=frozenset((row[code], at[who]) for who, code in given.costly if who in at and code in row),
    )
    return _Placed(codes, people, problem)


def shortages(given: DrawInput) -> list[Shortage]:
    """Return the papers that cannot be filled, by code; empty means that the draw is feasible.

    Their missing places are those of a maximum flow: no other choice fills more.
    """
    placed = _placed(given)
    chosen = most_places(placed.problem)
    if sum(len(group) for group in chosen) == sum(placed.problem.needs):
        return []
    taken = Counter(who for group in chosen for who in group)
    found = []
    for paper, code in enumerate(placed.codes):
        missing = placed.problem.needs[paper] - len(chosen[paper])
        if missing <= 0:
            continue
        reasons: Counter[str] = Counter()
        for who, account in enumerate(placed.people):
            why = given.conflicts.get((account, code))
            if why is None and who in placed.problem.holding[paper]:
                why = "assigned"
            if why is None and taken[who] >= placed.problem.room[who] and who not in chosen[paper]:
                why = "cap"
            if why is not None:
                reasons[why] += 1
        found.append(Shortage(code, missing, len(given.eligible(code)), dict(sorted(reasons.items()))))
    return found


def draw(given: DrawInput, seed: str) -> dict[str, tuple[int, ...]]:
    """Return the assessors of each paper, ascending ids. Raises ValueError when the draw is not feasible."""
    placed = _placed(given)
    chosen = allocate(placed.problem, seed, placed.codes, [str(who) for who in placed.people])
    if chosen is None:
        raise ValueError("not feasible")
    return {
        code: tuple(sorted(placed.people[who] for who in group))
        for code, group in zip(placed.codes, chosen, strict=True)
    }


def met(given: DrawInput, chosen: Mapping[str, tuple[int, ...]]) -> list[tuple[str, int, int]]:
    """Return (code, one, other) for partners that should be apart but could not be."""
    placed = _placed(given)
    at = {who: place for place, who in enumerate(placed.people)}
    groups = [{at[who] for who in chosen[code]} for code in placed.codes]
    return [
        (placed.codes[paper], placed.people[one], placed.people[other])
        for paper, one, other in together(placed.problem, groups)
    ]


def _chance(seed: str, *words: object) -> str:
    return hashlib.sha256("\x1f".join([seed, *map(str, words)]).encode()).hexdigest()


def queue_order(assignments: Mapping[str, tuple[int, ...]], seed: str) -> dict[tuple[int, str], int]:
    """Return the place of each paper in its assessor's queue: a second seeded shuffle."""
    mine: dict[int, list[str]] = {}
    for code, group in assignments.items():
        for who in group:
            mine.setdefault(who, []).append(code)
    order: dict[tuple[int, str], int] = {}
    for who in sorted(mine):
        codes = sorted(mine[who], key=lambda code: (_chance(seed, "queue", who, code), code))
        for place, code in enumerate(codes, 1):
            order[who, code] = place
    return order

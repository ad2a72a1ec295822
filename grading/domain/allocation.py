"""Who gets what: feasibility by maximum flow, then the most even, most separate, seeded choice by minimum cost.

Costs rank three wishes strictly: even loads first (each further paper of an assessor costs more than all
else together), then partners who should be apart and mutual marking, last the seeded chance. What a flow
cannot say (partners that are no partition) is repaired by seeded exchanges that keep every load.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_COST = 2**61
EXCHANGES = 400_000  # tries of the repair, so that it always ends soon


@dataclass(frozen=True, slots=True)
class Problem:
    """Papers and assessors by place. needs: assessors each paper lacks; room: papers each assessor may still
    take; loads: papers held already; blocked: per paper the assessors who may not; holding: per paper those
    who have it already; groups: per assessor a group of which a paper should have one at most; apart: pairs
    that should not share a paper; costly: (paper, assessor) to be avoided.
    """

    needs: Sequence[int]
    room: Sequence[int]
    loads: Sequence[int]
    blocked: Sequence[frozenset[int]]
    holding: Sequence[frozenset[int]] = ()
    groups: Sequence[Hashable | None] = ()
    apart: frozenset[tuple[int, int]] = frozenset()
    costly: frozenset[tuple[int, int]] = frozenset()

    def allowed(self) -> Any:
        """Return the table paper × assessor of who may take what."""
        import numpy as np

        table = np.ones((len(self.needs), len(self.room)), dtype=bool)
        for paper, people in enumerate(self.blocked):
            table[paper, sorted(people)] = False
        for paper, people in enumerate(self.holding):
            table[paper, sorted(people)] = False
        table[:, [who for who, room in enumerate(self.room) if room <= 0]] = False
        return table


def most_places(problem: Problem) -> list[set[int]]:
    """Return per paper the assessors of a maximum flow: as many places as can be filled at all."""
    import numpy as np
    from ortools.graph.python import max_flow

    papers, people = len(problem.needs), len(problem.room)
    source, sink = papers + people, papers + people + 1
    rows, columns = np.nonzero(problem.allowed())
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(np.full(papers, source), np.arange(papers), np.array(problem.needs, dtype=np.int64))
    arcs = flow.add_arcs_with_capacity(rows, papers + columns, np.ones(len(rows), dtype=np.int64))
    room = np.array([max(0, room) for room in problem.room], dtype=np.int64)
    flow.add_arcs_with_capacity(papers + np.arange(people), np.full(people, sink), room)
    chosen: list[set[int]] = [set() for _ in range(papers)]
    if papers and people and len(rows):
        flow.solve(source, sink)
        for place in np.nonzero(flow.flows(arcs))[0]:
            chosen[int(rows[place])].add(int(columns[place]))
    return chosen


def allocate(problem: Problem, seed: str, papers: Sequence[str], people: Sequence[str]) -> list[set[int]] | None:
    """Return per paper its assessors, or None when not every place can be filled.

    papers, people: lasting names, from which and the seed all chance is made.
    """
    if not sum(problem.needs):
        return [set() for _ in problem.needs]
    if not problem.room:
        return None
    chosen = _separate(problem, seed, papers, people, grouped=False)
    if chosen is not None and together(problem, chosen) and any(group is not None for group in problem.groups):
        other = _separate(problem, seed, papers, people, grouped=True)
        if other is not None and len(together(problem, other)) < len(together(problem, chosen)):
            return other
    return chosen


def _separate(
    problem: Problem, seed: str, papers: Sequence[str], people: Sequence[str], *, grouped: bool
) -> list[set[int]] | None:
    """Return the most even choice, repaired; ``grouped``: the flow itself keeps groups apart (slower, exact)."""
    total = sum(problem.needs)
    mean = -(-(total + sum(problem.loads)) // len(problem.room))
    ceiling = max([mean + 2, *problem.loads])
    most = max(load + max(0, room) for load, room in zip(problem.loads, problem.room, strict=True))
    while True:
        chosen = _cheapest(problem, seed, papers, people, ceiling, grouped=grouped)
        if chosen is not None or ceiling >= most:
            break
        ceiling = min(most, ceiling + 2 * (ceiling - min(problem.loads)) + total // len(problem.room))
    if chosen is not None:
        _Repair(problem, seed, papers, people, chosen).run()
    return chosen


def _chances(seed: str, paper: str, count: int) -> Any:
    """Return one seeded number below 2^20 per assessor for this paper."""
    import numpy as np

    stream = hashlib.shake_256(f"{seed}\x1fpaper\x1f{paper}".encode()).digest(4 * count)
    return np.frombuffer(stream, dtype=">u4").astype(np.int64) >> 12


@dataclass
class _Arcs:
    """Arcs of a flow, collected before the solver sees them."""

    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    capacities: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)

    def add(self, tail: int, head: int, capacity: int, cost: int) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.capacities.append(capacity)
        self.costs.append(cost)


def _cheapest(
    problem: Problem, seed: str, papers: Sequence[str], people: Sequence[str], ceiling: int, *, grouped: bool
) -> list[set[int]] | None:
    """Return the cheapest full choice in which nobody holds more than ``ceiling`` papers, or None.

    The most even choice has the lowest possible maximum, so a ceiling that can be kept costs nothing.
    """
    import numpy as np
    from ortools.graph.python import min_cost_flow

    count, pool, total = len(papers), len(people), sum(problem.needs)
    allowed = problem.allowed()
    order = np.argsort(np.array(people, dtype=object), kind="stable") if pool else np.arange(0)
    chance = np.zeros((count, pool), dtype=np.int64)
    for paper, name in enumerate(papers):
        chance[paper, order] = _chances(seed, name, pool)
    wishes = grouped or bool(problem.costly)
    nodes, levels = 2 + count * (1 + (len(set(problem.groups)) if grouped else 0)) + pool, 2 * ceiling + 1
    shift = 0  # fewer bits of chance where the three ranks would not fit into the solver's numbers
    while True:
        wish = total * ((1 << 20) >> shift) + 1
        further = total * (2 * wish if wishes else 0) + wish
        if further * levels * nodes < MOST_COST or shift == 19:
            break
        shift += 1
    chance >>= shift
    for paper, who in problem.costly:
        chance[paper, who] += wish
    arcs, source, sink = _Arcs(), count + pool, count + pool + 1
    heads = _group_arcs(problem, allowed, arcs, sink + 1, wish) if grouped else None
    rows, columns = np.nonzero(allowed)
    flow = min_cost_flow.SimpleMinCostFlow()
    tails = rows if heads is None else heads[rows, columns]
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        tails, count + columns, np.ones(len(rows), dtype=np.int64), chance[rows, columns]
    )
    for paper, need in enumerate(problem.needs):
        arcs.add(source, paper, need, 0)
    for who in range(pool):
        for held in range(problem.loads[who], min(ceiling, problem.loads[who] + problem.room[who])):
            arcs.add(count + who, sink, 1, (2 * held + 1) * further)
    flow.add_arcs_with_capacity_and_unit_cost(
        *(np.array(values, dtype=np.int64) for values in (arcs.tails, arcs.heads, arcs.capacities, arcs.costs))
    )
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    if flow.solve() != flow.OPTIMAL:
        return None
    chosen: list[set[int]] = [set() for _ in papers]
    for place in np.nonzero(flow.flows(pairs))[0]:
        chosen[int(rows[place])].add(int(columns[place]))
    return chosen


def _group_arcs(problem: Problem, allowed: Any, arcs: _Arcs, node: int, wish: int) -> Any:
    """Put a node between a paper and each group: the first of a group is free, any further one costs a wish."""
    import numpy as np

    heads = np.repeat(np.arange(len(problem.needs))[:, None], len(problem.room), axis=1)
    members: dict[Hashable, list[int]] = defaultdict(list)
    for who, group in enumerate(problem.groups):
        if group is not None:
            members[group].append(who)
    for paper, need in enumerate(problem.needs):
        held = problem.holding[paper] if problem.holding else frozenset()
        for inside in members.values():
            free = [who for who in inside if allowed[paper, who]]
            taken = any(who in held for who in inside)
            if not free or (len(free) == 1 and not taken):
                continue
            if not taken:
                arcs.add(paper, node, 1, 0)
            arcs.add(paper, node, need, wish)
            heads[paper, free] = node
            node += 1
    return heads


class _Repair:
    """Exchanges between papers that part partners who should be apart; no load becomes less even."""

    def __init__(
        self, problem: Problem, seed: str, papers: Sequence[str], people: Sequence[str], chosen: list[set[int]]
    ) -> None:
        self.problem, self.seed, self.papers, self.people, self.chosen = problem, seed, papers, people, chosen
        self.partners: dict[int, set[int]] = defaultdict(set)
        for one, other in problem.apart:
            self.partners[one].add(other)
            self.partners[other].add(one)
        members: dict[Hashable, set[int]] = defaultdict(set)
        for who, group in enumerate(problem.groups):
            if group is not None:
                members[group].add(who)
        for inside in members.values():
            if len(inside) > 1:
                for who in inside:
                    self.partners[who] |= inside - {who}
        self.loads = Counter(dict(enumerate(problem.loads)))
        for people_of_one in chosen:
            self.loads.update(people_of_one)
        self.tries = 0
        self.round = self._order("round", range(len(papers)), papers)

    def run(self) -> None:
        """Repair until nothing more can be parted, or the tries are used up."""
        if not self.partners:
            return
        better = True
        while better and self.tries < EXCHANGES:
            better = False
            for paper in self.round:
                while self._clashes(paper) and self.tries < EXCHANGES and self._part(paper):
                    better = True

    def _order(self, what: str, places: Any, names: Sequence[str]) -> list[int]:
        return sorted(places, key=lambda at: hashlib.sha256(f"{self.seed}\x1f{what}\x1f{names[at]}".encode()).digest())

    def _around(self, paper: int) -> set[int]:
        held = self.problem.holding[paper] if self.problem.holding else frozenset()
        return self.chosen[paper] | held

    def _cost(self, paper: int, who: int, without: int | None = None) -> int:
        """Return how many partners ``who`` would meet at the paper, and whether it is a costly place."""
        met = len((self._around(paper) - {who, without}) & self.partners[who])
        return met + ((paper, who) in self.problem.costly)

    def _clashes(self, paper: int) -> bool:
        return any(self._around(paper) & self.partners[who] for who in self.chosen[paper])

    def _free(self, paper: int, who: int) -> bool:
        return who not in self.problem.blocked[paper] and who not in self._around(paper)

    def _part(self, paper: int) -> bool:
        for who in self._order("who", [x for x in self.chosen[paper] if self._cost(paper, x)], self.people):
            if self._replace(paper, who) or self._exchange(paper, who):
                return True
        return False

    def _replace(self, paper: int, who: int) -> bool:
        """Give the place to somebody with exactly one paper less: the loads stay as even as they were."""
        for other in self._order(f"replace{self.papers[paper]}", range(len(self.people)), self.people):
            self.tries += 1
            if (
                self.loads[other] == self.loads[who] - 1
                and self.loads[other] - self.problem.loads[other] < self.problem.room[other]
                and self._free(paper, other)
                and self._cost(paper, other, without=who) < self._cost(paper, who)
            ):
                self._move(paper, who, other)
                self.loads[who] -= 1
                self.loads[other] += 1
                return True
        return False

    def _exchange(self, paper: int, who: int) -> bool:
        """Let two assessors exchange two papers when that leaves fewer partners together."""
        now = self._cost(paper, who)
        start = self.round.index(paper)
        for there in (*self.round[start:], *self.round[:start]):
            if there == paper or not self._free(there, who):
                continue
            for other in sorted(self.chosen[there], key=lambda x: self.people[x]):
                self.tries += 1
                if not self._free(paper, other):
                    continue
                before = now + self._cost(there, other)
                after = self._cost(paper, other, without=who) + self._cost(there, who, without=other)
                if after < before:
                    self._move(paper, who, other)
                    self._move(there, other, who)
                    return True
        return False

    def _move(self, paper: int, giver: int, taker: int) -> None:
        self.chosen[paper].remove(giver)
        self.chosen[paper].add(taker)


def together(problem: Problem, chosen: Sequence[set[int]]) -> list[tuple[int, int, int]]:
    """Return (paper, one, other) for partners that a choice leaves together, ascending."""
    found = []
    for paper, group in enumerate(chosen):
        held = problem.holding[paper] if problem.holding else frozenset()
        everybody = sorted(group | held)
        for place, one in enumerate(everybody):
            for other in everybody[place + 1 :]:
                same = bool(problem.groups) and problem.groups[one] is not None
                same = same and problem.groups[one] == problem.groups[other]
                if (same or (one, other) in problem.apart or (other, one) in problem.apart) and (
                    one in group or other in group
                ):
                    found.append((paper, one, other))
    return found

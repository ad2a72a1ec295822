"""A draw on paper (``flask grading draw --dry-run``): the same allocation as a real draw, from a JSON file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grading.domain import documents
from grading.domain.allocation import Problem, allocate, most_places, together
from grading.domain.canonical import canonical, digest
from grading.domain.documents import Name
from grading.domain.draw import ALGORITHM

MOST_PLACES = 1_000_000
REASONS = ("teaching", "institution", "declared", "cap")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the file asks for."""

    papers: tuple[tuple[Name, Name | None, Name | None], ...]  # id, class, institution
    assessors: tuple[tuple[Name, Name | None, frozenset[Name], int], ...]  # id, institution, classes, cap
    declared: frozenset[tuple[Name, Name]]  # assessor, paper
    k: int
    seed: str
    input_hash: str


def parse_draw(value: Mapping[str, Any]) -> Drawn:
    """Return what the file asks for. Raises InvalidInput naming the place."""
    documents.fields(value, "", ("papers", "assessors", "conflicts", "k", "seed"))
    papers = [_paper(row, f"/papers/{place}") for place, row in enumerate(documents.items(value["papers"], "/papers"))]
    people = [
        _assessor(row, f"/assessors/{place}")
        for place, row in enumerate(documents.items(value["assessors"], "/assessors"))
    ]
    known_papers = _unique([row[0] for row in papers], "/papers")
    known_people = _unique([row[0] for row in people], "/assessors")
    declared = set()
    for place, row in enumerate(documents.items(value["conflicts"], "/conflicts")):
        path = f"/conflicts/{place}"
        documents.fields(row, path, ("assessor", "paper"))
        who, paper = documents.name(row["assessor"], f"{path}/assessor"), documents.name(row["paper"], f"{path}/paper")
        if who not in known_people:
            documents.wrong(f"{path}/assessor", f"评审讲师“{who}”不在 assessors 里。")
        if paper not in known_papers:
            documents.wrong(f"{path}/paper", f"评审件“{paper}”不在 papers 里。")
        declared.add((who, paper))
    return Drawn(
        tuple(papers),
        tuple(people),
        frozenset(declared),
        documents.whole(value["k"], "/k", 1, MOST_PLACES),
        documents.text(value["seed"], "/seed", blank=True),
        digest(canonical({key: part for key, part in value.items() if key != "seed"})),
    )


def _unique(names: list[Name], path: str) -> set[Name]:
    counts = Counter(str(name) for name in names)
    for place, name in enumerate(names):
        if counts[str(name)] > 1:
            documents.wrong(f"{path}/{place}/id", f"编号“{name}”出现了 {counts[str(name)]} 次，编号不能重复。")
    return set(names)


def _paper(value: Any, path: str) -> tuple[Name, Name | None, Name | None]:
    row = documents.fields(value, path, ("id", "class", "institution"))
    return (
        documents.name(row["id"], f"{path}/id"),
        documents.name_or_none(row["class"], f"{path}/class"),
        documents.name_or_none(row["institution"], f"{path}/institution"),
    )


def _assessor(value: Any, path: str) -> tuple[Name, Name | None, frozenset[Name], int]:
    row = documents.fields(value, path, ("id", "institution", "teaches", "cap"))
    teaches = documents.items(row["teaches"], f"{path}/teaches")
    return (
        documents.name(row["id"], f"{path}/id"),
        documents.name_or_none(row["institution"], f"{path}/institution"),
        frozenset(documents.name(one, f"{path}/teaches/{place}") for place, one in enumerate(teaches)),
        documents.whole(row["cap"], f"{path}/cap", 0, MOST_PLACES),
    )


def _reason(drawn: Drawn, paper: int, who: int) -> str | None:
    """Return the first reason for which this assessor may not take this paper, or None."""
    code, class_, institution = drawn.papers[paper]
    name, home, teaches, _ = drawn.assessors[who]
    if class_ is not None and class_ in teaches:
        return "teaching"
    if institution is not None and institution == home:
        return "institution"
    return "declared" if (name, code) in drawn.declared else None


def run(drawn: Drawn) -> dict[str, Any]:
    """Return the draw, or every paper that cannot be filled with its reasons; ``feasible`` says which."""
    count = len(drawn.assessors)
    why = [[_reason(drawn, paper, who) for who in range(count)] for paper in range(len(drawn.papers))]
    classes: dict[Name, list[int]] = {}
    for who, (_, _, teaches, _) in enumerate(drawn.assessors):
        for one in teaches:
            classes.setdefault(one, []).append(who)
    problem = Problem(
        needs=[drawn.k] * len(drawn.papers),
        room=[cap for *_, cap in drawn.assessors],
        loads=[0] * count,
        blocked=[frozenset(who for who, reason in enumerate(row) if reason) for row in why],
        groups=[home for _, home, _, _ in drawn.assessors],
        apart=frozenset(
            (one, other) for people in classes.values() for one in people for other in people if one < other
        ),
    )
    papers = [str(code) for code, _, _ in drawn.papers]
    people = [str(name) for name, *_ in drawn.assessors]
    chosen = allocate(problem, drawn.seed, papers, people)
    if chosen is None:
        return {"feasible": False, "short": _short(drawn, problem, why)}
    loads = Counter(who for group in chosen for who in group)
    answer: dict[str, Any] = {
        "feasible": True,
        "assignments": [
            {"paper": code, "assessors": documents.ranked([drawn.assessors[who][0] for who in group])}
            for (code, _, _), group in zip(drawn.papers, chosen, strict=True)
        ],
        "loads": {str(name): loads[who] for who, (name, *_) in enumerate(drawn.assessors)},
        "seed": drawn.seed,
        "algorithm": ALGORITHM,
        "input_hash": drawn.input_hash,
    }
    left = together(problem, chosen)
    if left:
        answer["together"] = [
            {
                "paper": drawn.papers[paper][0],
                "assessors": documents.ranked([drawn.assessors[one][0], drawn.assessors[other][0]]),
            }
            for paper, one, other in left
        ]
    return answer


def _short(drawn: Drawn, problem: Problem, why: list[list[str | None]]) -> list[dict[str, Any]]:
    chosen = most_places(problem)
    loads = Counter(who for group in chosen for who in group)
    full = {who for who, cap in enumerate(problem.room) if loads[who] >= cap}
    short = []
    for paper, group in enumerate(chosen):
        if len(group) == drawn.k:
            continue
        reasons = dict.fromkeys(REASONS, 0)
        for who, reason in enumerate(why[paper]):
            if reason:
                reasons[reason] += 1
            elif who in full and who not in group:
                reasons["cap"] += 1
        short.append({"paper": drawn.papers[paper][0], "missing": drawn.k - len(group), "reasons": reasons})
    return short

"""Statistics of marks from a JSON file (``flask grading stats``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from grading.domain import documents
from grading.domain.reliability import Mark, statistics
from grading.domain.scoring import FULL


def parse_marks(value: Mapping[str, Any]) -> tuple[list[Mark], Any]:
    """Return the marks and the pass line. Raises InvalidInput naming the place."""
    documents.fields(value, "", ("marks", "pass_line"))
    marks: list[Mark] = []
    seen = set()
    for place, row in enumerate(documents.items(value["marks"], "/marks")):
        path = f"/marks/{place}"
        documents.fields(row, path, ("paper", "assessor", "points"))
        mark = Mark(
            documents.name(row["paper"], f"{path}/paper"),
            documents.name(row["assessor"], f"{path}/assessor"),
            documents.number(row["points"], f"{path}/points", 0, FULL),
        )
        pair = (str(mark.paper), str(mark.assessor))
        if pair in seen:
            documents.wrong(path, f"评审讲师“{mark.assessor}”对评审件“{mark.paper}”打了两次分，请只保留一次。")
        seen.add(pair)
        marks.append(mark)
    return marks, documents.number(value["pass_line"], "/pass_line", 0, FULL)


def run(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return every figure, null where it is undefined, and ``reasons`` why."""
    found = statistics(*parse_marks(value))
    answer = asdict(found)
    answer["severity"] = {str(name): asdict(one) for name, one in found.severity.items()}
    return answer

"""The blind view of a frozen work: made item by item, and only while its hash holds."""

from __future__ import annotations

import json

from app.core.errors import Refused
from grading.data import BlindFigure, BlindPaper, Exhibit, ReportAnswer
from grading.domain.canonical import digest
from grading.domain.forecast import compute
from grading.domain.plan_content import parse_content
from grading.domain.rubric import Rubric, parse_rubric, rubric_hash
from grading.models.anchor import Anchor
from grading.models.batch import Paper, RubricVersion


def rubric_from(row: RubricVersion) -> Rubric:
    """Return a frozen rubric. Raises Refused when it no longer has its hash."""
    if rubric_hash(row.content) != row.hash:
        raise Refused("评分标准与批次冻结时不一致（哈希不符），已停止评分，请联系批次管理员。", code="snapshot_changed")
    return parse_rubric(json.loads(row.content))


def check_paper(paper: Paper | Anchor) -> None:
    """Raise Refused when the frozen work no longer has its hash."""
    if digest(paper.content) != paper.content_hash:
        raise Refused(
            f"评审件 {paper.code} 的内容与冻结时不一致（哈希不符），已停止处理，请联系批次管理员。",
            code="snapshot_changed",
        )


def blind_paper(code: str, content: str, row: RubricVersion) -> BlindPaper:
    """Return what an assessor may see of a frozen work."""
    value = json.loads(content)
    plan = parse_content(value["plan"])
    return BlindPaper(
        code=code,
        rubric=rubric_from(row),
        figures=tuple(BlindFigure(**figure) for figure in value["figures"]),
        exhibits=tuple(
            Exhibit(table["title"], tuple(table["columns"]), tuple(tuple(cells) for cells in table["rows"]))
            for table in value["exhibits"]
        ),
        report=tuple(ReportAnswer(**answer) for answer in value["report"]),
        plan=plan,
        plan_complete=value["plan_complete"],
        forecast=compute(plan.products),
    )

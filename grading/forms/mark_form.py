"""An assessor's sheet as it is sent: by the form, or by the autosaving script as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import InvalidInput, Issue
from app.core.web.forms import clean_text
from grading.domain.rubric import Entry, Rubric


def read_points(value: Any, title: str, field: str) -> int | None:
    """Return typed points, None for an empty field. Raises InvalidInput for anything but a whole number."""
    if value is None:
        return None
    text = str(value).strip()
    if not text:
        return None
    if isinstance(value, float) or not (text.isascii() and text.isdigit() and len(text) <= 4):
        message = f"“{title}”的得分应是整数，例如 8。"
        raise InvalidInput(message, field=field, issues=[Issue(message, field)])
    return int(text)


def read_sheet(rubric: Rubric, sent: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the entries of a sent form (fields points-… and comment-…), one for every criterion."""
    return {
        criterion.key: Entry(
            read_points(sent.get(f"points-{criterion.key}"), criterion.title, f"points-{criterion.key}"),
            clean_text(str(sent.get(f"comment-{criterion.key}") or "")),
        )
        for criterion in rubric.criteria
    }


def read_version(value: Any) -> int:
    """Return the version of the sheet that the page began from. Raises InvalidInput."""
    text = str(value if value is not None else "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput("请求缺少版本号，请刷新页面后重试。", field="version")
    return int(text)

"""What other packages may ask teaching."""

from __future__ import annotations

from app.teaching.data import TaskSummary
from app.teaching.services.board import open_summaries
from app.training.api import class_of_scope

__all__ = ["TaskSummary", "task_summary"]


def task_summary(scope_id: int) -> list[TaskSummary]:
    """Return the open tasks of the class in figures, next deadline first; [] when there is no such class."""
    group = class_of_scope(scope_id)
    return open_summaries(group) if group else []

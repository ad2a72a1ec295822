"""Life of a task: assigned until it is put away; it can be taken out again."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import Flow, on
from app.core.permissions import Role


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"  # 进行中
    ARCHIVED = "archived"  # 已归档: hidden from trainees, what they did stays


TASK_STATE_NAMES = {TaskState.OPEN: "进行中", TaskState.ARCHIVED: "已归档"}

TASK_FLOW = Flow(
    "teaching.task",
    TaskState,
    TaskState.OPEN,
    [
        on("archive", TaskState.OPEN, TaskState.ARCHIVED, Role.INSTRUCTOR, "任务已经归档了。"),
        on("reopen", TaskState.ARCHIVED, TaskState.OPEN, Role.INSTRUCTOR, "任务正在进行中，不需要恢复。"),
    ],
    names={str(state): name for state, name in TASK_STATE_NAMES.items()},
)

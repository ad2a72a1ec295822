"""The life of a class (班级状态): prepared, taught, assessed, archived; or cancelled before the end."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ClassState(StrEnum):
    """Where a class stands."""

    OPEN = "open"  # 待开课: roster and timetable are being prepared
    TEACHING = "teaching"  # 授课中
    ASSESSING = "assessing"  # 考核中
    ARCHIVED = "archived"  # 已结班
    CANCELLED = "cancelled"  # 已取消


class Programme(StrEnum):
    """Version of the training programme; the value is what people call it."""

    ECOMMERCE = "电商版"
    LIVESTREAM = "直播版"


STATE_NAMES: dict[str, str] = {
    ClassState.OPEN: "待开课",
    ClassState.TEACHING: "授课中",
    ClassState.ASSESSING: "考核中",
    ClassState.ARCHIVED: "已结班",
    ClassState.CANCELLED: "已取消",
}
RUNNING = (ClassState.OPEN, ClassState.TEACHING, ClassState.ASSESSING)
CLERK = {Role.INSTITUTION_ADMIN, SYSTEM}
STAFF = {Role.INSTITUTION_ADMIN, Role.INSTRUCTOR, SYSTEM}

CLASS_FLOW = Flow(
    "training.class",
    ClassState,
    ClassState.OPEN,
    [
        on("start_teaching", {ClassState.OPEN}, ClassState.TEACHING, STAFF, "只有待开课的班级可以开课。"),
        on("start_assessing", {ClassState.TEACHING}, ClassState.ASSESSING, STAFF, "只有授课中的班级可以进入考核。"),
        on("resume_teaching", {ClassState.ASSESSING}, ClassState.TEACHING, STAFF, "只有考核中的班级可以恢复授课。"),
        on("archive", {ClassState.ASSESSING}, ClassState.ARCHIVED, CLERK, "考核结束后才能结班。"),
        on("cancel", {ClassState.OPEN, ClassState.TEACHING}, ClassState.CANCELLED, CLERK, "考核开始后不能取消班级。"),
    ],
    final=frozenset({ClassState.ARCHIVED, ClassState.CANCELLED}),
    names=STATE_NAMES,
)

EVENT_NAMES: dict[str, str] = {
    "start_teaching": "开课",
    "start_assessing": "进入考核",
    "resume_teaching": "恢复授课",
    "archive": "结班",
    "cancel": "取消班级",
}

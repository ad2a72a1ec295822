"""What tasks ask of people now, as cards of the home page."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core import clock
from app.core.actor import Actor
from app.core.feature import HomeCard
from app.core.permissions import Permission
from app.core.web.formats import when
from app.teaching.access import tasks_of
from app.teaching.data import TaskSummary, TraineeRow
from app.teaching.models import Task
from app.teaching.services.board import open_summaries, own_rows
from app.training.api import class_of_scope
from app.training.data import ClassInfo

SOON = timedelta(days=1)
MOST_CLASS_CARDS = 2


def task_cards(actor: Actor) -> list[HomeCard]:
    """Return the cards of open tasks: a trainee's next steps, an instructor's stuck trainees."""
    does, assigns = actor.may(Permission.TASK_DO), actor.may(Permission.TASK_ASSIGN)
    group = class_of_scope(actor.scope_id) if actor.scope_id and (does or assigns) else None
    if group is None or actor.is_system:
        return []
    return _own(group, actor) if does else _class(group)


def _own(group: ClassInfo, actor: Actor) -> list[HomeCard]:
    tasks = tasks_of(group.scope_id)
    rows = own_rows(group, tasks, actor.person(), actor.name)
    now = clock.now()
    return [_next_step(group, task, rows[task.id], now) for task in tasks if rows[task.id].next]


def _next_step(group: ClassInfo, task: Task, row: TraineeRow, now: datetime) -> HomeCard:
    cell = row.next
    assert cell is not None
    page = f"/classes/{group.code}/tasks/{task.id}"
    url = page + cell.step.place if cell.step.place.startswith("#") else cell.step.place
    so_far = f"，已有 {cell.have} / {cell.need}" if cell.need > 1 else ""
    left = task.deadline_wall_at - now
    due = "已过截止时间" if left < timedelta(0) else f"截止 {when(task.deadline_wall_at, now)}"
    return HomeCard(
        title=cell.step.words,
        text=f"任务《{task.title}》{so_far} · {due}",
        url=url,
        button=cell.step.place_words,
        urgency=15 if left < timedelta(0) else 20 if left < SOON else 30,
        icon="list-check",
    )


def _class(group: ClassInfo) -> list[HomeCard]:
    tasks = open_summaries(group)
    if not tasks:
        return [
            HomeCard(
                title="布置第一个翻转课堂任务",
                text="让学员课前在模拟市场里动手，系统自动判断谁做到了。",
                url=f"/classes/{group.code}/tasks/new",
                button="布置任务",
                urgency=20,
                icon="checklist",
            )
        ]
    now = clock.now()
    worst = sorted((task for task in tasks if task.stuck), key=lambda task: -task.stuck)
    return [_look_after(group, task, now) for task in worst[:MOST_CLASS_CARDS]]


def _look_after(group: ClassInfo, task: TaskSummary, now: datetime) -> HomeCard:
    due = "已截止" if task.deadline_wall_at < now else f"截止 {when(task.deadline_wall_at, now)}"
    return HomeCard(
        title=f"{task.stuck} 名学员卡在《{task.title}》",
        text=f"{task.ready} / {task.trainees} 人完成 · {due}",
        url=f"/classes/{group.code}/tasks/{task.id}",
        button="看看是谁",
        urgency=25,
        icon="alert-triangle",
    )

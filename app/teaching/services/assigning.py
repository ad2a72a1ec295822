"""Assigning tasks: make, change, put away."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, files
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.teaching.access import InClass, get_task
from app.teaching.data import ResourceDraft, StepDraft, TaskDraft
from app.teaching.domain.steps import RULES, StepKind
from app.teaching.domain.task_flow import TASK_FLOW
from app.teaching.models import Resource, ResourceKind, Step, Task
from app.teaching.services.recording import record_later
from app.training.api import class_by_code
from app.training.data import ClassInfo

TITLE_MOST = 60
INTRO_MOST = 4000
BODY_MOST = 4000
RESOURCES_MOST = 10
AHEAD_MOST = timedelta(days=366)


def assign_task(actor: Actor, code: str, draft: TaskDraft, key: str) -> int:
    """Assign a task to the class; return its id.

    Raises InvalidInput naming the field, Forbidden for hats that do not teach the class.
    """
    group = _taught(actor, code)
    _check(draft)
    if draft.deadline_wall_at <= clock.now():
        raise InvalidInput("截止时间已经过去，请选一个以后的时间。", field="deadline")

    def carry_out() -> int:
        task = Task(
            scope_id=group.scope_id,
            title=draft.title,
            intro=draft.intro,
            deadline_wall_at=draft.deadline_wall_at,
            created_by=actor.account_id,
            created_wall_at=clock.now(),
        )
        db.session.add(task)
        db.session.flush()
        _put_resources(actor, group, task, draft.resources)
        _put_steps(task, draft)
        db.session.flush()
        _note(actor, task, "task.assigned", draft)
        record_later(group.scope_id)
        return task.id

    return int(once(actor, key, "task.assign", [code, *_body(draft)], carry_out))


def change_task(actor: Actor, code: str, task_id: int, draft: TaskDraft, version: int) -> None:
    """Change a task. Steps that stay keep who has reached them.

    version: of the task as the instructor saw it; Conflict when somebody changed it meanwhile.
    """
    found = _manageable(actor, code, task_id)
    _check(draft)
    task = found.task
    changed = db.session.execute(
        sa.update(Task)
        .where(Task.id == task.id, Task.version == version)
        .values(title=draft.title, intro=draft.intro, deadline_wall_at=draft.deadline_wall_at, version=Task.version + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict("这个任务刚刚被改动过，请刷新页面，看过最新内容后再改。")
    db.session.refresh(task)
    _put_resources(actor, found.group, task, draft.resources)
    _put_steps(task, draft)
    db.session.flush()
    _note(actor, task, "task.changed", draft)
    record_later(found.group.scope_id)


def archive_task(actor: Actor, code: str, task_id: int) -> None:
    """Put a task away: trainees no longer see it; what they did stays."""
    found = _manageable(actor, code, task_id)
    fire(TASK_FLOW, found.task, "archive", actor)
    audit.record(actor, "task.archived", f"task:{task_id}", {"title": found.task.title}, scope_id=found.group.scope_id)


def reopen_task(actor: Actor, code: str, task_id: int) -> None:
    """Take an archived task out again."""
    found = _manageable(actor, code, task_id)
    fire(TASK_FLOW, found.task, "reopen", actor)
    audit.record(actor, "task.reopened", f"task:{task_id}", {"title": found.task.title}, scope_id=found.group.scope_id)
    record_later(found.group.scope_id)


def _taught(actor: Actor, code: str) -> ClassInfo:
    actor.require(Permission.TASK_ASSIGN)
    group = class_by_code(actor, code)
    if actor.scope_id != group.scope_id and not actor.is_system:
        raise Forbidden("只有本班讲师可以布置任务。")
    return group


def _manageable(actor: Actor, code: str, task_id: int) -> InClass:
    _taught(actor, code)
    return get_task(actor, code, task_id)


def _check(draft: TaskDraft) -> None:
    if not 1 <= len(draft.title) <= TITLE_MOST:
        raise InvalidInput(f"任务名称应为 1 到 {TITLE_MOST} 个字。", field="title")
    if len(draft.intro) > INTRO_MOST:
        raise InvalidInput(f"任务说明最多 {INTRO_MOST} 个字。", field="intro")
    if draft.deadline_wall_at > clock.now() + AHEAD_MOST:
        raise InvalidInput("截止时间太远，请选一年以内的时间。", field="deadline")
    if len(draft.resources) > RESOURCES_MOST:
        raise InvalidInput(f"一个任务最多 {RESOURCES_MOST} 份资料。", field="resources")
    if not draft.steps and not any(item.must_read for item in draft.resources):
        raise InvalidInput("请至少选一个步骤，系统据此判断学员是否完成。", field="steps")
    kinds = [step.kind for step in draft.steps]
    if len(set(kinds)) != len(kinds):
        raise InvalidInput("同一种步骤只能选一次，请把数量合在一起。", field="steps")
    for step in draft.steps:
        _check_step(step)
    for item in draft.resources:
        _check_resource(item)


def _check_step(step: StepDraft) -> None:
    rule = RULES.get(step.kind)
    if rule is None:
        raise InvalidInput("没有这种步骤，请从列表里选。", field="steps")
    if not 1 <= step.need <= rule.most:
        raise InvalidInput(f"“{rule.short}”的数量应在 1 到 {rule.most} 之间。", field="steps")


def _check_resource(item: ResourceDraft) -> None:
    if not 1 <= len(item.title) <= TITLE_MOST:
        raise InvalidInput(f"每份资料要有名称，最多 {TITLE_MOST} 个字。", field="resources")
    if len(item.body) > BODY_MOST:
        raise InvalidInput(f"资料“{item.title}”的文字超过 {BODY_MOST} 个字，请改为上传文件。", field="resources")
    if not item.body and item.data is None and item.id is None:
        raise InvalidInput(f"资料“{item.title}”还没有内容：请填链接或文字，或上传文件。", field="resources")


def is_link(text: str) -> bool:
    """Say whether a resource's text is an address: http(s), or a path of this site."""
    return text.startswith(("http://", "https://")) or (text.startswith("/") and not text.startswith("//"))


def _put_resources(actor: Actor, group: ClassInfo, task: Task, drafts: tuple[ResourceDraft, ...]) -> None:
    stored = {resource.id: resource for resource in task.resources}
    kept: list[Resource] = []
    for position, item in enumerate(drafts):
        resource = stored.get(item.id or 0) or Resource(task_id=task.id, kind=ResourceKind.TEXT)
        resource.title, resource.position = item.title, position
        if item.data is not None:
            row = files.keep(item.data, item.file_name, actor=actor, world_id=group.world_id)
            resource.kind, resource.file_id, resource.body = ResourceKind.FILE, row.id, item.file_name
        elif item.body and not (resource.kind is ResourceKind.FILE and resource.body == item.body):
            resource.kind = ResourceKind.LINK if is_link(item.body.split("\n")[0]) else ResourceKind.TEXT
            resource.body, resource.file_id = item.body, None
        kept.append(resource)
    for step in [step for step in task.steps if step.resource_id not in {None, *(x.id for x in kept)}]:
        task.steps.remove(step)
    db.session.flush()
    task.resources = kept
    db.session.flush()


def _put_steps(task: Task, draft: TaskDraft) -> None:
    stored = {(step.kind, step.resource_id): step for step in task.steps}
    read = [
        (StepKind.RESOURCE_READ, resource.id, 1)
        for resource, item in zip(task.resources, draft.resources, strict=True)
        if item.must_read
    ]
    order = list(RULES)
    counted = [(step.kind, None, step.need) for step in sorted(draft.steps, key=lambda step: order.index(step.kind))]
    wanted: list[Step] = []
    for position, (kind, resource_id, need) in enumerate([*read, *counted]):
        step = stored.get((kind, resource_id))
        if step is None or step.need != need:  # another number is another step: it is reached anew
            step = Step(task_id=task.id, kind=kind, need=need, resource_id=resource_id)
        step.position = position
        wanted.append(step)
    task.steps = wanted


def _body(draft: TaskDraft) -> list[Any]:
    return [
        draft.title,
        draft.intro,
        draft.deadline_wall_at.isoformat(),
        [[step.kind, step.need] for step in draft.steps],
        [
            [item.title, item.body, item.must_read, hashlib.sha256(item.data or b"").hexdigest()]
            for item in draft.resources
        ],
    ]


def _note(actor: Actor, task: Task, action: str, draft: TaskDraft) -> None:
    audit.record(
        actor,
        action,
        f"task:{task.id}",
        {
            "title": task.title,
            "deadline": task.deadline_wall_at.isoformat(),
            "steps": [[step.kind, step.need] for step in task.steps],
            "resources": [item.title for item in draft.resources],
        },
        scope_id=task.scope_id,
    )

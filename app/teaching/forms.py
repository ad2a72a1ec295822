"""The form of a task: words, deadline, steps from the registry, resources."""

from __future__ import annotations

from typing import Any

import wtforms
from flask import current_app
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
)
from wtforms import FileField as PlainFileField
from wtforms.validators import DataRequired, Length, NumberRange
from wtforms.validators import Optional as Blank

from app.core import files
from app.core.clock import SHANGHAI, local
from app.core.errors import InvalidInput
from app.core.web.forms import Form, clean_text
from app.teaching.data import ResourceDraft, StepDraft, TaskDraft
from app.teaching.domain.steps import RULES, StepKind
from app.teaching.models import ResourceKind, Task

FILE_KINDS = {
    "application/pdf": "PDF",
    "image/png": "图片",
    "image/jpeg": "图片",
    "image/webp": "图片",
    "application/zip": "Word、Excel、PPT",
    "text/plain": "文本",
}
BLANK_ROWS = 2


class ResourceRow(wtforms.Form):  # type: ignore[misc]
    """One resource of the task."""

    id = HiddenField()
    title = StringField("资料名称", [Blank(), Length(max=60, message="最多 60 个字。")], filters=[clean_text])
    body = TextAreaField("链接或文字", [Blank(), Length(max=4000, message="最多 4000 个字。")], filters=[clean_text])
    file = PlainFileField("或上传文件")
    must_read = BooleanField("必读，作为一个步骤")
    remove = BooleanField("删除这份资料")


class TaskForm(Form):
    """Words and resources; the fields of the steps are added from the registry by ``task_form``."""

    title = StringField(
        "任务名称", [DataRequired("请填写任务名称。"), Length(max=60, message="任务名称最多 60 个字。")]
    )
    intro = TextAreaField("任务说明", [Length(max=4000, message="任务说明最多 4000 个字。")])
    deadline = DateTimeLocalField("截止时间", [DataRequired("请选择截止时间。")], format="%Y-%m-%dT%H:%M")
    version = HiddenField()
    resources = FieldList(FormField(ResourceRow), min_entries=0, max_entries=12)

    def step_rows(self) -> list[tuple[Any, Any, Any]]:
        """Return (rule, tick box, number or None) of every kind of step, in order."""
        return [
            (rule, self[f"step_{kind}"], self[f"need_{kind}"] if rule.counted else None) for kind, rule in RULES.items()
        ]

    def draft(self) -> TaskDraft:
        """Return what was filled in. Raises InvalidInput for a file that cannot be taken."""
        steps = tuple(
            StepDraft(rule.kind, (number.data or 1) if number is not None else 1)
            for rule, box, number in self.step_rows()
            if box.data
        )
        deadline = self.deadline.data.replace(tzinfo=SHANGHAI)
        resources = tuple(found for row in self.resources if (found := _resource(row.form)) is not None)
        return TaskDraft(self.title.data, self.intro.data or "", deadline, steps, resources)


def _resource(row: ResourceRow) -> ResourceDraft | None:
    stored = int(row.id.data) if (row.id.data or "").isdigit() else None
    upload = row.file.data if getattr(row.file.data, "filename", "") else None
    if row.remove.data or not (row.title.data or row.body.data or upload):
        return None
    data, name = None, ""
    if upload:
        limit = current_app.config["SETTINGS"].upload_limit
        try:
            data = files.read_upload(upload, kinds=FILE_KINDS, limit=limit)
        except InvalidInput as error:
            named = row.title.data or upload.filename
            raise InvalidInput(f"资料“{named}”：{error.message}", field="resources") from error
        name = clean_text(upload.filename)[-120:]
    return ResourceDraft(row.title.data or name[:60], row.body.data or "", data, name, bool(row.must_read.data), stored)


def task_form(task: Task | None = None) -> TaskForm:
    """Return the form for a new task, or filled with a stored one."""
    fields: dict[str, Any] = {}
    chosen = {step.kind: step.need for step in task.steps} if task else {}
    for kind, rule in RULES.items():
        fields[f"step_{kind}"] = BooleanField(rule.short, default=kind in chosen)
        if rule.counted:
            fields[f"need_{kind}"] = IntegerField(
                f"{rule.short}数量",
                [Blank(), NumberRange(1, rule.most, message=f"应在 1 到 {rule.most} 之间。")],
                default=chosen.get(kind, 1),
            )
    form_class: type[TaskForm] = type("TaskFormWithSteps", (TaskForm,), fields)
    form = form_class(data=_stored(task) if task else None)
    if not form.is_submitted():
        for _ in range(BLANK_ROWS):
            form.resources.append_entry()
    return form


def _stored(task: Task) -> dict[str, Any]:
    must_read = {step.resource_id for step in task.steps if step.kind is StepKind.RESOURCE_READ}
    return {
        "title": task.title,
        "intro": task.intro,
        "deadline": local(task.deadline_wall_at).replace(tzinfo=None),
        "version": str(task.version),
        "resources": [
            {
                "id": str(item.id),
                "title": item.title,
                "body": "" if item.kind is ResourceKind.FILE else item.body,
                "must_read": item.id in must_read,
            }
            for item in task.resources
        ],
        **{f"step_{step.kind}": True for step in task.steps},
        **{f"need_{step.kind}": step.need for step in task.steps},
    }

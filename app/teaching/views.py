"""Pages of tasks: /classes/<code>/tasks/."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.job_views import send
from app.teaching import access
from app.teaching.forms import TaskForm, task_form
from app.teaching.services import assigning, board, recording
from app.training.api import class_by_code

blueprint = Blueprint("teaching", __name__, url_prefix="/classes/<code>/tasks", template_folder="templates")

Page = str | tuple[str, int] | Response


def _may_assign(scope_id: int) -> bool:
    return actor().may(Permission.TASK_ASSIGN) and actor().scope_id == scope_id


@blueprint.get("/")
@requires(Permission.TASK_READ)
def index(code: str) -> str:
    """The tasks of a class: a trainee's own progress, or everybody's in figures."""
    me, group = actor(), class_by_code(actor(), code)
    if me.may(Permission.TASK_DO):
        tasks = access.tasks_of(group.scope_id)
        rows = board.own_rows(group, tasks, me.person(), me.name)
        return render_template("teaching/my_tasks.html", group=group, tasks=tasks, rows=rows, now=clock.now())
    archived = request.args.get("state") == "archived"
    tasks = access.tasks_of(group.scope_id, archived=archived)
    return render_template(
        "teaching/tasks.html",
        group=group,
        summaries=board.summaries(group, tasks),
        archived=archived,
        may_assign=_may_assign(group.scope_id),
        now=clock.now(),
    )


@blueprint.get("/<int:task_id>")
@requires(Permission.TASK_READ)
def show(code: str, task_id: int) -> str:
    """One task: a trainee's steps, or the live board of the class."""
    me, found = actor(), access.get_task(actor(), code, task_id)
    now = clock.now()
    if me.may(Permission.TASK_DO):
        row = board.own_rows(found.group, [found.task], me.person(), me.name)[task_id]
        return render_template("teaching/my_task.html", group=found.group, task=found.task, row=row, now=now)
    return render_template(
        "teaching/board.html",
        group=found.group,
        task=found.task,
        board=board.task_board(found.group, found.task),
        may_assign=_may_assign(found.group.scope_id),
        now=now,
    )


@blueprint.get("/<int:task_id>/board")
@requires(Permission.TASK_ASSIGN, Permission.CLASS_ROSTER_READ)
def board_part(code: str, task_id: int) -> str:
    """The live part of the board, asked again every three seconds."""
    found = access.get_task(actor(), code, task_id)
    live = board.task_board(found.group, found.task)
    return render_template("teaching/_board.html", group=found.group, task=found.task, board=live, now=clock.now())


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.TASK_ASSIGN)
def new(code: str) -> Page:
    """Assign a task."""
    group = class_by_code(actor(), code)
    form = task_form()
    if form.accept():
        try:
            draft = form.draft()
            with unit_of_work():
                task_id = assigning.assign_task(actor(), code, draft, form.key.data)
        except DomainError as error:
            return _again(form, error, group)
        flash("任务已布置，学员首页会立即看到。", "success")
        return redirect(url_for("teaching.show", code=code, task_id=task_id))
    return render_template("teaching/form.html", form=form, group=group, task=None), 400 if form.errors else 200


@blueprint.route("/<int:task_id>/edit", methods=["GET", "POST"])
@requires(Permission.TASK_ASSIGN)
def edit(code: str, task_id: int) -> Page:
    """Change a task."""
    found = access.get_task(actor(), code, task_id)
    form = task_form(found.task)
    if form.accept():
        version = int(form.version.data) if (form.version.data or "").isdigit() else 0
        try:
            draft = form.draft()
            with unit_of_work():
                assigning.change_task(actor(), code, task_id, draft, version)
        except DomainError as error:
            return _again(form, error, found.group, task_id)
        flash("任务已更新。", "success")
        return redirect(url_for("teaching.show", code=code, task_id=task_id))
    status = 400 if form.errors else 200
    return render_template("teaching/form.html", form=form, group=found.group, task=found.task), status


def _again(form: TaskForm, error: DomainError, group: object, task_id: int | None = None) -> Page:
    form.show(error)
    task = {"id": task_id} if task_id else None
    return render_template("teaching/form.html", form=form, group=group, task=task, error=error), error.status


@blueprint.post("/<int:task_id>/archive")
@requires(Permission.TASK_ASSIGN)
def archive(code: str, task_id: int) -> Response:
    """Put a task away."""
    with unit_of_work():
        assigning.archive_task(actor(), code, task_id)
    flash("任务已归档，学员不再看到它。", "success")
    return redirect(url_for("teaching.index", code=code))


@blueprint.post("/<int:task_id>/reopen")
@requires(Permission.TASK_ASSIGN)
def reopen(code: str, task_id: int) -> Response:
    """Take a task out of the archive."""
    with unit_of_work():
        assigning.reopen_task(actor(), code, task_id)
    flash("任务已恢复。", "success")
    return redirect(url_for("teaching.show", code=code, task_id=task_id))


@blueprint.post("/<int:task_id>/resources/<int:resource_id>/read")
@requires(Permission.TASK_DO)
def read(code: str, task_id: int, resource_id: int) -> Response:
    """Say that a resource has been read."""
    with unit_of_work():
        recording.mark_read(actor(), code, task_id, resource_id)
    flash("已记录：资料读完了。", "success")
    return redirect(url_for("teaching.show", code=code, task_id=task_id))


@blueprint.get("/<int:task_id>/resources/<int:resource_id>/file")
@requires(Permission.TASK_READ)
def resource_file(code: str, task_id: int, resource_id: int) -> Response:
    """The file of a resource."""
    _, resource = access.get_resource(actor(), code, task_id, resource_id)
    row = access.file_of(resource)
    if row is None:
        raise NotFound
    return send(row)

"""The world panel of a class: simulated clock, due tasks, settings."""

from __future__ import annotations

import json

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.scopes import account_names
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from app.worlds import access, due, notices, panel
from app.worlds.clock import running_now
from app.worlds.due_names import due_name
from app.worlds.forms import JUMPS, RATES, read_jump, read_settings, setting_groups, whole
from app.worlds.history import change_words

blueprint = Blueprint("worlds", __name__, template_folder="templates")
SHOWN = 10  # due tasks on the page
CHANGES = {"rate": "改变倍速", "pause": "暂停", "resume": "继续", "jump": "跳转"}


@blueprint.get("/classes/<code>/world")
@requires(Permission.WORLD_READ)
def show(code: str) -> str:
    """The simulated clock of a class and what is due; controls for its instructors."""
    scope, world = access.world_of_class(actor(), code)
    can_control = access.may_control(actor(), world)
    changes = access.clock_changes(world.id)
    return render_template(
        "worlds/panel.html",
        scope=scope,
        world=world,
        now=running_now(world),
        standing=world.paused or world.rate == 0,
        can_control=can_control,
        jumps=[(key, label) for key, (label, _) in JUMPS.items()],
        rates=RATES,
        key=new_key(),
        waiting=due.waiting(world.id, SHOWN) if can_control else [],
        waiting_count=access.waiting_count(world.id),
        failed=due.failed(world.id) if can_control else [],
        due_name=due_name,
        changes=changes,
        change_names=CHANGES,
        people=account_names({change.account_id for change in changes if change.account_id}),
        groups=setting_groups(world),
        announcements=notices.announcements(world.id),
        history=[
            {"at": row.at, "actor": row.actor, "text": change_words(row.action, json.loads(row.data))}
            for row in access.panel_history(world)
        ],
        pages=[(label, url_for(endpoint)) for label, endpoint in current_app.extensions.get("world_pages", ())],
    )


@blueprint.post("/classes/<code>/world/jump")
@requires(Permission.WORLD_CONTROL)
def jump(code: str) -> Response:
    """Move simulated time forward."""
    _, world = access.world_of_class(actor(), code)
    world_id, step, key = world.id, read_jump(request.form), form_key(request.form)
    with unit_of_work():
        panel.jump(actor(), world_id, step, key)
    flash("模拟时间已前进，到期的事务按先后顺序处理。", "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/pace")
@requires(Permission.WORLD_CONTROL)
def set_pace(code: str) -> Response:
    """Change the rate, pause or resume."""
    _, world = access.world_of_class(actor(), code)
    action = request.form.get("action", "")
    rate = whole(request.form, "rate", "倍速") if action == "rate" else None
    with unit_of_work():
        panel.set_pace(actor(), world.id, rate=rate, paused={"pause": True, "resume": False}.get(action))
    flash({"pause": "模拟时间已暂停。", "resume": "模拟时间继续走。"}.get(action, "时间倍速已改变。"), "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/settings")
@requires(Permission.WORLD_CONTROL)
def save_settings(code: str) -> Response:
    """Change the rules of this class's market."""
    _, world = access.world_of_class(actor(), code)
    try:
        with unit_of_work():
            changed = panel.change_settings(actor(), world.id, read_settings(request.form))
    except DomainError as error:
        flash(error.message, "error")
        return _back(code)
    flash(f"已保存 {changed} 项设置，对之后发生的业务生效。" if changed else "设置没有变化。", "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/due/<int:task_id>/retry")
@requires(Permission.WORLD_CONTROL)
def retry(code: str, task_id: int) -> Response:
    """Let a failed due task be tried again."""
    _, world = access.world_of_class(actor(), code)
    with unit_of_work():
        panel.retry(actor(), world.id, task_id)
    flash("已重新排队。", "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/announcements")
@requires(Permission.WORLD_CONTROL)
def announce(code: str) -> Response:
    """发布公告 to everybody in the class."""
    _, world = access.world_of_class(actor(), code)
    title, text = (clean_text(request.form.get(name)) for name in ("title", "text"))
    try:
        with unit_of_work():
            notices.announce(actor(), world.id, title, text, form_key(request.form))
    except InvalidInput as error:
        flash(error.message, "error")
        return _back(code)
    flash("公告已发布，学员会在首页看到。", "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/announcements/<int:announcement_id>/withdraw")
@requires(Permission.WORLD_CONTROL)
def withdraw_announcement(code: str, announcement_id: int) -> Response:
    """撤回公告."""
    _, world = access.world_of_class(actor(), code)
    with unit_of_work():
        notices.withdraw_announcement(actor(), world.id, announcement_id)
    flash("公告已撤回。", "success")
    return _back(code)


@blueprint.post("/classes/<code>/world/freeze")
@requires(Permission.WORLD_CONTROL)
def set_freeze(code: str) -> Response:
    """冻结 or 恢复 the market of the class."""
    _, world = access.world_of_class(actor(), code)
    frozen = request.form.get("frozen") == "1"
    with unit_of_work():
        notices.freeze(actor(), world.id, frozen=frozen)
    flash("市场已冻结，学员只能查看，模拟时间也停了。" if frozen else "市场已恢复，模拟时间继续走。", "success")
    return _back(code)


def _back(code: str) -> Response:
    return redirect(url_for("worlds.show", code=code))

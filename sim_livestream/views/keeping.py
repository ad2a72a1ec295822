"""Keeping order: the viewer list, review of held messages, rules of the room, crew, openings, emergency stop."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for

from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from sim_livestream import access, forms
from sim_livestream.domain.pace import COMMENT_LENGTH, MUTE_MINUTES, SLOW_SECONDS
from sim_livestream.models.rooms import CrewRole
from sim_livestream.services import chat, crew, moderation
from sim_livestream.views.answers import Answer, done
from sim_livestream.views.lobby import blueprint

HOST, KEEP = Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE


def _back(number: int, message: str) -> Answer:
    endpoint = (
        "live.console" if access.stand(actor(), number).role in {"host", "assistant", "operator"} else "live.room"
    )
    return done(message, url_for(endpoint, number=number))


@blueprint.get("/<int:number>/people")
@requires(HOST, KEEP)
def people(number: int) -> str:
    """Show who is in the room, a part of the console: viewers, held messages, alarms, rules."""
    room = access.get_kept_room(actor(), number)
    return render_template(
        "live/_people.html",
        room=room,
        people=moderation.people(actor(), number),
        held=moderation.held_comments(room),
        alarms=moderation.alarms(room),
        minutes=MUTE_MINUTES,
        slows=SLOW_SECONDS,
    )


@blueprint.post("/<int:number>/comments/<int:comment_id>/approve")
@requires(HOST, KEEP)
def approve(number: int, comment_id: int) -> Answer:
    """Show a message that waited for review."""
    with unit_of_work():
        moderation.approve_comment(actor(), number, comment_id)
    return _back(number, "消息已放行。")


@blueprint.post("/<int:number>/people/<int:account_id>/<any(mute, remove, ban, unban):deed>")
@requires(HOST, KEEP)
def keep_person(number: int, account_id: int, deed: str) -> Answer:
    """Mute, remove, ban, or let in again."""
    with unit_of_work():
        if deed == "mute":
            minutes = forms.whole(request.form, "minutes", "请选择禁言时长。", default=10)
            moderation.mute_person(actor(), number, account_id, minutes)
            message = f"已禁言 {minutes} 分钟。" if minutes else "已在本场禁言。"
        elif deed == "remove":
            moderation.remove(actor(), number, account_id)
            message = "已移出直播间。"
        elif deed == "ban":
            moderation.ban(actor(), number, account_id)
            message = "已拉黑，这个账号不能再进入直播间。"
        else:
            moderation.unban(actor(), number, account_id)
            message = "已解除拉黑。"
    return _back(number, message)


@blueprint.post("/<int:number>/rules")
@requires(HOST, KEEP)
def rules(number: int) -> Answer:
    """Set slow mode, the off-switch and the word list."""
    slow = forms.whole(request.form, "slow", "请选择慢速模式的间隔。", default=0)
    with unit_of_work():
        moderation.set_rules(
            actor(), number, slow=slow, quiet="quiet" in request.form, words=request.form.get("words", "")[:5000]
        )
    return _back(number, "直播间规则已保存。")


@blueprint.post("/studio/<int:number>/answer")
@requires(HOST)
def answer(number: int) -> Answer:
    """Answer a question with the card of an item."""
    item_id = forms.whole(request.form, "item", "请选择商品。")
    room = access.get_own_room(actor(), number)
    item = access.get_item(room, item_id)
    text = clean_text(request.form.get("text", ""))[:COMMENT_LENGTH] or f"看这里：{item.title}"[:COMMENT_LENGTH]
    with unit_of_work():
        chat.say(actor(), number, text, str(uuid.uuid4()), item_id=item.id)
    return _back(number, "已用商品卡回答。")


@blueprint.post("/studio/<int:number>/crew")
@requires(HOST)
def add_member(number: int) -> Answer:
    """Take a member of the shop into the crew."""
    account_id = forms.whole(request.form, "account", "请选择店铺成员。")
    try:
        role = CrewRole(request.form.get("role", ""))
    except ValueError:
        raise InvalidInput("请选择场控或运营。", field="role") from None
    with unit_of_work():
        crew.add_member(actor(), number, account_id, role)
    return _back(number, "已加入直播团队。")


@blueprint.post("/studio/<int:number>/crew/<int:account_id>/drop")
@requires(HOST)
def drop_member(number: int, account_id: int) -> Answer:
    """Take somebody out of the crew."""
    with unit_of_work():
        crew.drop_member(actor(), number, account_id)
    return _back(number, "已移出直播团队。")


@blueprint.post("/<int:number>/<any(open, close):way>-to")
@requires(KEEP)
def open_to(number: int, way: str) -> Answer:
    """Open the room to another class or the institution, or close it again."""
    scope_id = forms.whole(request.form, "scope", "请选择班级或机构。")
    with unit_of_work():
        (crew.open_to if way == "open" else crew.close_to)(actor(), number, scope_id)
    return _back(number, "已开放观摩。" if way == "open" else "已取消开放。")


@blueprint.get("/<int:number>/manage")
@requires(KEEP)
def manage(number: int) -> str:
    """Show an instructor what can be done with a room: openings and the emergency stop."""
    room = access.get_taught_room(actor(), number)
    return render_template(
        "live/manage.html",
        room=room,
        places=crew.places(actor(), number),
        openings=crew.openings(room.id),
        alarms=moderation.alarms(room),
    )


@blueprint.post("/<int:number>/stop")
@requires(KEEP)
def stop(number: int) -> Answer:
    """Stop a show at once."""
    reason = clean_text(request.form.get("reason", ""))[:200]
    with unit_of_work():
        moderation.stop(actor(), number, reason)
    return done("已紧急停播，画面、发言和销售都已切断。", url_for("live.figures_page", number=number))

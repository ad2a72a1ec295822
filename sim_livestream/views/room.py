"""The room as viewers see it: the page, the ticket, the buying sheet, moderation, figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import render_template, request, url_for

from app.accounts import divisions
from app.core.errors import Refused
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key, new_key
from sim_livestream import access, forms
from sim_livestream.domain.pace import COMMENT_LENGTH, MUTE_MINUTES
from sim_livestream.domain.room_flow import STATE_NAMES
from sim_livestream.services import catching_up, crew, entry, moderation, purchase, rooms
from sim_livestream.views.answers import Answer, done
from sim_livestream.views.lobby import blueprint

CREW = {"host", "assistant", "operator"}


@blueprint.get("/<int:number>")
@requires(Permission.LIVE_ROOM_VIEW)
def room(number: int) -> str:
    """Show the room."""
    found = access.get_room(actor(), number)
    state = catching_up.snapshot(actor(), found, found.last_seq)
    return render_template(
        "live/room.html",
        room=found,
        state=state,
        names=STATE_NAMES,
        length=COMMENT_LENGTH,
        minutes=MUTE_MINUTES,
        follows=crew.follows(actor(), found),
    )


@blueprint.post("/<int:number>/ticket")
@requires(Permission.LIVE_ROOM_VIEW)
def ticket(number: int) -> Answer:
    """Hand out a short-lived ticket for the connection, to be verified without the database."""
    issued = entry.issue_ticket(actor(), number)
    return {"ticket": issued, "expires_in": entry.TICKET_SECONDS}


@blueprint.get("/<int:number>/items/<int:item_id>")
@requires(Permission.LIVE_ROOM_VIEW)
def item(number: int, item_id: int) -> str:
    """Show the buying sheet of an item, a part of the room's page."""
    sheet = purchase.buy_sheet(actor(), number, item_id)
    return render_template("live/_buy.html", number=number, sheet=sheet, key=new_key(), provinces=divisions.below(None))


@blueprint.get("/<int:number>/items/<int:item_id>/price")
@requires(Permission.MALL_BUY)
def price(number: int, item_id: int) -> dict[str, Any]:
    """Tell what so many units cost, with coupons and freight, for the buying sheet."""
    sku_id = forms.whole(request.args, "sku", "请选择规格。", default=0)
    quantity = forms.whole(request.args, "quantity", "购买数量应为正整数。", default=1)
    try:
        region = request.args.get("region")
        return asdict(purchase.price_of(actor(), number, item_id, sku_id or None, quantity, region and region[:12]))
    except Refused as refused:  # an answer to the question, too
        return {"refusal": refused.message}


@blueprint.post("/<int:number>/items/<int:item_id>/buy")
@requires(Permission.MALL_BUY)
def buy(number: int, item_id: int) -> Answer:
    """Order and pay at the live price."""
    values = request.form
    bought = purchase.buy(
        actor(),
        number,
        item_id,
        sku_id=forms.whole(values, "sku", "请选择规格。"),
        quantity=forms.whole(values, "quantity", "购买数量应为正整数。"),
        receiver=forms.receiver_of(values),
        key=form_key(values),
        quote=values.get("quote", "")[:2000],
        expected=forms.whole(values, "expected", "请刷新后重试。") if values.get("expected") else None,
    )
    return done(
        "支付成功，主播会尽快发货。",
        url_for("live.room", number=number),
        order=bought.order_id,
        number=bought.number,
        payable=bought.payable,
    )


@blueprint.post("/<int:number>/<any(pause, resume, end):turn>")
@requires(Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE)
def turn(number: int, turn: str) -> Answer:
    """Pause, go on, or end the show: by its host or an instructor."""
    verbs = {
        "pause": (rooms.pause, "直播已暂停，直播价暂时不可购买。"),
        "resume": (rooms.resume, "直播已恢复。"),
        "end": (rooms.end, "直播已结束。"),
    }
    act, message = verbs[turn]
    with unit_of_work():
        act(actor(), number)
    after = "live.figures_page" if turn == "end" else _place(number)
    return done(message, url_for(after, number=number))


def _place(number: int) -> str:
    return "live.console" if access.stand(actor(), number).role in CREW else "live.room"


@blueprint.post("/<int:number>/comments/<int:comment_id>/hide")
@requires(Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE)
def hide(number: int, comment_id: int) -> Answer:
    """Take a message off everybody's screen."""
    with unit_of_work():
        moderation.hide_comment(actor(), number, comment_id)
    return done("消息已隐藏。", url_for(_place(number), number=number))


@blueprint.post("/<int:number>/comments/<int:comment_id>/mute")
@requires(Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE)
def mute(number: int, comment_id: int) -> Answer:
    """Mute the author of a message."""
    minutes = forms.whole(request.form, "minutes", "请选择禁言时长。", default=10)
    with unit_of_work():
        moderation.mute(actor(), number, comment_id, minutes)
    words = f"已禁言 {minutes} 分钟。" if minutes else "已在本场禁言。"
    return done(words, url_for(_place(number), number=number))


@blueprint.post("/<int:number>/unmute")
@requires(Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_MODERATE)
def unmute(number: int) -> Answer:
    """Let a muted person write again."""
    account_id = forms.whole(request.form, "account", "请选择要解除禁言的人。")
    with unit_of_work():
        moderation.unmute(actor(), number, account_id)
    return done("已解除禁言。", url_for(_place(number), number=number))

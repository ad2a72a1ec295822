"""Games of a room: red packets, lucky bags, polls, coupons, following; given by the crew, taken by viewers."""

from __future__ import annotations

from flask import request, url_for

from app.core.errors import InvalidInput
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key
from sim_livestream import forms
from sim_livestream.models.play import LotCondition
from sim_livestream.services import crew, lots, packets, polls, vouchers
from sim_livestream.views.answers import Answer, done
from sim_livestream.views.lobby import blueprint

HOST, VIEW = Permission.LIVE_ROOM_HOST, Permission.LIVE_ROOM_VIEW
WORDS = 40


def _text(name: str) -> str:
    return clean_text(request.form.get(name, ""))[:WORDS]


@blueprint.post("/studio/<int:number>/packets")
@requires(HOST)
def give_packet(number: int) -> Answer:
    """Give a red packet."""
    values = request.form
    packets.give(
        actor(),
        number,
        total=forms.yuan(values, "total", "请填写红包总额，最多两位小数，例如 20.00。"),
        pieces=forms.whole(values, "pieces", "请填写红包个数。"),
        words=_text("words"),
        minutes=forms.whole(values, "minutes", "请选择活动时长。", default=3),
        key=form_key(values),
    )
    return done("红包已发出。", url_for("live.console", number=number))


@blueprint.post("/<int:number>/packets/<int:packet_id>/grab")
@requires(VIEW)
def grab_packet(number: int, packet_id: int) -> Answer:
    """Take a piece of a red packet."""
    amount = packets.grab(actor(), number, packet_id, form_key(request.form))
    return done(f"抢到 {plain_yuan(amount)} 元，已存入钱包。", url_for("live.room", number=number), amount=amount)


@blueprint.post("/studio/<int:number>/lots")
@requires(HOST)
def open_lot(number: int) -> Answer:
    """Open a lucky bag."""
    values = request.form
    try:
        condition = LotCondition(values.get("condition", ""))
    except ValueError:
        raise InvalidInput("请选择参与条件。", field="condition") from None
    lots.open_lot(
        actor(),
        number,
        prize=_text("prize"),
        value=forms.yuan(values, "value", "请填写每份奖品的金额，最多两位小数。"),
        winners=forms.whole(values, "winners", "请填写中奖人数。"),
        condition=condition,
        phrase=_text("phrase"),
        minutes=forms.whole(values, "minutes", "请选择活动时长。", default=3),
        key=form_key(values),
    )
    return done("福袋已发出，到时间自动开奖。", url_for("live.console", number=number))


@blueprint.post("/<int:number>/lots/<int:lot_id>/enter")
@requires(VIEW)
def enter_lot(number: int, lot_id: int) -> Answer:
    """Take part in a lucky bag."""
    lots.take_part(actor(), number, lot_id, form_key(request.form))
    return done("参与成功，等待开奖。", url_for("live.room", number=number))


@blueprint.post("/studio/<int:number>/polls")
@requires(HOST)
def open_poll(number: int) -> Answer:
    """Ask the room."""
    values = request.form
    options = [line for line in (clean_text(part) for part in values.get("options", "").splitlines()) if line]
    minutes = forms.whole(values, "minutes", "请选择活动时长。", default=3)
    polls.open_poll(actor(), number, _text("question"), options, minutes, form_key(values))
    return done("投票已发起。", url_for("live.console", number=number))


@blueprint.post("/<int:number>/polls/<int:poll_id>/vote")
@requires(VIEW)
def vote(number: int, poll_id: int) -> Answer:
    """Answer a poll."""
    choice = forms.whole(request.form, "choice", "请选择一个选项。")
    polls.vote(actor(), number, poll_id, choice, form_key(request.form))
    return done("已投票。", url_for("live.room", number=number))


@blueprint.post("/studio/<int:number>/coupons")
@requires(HOST)
def issue_coupon(number: int) -> Answer:
    """Give coupons in the room."""
    values = request.form
    vouchers.issue(
        actor(),
        number,
        threshold=forms.yuan(values, "threshold", "请填写满多少元可用，0 表示没有门槛。"),
        off=forms.yuan(values, "off", "请填写减多少元，最多两位小数。"),
        total=forms.whole(values, "total", "请填写发放张数。"),
        each=forms.whole(values, "each", "请填写每人限领几张。", default=1),
        days=forms.whole(values, "days", "请填写有效天数。", default=3),
        key=form_key(values),
    )
    return done("优惠券已发到直播间。", url_for("live.console", number=number))


@blueprint.post("/studio/<int:number>/coupons/<int:coupon_id>/stop")
@requires(HOST)
def stop_coupon(number: int, coupon_id: int) -> Answer:
    """Stop giving a coupon."""
    with unit_of_work():
        vouchers.stop(actor(), number, coupon_id)
    return done("已停发，观众领到的仍然可用。", url_for("live.console", number=number))


@blueprint.post("/<int:number>/coupons/<int:coupon_id>/claim")
@requires(Permission.MALL_BUY)
def claim_coupon(number: int, coupon_id: int) -> Answer:
    """Take a coupon."""
    with unit_of_work():
        coupon = vouchers.claim(actor(), number, coupon_id, form_key(request.form))
    return done(f"已领取“{coupon.words}”，下单时自动使用。", url_for("live.room", number=number), words=coupon.words)


@blueprint.post("/<int:number>/follow")
@requires(VIEW)
def follow(number: int) -> Answer:
    """Follow the shop."""
    with unit_of_work():
        crew.follow(actor(), number)
    return done("已关注店铺。", url_for("live.room", number=number))

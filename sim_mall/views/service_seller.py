"""客服工作台: the desk of the seats, sessions, what the robot says, quick phrases."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires, wants_json
from app.core.web.formats import when
from app.core.web.forms import Form, new_key
from sim_mall import access, access_service
from sim_mall.domain.order_flow import ORDER_NAMES
from sim_mall.domain.rules.rulebook import NOTICE
from sim_mall.domain.service_flow import OPEN_SESSION, SESSION_NAMES, STAGE_NAMES
from sim_mall.domain.service_replies import OFF_HOURS, WELCOME
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.service import DeskForm, KeywordForm, PhraseForm
from sim_mall.models.service import ServiceThread
from sim_mall.models.shops import Shop
from sim_mall.services import practice, service_cards, service_chat, service_desk, service_lists, service_replies
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.service_pages import image_answer, messages_json, refusal, send, shown_messages
from sim_mall.views.shown import digits, done, page_now

TABS = (("", "进行中"), ("queued", "排队"), ("mine", "我的"), ("wait_buyer", "待买家"), ("closed", "已结束"))


def _shop() -> Shop:
    return access.shop_of(actor(), ShopPower.CHAT)


def _desk_page(thread: ServiceThread | None = None, refused: str = "") -> str:
    shop = _shop() if thread is None else thread.shop
    who = actor()
    tab, q = request.args.get("tab", ""), request.args.get("q", "").strip()[:40]
    lines = service_lists.desk_lines(shop, tab, who.person(), q)
    if not tab:
        lines = [line for line in lines if line.state != "closed"] or lines[:10]
    now = page_now(shop.world_id)
    counts = service_desk.counts(shop.id, who.person())
    seats = service_desk.seats_of(shop.id)
    session = None if thread is None else service_lists.last_session(thread)
    names = {seat.account_id: seat.name for seat in seats}
    return render_template(
        "mall/seller/service.html",
        shop_name=shop.name,
        shop=shop,
        lines=[{"line": line, "at": when(line.thread.last_at, now)} for line in lines],
        tabs=[
            {
                "label": label,
                "url": url_for("seller.service_desk_page", tab=key or None),
                "active": key == tab,
                "count": counts.get(key),
            }
            for key, label in TABS
        ],
        q=q,
        me=next((seat for seat in seats if seat.account_id == who.person()), None),
        others=[seat for seat in seats if session is None or seat.account_id != session.seat_id],
        thread=thread,
        session=session,
        is_open=session is not None and session.state in OPEN_SESSION,
        state=SESSION_NAMES[session.state] if session else "",
        stage=STAGE_NAMES[session.stage] if session else "",
        seat_name=names.get(session.seat_id or 0, "") if session else "",
        buyer=account_names({thread.buyer_id}).get(thread.buyer_id, "") if thread else "",
        messages=shown_messages(thread, shop_side=True) if thread else [],
        goods=service_cards.goods_to_send(thread) if thread else [],
        coupons=service_cards.coupons_to_send(thread) if thread else [],
        orders=[(order, ORDER_NAMES[order.state]) for order in service_cards.orders_of(thread)[:5]] if thread else [],
        phrases=service_replies.phrases(who, shop.id) if thread else [],
        visit=practice.of_session(session),
        key=new_key(),
        refused=refused,
        notice_text=NOTICE,
    )


@seller.get("/service/")
@requires(Permission.MALL_SELL)
def service_desk_page() -> Answer:
    """客服工作台 with the list of conversations."""
    return _desk_page()


@seller.get("/service/<int:thread_id>")
@requires(Permission.MALL_SELL)
def service_chat_page(thread_id: int) -> Answer:
    """One conversation on the desk."""
    return _desk_page(access_service.get_sold_thread(actor(), thread_id))


@seller.get("/service/<int:thread_id>/after")
@requires(Permission.MALL_SELL)
def service_after(thread_id: int) -> Answer:
    """Messages after ``seq``, for pages whose socket is down."""
    return messages_json(access_service.get_sold_thread(actor(), thread_id), shop_side=True)


@seller.post("/service/<int:thread_id>/say")
@requires(Permission.MALL_SELL)
def service_say(thread_id: int) -> Answer:
    """Answer with a text, a card or an image; a rule may warn first."""
    try:
        answer = send(thread_id, shop_side=True)
    except DomainError as error:
        if wants_json() or error.status in {403, 404}:
            raise
        thread = access_service.get_sold_thread(actor(), thread_id)
        return _desk_page(thread, refusal(error)), error.status
    return answer or redirect(url_for("seller.service_chat_page", thread_id=thread_id) + "#end")


@seller.post("/service/<int:thread_id>/read")
@requires(Permission.MALL_SELL)
def service_read(thread_id: int) -> Answer:
    """Note what the shop has read."""
    with unit_of_work():
        service_chat.read_up_to(actor(), thread_id, digits(request.form.get("seq", "")) or 0, shop_side=True)
    return {"ok": True}


@seller.post("/service/<int:thread_id>/turn")
@requires(Permission.MALL_SELL)
def turn_service(thread_id: int) -> Answer:
    """接入, 转接, 邀请评价 or 结束."""
    action = request.form.get("action", "")
    with unit_of_work():
        if action == "take":
            service_desk.take(actor(), thread_id)
        elif action == "transfer":
            target = digits(request.form.get("account_id", "")) or 0
            service_desk.transfer(actor(), thread_id, target, request.form.get("reason", ""))
        elif action == "invite":
            service_desk.invite(actor(), thread_id)
        else:
            service_desk.close(actor(), thread_id)
    done({"take": "已接入。", "transfer": "已转接。", "invite": "已邀请买家评价。"}.get(action, "会话已结束。"))
    return redirect(url_for("seller.service_chat_page", thread_id=thread_id))


@seller.post("/service/seat")
@requires(Permission.MALL_SELL)
def set_seat() -> Answer:
    """上线 or 离开."""
    online = request.form.get("online") == "1"
    with unit_of_work():
        capacity = digits(request.form.get("capacity", "")) or 10
        service_desk.set_online(actor(), online=online, capacity=capacity)
    done("已上线，新会话会自动分给你。" if online else "已离开，新会话会排队等待。")
    return redirect(url_for("seller.service_desk_page"))


@seller.get("/service/<int:thread_id>/image/<int:message_id>")
@requires(Permission.MALL_SELL)
def service_image(thread_id: int, message_id: int) -> Response:
    """The picture of a message."""
    thread = access_service.get_sold_thread(actor(), thread_id)
    return image_answer(thread, service_chat.message_of(thread, message_id), shop_side=True)


def _settings_page(desk: Form | None = None, phrase: Form | None = None, keyword: Form | None = None) -> str:
    shop = _shop()
    row = service_replies.desk_of(shop.id)
    data = {"welcome": row.welcome, "away": row.away, "opens": row.opens, "closes": row.closes}
    return render_template(
        "mall/seller/service_settings.html",
        shop_name=shop.name,
        desk=desk or DeskForm(data=data, formdata=None),
        phrase=phrase or PhraseForm(formdata=None),
        keyword=keyword or KeywordForm(formdata=None),
        phrases=service_replies.phrases(actor(), shop.id),
        keywords=service_replies.keyword_rules(shop.id),
        defaults=(WELCOME, OFF_HOURS),
    )


@seller.route("/service/settings", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def service_settings() -> Answer:
    """接待设置: welcome, hours, automatic answers, quick phrases."""
    if request.method == "GET":
        return _settings_page()
    form = DeskForm()
    if not form.accept():
        return _settings_page(desk=form), 400
    try:
        with unit_of_work():
            service_replies.save_desk(
                actor(), form.welcome.data or "", form.away.data or "", form.opens.data, form.closes.data
            )
    except DomainError as error:
        form.show(error)
        return _settings_page(desk=form), error.status
    done("接待设置已保存。")
    return redirect(url_for("seller.service_settings"))


@seller.post("/service/phrases")
@requires(Permission.MALL_SELL)
def add_phrase() -> Answer:
    """Add a quick phrase, or the platform's starting ones."""
    if request.form.get("starting"):
        with unit_of_work():
            count = service_replies.add_starting_phrases(actor())
        done(f"已加入 {count} 条常用短语。")
        return redirect(url_for("seller.service_settings") + "#phrases")
    form = PhraseForm()
    if not form.accept():
        return _settings_page(phrase=form), 400
    try:
        with unit_of_work():
            service_replies.add_phrase(actor(), form.text.data, form.category.data or "", own=form.whose.data == "own")
    except DomainError as error:
        form.show(error)
        return _settings_page(phrase=form), error.status
    done("快捷短语已添加。")
    return redirect(url_for("seller.service_settings") + "#phrases")


@seller.post("/service/phrases/<int:phrase_id>/drop")
@requires(Permission.MALL_SELL)
def drop_phrase(phrase_id: int) -> Answer:
    """Delete a quick phrase."""
    with unit_of_work():
        service_replies.drop_phrase(actor(), phrase_id)
    done("已删除。")
    return redirect(url_for("seller.service_settings") + "#phrases")


@seller.post("/service/keywords")
@requires(Permission.MALL_SELL)
def add_keyword() -> Answer:
    """Add an automatic answer."""
    form = KeywordForm()
    if not form.accept():
        return _settings_page(keyword=form), 400
    try:
        with unit_of_work():
            service_replies.add_keyword(actor(), form.keywords.data, form.answer.data)
    except DomainError as error:
        form.show(error)
        return _settings_page(keyword=form), error.status
    done("自动回复已添加。")
    return redirect(url_for("seller.service_settings") + "#keywords")


@seller.post("/service/keywords/<int:keyword_id>")
@requires(Permission.MALL_SELL)
def change_keyword(keyword_id: int) -> Answer:
    """启用, 停用 or 删除 an automatic answer."""
    with unit_of_work():
        service_replies.change_keyword(actor(), keyword_id, request.form.get("action", ""))
    flash("已更新。", "success")
    return redirect(url_for("seller.service_settings") + "#keywords")

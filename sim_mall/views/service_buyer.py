"""联系客服 for buyers: conversations, the chat, ratings. Works without a socket too."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires, wants_json
from app.core.web.formats import when
from app.core.web.forms import form_key, new_key
from app.core.web.picture_views import picture_url
from sim_mall import access_service
from sim_mall.models.service import ServiceThread
from sim_mall.services import service_cards, service_chat, service_desk, service_lists
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.service_pages import image_answer, messages_json, send, shown_messages
from sim_mall.views.shown import digits, done, page_now


@mall.get("/service/")
@requires(Permission.MALL_BUY)
def service_threads() -> Answer:
    """客服消息: the buyer's conversations."""
    rows = service_lists.bought_threads(actor())
    now = page_now(actor().world())
    return render_template(
        "mall/service_threads.html",
        rows=[
            {
                "thread": thread,
                "unread": unread,
                "at": when(thread.last_at, now),
                "picture": picture_url("shop", thread.shop.name, thread.shop.business),
            }
            for thread, unread in rows
        ],
    )


@mall.post("/service/open")
@requires(Permission.MALL_BUY)
def open_service() -> Answer:
    """联系客服 from a product, an order or a shop."""
    numbers = {name: digits(request.form.get(name, "")) for name in ("shop_id", "listing_id", "order_id")}
    with unit_of_work():
        thread_id = service_chat.open_thread(
            actor(), numbers["shop_id"] or 0, listing_id=numbers["listing_id"], order_id=numbers["order_id"]
        )
    return redirect(url_for("mall.service", thread_id=thread_id))


def _page(thread: ServiceThread, text: str = "") -> str:
    rating = service_desk.to_rate(thread)
    return render_template(
        "mall/service.html",
        thread=thread,
        shop=thread.shop,
        messages=shown_messages(thread, shop_side=False),
        key=new_key(),
        text=text,
        to_rate=rating,
        orders=[(order.id, order.number, order.lines[0].title) for order in service_cards.orders_of(thread)[:5]],
        online=service_desk.anybody_online(thread.shop_id),
    )


@mall.get("/service/<int:thread_id>")
@requires(Permission.MALL_BUY)
def service(thread_id: int) -> Answer:
    """The chat with a shop."""
    return _page(access_service.get_bought_thread(actor(), thread_id))


@mall.get("/service/<int:thread_id>/after")
@requires(Permission.MALL_BUY)
def service_after(thread_id: int) -> Answer:
    """Messages after ``seq``, for pages whose socket is down."""
    return messages_json(access_service.get_bought_thread(actor(), thread_id), shop_side=False)


@mall.post("/service/<int:thread_id>/say")
@requires(Permission.MALL_BUY)
def service_say(thread_id: int) -> Answer:
    """Send a text, a card or an image."""
    try:
        answer = send(thread_id, shop_side=False)
    except DomainError as error:
        if wants_json() or error.status in {403, 404}:
            raise
        flash(error.message, "error")
        thread = access_service.get_bought_thread(actor(), thread_id)
        return _page(thread, request.form.get("text", "")), error.status
    return answer or redirect(url_for("mall.service", thread_id=thread_id) + "#end")


@mall.post("/service/<int:thread_id>/read")
@requires(Permission.MALL_BUY)
def service_read(thread_id: int) -> Answer:
    """Note what the buyer has read."""
    with unit_of_work():
        service_chat.read_up_to(actor(), thread_id, digits(request.form.get("seq", "")) or 0, shop_side=False)
    return {"ok": True}


@mall.post("/service/<int:thread_id>/rate")
@requires(Permission.MALL_BUY)
def rate_service(thread_id: int) -> Answer:
    """评价 the session."""
    form = request.form
    session_id, stars = digits(form.get("session_id", "")) or 0, digits(form.get("stars", "")) or 0
    with unit_of_work():
        service_desk.rate(actor(), thread_id, session_id, stars, form.get("remark", ""))
    done("谢谢你的评价。")
    return redirect(url_for("mall.service", thread_id=thread_id))


@mall.post("/service/<int:thread_id>/coupons/<int:card_id>")
@requires(Permission.MALL_BUY)
def claim_sent_coupon(thread_id: int, card_id: int) -> Answer:
    """领取 the coupon that the shop sent."""
    with unit_of_work():
        service_cards.claim_card(actor(), thread_id, card_id, form_key(request.form))
    if wants_json():
        return {"ok": True}
    done("领取成功，结算时会自动选用最划算的券。")
    return redirect(url_for("mall.service", thread_id=thread_id) + "#end")


@mall.get("/service/<int:thread_id>/image/<int:message_id>")
@requires(Permission.MALL_BUY)
def service_image(thread_id: int, message_id: int) -> Response:
    """The picture of a message."""
    thread = access_service.get_bought_thread(actor(), thread_id)
    return image_answer(thread, service_chat.message_of(thread, message_id), shop_side=False)

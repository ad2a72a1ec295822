"""What somebody has bought: orders, receipt, reviews."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.core.web.forms import clean_text, form_key
from app.core.web.paging import page_number, paginate
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain import aftersale_flow
from sim_mall.domain.aftersale_flow import KIND_NAMES
from sim_mall.domain.invoice_flow import INVOICE_NAMES
from sim_mall.domain.order_flow import CloseReason, OrderState
from sim_mall.domain.parcel_flow import PARCEL_NAMES, ParcelState
from sim_mall.domain.waybill import carrier_name
from sim_mall.forms.trade import ScoresForm
from sim_mall.models.trade import Order
from sim_mall.services import aftersales, invoices, order_lists, orders, photos, receiving, reviews
from sim_mall.services.checkout import STEP_NAMES
from sim_mall.services.order_lists import BUYER_TABS, BuyerTab
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import (
    ORDER_TONES,
    back,
    deadline,
    done,
    line_picture,
    number,
    order_card,
    state_name,
    timeline,
)


def _tab() -> BuyerTab:
    try:
        return BuyerTab(request.args.get("tab", BuyerTab.ALL))
    except ValueError:
        return BuyerTab.ALL


@mall.get("/orders/", endpoint="orders")
@requires(Permission.MALL_BUY)
def order_list() -> Answer:
    """我的订单, by state."""
    tab = _tab()
    page = paginate(order_lists.bought(actor(), tab), page_number(), 10)
    ids = [order.id for order in page.items]
    tickets, reviewed = order_lists.open_tickets(ids), order_lists.reviewed(ids)
    counts = order_lists.buyer_counts(actor())
    return render_template(
        "mall/orders.html",
        tabs=[
            {"label": label, "url": url_for("mall.orders", tab=key), "active": key is tab, "count": counts.get(key)}
            for key, label in BUYER_TABS.items()
        ],
        page=page,
        cards=[order_card(order, tickets, reviewed) for order in page.items],
    )


def line_rows(order: Order) -> list[dict[str, Any]]:
    """Return the lines of an order with what may be asked back."""
    rows = []
    for line in order.lines:
        offer = aftersales.offer(order, line)
        notes = []
        if line.applying:
            notes.append(f"售后中 {line.applying} 件")
        if line.refunded:
            notes.append(f"已退款 {line.refunded} 件")
        if line.shipped and order.state == OrderState.PART_SHIPPED:
            notes.append(f"已发货 {line.shipped} 件")
        can_ask = not offer.closed_reason and offer.most > 0
        rows.append({"line": line, "picture": line_picture(line), "notes": notes, "can_ask": can_ask})
    return rows


PARCEL_TONES = {
    ParcelState.SIGNED: "good",
    ParcelState.LOST: "bad",
    ParcelState.REFUSED: "warn",
    ParcelState.RETURNING: "warn",
    ParcelState.RETURNED: "quiet",
}
_NEWS = {
    ParcelState.COLLECTED: "快递员已揽收，包裹离开发货地网点",
    ParcelState.IN_TRANSIT: "包裹已离开分拨中心，发往收货城市",
    ParcelState.DELIVERING: "包裹到达收货地营业点，快递员正在派送",
    ParcelState.SIGNED: "包裹已签收，感谢使用",
    ParcelState.REFUSED: "收件人拒收，包裹将退回",
    ParcelState.RETURNING: "包裹正在退回卖家",
    ParcelState.RETURNED: "包裹已退回，卖家已签收",
    ParcelState.LOST: "包裹在运输中丢失，请联系卖家",
}


def parcel_news(track: order_lists.Track, show: Any) -> list[dict[str, Any]]:
    """Return the way of one parcel as a timeline, newest first."""
    items = [
        {
            "title": _NEWS[ParcelState(event.target)],
            "at": show(event.sim_at),
            "icon": "circle-check" if event.target == ParcelState.SIGNED else "truck-delivery",
            "tone": "good" if event.target == ParcelState.SIGNED else "quiet",
        }
        for event in track.events
    ]
    waits = track.parcel.state == ParcelState.SHIPPED
    start = {"title": "卖家已填写运单，等待快递揽收" if waits else "卖家已发货", "at": show(track.parcel.shipped_at)}
    late = track.parcel.late_hours
    if late and track.parcel.state == ParcelState.IN_TRANSIT:
        text = f"快递延误，预计晚到 {late} 小时，请耐心等待"
        items.insert(0, {"title": text, "at": "", "icon": "clock-pause", "tone": "warn"})
    return [*items, {**start, "icon": "package", "tone": "quiet"}]


def bill_rows(order: Order) -> list[tuple[str, int]]:
    """Return the price of an order as it came about: (words, fen), what was taken off below zero."""
    found: dict[tuple[str, str], list[Any]] = {}
    for line in order.lines:
        for step, step_id, share, *name in line.steps:
            words = STEP_NAMES.get(step)
            label = "卖家改价" if words is None else f"{words}（{name[0]}）" if name and name[0] else words
            found.setdefault((step, str(step_id)), [label, 0])[1] -= share
    rows = [("商品原价", sum(line.base for line in order.lines)), *((words, fen) for words, fen in found.values())]
    rows.append(("运费", order.freight))
    return [*rows, ("已退款", -order.refunded)] if order.refunded else rows


def parcel_rows(tracks: list[order_lists.Track], show: Any) -> list[dict[str, Any]]:
    """Return the parcels of an order, each with the newest news."""
    return [
        {
            "parcel": track.parcel,
            "carrier": carrier_name(track.parcel.carrier),
            "state": PARCEL_NAMES[track.parcel.state],
            "at": show(track.events[0].sim_at if track.events else track.parcel.shipped_at),
            "tone": PARCEL_TONES.get(track.parcel.state, "info"),
            "count": sum(line.quantity for line in track.parcel.lines),
            "can_refuse": track.parcel.state == ParcelState.DELIVERING,
            "news": parcel_news(track, show),
        }
        for track in tracks
    ]


def ticket_rows(order: Order) -> list[dict[str, Any]]:
    """Return the tickets of an order."""
    named = aftersale_flow.state_name
    return [
        {"ticket": ticket, "state": named(ticket.state, ticket.outcome), "kind": KIND_NAMES[ticket.kind]}
        for ticket in order_lists.tickets_of(order.id)
    ]


def _progress(order: Order) -> list[dict[str, str]]:
    reached = {
        OrderState.PENDING_PAY: 0,
        OrderState.PAID: 1,
        OrderState.PART_SHIPPED: 1,
        OrderState.SHIPPED: 2,
        OrderState.COMPLETED: 4,
    }.get(order.state, -1)
    labels = ("付款", "发货", "收货", "评价")
    return [
        {"label": label, "state": "done" if index < reached else "current" if index == reached else "todo"}
        for index, label in enumerate(labels)
    ]


@mall.get("/orders/<int:order_id>")
@requires(Permission.MALL_BUY)
def order(order_id: int) -> Answer:
    """One order with its way, countdowns and what can be done."""
    found = access.get_bought_order(actor(), order_id)
    now = sim_now(found.world_id)

    def show(moment: Any) -> str:
        return when(moment, now)

    tracks = order_lists.tracks(found)
    tickets = order_lists.open_tickets([found.id])
    invoice = invoices.invoice_of(found.id)
    card = order_card(found, tickets, order_lists.reviewed([found.id]))
    return render_template(
        "mall/order.html",
        order=found,
        card=card,
        state=state_name(found),
        tone=ORDER_TONES[found.state],
        lines=line_rows(found),
        parcels=parcel_rows(tracks, show),
        timeline=timeline(found, tracks, show),
        tickets=ticket_rows(found),
        progress=[] if found.state == OrderState.CLOSED else _progress(found),
        receive_deadline=deadline(found.world_id, found.receive_by),
        paused=found.receive_left is not None,
        can_extend=found.state == OrderState.SHIPPED and found.extended_at is None,
        extend_days=setting(get_world(found.world_id), "extend_days"),
        bill_rows=bill_rows(found),
        invoice=invoice,
        invoice_state=INVOICE_NAMES[invoice.state] if invoice else "",
        can_ask_invoice=invoices.can_ask(found, invoice),
        can_review=bool(reviews.reviewable_lines(found)),
        at_payment=any(line.at_payment for line in found.lines),
        sold_out=found.close_reason == CloseReason.SOLD_OUT,
        show=show,
    )


@mall.post("/orders/<int:order_id>/cancel")
@requires(Permission.MALL_BUY)
def cancel_order(order_id: int) -> Answer:
    """取消订单."""
    with unit_of_work():
        orders.cancel_order(actor(), order_id)
    done("订单已取消。")
    return back("mall.order", order_id=order_id)


@mall.post("/orders/<int:order_id>/confirm")
@requires(Permission.MALL_BUY)
def confirm(order_id: int) -> Answer:
    """确认收货."""
    with unit_of_work():
        receiving.confirm_receipt(actor(), order_id)
    done("已确认收货，来写个评价吧。")
    return back("mall.order", order_id=order_id)


def _review_page(found: Order, form: ScoresForm, error: DomainError | None = None) -> str:
    lines = [
        {
            "line": line,
            "picture": line_picture(line),
            "score": request.form.get(f"description-{line.id}", "5"),
            "text": request.form.get(f"text-{line.id}", ""),
        }
        for line in reviews.reviewable_lines(found)
    ]
    return render_template("mall/review.html", order=found, lines=lines, form=form, error=error)


@mall.get("/orders/<int:order_id>/review")
@requires(Permission.MALL_BUY)
def review(order_id: int) -> Answer:
    """Write a review."""
    found = access.get_bought_order(actor(), order_id)
    if not reviews.reviewable_lines(found):
        return redirect(url_for("mall.order", order_id=order_id))
    return _review_page(found, ScoresForm())


@mall.post("/orders/<int:order_id>/review")
@requires(Permission.MALL_BUY)
def write_review(order_id: int) -> Answer:
    """提交评价: three scores and a text for each line."""
    found = access.get_bought_order(actor(), order_id)
    form = ScoresForm()
    if not form.accept():
        return _review_page(found, form), 400
    try:
        taken = {
            line.id: photos.read_photos(request.files.getlist(f"pictures-{line.id}"), reviews.MAX_PICTURES)
            for line in found.lines
        }
        with unit_of_work():
            said = [
                reviews.LineReview(
                    line.id,
                    number(f"description-{line.id}", default=0),
                    clean_text(request.form.get(f"text-{line.id}", "")),
                    photos.keep_photos(actor(), taken[line.id]),
                )
                for line in found.lines
                if f"description-{line.id}" in request.form
            ]
            reviews.write_reviews(
                actor(), order_id, int(form.service.data), int(form.logistics.data), said, form_key(request.form)
            )
    except DomainError as error:
        if error.status == 400:
            return _review_page(found, form, error), 400
        raise
    done("评价已发布，谢谢。")
    return redirect(url_for("mall.order", order_id=order_id))

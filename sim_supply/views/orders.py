"""Purchase orders: fetch, push, cancel, look."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key
from app.core.web.paging import page_number
from app.worlds.clock import sim_now
from sim_supply import access
from sim_supply.domain.order_flow import NEEDS_SELLER, ORDER_FLOW, OrderState
from sim_supply.forms import KeyForm
from sim_supply.services import desk, fetch_job, fetching, orders
from sim_supply.views.blueprint import blueprint, id_list, search_text

OWN = "own"
STATES = {str(state) for state in OrderState}


@blueprint.get("/orders/")
@requires(Permission.SUPPLY_USE)
def order_list() -> str:
    """Purchase orders by state, and the lines that the shop ships itself."""
    who = actor()
    state = request.args.get("state", "")
    q = search_text()
    own = state == OWN
    page = None if own else desk.list_orders(who, (state,) if state in STATES else (), q, page_number())
    return render_template(
        "supply/orders.html",
        desk=desk.read_desk(who),
        page=page,
        own=desk.list_own_lines(who, page_number()) if own else None,
        state=state if state in STATES or own else "",
        q=q,
        states=list(OrderState),
        pushable=NEEDS_SELLER,
        due=orders.amount_due,
        late=orders.late,
        now=sim_now(who.world()),
        form=KeyForm(),
    )


@blueprint.get("/orders/<int:order_id>")
@requires(Permission.SUPPLY_USE)
def order_page(order_id: int) -> str:
    """One purchase order with its way so far."""
    return _order_page(order_id)


def _order_page(order_id: int, refusal: str = "") -> str:
    who = actor()
    order = access.get_order(who, order_id)
    now = sim_now(who.world())
    return render_template(
        "supply/order.html",
        order=order,
        events=desk.order_history(order),
        due=orders.amount_due(order),
        can_push=ORDER_FLOW.allows(order.state, "push", who),
        can_cancel=ORDER_FLOW.allows(order.state, "cancel", who) or ORDER_FLOW.allows(order.state, "ask_cancel", who),
        late=orders.late(order, now),
        now=now,
        refusal=refusal,
        form=KeyForm(),
    )


@blueprint.post("/orders/fetch")
@requires(Permission.SUPPLY_USE)
def fetch() -> Response:
    """Fetch the shop's paid orders and send them on to the suppliers."""
    with unit_of_work():
        report = fetch_job.fetch_or_start(actor(), form_key(request.form))
    if isinstance(report, str):
        return redirect(url_for("jobs.show", public_id=report))
    flash(report.words(), "warning" if report.waiting else "success")
    return redirect(url_for("supply.order_list"))


@blueprint.post("/orders/push")
@requires(Permission.SUPPLY_USE)
def push_many() -> Response:
    """Send several purchase orders to their suppliers."""
    chosen = id_list(request.form.getlist("order"))
    if not chosen:
        raise InvalidInput("请先勾选要推送的采购单。", field="order")
    with unit_of_work():
        count = fetching.push_many(actor(), chosen)
    flash(f"已推送 {count} 张采购单，等待供应商接单。", "success")
    return redirect(url_for("supply.order_list"))


@blueprint.post("/orders/<int:order_id>/push")
@requires(Permission.SUPPLY_USE)
def push(order_id: int) -> Response | tuple[str, int]:
    """Send one purchase order to its supplier."""
    try:
        with unit_of_work():
            orders.push_order(actor(), order_id)
    except Refused as error:
        return _order_page(order_id, error.message), error.status
    flash("已推送给供应商，等待接单。", "success")
    return redirect(url_for("supply.order_page", order_id=order_id))


@blueprint.post("/orders/<int:order_id>/cancel")
@requires(Permission.SUPPLY_USE)
def cancel(order_id: int) -> Response | tuple[str, int]:
    """Cancel one purchase order before it ships."""
    try:
        with unit_of_work():
            order = orders.cancel_order(actor(), order_id)
            asked, paid = order.state == OrderState.CANCEL_REQ, order.refunded
    except Refused as error:
        return _order_page(order_id, error.message), error.status
    if asked:
        flash("已向供应商申请取消，等待答复。", "success")
    else:
        flash("采购单已取消，货款已退回钱包。" if paid else "采购单已取消。", "success")
    return redirect(url_for("supply.order_page", order_id=order_id))

"""After-sale from the buyer's side (退款/售后)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import yuan
from app.core.web.forms import form_key
from app.core.web.paging import page_number, paginate
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    KIND_NAMES,
    KIND_REASONS,
    AfterSaleKind,
    AfterSaleStage,
    AfterSaleState,
    Reason,
)
from sim_mall.domain.pricing.refunds import refund_of_units
from sim_mall.forms.desk import EvidenceForm
from sim_mall.forms.trade import ApplyForm, ModifyForm, WaybillForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import aftersales, applying, disputes, order_lists, photos, reshipping
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import digits, done, line_picture
from sim_mall.views.ticket_shown import can_escalate, evidence_rows, ticket_card, ticket_timeline

KIND_ICONS = {
    AfterSaleKind.REFUND_ONLY: "receipt-refund",
    AfterSaleKind.RETURN: "truck-return",
    AfterSaleKind.EXCHANGE: "exchange",
    AfterSaleKind.RESEND: "package-export",
}
KIND_WORDS = {
    AfterSaleKind.REFUND_ONLY: "没收到货，或与卖家协商好不用退货",
    AfterSaleKind.RETURN: "已收到货，要退回商品并退款",
    AfterSaleKind.EXCHANGE: "规格不合适或有问题，换一件",
    AfterSaleKind.RESEND: "少发、漏发或破损，请卖家补寄",
}


@mall.get("/aftersales/")
@requires(Permission.MALL_BUY)
def tickets() -> Answer:
    """退款/售后."""
    only_open = request.args.get("tab") == "open"
    where = (AfterSale.world_id == actor().world()) & (AfterSale.buyer_id == actor().person())
    page = paginate(order_lists.ticket_list(where, only_open=only_open), page_number(), 10)
    tabs = [
        {"label": "全部", "url": url_for("mall.tickets"), "active": not only_open},
        {"label": "进行中", "url": url_for("mall.tickets", tab="open"), "active": only_open},
    ]
    cards = [ticket_card(ticket) for ticket in page.items]
    return render_template("mall/aftersales.html", page=page, tabs=tabs, cards=cards)


def _line(order_id: int, line_id: int) -> tuple[Order, OrderLine]:
    order = access.get_bought_order(actor(), order_id)
    return order, applying.line_of(order, line_id)


def _apply_page(order: Order, line: OrderLine, form: ApplyForm) -> str:
    offer = applying.offer(order, line)
    if form.kind.data not in offer.kinds():
        form.kind.data = (AfterSaleKind.REFUND_ONLY if offer.unshipped else AfterSaleKind.RETURN).value
    swaps = applying.swaps(line) if AfterSaleKind.EXCHANGE in offer.kinds() else []
    form.exchange_sku_id.choices = [(swap.sku_id, _swap_words(swap)) for swap in swaps]
    return render_template(
        "mall/apply.html",
        order=order,
        line=line,
        picture=line_picture(line),
        offer=offer,
        amounts=[(count, yuan(amount)) for count, amount in enumerate(offer.amounts[: offer.most], 1)],
        form=form,
        swaps=swaps,
        reasons={kind.value: [reason.value for reason in allowed] for kind, allowed in KIND_REASONS.items()},
        kinds=[
            {"value": each.value, "name": KIND_NAMES[each], "icon": KIND_ICONS[each], "words": KIND_WORDS[each]}
            for each in offer.kinds()
        ],
    )


def _swap_words(swap: applying.Swap) -> str:
    more = f"，补差价 {yuan(swap.more)}/件" if swap.more > 0 else ""
    left = f"，库存 {swap.left}" if swap.left > 0 else "，暂时无货"
    return f"{swap.spec or '同款'}{'（同规格）' if swap.same else ''}{more}{left}"


def _claim(form: ApplyForm, names: tuple[str, ...]) -> applying.Claim:
    return applying.Claim(
        AfterSaleKind(form.kind.data),
        form.quantity.data or 0,
        Reason(form.reason.data),
        form.text.data or "",
        form.amount.data,
        form.exchange_sku_id.data,
        names,
    )


@mall.route("/orders/<int:order_id>/lines/<int:line_id>/after-sale", methods=["GET", "POST"])
@requires(Permission.MALL_BUY)
def apply(order_id: int, line_id: int) -> Answer:
    """申请售后 for units of one line: first the kind, then what it needs."""
    order, line = _line(order_id, line_id)
    form = ApplyForm(quantity=1)
    status = 200
    if form.accept():
        try:
            taken = photos.read_photos(request.files.getlist("pictures"), applying.MAX_PICTURES)
            with unit_of_work():
                claim = _claim(form, photos.keep_photos(actor(), taken))
                ticket = applying.apply_after_sale(actor(), order_id, line_id, claim, form.key.data or "")
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            status = error.status
            order, line = _line(order_id, line_id)
        else:
            done("售后申请已提交，等待卖家处理。")
            return redirect(url_for("mall.ticket", ticket_id=ticket.id))
    elif request.method == "POST":
        status = 400
    return _apply_page(order, line, form), status


def _ticket_page(
    found: AfterSale, modify: ModifyForm, waybill: WaybillForm, evidence: EvidenceForm | None = None
) -> str:
    most = refund_of_units(found.line.payable, found.line.quantity, found.units)
    unpaid = bool(found.difference) and not found.difference_paid
    if found.stage == AfterSaleStage.BEFORE_SHIP:
        modify.kind.choices = [(AfterSaleKind.REFUND_ONLY.value, KIND_NAMES[AfterSaleKind.REFUND_ONLY])]
    waiting = (AfterSaleState.WAIT_BUYER_SHIP, AfterSaleState.BUYER_SHIPPED, AfterSaleState.WAIT_RESHIP)
    return render_template(
        "mall/aftersale.html",
        card=ticket_card(found),
        ticket=found,
        order=found.order,
        most=most,
        timeline=ticket_timeline(found),
        modify=modify,
        waybill=waybill,
        evidence=evidence or EvidenceForm(formdata=None, data={"version": str(found.version)}),
        said=evidence_rows(found),
        can_modify=found.state in (AfterSaleState.APPLIED, AfterSaleState.REJECTED),
        can_cancel=aftersales.can_cancel(found),
        can_send=found.state == AfterSaleState.WAIT_BUYER_SHIP,
        can_pay_difference=unpaid and found.state in waiting,
        can_confirm=found.state == AfterSaleState.RESHIPPED,
        can_escalate=can_escalate(found),
        in_dispute=found.state == AfterSaleState.DISPUTE,
    )


def _modify_form(found: AfterSale) -> ModifyForm:
    values = {
        "version": str(found.version),
        "kind": found.kind.value,
        "reason": found.reason.value,
        "amount": found.amount,
        "text": found.text,
    }
    return ModifyForm(data=values) if request.method == "GET" else ModifyForm(formdata=None, data=values)


@mall.get("/aftersales/<int:ticket_id>")
@requires(Permission.MALL_BUY)
def ticket(ticket_id: int) -> Answer:
    """One ticket."""
    found = access.get_bought_ticket(actor(), ticket_id)
    return _ticket_page(found, _modify_form(found), WaybillForm(formdata=None))


@mall.post("/aftersales/<int:ticket_id>/modify")
@requires(Permission.MALL_BUY)
def modify_ticket(ticket_id: int) -> Answer:
    """修改申请."""
    found = access.get_bought_ticket(actor(), ticket_id)
    form = ModifyForm()
    if form.accept():
        kind = AfterSaleKind(form.kind.data)
        swap = found.exchange_sku_id if kind is AfterSaleKind.EXCHANGE else None
        claim = applying.Claim(
            kind, found.quantity, Reason(form.reason.data), form.text.data or "", form.amount.data, swap
        )
        try:
            with unit_of_work():
                applying.modify(actor(), ticket_id, digits(form.version.data or "") or 0, claim)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("申请已修改，等待卖家处理。")
            return redirect(url_for("mall.ticket", ticket_id=ticket_id))
    return _ticket_page(access.get_bought_ticket(actor(), ticket_id), form, WaybillForm(formdata=None)), 400


@mall.post("/aftersales/<int:ticket_id>/cancel")
@requires(Permission.MALL_BUY)
def cancel_ticket(ticket_id: int) -> Answer:
    """撤销申请."""
    with unit_of_work():
        aftersales.cancel(actor(), ticket_id)
    done("售后申请已撤销。")
    return redirect(url_for("mall.ticket", ticket_id=ticket_id))


@mall.post("/aftersales/<int:ticket_id>/waybill")
@requires(Permission.MALL_BUY)
def fill_waybill(ticket_id: int) -> Answer:
    """填写退货运单."""
    form = WaybillForm()
    if form.accept():
        try:
            with unit_of_work():
                aftersales.fill_waybill(actor(), ticket_id, form.carrier.data, form.waybill.data or "")
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("运单号已提交，等待卖家收货。")
            return redirect(url_for("mall.ticket", ticket_id=ticket_id))
    found = access.get_bought_ticket(actor(), ticket_id)
    return _ticket_page(found, _modify_form(found), form), 400


@mall.post("/aftersales/<int:ticket_id>/difference")
@requires(Permission.MALL_BUY)
def pay_difference(ticket_id: int) -> Answer:
    """支付差价."""
    with unit_of_work():
        found = reshipping.pay_difference(actor(), ticket_id, form_key(request.form))
    done(f"差价 {yuan(found.difference)} 已支付，等待卖家发货。")
    return redirect(url_for("mall.ticket", ticket_id=ticket_id))


@mall.post("/aftersales/<int:ticket_id>/confirm")
@requires(Permission.MALL_BUY)
def confirm_reship(ticket_id: int) -> Answer:
    """确认收到换货、补寄的商品."""
    with unit_of_work():
        reshipping.confirm(actor(), ticket_id)
    done("已确认收到，售后完成。")
    return redirect(url_for("mall.ticket", ticket_id=ticket_id))


@mall.post("/aftersales/<int:ticket_id>/evidence")
@requires(Permission.MALL_BUY)
def give_evidence(ticket_id: int) -> Answer:
    """申请平台介入, or more evidence in a dispute."""
    found = access.get_bought_ticket(actor(), ticket_id)
    form = EvidenceForm()
    status = 400
    if form.accept():
        try:
            say(found, "buyer", form)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            return redirect(url_for("mall.ticket", ticket_id=ticket_id))
    found = access.get_bought_ticket(actor(), ticket_id)
    return _ticket_page(found, _modify_form(found), WaybillForm(formdata=None), form), status


def say(found: AfterSale, side: str, form: EvidenceForm) -> None:
    """Carry out what an evidence form asks: call the platform in, or add to a dispute."""
    taken = photos.read_photos(request.files.getlist("pictures"), disputes.MAX_PICTURES)
    text = form.text.data or ""
    ticket_id, in_dispute = found.id, found.state == AfterSaleState.DISPUTE
    with unit_of_work():
        names = photos.keep_photos(actor(), taken)
        if in_dispute:
            disputes.add_evidence(actor(), ticket_id, side, text, names)
        else:
            disputes.escalate(actor(), ticket_id, digits(form.version.data or ""), side, text, names)
    done("举证已提交。" if in_dispute else "平台已介入，请在时限内补充举证。")

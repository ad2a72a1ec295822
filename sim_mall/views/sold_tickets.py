"""After-sale in the seller centre (售后管理)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from sim_mall import access
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW, AfterSaleKind, AfterSaleState, RejectCode
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.desk import EvidenceForm
from sim_mall.forms.trade import ReceiveBackForm, RejectForm, ReshipForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.services import aftersales, disputes, order_lists, photos, reshipping
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.bought_tickets import say
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import digits, done, number
from sim_mall.views.ticket_shown import can_escalate, evidence_rows, ticket_card, ticket_timeline

AGREE = {
    AfterSaleKind.REFUND_ONLY: ("同意退款", "款项会立即退回买家。"),
    AfterSaleKind.RETURN: ("同意退货", "买家会寄回商品，验收后退款。"),
    AfterSaleKind.EXCHANGE: ("同意换货", "会为买家留出库存；买家寄回后，由你重新发货。"),
    AfterSaleKind.RESEND: ("同意补寄", "会为买家留出库存，由你重新发货。"),
}


@seller.get("/aftersales/", endpoint="tickets")
@requires(Permission.MALL_SELL)
def ticket_list() -> Answer:
    """售后管理."""
    shop = shop_or_register(ShopPower.TICKETS)
    if not isinstance(shop, Shop):
        return shop
    only_open = request.args.get("tab", "open") != "all"
    page = paginate(order_lists.ticket_list(AfterSale.shop_id == shop.id, only_open=only_open), page_number(), 15)
    names = account_names({ticket.buyer_id for ticket in page.items})
    return render_template(
        "mall/seller/aftersales.html",
        shop_name=shop.name,
        page=page,
        only_open=only_open,
        cards=[{**ticket_card(ticket), "buyer": names.get(ticket.buyer_id, "")} for ticket in page.items],
        tabs=[
            {
                "label": "待处理与进行中",
                "url": url_for("seller.tickets"),
                "active": only_open,
                "count": aftersales.open_count(shop.id),
            },
            {"label": "全部", "url": url_for("seller.tickets", tab="all"), "active": not only_open},
        ],
    )


def _page(
    found: AfterSale,
    reject: RejectForm | None = None,
    receive: ReceiveBackForm | None = None,
    reship: ReshipForm | None = None,
    evidence: EvidenceForm | None = None,
) -> str:
    version = str(found.version)
    word, meaning = AGREE[found.kind]
    if found.parcel_id is not None and found.state == AfterSaleState.APPLIED:
        meaning = "包裹还在路上，会先尝试拦截；拦截成功并退回验收后退款。"
    unpaid = bool(found.difference) and not found.difference_paid
    return render_template(
        "mall/seller/aftersale.html",
        shop_name=found.order.shop_name,
        card=ticket_card(found),
        ticket=found,
        order=found.order,
        buyer=account_names({found.buyer_id}).get(found.buyer_id, ""),
        timeline=ticket_timeline(found),
        said=evidence_rows(found),
        agree_word=word,
        agree_meaning=meaning,
        receive_word="确认收货" if found.kind == AfterSaleKind.EXCHANGE else "确认收货并退款",
        reject=reject or RejectForm(formdata=None, data={"version": version}),
        receive=receive or ReceiveBackForm(formdata=None, data={"version": version, "good": found.quantity, "bad": 0}),
        reship=reship or ReshipForm(formdata=None, data={"version": version}),
        evidence=evidence or EvidenceForm(formdata=None, data={"version": version}),
        can_answer=found.state == AfterSaleState.APPLIED,
        can_receive=found.state == AfterSaleState.BUYER_SHIPPED,
        can_reship=found.state == AfterSaleState.WAIT_RESHIP,
        waits_for_difference=unpaid and found.state == AfterSaleState.WAIT_RESHIP,
        can_reject=AFTERSALE_FLOW.allows(found.state, "reject", actor())
        or AFTERSALE_FLOW.allows(found.state, "receive_refuse", actor()),
        can_retry=found.state == AfterSaleState.REFUNDING,
        can_escalate=can_escalate(found),
        in_dispute=found.state == AfterSaleState.DISPUTE,
    )


@seller.get("/aftersales/<int:ticket_id>")
@requires(Permission.MALL_SELL)
def ticket(ticket_id: int) -> Answer:
    """One ticket of the shop."""
    return _page(access.get_sold_ticket(actor(), ticket_id))


@seller.post("/aftersales/<int:ticket_id>/agree")
@requires(Permission.MALL_SELL)
def agree(ticket_id: int) -> Answer:
    """同意."""
    with unit_of_work():
        found = aftersales.agree(actor(), ticket_id, number("version"))
        state, short = found.state, found.short_of_funds
    words = {
        AfterSaleState.SUCCESS: "已同意，退款已原路退回买家。",
        AfterSaleState.WAIT_BUYER_SHIP: "已同意，等待买家寄回。",
        AfterSaleState.WAIT_RESHIP: "已同意，请在时限内重新发货。",
        AfterSaleState.BUYER_SHIPPED: "包裹拦截成功，正在退回；收到后验收退款。",
        AfterSaleState.REJECTED: "包裹拦截失败，买家可以拒收或改为退货退款。",
    }
    done("已同意退款；店铺资金不足，有新货款后会自动退款。" if short else words.get(state, "已同意。"))
    return redirect(url_for("seller.ticket", ticket_id=ticket_id))


@seller.post("/aftersales/<int:ticket_id>/reject")
@requires(Permission.MALL_SELL)
def reject(ticket_id: int) -> Answer:
    """拒绝, with a reason and photos."""
    form = RejectForm()
    if form.accept():
        try:
            taken = photos.read_photos(request.files.getlist("pictures"), disputes.MAX_PICTURES)
            with unit_of_work():
                names = photos.keep_photos(actor(), taken)
                code = RejectCode(form.code.data)
                aftersales.reject(actor(), ticket_id, number("version"), form.reason.data or "", names, code)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("已拒绝，买家可以修改申请，或申请平台介入。")
            return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    return _page(access.get_sold_ticket(actor(), ticket_id), reject=form), 400


@seller.post("/aftersales/<int:ticket_id>/receive")
@requires(Permission.MALL_SELL)
def receive_back(ticket_id: int) -> Answer:
    """确认收到退货: good and damaged units."""
    form = ReceiveBackForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                found = aftersales.receive_back(
                    actor(), ticket_id, number("version"), form.good.data or 0, form.bad.data or 0
                )
                again = found.state == AfterSaleState.WAIT_RESHIP
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
            status = error.status
        else:
            done("已收货，请在时限内发出换货商品。" if again else "已收货并退款。")
            return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    return _page(access.get_sold_ticket(actor(), ticket_id), receive=form), status


@seller.post("/aftersales/<int:ticket_id>/reship")
@requires(Permission.MALL_SELL)
def reship(ticket_id: int) -> Answer:
    """重新发货: the exchanged or missing goods."""
    form = ReshipForm()
    if form.accept():
        try:
            with unit_of_work():
                version = digits(form.version.data or "")
                reshipping.reship(actor(), ticket_id, version, form.carrier.data, form.waybill.data or "")
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("已重新发货，等待买家确认。")
            return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    return _page(access.get_sold_ticket(actor(), ticket_id), reship=form), 400


@seller.post("/aftersales/<int:ticket_id>/evidence")
@requires(Permission.MALL_SELL)
def give_evidence(ticket_id: int) -> Answer:
    """申请平台介入, or more evidence in a dispute."""
    found = access.get_sold_ticket(actor(), ticket_id)
    form = EvidenceForm()
    if form.accept():
        try:
            say(found, "seller", form)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    return _page(access.get_sold_ticket(actor(), ticket_id), evidence=form), 400


@seller.post("/aftersales/<int:ticket_id>/refund")
@requires(Permission.MALL_SELL)
def retry_refund(ticket_id: int) -> Answer:
    """重试退款 that waited for money of the shop."""
    with unit_of_work():
        found = aftersales.retry_refund(actor(), ticket_id)
        paid = found.state == AfterSaleState.SUCCESS
    done("退款成功。" if paid else "店铺资金仍然不足，请先完成其他订单的结算。")
    return redirect(url_for("seller.ticket", ticket_id=ticket_id))

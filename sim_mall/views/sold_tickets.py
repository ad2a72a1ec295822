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
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW, AfterSaleState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.trade import ReceiveBackForm, RejectForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.services import aftersales, order_lists
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.bought_tickets import ticket_card, ticket_timeline
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import done, number


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


def _page(found: AfterSale, reject: RejectForm, receive: ReceiveBackForm) -> str:
    return render_template(
        "mall/seller/aftersale.html",
        shop_name=found.order.shop_name,
        card=ticket_card(found),
        ticket=found,
        order=found.order,
        buyer=account_names({found.buyer_id}).get(found.buyer_id, ""),
        timeline=ticket_timeline(found),
        reject=reject,
        receive=receive,
        can_answer=found.state == AfterSaleState.APPLIED,
        can_receive=found.state == AfterSaleState.BUYER_SHIPPED,
        can_reject=AFTERSALE_FLOW.allows(found.state, "reject", actor())
        or AFTERSALE_FLOW.allows(found.state, "receive_refuse", actor()),
        can_retry=found.state == AfterSaleState.REFUNDING,
    )


def _blank(found: AfterSale) -> tuple[RejectForm, ReceiveBackForm]:
    version = str(found.version)
    receive = ReceiveBackForm(formdata=None, data={"version": version, "good": found.quantity, "bad": 0})
    return RejectForm(formdata=None, data={"version": version}), receive


@seller.get("/aftersales/<int:ticket_id>")
@requires(Permission.MALL_SELL)
def ticket(ticket_id: int) -> Answer:
    """One ticket of the shop."""
    found = access.get_sold_ticket(actor(), ticket_id)
    return _page(found, *_blank(found))


@seller.post("/aftersales/<int:ticket_id>/agree")
@requires(Permission.MALL_SELL)
def agree(ticket_id: int) -> Answer:
    """同意."""
    with unit_of_work():
        found = aftersales.agree(actor(), ticket_id, number("version"))
        paid = found.state == AfterSaleState.SUCCESS
        short = found.short_of_funds
    if short:
        done("已同意退款；店铺资金不足，有新货款后会自动退款。")
    else:
        done("已同意，退款已原路退回买家。" if paid else "已同意退货，等待买家寄回。")
    return redirect(url_for("seller.ticket", ticket_id=ticket_id))


@seller.post("/aftersales/<int:ticket_id>/reject")
@requires(Permission.MALL_SELL)
def reject(ticket_id: int) -> Answer:
    """拒绝, with a reason."""
    form = RejectForm()
    if form.accept():
        with unit_of_work():
            aftersales.reject(actor(), ticket_id, number("version"), form.reason.data)
        done("已拒绝，买家可以在 3 天内修改申请。")
        return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    found = access.get_sold_ticket(actor(), ticket_id)
    return _page(found, form, _blank(found)[1]), 400


@seller.post("/aftersales/<int:ticket_id>/receive")
@requires(Permission.MALL_SELL)
def receive_back(ticket_id: int) -> Answer:
    """确认收到退货: good and damaged units."""
    form = ReceiveBackForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                aftersales.receive_back(actor(), ticket_id, number("version"), form.good.data, form.bad.data)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
            status = error.status
        else:
            done("已收货并退款。")
            return redirect(url_for("seller.ticket", ticket_id=ticket_id))
    found = access.get_sold_ticket(actor(), ticket_id)
    return _page(found, _blank(found)[0], form), status


@seller.post("/aftersales/<int:ticket_id>/refund")
@requires(Permission.MALL_SELL)
def retry_refund(ticket_id: int) -> Answer:
    """重试退款 that waited for money of the shop."""
    with unit_of_work():
        found = aftersales.retry_refund(actor(), ticket_id)
        paid = found.state == AfterSaleState.SUCCESS
    done("退款成功。" if paid else "店铺资金仍然不足，请先完成其他订单的结算。")
    return redirect(url_for("seller.ticket", ticket_id=ticket_id))

"""Disputes before the instructor (平台介入): the list, both sides' evidence, the verdict."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from sim_mall.domain.aftersale_flow import AfterSaleState
from sim_mall.domain.verdict import verdict_by_rule
from sim_mall.forms.desk import VerdictForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.services import disputes
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import digits, done
from sim_mall.views.ticket_shown import evidence_rows, ticket_card, ticket_timeline


@seller.get("/disputes/", endpoint="disputes")
@requires(Permission.MALL_SHOP_REVIEW)
def dispute_list() -> Answer:
    """纠纷裁决 of the class."""
    only_open = request.args.get("tab", "open") != "all"
    page = paginate(disputes.disputes(actor(), open_only=only_open), page_number(), 15)
    names = account_names({ticket.buyer_id for ticket in page.items})
    return render_template(
        "mall/seller/disputes.html",
        page=page,
        cards=[{**ticket_card(ticket), "buyer": names.get(ticket.buyer_id, "")} for ticket in page.items],
        tabs=[
            {
                "label": "待裁决",
                "url": url_for("seller.disputes"),
                "active": only_open,
                "count": disputes.open_disputes(actor()),
            },
            {"label": "全部", "url": url_for("seller.disputes", tab="all"), "active": not only_open},
        ],
    )


def _page(found: AfterSale, form: VerdictForm) -> str:
    is_open = found.state == AfterSaleState.DISPUTE
    rule = verdict_by_rule(disputes.facts_of(found)) if is_open else None
    return render_template(
        "mall/seller/dispute.html",
        card=ticket_card(found),
        ticket=found,
        order=found.order,
        buyer=account_names({found.buyer_id}).get(found.buyer_id, ""),
        said=evidence_rows(found),
        timeline=ticket_timeline(found),
        form=form,
        is_open=is_open,
        rule=rule,
    )


@seller.get("/disputes/<int:ticket_id>")
@requires(Permission.MALL_SHOP_REVIEW)
def dispute(ticket_id: int) -> Answer:
    """One dispute with the evidence of both sides and what the rule would say."""
    found = disputes.get_dispute(actor(), ticket_id)
    return _page(found, VerdictForm(formdata=None, data={"version": str(found.version)}))


@seller.post("/disputes/<int:ticket_id>")
@requires(Permission.MALL_SHOP_REVIEW)
def decide_dispute(ticket_id: int) -> Answer:
    """裁决."""
    form = VerdictForm()
    if form.accept():
        try:
            with unit_of_work():
                disputes.decide(
                    actor(),
                    ticket_id,
                    digits(form.version.data or ""),
                    for_buyer=form.side.data == "buyer",
                    why=form.why.data or "",
                )
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("裁决已生效，双方会收到通知。")
            return redirect(url_for("seller.disputes"))
    return _page(disputes.get_dispute(actor(), ticket_id), form), 400

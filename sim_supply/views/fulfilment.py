"""The own warehouse, delivery risks, returns to suppliers, reconciliation."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.files import XLSX
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from app.core.web.forms import form_key
from app.core.web.paging import page_number
from app.worlds.clock import sim_now
from sim_supply import mall_client
from sim_supply.domain.return_flow import RETURN_FLOW, RETURN_NAMES, SETTLEMENT_NAMES, ReturnState, Settlement
from sim_supply.domain.trouble_flow import Claim
from sim_supply.domain.waybill import CODES
from sim_supply.forms import KeyForm, SendBackForm
from sim_supply.services import cooperations, export, labels, reconcile, returns, troubles, warehouse
from sim_supply.views.blueprint import blueprint, working_shop

RETURN_TONES = {
    ReturnState.REQUESTED: "info",
    ReturnState.AGREED: "warn",
    ReturnState.SENT: "info",
    ReturnState.RECEIVED: "info",
    ReturnState.CREDITED: "good",
    ReturnState.REFUSED: "bad",
}
PDF = "application/pdf"


@blueprint.get("/warehouse/")
@requires(Permission.SUPPLY_USE)
def own_warehouse() -> str:
    """拣货单 and the orders to be packed."""
    who = actor()
    found = warehouse.packages(who)
    return render_template(
        "supply/warehouse.html", packages=found, picks=warehouse.pick_list(found), now=sim_now(who.world())
    )


def _package_page(fetched_id: int, form: SendBackForm | None = None) -> str:
    package = warehouse.get_package(actor(), fetched_id)
    if form is None:
        form = SendBackForm(formdata=None)
        form.carrier.data = CODES[1]
        form.waybill.data = warehouse.suggested_waybill(package.order, CODES[1])
    form.carrier.choices = list(mall_client.carriers().items())
    return render_template(
        "supply/package.html",
        package=package,
        form=form,
        typed=request.form.get("scanned", ""),
        now=sim_now(actor().world()),
    )


@blueprint.get("/warehouse/<int:fetched_id>")
@requires(Permission.SUPPLY_USE)
def package(fetched_id: int) -> str:
    """打包复核 of one order."""
    return _package_page(fetched_id)


def _scanned() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in request.form.get("scanned", "")[:5000].splitlines():
        code, _, count = line.strip().replace("×", "*").partition("*")
        if code.strip():
            if count and not (count.strip().isascii() and count.strip().isdigit() and len(count.strip()) < 6):
                raise InvalidInput(f"“{line[:40]}”看不懂：每行一个编码，多件写成“编码*数量”。", field="scanned")
            found[code.strip()] = found.get(code.strip(), 0) + int(count or 1)
    return found


@blueprint.post("/warehouse/<int:fetched_id>/ship")
@requires(Permission.SUPPLY_USE)
def ship_package(fetched_id: int) -> Response | tuple[str, int]:
    """复核并发货."""
    warehouse.get_package(actor(), fetched_id)
    form = SendBackForm()
    form.carrier.choices = list(mall_client.carriers().items())
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                warehouse.pack_and_ship(
                    actor(), fetched_id, _scanned(), form.carrier.data, form.waybill.data, form.key.data
                )
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("复核通过，已发货，运单号已写回商城。", "success")
            return redirect(url_for("supply.own_warehouse"))
    return _package_page(fetched_id, form), status


@blueprint.get("/warehouse/<int:fetched_id>/label.pdf")
@requires(Permission.SUPPLY_USE)
def label(fetched_id: int) -> Response:
    """面单 as PDF."""
    found = warehouse.get_package(actor(), fetched_id)
    carrier = CODES[1]
    waybill = warehouse.suggested_waybill(found.order, carrier)
    data = labels.label_pdf(found, mall_client.carrier_name(carrier), waybill)
    return attachment(data, f"面单-{found.order.number}.pdf", PDF)


@blueprint.get("/risks")
@requires(Permission.SUPPLY_USE)
def risks() -> str:
    """发货风险看板 and the lesson of overselling."""
    who = actor()
    waiting = troubles.list_open(who)
    return render_template(
        "supply/risks.html",
        troubles=waiting,
        amounts={row.id: troubles.amount_of(row) for row in waiting},
        settled=troubles.list_settled(who),
        risks=warehouse.risks(who),
        oversold=warehouse.oversold(who),
        now=sim_now(who.world()),
        form=KeyForm(formdata=None),
    )


@blueprint.post("/risks/<int:trouble_id>/inform")
@requires(Permission.SUPPLY_USE)
def inform_buyer(trouble_id: int) -> Response:
    """通知买家 of a late or lost parcel."""
    with unit_of_work():
        done = troubles.inform(actor(), trouble_id)
    flash("已通过商城消息告诉买家。" if done else "之前已经通知过买家了。", "success" if done else "warning")
    return redirect(url_for("supply.risks"))


@blueprint.post("/risks/<int:trouble_id>/claim")
@requires(Permission.SUPPLY_USE)
def claim_parcel(trouble_id: int) -> Response:
    """向供应商索赔: the money, or the same goods again."""
    wanted = Claim.GOODS if request.form.get("wanted") == "goods" else Claim.MONEY
    with unit_of_work():
        troubles.claim(actor(), trouble_id, wanted)
    flash("索赔已提交，供应商会在 2 个模拟小时内赔付。", "success")
    return redirect(url_for("supply.risks"))


@blueprint.get("/returns/")
@requires(Permission.SUPPLY_USE)
def return_list() -> str:
    """退供换货."""
    who = actor()
    shop = mall_client.my_shop(who)
    return render_template(
        "supply/returns.html",
        returnable=returns.returnable(who),
        page=returns.list_returns(who, shop.id if shop else 0, page_number()),
        names=RETURN_NAMES,
        settlements=SETTLEMENT_NAMES,
        tones=RETURN_TONES,
        now=sim_now(who.world()),
        form=KeyForm(formdata=None),
    )


@blueprint.post("/returns/ask")
@requires(Permission.SUPPLY_USE)
def ask_return() -> Response:
    """申请退供: for the money or for new goods."""
    text = request.form.get("ticket", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("请从列表里选择要退供的售后单。", field="ticket")
    settlement = Settlement.EXCHANGE if request.form.get("settlement") == "exchange" else Settlement.CREDIT
    with unit_of_work():
        ids = returns.ask(actor(), int(text), settlement, form_key(request.form))
    flash("退供申请已提交，供应商会在 2 个模拟小时内答复。", "success")
    return redirect(url_for("supply.return_page", return_id=ids[0]))


def _return_page(return_id: int, form: SendBackForm) -> str:
    who = actor()
    row = returns.get_return(who, return_id)
    form.carrier.choices = list(mall_client.carriers().items())
    return render_template(
        "supply/return.html",
        row=row,
        form=form,
        names=RETURN_NAMES,
        settlements=SETTLEMENT_NAMES,
        tones=RETURN_TONES,
        can_send=RETURN_FLOW.allows(row.state, "send", who),
        now=sim_now(who.world()),
    )


@blueprint.get("/returns/<int:return_id>")
@requires(Permission.SUPPLY_USE)
def return_page(return_id: int) -> str:
    """One return to a supplier."""
    return _return_page(return_id, SendBackForm(formdata=None))


@blueprint.post("/returns/<int:return_id>/send")
@requires(Permission.SUPPLY_USE)
def send_return(return_id: int) -> Response | tuple[str, int]:
    """寄给供应商."""
    returns.get_return(actor(), return_id)
    form = SendBackForm()
    form.carrier.choices = list(mall_client.carriers().items())
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                returns.send(actor(), return_id, form.carrier.data, form.waybill.data)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("已寄出，供应商收货验货后结清。", "success")
            return redirect(url_for("supply.return_page", return_id=return_id))
    return _return_page(return_id, form), status


@blueprint.get("/reconciliation/")
@requires(Permission.SUPPLY_USE)
def reconciliation() -> str:
    """对账单 of all suppliers."""
    who = actor()
    shop = mall_client.my_shop(who)
    found = reconcile.suppliers_of(shop.id) if shop else []
    return render_template(
        "supply/reconciliation.html", sheets=[reconcile.sheet(who, shop.id, one) for one in found] if shop else []
    )


@blueprint.get("/reconciliation/<int:supplier_id>")
@requires(Permission.SUPPLY_USE)
def reconciliation_sheet(supplier_id: int) -> str:
    """对账单 of one supplier, line by line."""
    sheet = reconcile.sheet(actor(), working_shop().id, cooperations.get_supplier(actor(), supplier_id))
    return render_template("supply/sheet.html", sheet=sheet, now=sim_now(actor().world()))


@blueprint.get("/reconciliation/<int:supplier_id>/sheet.<any(csv, xlsx):kind>")
@requires(Permission.SUPPLY_USE)
def export_sheet(supplier_id: int, kind: str) -> Response:
    """The sheet as a file."""
    sheet = reconcile.sheet(actor(), working_shop().id, cooperations.get_supplier(actor(), supplier_id))
    data = export.table(export.SHEET_HEADER, export.sheet_rows(sheet), kind, "对账单")
    name = f"对账单-{sheet.supplier.name}.{kind}"
    return attachment(data, name, XLSX if kind == "xlsx" else "text/csv; charset=utf-8")

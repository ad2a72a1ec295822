"""Suppliers: profiles, cooperation, comparison, the library as a file, categories."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.files import XLSX
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from sim_supply import access, mall_client
from sim_supply.domain.cooperation import COOPERATION_NAMES, GRADE_NAMES, CooperationState
from sim_supply.forms import CategoryForm, CooperationForm, SupplierForm
from sim_supply.services import category_maps, cooperations, export, supplier_profiles
from sim_supply.views.blueprint import blueprint, id_list, working_shop

TONES = {
    CooperationState.APPLIED: "info",
    CooperationState.APPROVED: "good",
    CooperationState.REJECTED: "bad",
    CooperationState.ENDED: "quiet",
}
CSV = "text/csv; charset=utf-8"


@blueprint.get("/suppliers")
@requires(Permission.SUPPLY_VIEW)
def suppliers() -> str:
    """供应商 with grade, SLA, defect rate and how the shop stands with them."""
    return render_template(
        "supply/suppliers.html",
        rows=cooperations.suppliers(actor()),
        names=COOPERATION_NAMES,
        grades=GRADE_NAMES,
        tones=TONES,
    )


def _supplier(supplier_id: int, form: CooperationForm) -> str:
    who = actor()
    supplier = cooperations.get_supplier(who, supplier_id)
    shop = mall_client.my_shop(who) if who.may(Permission.SUPPLY_USE) else None
    row = cooperations.find(shop.id, supplier.id) if shop else None
    return render_template(
        "supply/supplier.html",
        supplier=supplier,
        row=row,
        form=form,
        past=supplier_profiles.performance(supplier),
        rates=supplier_profiles.rates(supplier),
        names=COOPERATION_NAMES,
        grades=GRADE_NAMES,
        tones=TONES,
        can_apply=who.may(Permission.SUPPLY_USE)
        and (row is None or row.state in (CooperationState.REJECTED, CooperationState.ENDED)),
    )


@blueprint.get("/suppliers/<int:supplier_id>")
@requires(Permission.SUPPLY_VIEW)
def supplier(supplier_id: int) -> str:
    """One supplier's profile."""
    return _supplier(supplier_id, CooperationForm(formdata=None))


def _edit_page(supplier_id: int, form: SupplierForm) -> str:
    supplier = cooperations.get_supplier(actor(), supplier_id)
    return render_template("supply/supplier_edit.html", supplier=supplier, form=form)


@blueprint.get("/suppliers/<int:supplier_id>/edit")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def supplier_form(supplier_id: int) -> str:
    """编辑供应商资料."""
    profile = supplier_profiles.profile_of(cooperations.get_supplier(actor(), supplier_id))
    return _edit_page(supplier_id, SupplierForm(formdata=None, data=asdict(profile)))


@blueprint.post("/suppliers/<int:supplier_id>/edit")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def edit_supplier(supplier_id: int) -> Response | tuple[str, int]:
    """Keep what was changed in a supplier's profile."""
    form = SupplierForm()
    cooperations.get_supplier(actor(), supplier_id)
    if not form.accept():
        return _edit_page(supplier_id, form), 400
    profile = supplier_profiles.Profile(
        **{name: form[name].data for name in supplier_profiles.Profile.__slots__}  # type: ignore[arg-type]
    )
    try:
        with unit_of_work():
            supplier_profiles.edit_profile(actor(), supplier_id, profile)
    except DomainError as error:
        form.show(error)
        return _edit_page(supplier_id, form), error.status
    flash("供应商资料已保存，学员在“供应商”页就能看到。", "success")
    return redirect(url_for("supply.supplier", supplier_id=supplier_id))


@blueprint.post("/suppliers/<int:supplier_id>/cooperation")
@requires(Permission.SUPPLY_USE)
def cooperate(supplier_id: int) -> Response | tuple[str, int]:
    """申请合作."""
    form = CooperationForm()
    cooperations.get_supplier(actor(), supplier_id)
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                cooperations.apply(actor(), supplier_id, form.words.data, form.key.data)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("合作申请已提交，供应商会在 1 个模拟小时内答复。", "success")
            return redirect(url_for("supply.supplier", supplier_id=supplier_id))
    return _supplier(supplier_id, form), status


@blueprint.post("/suppliers/<int:supplier_id>/end")
@requires(Permission.SUPPLY_USE)
def end_cooperation(supplier_id: int) -> Response:
    """结束合作."""
    with unit_of_work():
        cooperations.end(actor(), supplier_id)
    flash("合作已结束，之后按目录价进货。", "success")
    return redirect(url_for("supply.supplier", supplier_id=supplier_id))


@blueprint.get("/compare")
@requires(Permission.SUPPLY_VIEW)
def compare() -> str | Response:
    """Chosen products side by side."""
    chosen = id_list(request.args.getlist("product"))[:6]
    if len(chosen) < 2:
        flash("请先勾选 2 到 6 个商品再对比。", "warning")
        return redirect(url_for("supply.catalogue"))
    return render_template("supply/compare.html", products=[access.get_product(actor(), one) for one in chosen])


@blueprint.get("/catalogue/export.<any(csv, xlsx):kind>")
@requires(Permission.SUPPLY_VIEW)
def export_catalogue(kind: str) -> Response:
    """The library as a file that can be imported again."""
    data = export.catalogue(actor(), kind)
    return attachment(data, f"货源目录.{kind}", CSV if kind == "csv" else XLSX)


@blueprint.get("/categories")
@requires(Permission.SUPPLY_USE)
def categories() -> str:
    """类目映射."""
    shop = working_shop()
    return render_template("supply/categories.html", rows=category_maps.list_maps(actor(), shop.id))


@blueprint.post("/categories/<int:category_id>")
@requires(Permission.SUPPLY_USE)
def map_category(category_id: int) -> Response:
    """Say under which category of the mall goods of a library category are listed."""
    form = CategoryForm()
    form.accept()
    with unit_of_work():
        shop = working_shop()
        category_maps.set_map(actor(), shop.id, category_id, form.l1.data or "", form.l2.data or "")
    flash("类目映射已保存，之后上架的商品按它归类。", "success")
    return redirect(url_for("supply.categories"))

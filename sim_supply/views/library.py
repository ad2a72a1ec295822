"""The distribution library and one-click listing."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number
from sim_supply import access
from sim_supply.domain.pricing import PriceRule, RuleKind
from sim_supply.forms import ListingForm
from sim_supply.services import library, listing, listing_job
from sim_supply.views.blueprint import blueprint, id_list, search_text


def _filters() -> library.Filters:
    supplier = id_list([request.args.get("supplier", "")])
    return library.Filters(
        q=search_text(),
        category=request.args.get("category", "")[:41],
        supplier_id=supplier[0] if supplier else None,
        listed=request.args.get("listed", ""),
        sort=request.args.get("sort", ""),
    )


@blueprint.get("/catalogue")
@requires(Permission.SUPPLY_VIEW)
def catalogue() -> str:
    """Goods of all suppliers, to be searched, filtered and chosen."""
    filters = _filters()
    return render_template(
        "supply/catalogue.html",
        page=library.browse(actor(), filters, page_number()),
        choices=library.choices(actor()),
        filters=filters,
        sorts=library.SORTS,
    )


@blueprint.get("/catalogue/<int:product_id>")
@requires(Permission.SUPPLY_VIEW)
def product(product_id: int) -> str:
    """One product of the library with all its specifications."""
    return render_template("supply/product.html", product=access.get_product(actor(), product_id))


@blueprint.get("/listing")
@requires(Permission.SUPPLY_USE)
def listing_form() -> str | Response:
    """Choose a price rule for the chosen goods."""
    only = id_list([request.args.get("only", "")])
    products = only or id_list(request.args.getlist("product"))
    if request.args.get("all"):
        products = library.matching_ids(actor(), _filters(), listing.MAX_PRODUCTS)
    if not products:
        flash("请先在货源库里选择要上架的商品。", "warning")
        return redirect(url_for("supply.catalogue"))
    return _show(ListingForm(formdata=None), products, None)


@blueprint.post("/listing")
@requires(Permission.SUPPLY_USE)
def list_goods() -> str | Response | tuple[str, int]:
    """Show the prices that the rule makes, or put the goods on sale."""
    form = ListingForm()
    products = id_list(request.form.getlist("product"))
    skus = id_list(request.form.getlist("sku"))
    if not form.accept():
        return _show(form, products, skus), 400
    if request.form.get("action") == "preview":
        return _show(form, products, skus)
    who = actor()
    try:
        if not skus:
            raise InvalidInput("请至少勾选一个规格。")
        with unit_of_work():
            rule = form.price_rule(listing.fee_bp(who.world()))
            promise = form.promise_hours.data or 0
            if len(products) > listing.AT_ONCE:
                terms = listing.Terms(rule, form.buyer_freight.data or 0, promise)
                job = listing_job.start(who, products, skus, terms, form.key.data)
                return redirect(url_for("jobs.show", public_id=job))
            done = listing.list_goods(who, products, skus, rule, form.buyer_freight.data or 0, form.key.data, promise)
    except DomainError as error:
        if error.status == 404:
            raise
        form.show(error)
        return _show(form, products, skus), error.status
    words = f"已上架 {done.listed} 个商品（{done.skus} 个规格）" if done.listed else "没有新的商品需要上架"
    flash(f"{words}，{done.already} 个之前已上架。" if done.already else f"{words}。", "success")
    return redirect(url_for("supply.listings"))


def _show(form: ListingForm, products: list[int], skus: list[int] | None) -> str:
    who = actor()
    fee = listing.fee_bp(who.world())
    rule = None if form.errors else form.price_rule(fee)
    try:
        rows = listing.preview(who, products, rule or PriceRule(RuleKind.ADD, fee_bp=fee))
    except InvalidInput as error:
        form.show(error)
        rule = None
        rows = listing.preview(who, products, PriceRule(RuleKind.ADD, fee_bp=fee))
    return render_template(
        "supply/listing.html",
        form=form,
        rows=rows,
        fee_bp=fee,
        priced=rule is not None,
        clamped=sum(1 for row in rows for sku in row.skus if sku.quote.clamped),
        chosen=skus,
    )

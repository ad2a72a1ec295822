"""Goods in the seller centre: list, create, edit, shelves in bulk."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from sim_mall import access
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain.listing_flow import LISTING_NAMES, ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.goods import MAX_FORM_SKUS, ListingForm
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services import goods_lists, listings, shelves
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import back, digits, done, goods_picture, number

TONES = {
    ListingState.DRAFT: "quiet",
    ListingState.AUDITING: "info",
    ListingState.REJECTED: "bad",
    ListingState.WAREHOUSE: "quiet",
    ListingState.ON_SALE: "good",
    ListingState.FORCED_OFF: "bad",
    ListingState.RECYCLED: "quiet",
}
TABS = (
    ("", "全部"),
    ("on_sale", "出售中"),
    ("warehouse", "仓库中"),
    ("soldout", "已售完"),
    ("draft", "草稿"),
    ("refused", "未通过"),
    ("recycled", "回收站"),
)
ACTIONS = {"put_on": "已上架", "take_off": "已下架", "recycle": "已移入回收站", "restore": "已恢复为草稿"}


def _counts(shop: Shop) -> dict[str, int]:
    states = goods_lists.state_counts(shop)
    found = {str(state): count for state, count in states.items()}
    found["refused"] = states.get(ListingState.REJECTED, 0) + states.get(ListingState.FORCED_OFF, 0)
    found[""] = sum(count for state, count in states.items() if state != ListingState.RECYCLED)
    return found


def _row(listing: Listing) -> dict[str, Any]:
    skus = [sku for sku in listing.skus if not sku.removed]
    state = listing.state
    return {
        "listing": listing,
        "picture": goods_picture(listing),
        "state": LISTING_NAMES[state],
        "tone": TONES[state],
        "skus": len(skus),
        "stock": sum(sku.stock.saleable for sku in skus),
        "allocated": sum(sku.stock.allocated for sku in skus),
        "can_edit": state != ListingState.RECYCLED,
        "can_submit": state in (ListingState.DRAFT, ListingState.REJECTED),
        "can_show": listing.listed_at is not None,
    }


@seller.get("/products/")
@requires(Permission.MALL_SELL)
def products() -> Answer:
    """商品管理, by state, with shelves in bulk."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    tab = request.args.get("tab", "")
    tab = tab if tab in dict(TABS) else ""
    q = request.args.get("q", "").strip()[:60]
    page = paginate(goods_lists.manage_query(shop, tab, q), page_number(), 20)
    counts = _counts(shop)
    return render_template(
        "mall/seller/products.html",
        shop_name=shop.name,
        tab=tab,
        q=q,
        tabs=[
            {
                "label": label,
                "url": url_for("seller.products", tab=key or None),
                "active": key == tab,
                "count": counts.get(key),
            }
            for key, label in TABS
        ],
        page=page,
        rows=[_row(listing) for listing in page.items],
        recycled=tab == "recycled",
    )


@seller.post("/products/bulk")
@requires(Permission.MALL_SELL)
def bulk() -> Answer:
    """上架, 下架, 移入回收站 or 恢复 the ticked goods."""
    ids = [listing_id for text in request.form.getlist("ids") if (listing_id := digits(text)) is not None]
    action = request.form.get("action", "")
    with unit_of_work():
        count = shelves.move_listings(actor(), ids, action)
    done(f"{count} 件商品{ACTIONS[action]}。")
    return back("seller.products")


@seller.post("/products/<int:listing_id>/submit")
@requires(Permission.MALL_SELL)
def submit_listing(listing_id: int) -> Answer:
    """提交审核."""
    with unit_of_work():
        listing = listings.submit_listing(actor(), listing_id)
        passed, title = listing.state == ListingState.ON_SALE, listing.title
    if not passed:
        flash(f"“{title}”没有通过审核，原因已写在商品列表里，修改后可再次提交。", "error")
        return back("seller.products")
    done(f"“{title}”已通过审核并上架。")
    return back("seller.products")


def _form_page(form: ListingForm, shop: Shop, listing: Listing | None) -> str:
    known = listings.categories(shop.world_id)
    return render_template(
        "mall/seller/listing_form.html",
        form=form,
        shop_name=shop.name,
        listing=listing,
        notes=[text for _, text in listing.audit_notes] if listing else [],
        level1=sorted({category.l1 for category in known}),
        level2=sorted({category.l2 for category in known if category.l2}),
        more_skus=len(form.skus.entries) < MAX_FORM_SKUS,
        several=len(form.skus.entries) > 1,
    )


def _draft(form: ListingForm) -> ListingDraft:
    changes = [entry.form.change() for entry in form.skus.entries]
    return ListingDraft(
        title=form.title.data,
        brief=form.brief.data or "",
        category_l1=form.category_l1.data,
        category_l2=form.category_l2.data or "",
        unit=form.unit.data,
        skus=tuple(SkuDraft(c.code, c.spec, c.price, c.stock, c.weight_g) for c in changes),
        freight_fee=form.freight_fee.data or 0,
        promise_hours=form.promise_hours.data or 0,
        key=form.key.data,
    )


def _reshaped(form: ListingForm) -> bool:
    """Add or drop a SKU row when that button was pressed; say whether one was."""
    if "add_sku" in request.form:
        if len(form.skus.entries) < MAX_FORM_SKUS:
            form.skus.append_entry()
        return True
    if "drop_sku" in request.form and len(form.skus.entries) > 1:
        place = number("drop_sku", default=-1)
        if 0 <= place < len(form.skus.entries):
            form.skus.entries.pop(place)
        return True
    return False


def _target() -> ListingState:
    return {
        "sale": ListingState.ON_SALE,
        "warehouse": ListingState.WAREHOUSE,
        "draft": ListingState.DRAFT,
    }.get(request.form.get("target", ""), ListingState.ON_SALE)


def _refused(form: ListingForm, error: DomainError) -> int:
    if error.code == "key_reused":
        raise error
    if error.issues:
        for issue in error.issues:
            target = form._fields.get(issue.field or "") if issue.field != "skus" else None
            if target is not None:
                target.errors = [*target.errors, issue.message]
            else:
                form.form_errors = [*form.form_errors, issue.message]
    else:
        form.show(error)
    return error.status


_SAVED = {
    ListingState.ON_SALE: "商品已上架。",
    ListingState.WAREHOUSE: "商品已放入仓库。",
    ListingState.DRAFT: "草稿已保存。",
}


@seller.route("/products/new", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def new_listing() -> Answer:
    """发布商品."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    form, status = ListingForm(), 200
    if request.method == "POST" and not _reshaped(form):
        status = 400
        if form.accept():
            try:
                with unit_of_work():
                    listings.create_listing(actor(), shop.id, _draft(form), _target())
            except DomainError as error:
                status = _refused(form, error)
            else:
                done(_SAVED[_target()])
                return redirect(url_for("seller.products"))
    return _form_page(form, shop, None), status


def _filled(listing: Listing) -> ListingForm:
    skus = [
        {"id": str(sku.id), "spec": sku.spec, "code": sku.code, "price": sku.price, "stock": sku.stock.on_hand}
        for sku in listing.skus
        if not sku.removed
    ]
    return ListingForm(
        data={
            "version": str(listing.version),
            "title": listing.title,
            "brief": listing.brief,
            "category_l1": listing.category.l1,
            "category_l2": listing.category.l2,
            "unit": listing.unit,
            "freight_fee": listing.freight_fee,
            "promise_hours": listing.promise_hours or None,
            "skus": skus,
        }
    )


@seller.route("/products/<int:listing_id>/edit", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def edit_listing(listing_id: int) -> Answer:
    """编辑商品."""
    listing = listings.load_listing(access.get_own_listing(actor(), listing_id).id)
    if request.method == "GET":
        return _form_page(_filled(listing), listing.shop, listing)
    form, status = ListingForm(), 200
    if not _reshaped(form):
        status = 400
        if form.accept():
            version = digits(form.version.data or "") or 0
            changes = [entry.form.change() for entry in form.skus.entries]
            try:
                with unit_of_work():
                    listings.edit_listing(actor(), listing_id, _draft(form), changes, version, _target())
            except DomainError as error:
                status = _refused(form, error)
            else:
                done("修改已保存。" if _target() is ListingState.DRAFT else _SAVED[_target()])
                return redirect(url_for("seller.products"))
    return _form_page(form, listing.shop, listing), status

"""Goods in the seller centre: list, create, edit, shelves in bulk."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.photos import read_photo
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from app.core.web.paging import page_number, paginate
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import ListingDraft
from sim_mall.domain import quality
from sim_mall.domain.category_book import TREE, attributes_of
from sim_mall.domain.listing_flow import LISTING_NAMES, ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.goods import MAX_FORM_SKUS, ListingForm
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services import freight, goods_lists, listing_files, listings, pictures, shelves, videos
from sim_mall.services.listing_reading import facts_of, sku_text
from sim_mall.services.rules.checking import RISKY
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.goods_media import category_json
from sim_mall.views.shown import back, digits, done, goods_picture, number, picture_path
from sim_mall.views.video_upload import read_video

TONES = {
    ListingState.DRAFT: "quiet",
    ListingState.AUDITING: "info",
    ListingState.REJECTED: "bad",
    ListingState.WAREHOUSE: "quiet",
    ListingState.ON_SALE: "good",
    ListingState.FORCED_OFF: "bad",
    ListingState.RECYCLED: "quiet",
    ListingState.PURGED: "quiet",
}
TABS = (
    ("", "全部"),
    ("on_sale", "出售中"),
    ("warehouse", "仓库中"),
    ("soldout", "已售完"),
    ("alarm", "库存预警"),
    ("draft", "草稿"),
    ("refused", "未通过"),
    ("recycled", "回收站"),
)
ACTIONS = {
    "put_on": "已上架",
    "take_off": "已下架",
    "recycle": "已移入回收站",
    "restore": "已恢复为草稿",
    "purge": "已彻底删除",
}


def _counts(shop: Shop) -> dict[str, int]:
    states = goods_lists.state_counts(shop)
    found = {str(state): count for state, count in states.items()}
    found["refused"] = states.get(ListingState.REJECTED, 0) + states.get(ListingState.FORCED_OFF, 0)
    found["alarm"] = goods_lists.alarm_count(shop)
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
        "safety": sum(sku.stock.safety for sku in skus),
        "can_edit": state != ListingState.RECYCLED,
        "can_submit": state in (ListingState.DRAFT, ListingState.REJECTED),
        "can_show": listing.listed_at is not None,
        "level": quality.level(listing.score),
        "level_tone": "good" if listing.score >= quality.GOOD else "warn" if listing.score >= quality.FAIR else "bad",
        "low": any(sku.stock.saleable <= listing.alarm for sku in skus) and state == ListingState.ON_SALE,
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
        recycle_days=setting(get_world(shop.world_id), "recycle_days"),
        copy_key=new_key(),
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


@seller.post("/products/<int:listing_id>/copy")
@requires(Permission.MALL_SELL)
def copy_listing(listing_id: int) -> Answer:
    """复制 a listing into a draft."""
    with unit_of_work():
        made = shelves.copy_listing(actor(), listing_id, form_key(request.form)).id
    done("已复制为草稿，请修改标题和库存后上架。")
    return redirect(url_for("seller.edit_listing", listing_id=made))


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


def _attributes(form: ListingForm) -> dict[str, str]:
    """Return the attributes of a submitted form: those of the category, then the free lines."""
    found = {
        name.removeprefix("attribute:"): clean_text(value)
        for name, value in request.form.items()
        if name.startswith("attribute:") and clean_text(value)
    }
    for line in (form.more_attributes.data or "").splitlines():
        name, _, value = line.replace("：", ":").partition(":")
        if name.strip() and value.strip():
            found[name.strip()] = value.strip()
    return found


def _form_page(form: ListingForm, shop: Shop, listing: Listing | None) -> str:
    known = listings.categories(shop.world_id)
    given = _attributes(form) if request.method == "POST" else dict(listing.attributes) if listing else {}
    draft = _draft(form) if request.method == "POST" else listings.draft_of(listing) if listing else None
    level1, level2 = form.category_l1.data or "", form.category_l2.data or ""
    form.freight_template.choices = [("", "一口价运费"), *((str(row.id), row.name) for row in freight.templates(shop))]
    return render_template(
        "mall/seller/listing_form.html",
        form=form,
        shop_name=shop.name,
        listing=listing,
        notes=[text for _, text in listing.audit_notes] if listing else [],
        level1=list(dict.fromkeys([*TREE, *sorted({category.l1 for category in known})])),
        level2=sorted({category.l2 for category in known if category.l2}),
        book=category_json(),
        fields=[(item, given.get(item.name, "")) for item in attributes_of(level1, level2)],
        more_skus=len(form.skus.entries) < MAX_FORM_SKUS,
        several=len(form.skus.entries) > 1,
        shown_pictures=[(name, picture_path(name, small=True)) for name in picture_names(form.pictures.data)],
        score=quality.score(facts_of(draft)) if draft else 0,
        parts=quality.score_parts(facts_of(draft)) if draft else [],
        level=quality.level,
        files=listing_files.files_of(listing) if listing else [],
    )


def picture_names(text: str | None) -> list[str]:
    """Return the names of pictures that a hidden field carries."""
    return [name for name in (text or "").split(",") if name][:20]


def _draft(form: ListingForm) -> ListingDraft:
    changes = [entry.form.change() for entry in form.skus.entries]
    return ListingDraft(
        title=form.title.data or "",
        brief=form.brief.data or "",
        category_l1=form.category_l1.data or "",
        category_l2=form.category_l2.data or "",
        unit=form.unit.data or "",
        skus=tuple(change.draft() for change in changes),
        attributes=dict(_attributes(form)),
        freight_fee=form.freight_fee.data or 0,
        promise_hours=form.promise_hours.data or 0,
        key=form.key.data,
        brand=form.brand.data or "",
        pictures=tuple(picture_names(form.pictures.data)),
        detail=form.detail.data or "",
        freight_template_id=digits(form.freight_template.data or ""),
        seven_day=bool(form.seven_day.data),
        alarm=5 if form.alarm.data is None else form.alarm.data,
        stock_at_payment=bool(form.stock_at_payment.data),
        buy_limit=form.buy_limit.data or 0,
        video="" if form.drop_video.data else str(form.video.data or "")[:40],
        accept_risk=request.form.get("anyway") == "1",
    )


def _take_uploads(form: ListingForm) -> None:
    """Keep the video and the pictures that came with the form itself, these behind those that it names."""
    film = form.video_file.data
    if getattr(film, "filename", ""):
        form.video.data = videos.keep_video(actor(), read_video(film, "video_file"), ShopPower.GOODS, "video_file")
        form.drop_video.data = False
    names = picture_names(form.pictures.data)
    for place, storage in enumerate(form.uploads.data or []):
        if getattr(storage, "filename", ""):
            photo = read_photo(storage, square=True, min_side=pictures.MIN_SIDE, field="uploads")
            names.append(pictures.add_picture(actor(), photo, f"{form.key.data}-{place}"))
    form.pictures.data = ",".join(names)


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
    g.rule_risk = error.code == RISKY
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
                    _take_uploads(form)
                    listings.create_listing(actor(), shop.id, _draft(form), _target(), strict=True)
            except DomainError as error:
                status = _refused(form, error)
            else:
                done(_SAVED[_target()])
                return redirect(url_for("seller.products"))
    return _form_page(form, shop, None), status


def _filled(listing: Listing) -> ListingForm:
    known = {item.name for item in attributes_of(listing.category.l1, listing.category.l2)}
    return ListingForm(
        data={
            "version": str(listing.version),
            "title": listing.title,
            "brief": listing.brief,
            "category_l1": listing.category.l1,
            "category_l2": listing.category.l2,
            "unit": listing.unit,
            "brand": listing.brand,
            "more_attributes": "\n".join(f"{k}:{v}" for k, v in listing.attributes.items() if k not in known),
            "pictures": ",".join(listing.pictures),
            "detail": listing.detail,
            "freight_fee": listing.freight_fee,
            "freight_template": str(listing.freight_template_id or ""),
            "promise_hours": listing.promise_hours or None,
            "seven_day": listing.seven_day,
            "alarm": listing.alarm,
            "stock_at_payment": listing.stock_at_payment,
            "buy_limit": listing.buy_limit,
            "video": listing.video,
            "skus": [
                {
                    "id": str(sku.id),
                    "spec": sku_text(listing, sku),
                    "code": sku.code,
                    "price": sku.price,
                    "stock": sku.stock.on_hand,
                    "weight_g": sku.weight_g,
                    "barcode": sku.barcode,
                    "picture": sku.picture,
                    "volume_cm3": sku.volume_cm3,
                    "safety": sku.stock.safety,
                }
                for sku in listings.live_skus(listing)
            ],
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
                    _take_uploads(form)
                    listings.edit_listing(actor(), listing_id, _draft(form), changes, version, _target(), strict=True)
            except DomainError as error:
                status = _refused(form, error)
            else:
                done("修改已保存。" if _target() is ListingState.DRAFT else _SAVED[_target()])
                return redirect(url_for("seller.products"))
    return _form_page(form, listing.shop, listing), status

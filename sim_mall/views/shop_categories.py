"""Categories of the shop (店铺分类) in the seller centre."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.shops import Shop
from sim_mall.services import listing_reading, shop_categories
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import digits, done, goods_picture


def _list() -> Response:
    return redirect(url_for("seller.shop_categories"))


def _page(shop: Shop, error: DomainError | None = None, name: str = "") -> str:
    return render_template(
        "mall/seller/shop_categories.html",
        shop_name=shop.name,
        rows=shop_categories.categories_of(shop.id),
        error=error,
        name=name,
        key=new_key(),
    )


@seller.get("/categories/", endpoint="shop_categories")
@requires(Permission.MALL_SELL)
def category_list() -> Answer:
    """店铺分类."""
    shop = shop_or_register(ShopPower.DECORATE)
    return _page(shop) if isinstance(shop, Shop) else shop


@seller.post("/categories/")
@requires(Permission.MALL_SELL)
def add_shop_category() -> Answer:
    """添加分类."""
    shop = shop_or_register(ShopPower.DECORATE)
    if not isinstance(shop, Shop):
        return shop
    name = clean_text(request.form.get("name"))
    try:
        with unit_of_work():
            made = shop_categories.add_category(actor(), name, form_key(request.form))
    except DomainError as error:
        if error.field != "name":
            raise
        return _page(shop, error, name), error.status
    done("分类已添加，请勾选属于它的商品。")
    return redirect(url_for("seller.shop_category", category_id=made))


@seller.route("/categories/<int:category_id>", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def shop_category(category_id: int) -> Answer:
    """One category: its name and its products."""
    row = shop_categories.own_category(actor(), category_id)
    error: DomainError | None = None
    chosen = shop_categories.listings_in(row)
    name = row.name
    shop_id = row.shop_id
    if request.method == "POST":
        ids = [one for text in request.form.getlist("ids") if (one := digits(text)) is not None]
        name, chosen = clean_text(request.form.get("name")), set(ids)
        try:
            with unit_of_work():
                shop_categories.change_category(actor(), category_id, name, ids)
        except DomainError as problem:
            if problem.field != "name":
                raise
            error = problem
        else:
            done("分类已保存。")
            return _list()
    listings = listing_reading.own_listings(actor(), shop_id, only_on_sale=False)
    page = render_template(
        "mall/seller/shop_category.html",
        category_id=category_id,
        name=name,
        error=error,
        goods=[(one.id, one.title, goods_picture(one), one.id in chosen) for one in listings],
    )
    return (page, error.status) if error else page


@seller.post("/categories/<int:category_id>/<any(up, down, remove):action>")
@requires(Permission.MALL_SELL)
def move_shop_category(category_id: int, action: str) -> Answer:
    """上移, 下移, 删除 a category."""
    with unit_of_work():
        if action == "remove":
            shop_categories.remove_category(actor(), category_id)
        else:
            shop_categories.move_category(actor(), category_id, -1 if action == "up" else 1)
    done("分类已删除，商品还在。" if action == "remove" else "顺序已调整。")
    return _list()

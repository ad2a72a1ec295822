"""What everybody of a world sees: home, categories, search, a product, a shop."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request

from app.accounts.scopes import account_names
from app.core.actor import Actor
from app.core.errors import DomainError
from app.core.money import parse_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import RUNNING, SHOP_NAMES
from sim_mall.forms.goods import ForceOffForm
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Review
from sim_mall.services import (
    decor,
    favourites,
    listing_files,
    listings,
    ratings,
    reviews,
    search,
    shelves,
    shop_categories,
    visits,
)
from sim_mall.views import product_parts
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.kept import review_card
from sim_mall.views.page_blocks import shown_blocks
from sim_mall.views.promotion_blocks import priced_cards, product_block
from sim_mall.views.shown import back, came_from, card, done, hundredths, number, rating_text

PAGE = 20
SORTS = (
    (search.Sort.BEST, "综合"),
    (search.Sort.SOLD, "销量"),
    (search.Sort.PRICE_UP, "价格从低到高"),
    (search.Sort.PRICE_DOWN, "价格从高到低"),
    (search.Sort.NEW, "新品"),
)


def _grouped(world_id: int) -> list[dict[str, Any]]:
    counts = search.category_counts(world_id)
    found = []
    for l1, items in groupby(counts, key=lambda item: item.l1):
        below = list(items)
        found.append({"name": l1, "count": sum(item.count for item in below), "below": [x for x in below if x.l2]})
    return found


@mall.get("/")
@requires(Permission.MALL_VIEW)
def home() -> Answer:
    """Search on top, categories, what sells best, then everything new."""
    world_id = actor().world()
    best = search.best_sellers(world_id)
    page = search.page_of(search.find(world_id, search.Search(sort=search.Sort.NEW)), page_number(), PAGE)
    return render_template(
        "mall/home.html",
        categories=_grouped(world_id)[:10],
        best=priced_cards([listing for listing in best if listing.sold]),
        page=page,
        cards=priced_cards(page.items),
    )


@mall.get("/categories")
@requires(Permission.MALL_VIEW)
def categories() -> Answer:
    """All categories that have something on sale."""
    return render_template("mall/categories.html", categories=_grouped(actor().world()))


def _fen(name: str) -> int | None:
    try:
        return parse_yuan(request.args.get(name, ""))
    except ValueError:
        return None


def _asked() -> search.Search:
    args = request.args
    try:
        sort = search.Sort(args.get("sort", search.Sort.BEST))
    except ValueError:
        sort = search.Sort.BEST
    return search.Search(
        q=args.get("q", "").strip()[:60],
        l1=args.get("l1", "")[:40],
        l2=args.get("l2", "")[:40],
        low=_fen("low"),
        high=_fen("high"),
        sort=sort,
        free=args.get("free") == "1",
        left=args.get("left") == "1",
        seven=args.get("seven") == "1",
    )


@mall.get("/search/suggest")
@requires(Permission.MALL_VIEW)
def suggest() -> Answer:
    """Words to search for, while somebody types."""
    return {"words": search.suggestions(actor().world(), request.args.get("q", "").strip()[:60])}


@mall.get("/search")
@requires(Permission.MALL_VIEW)
def find() -> Answer:
    """Results of a search, with filters and order."""
    world_id = actor().world()
    asked = _asked()
    page = search.page_of(search.find(world_id, asked), page_number(), PAGE)
    kept = {key: value for key, value in request.args.items() if key not in {"page", "sort"}}
    popular = [] if page.items else search.best_sellers(world_id)
    return render_template(
        "mall/search.html",
        asked=asked,
        q=asked.q,
        page=page,
        cards=priced_cards(page.items),
        categories=_grouped(world_id),
        shops=search.matching_shops(world_id, asked.q),
        sorts=[(sort, label, sort == asked.sort) for sort, label in SORTS],
        kept=kept,
        popular=[card(listing) for listing in popular],
        more_than=search.COUNTED if page.total >= search.COUNTED else 0,
        parts=search.words_with_results(world_id, asked.q) if asked.q and not page.items else [],
    )


def _masked(names: dict[int, str], account_id: int) -> str:
    name = names.get(account_id, "匿名")
    return f"{name[:1]}**"


def _review_rows(rows: list[Review]) -> list[dict[str, Any]]:
    names = account_names({row.buyer_id for row in rows})
    now = sim_now(rows[0].world_id) if rows else None
    return [
        {
            **review_card(row, {}, now),
            "who": _masked(names, row.buyer_id),
            "stars": rating_text(row.description + row.service + row.logistics, 1),
            "score": (row.description + row.service + row.logistics) / 3,
        }
        for row in rows
    ]


def _sku_rows(listing: Listing) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for sku in (sku for sku in listing.skus if not sku.removed):
        left = max(sku.stock.saleable, 0)
        rows.append({"sku": sku, "left": left, "disabled": left == 0, "label": sku.spec or "默认"})
    first = next((row for row in rows if not row["disabled"]), None)
    for row in rows:
        row["checked"] = row is first
    return rows


def _product(who: Actor, listing: Listing, form: ForceOffForm) -> dict[str, Any]:
    shop = listing.shop
    skus = _sku_rows(listing)
    selling = listing.state == ListingState.ON_SALE and shop.state in RUNNING
    left = sum(row["left"] for row in skus)
    own = access.runs(who, shop.id)
    if own:
        why_not = "这是你自己店铺的商品"
    elif not selling:
        why_not = "商品已下架"
    elif not left:
        why_not = "已售完"
    else:
        why_not = ""
    query = reviews.reviews_of(listing.id)
    page = paginate(query, page_number("reviews"), 10)
    return {
        "listing": listing,
        "promo": product_block(who, listing),
        "shop": shop,
        "skus": skus,
        "left": left,
        "gallery": product_parts.gallery(listing),
        "axes": product_parts.axes(listing, skus),
        "way": product_parts.way(who, listing),
        "files": listing_files.files_of(listing),
        "attributes": list(listing.attributes.items()),
        "promise_hours": listing.promise_hours or setting(get_world(listing.world_id), "ship_hours"),
        "after_sale_days": setting(get_world(listing.world_id), "after_sale_days"),
        "rating": rating_text(listing.rating_sum, listing.rating_count),
        "review_page": page,
        "reviews": _review_rows(list(page.items)),
        "shop_scores": ratings.dsr(shop.world_id, shop.id),
        "hundredths": hundredths,
        "can_buy": who.may(Permission.MALL_BUY) and not why_not,
        "is_buyer": who.may(Permission.MALL_BUY),
        "kept": favourites.is_favourite(who, listing_id=listing.id),
        "why_not": why_not,
        "own": own,
        "can_force_off": who.may(Permission.MALL_SHOP_REVIEW) and listing.state == ListingState.ON_SALE,
        "force_form": form,
        "more": [
            card(other, with_shop=False)
            for other in search.best_sellers(listing.world_id, shop_id=shop.id, besides=listing.id)
        ],
    }


@mall.get("/products/<int:listing_id>")
@requires(Permission.MALL_VIEW)
def product(listing_id: int) -> Answer:
    """One product with its SKUs, promises and reviews."""
    listing = listings.load_listing(access.get_listing(actor(), listing_id).id)
    page = _product(actor(), listing, ForceOffForm())
    if not page["own"]:
        visits.note_view(actor(), listing.shop_id, listing.id, came_from())
    return render_template("mall/product.html", **page)


@mall.post("/products/<int:listing_id>/force-off")
@requires(Permission.MALL_SHOP_REVIEW)
def force_off(listing_id: int) -> Answer:
    """Take a product off sale for a rule; the instructor does."""
    form = ForceOffForm()
    listing = listings.load_listing(access.get_listing(actor(), listing_id).id)
    if form.accept():
        try:
            with unit_of_work():
                shelves.force_off(actor(), listing_id, form.reason.data)
        except DomainError as error:
            form.show(error)
            return render_template("mall/product.html", **_product(actor(), listing, form)), error.status
        done("商品已违规下架，店主会收到通知。")
        return back("mall.product", listing_id=listing_id)
    return render_template("mall/product.html", **_product(actor(), listing, form)), 400


@mall.get("/shops/<int:shop_id>")
@requires(Permission.MALL_VIEW)
def shop(shop_id: int) -> Answer:
    """One shop with its goods."""
    found = access.get_visible_shop(actor(), shop_id)
    asked = search.Search(q=request.args.get("q", "").strip()[:60], shop_id=found.id, sort=_asked().sort)
    query, shelf = search.find(found.world_id, asked), number("category", form=False, default=0)
    shelves_of = shop_categories.categories_of(found.id)
    if shelf := next((one.id for one in shelves_of if one.id == shelf), 0):
        query = query.where(Listing.id.in_(shop_categories.in_category(found.id, shelf)))
    page = search.page_of(query, page_number(), PAGE)
    front = not (asked.q or shelf or "sort" in request.args or page.number > 1)
    sold = search.units_sold(found.id)
    own = access.runs(actor(), found.id)
    if not own:
        visits.note_view(actor(), found.id, 0, came_from())
    return render_template(
        "mall/shop.html",
        shop=found,
        open=found.state in RUNNING,
        state=SHOP_NAMES[found.state],
        scores=ratings.dsr(found.world_id, found.id),
        hundredths=hundredths,
        sold=sold,
        days_open=max((sim_now(found.world_id) - found.opened_at).days, 0) + 1 if found.opened_at else 0,
        asked=asked,
        sorts=[(sort, label, sort == asked.sort) for sort, label in SORTS],
        page=page,
        cards=priced_cards(page.items, with_shop=False),
        own=own,
        blocks=shown_blocks(found, decor.published_page(found.id)) if front else [],
        categories=[(one.id, one.name, one.id == shelf) for one in shelves_of if one.on_sale],
        category=shelf,
        is_buyer=actor().may(Permission.MALL_BUY),
        kept=favourites.is_favourite(actor(), shop_id=found.id),
    )

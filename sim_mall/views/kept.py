"""What a buyer keeps: favourites (收藏), footprints (足迹), own reviews (我的评价)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.clock import local
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import date_zh, when
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall.forms.desk import FollowForm
from sim_mall.models.trade import Review
from sim_mall.services import favourites, listings, photos, reviews
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import back, card, done
from sim_mall.views.ticket_shown import photo_links


@mall.get("/favourites/", endpoint="favourites")
@requires(Permission.MALL_BUY)
def favourite_list() -> Answer:
    """收藏: goods and shops."""
    shops = request.args.get("tab") == "shops"
    query: Any = favourites.favourite_shops(actor()) if shops else favourites.favourite_listings(actor())
    page = paginate(query, page_number(), 20)
    goods, kept_shops, _ = favourites.counts(actor())
    return render_template(
        "mall/favourites.html",
        page=page,
        shops=[row.shop for row in page.items] if shops else [],
        cards=[] if shops else [(row.listing.id, card(row.listing)) for row in page.items],
        in_shops=shops,
        tabs=[
            {"label": "商品", "url": url_for("mall.favourites"), "active": not shops, "count": goods},
            {"label": "店铺", "url": url_for("mall.favourites", tab="shops"), "active": shops, "count": kept_shops},
        ],
    )


def _keep(*, listing_id: int | None = None, shop_id: int | None = None) -> None:
    kept = request.form.get("kept", "1") == "1"
    with unit_of_work():
        favourites.set_favourite(actor(), listing_id=listing_id, shop_id=shop_id, kept=kept)
    done("已收藏，可以在“我的—收藏”里找到。" if kept else "已取消收藏。")


@mall.post("/products/<int:listing_id>/favourite")
@requires(Permission.MALL_BUY)
def keep_listing(listing_id: int) -> Answer:
    """收藏 a listing, or no longer."""
    _keep(listing_id=listing_id)
    return back("mall.product", listing_id=listing_id)


@mall.post("/shops/<int:shop_id>/favourite")
@requires(Permission.MALL_BUY)
def keep_shop(shop_id: int) -> Answer:
    """收藏 a shop, or no longer."""
    _keep(shop_id=shop_id)
    return back("mall.shop", shop_id=shop_id)


@mall.get("/footprints/", endpoint="footprints")
@requires(Permission.MALL_BUY)
def footprint_list() -> Answer:
    """足迹 by day."""
    page = paginate(favourites.footprints(actor()), page_number(), 24)
    days = [
        (day, [card(row.listing) for row in rows])
        for day, rows in groupby(page.items, key=lambda row: date_zh(local(row.at)))
    ]
    return render_template("mall/footprints.html", page=page, days=days)


@mall.post("/footprints/clear")
@requires(Permission.MALL_BUY)
def clear_footprints() -> Answer:
    """清空足迹."""
    with unit_of_work():
        favourites.clear_footprints(actor())
    done("足迹已清空。")
    return redirect(url_for("mall.footprints"))


def review_card(review: Review, titles: dict[int, str], now: Any) -> dict[str, Any]:
    """Return a review with its photos, follow-up and answer."""
    return {
        "review": review,
        "title": titles.get(review.listing_id, ""),
        "at": when(review.at, now),
        "photos": photo_links(review.pictures),
        "follow_at": when(review.follow_at, now) if review.follow_at else "",
        "follow_photos": photo_links(review.follow_pictures),
        "can_follow": review.follow_at is None and not review.by_default,
        "can_reply": not review.reply and not review.by_default,
    }


def _reviews_page(form: FollowForm, refused: int | None = None) -> str:
    page = paginate(reviews.own_reviews(actor()), page_number(), 10)
    found = listings.listings_by_id(actor().world(), [review.listing_id for review in page.items])
    titles = {listing.id: listing.title for listing in found}
    now = sim_now(actor().world())
    rows = [review_card(review, titles, now) for review in page.items]
    return render_template("mall/my_reviews.html", page=page, rows=rows, form=form, refused=refused)


@mall.get("/reviews/", endpoint="reviews")
@requires(Permission.MALL_BUY)
def review_list() -> Answer:
    """我的评价."""
    return _reviews_page(FollowForm(formdata=None))


@mall.post("/reviews/<int:review_id>/follow")
@requires(Permission.MALL_BUY)
def follow_review(review_id: int) -> Answer:
    """追评."""
    form = FollowForm()
    if form.accept():
        try:
            taken = photos.read_photos(request.files.getlist("pictures"), reviews.MAX_PICTURES)
            with unit_of_work():
                reviews.follow_up(actor(), review_id, form.text.data or "", photos.keep_photos(actor(), taken))
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("追评已发布。")
            return redirect(url_for("mall.reviews"))
    return _reviews_page(form, review_id), 400

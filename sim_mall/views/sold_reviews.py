"""Reviews in the seller centre (评价管理): what buyers say, and one answer to each."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.desk import ReplyForm
from sim_mall.models.shops import Shop
from sim_mall.services import listings, ratings, reviews
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.kept import review_card
from sim_mall.views.shown import done, hundredths

KINDS = {"": "全部", "unanswered": "待回复", "bad": "中差评", "pictures": "有图", "follow": "有追评"}


def _page(form: ReplyForm, refused: int | None = None) -> Answer:
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    page = paginate(reviews.reviews_of_shop(shop.id, kind), page_number(), 15)
    found = listings.listings_by_id(shop.world_id, [review.listing_id for review in page.items])
    titles = {listing.id: listing.title for listing in found}
    names = account_names({review.buyer_id for review in page.items})
    now = sim_now(shop.world_id)
    return render_template(
        "mall/seller/comments.html",
        shop_name=shop.name,
        page=page,
        form=form,
        refused=refused,
        scores=ratings.dsr(shop.world_id, shop.id),
        hundredths=hundredths,
        tabs=[
            {"label": label, "url": url_for("seller.comments", kind=key or None), "active": key == kind}
            for key, label in KINDS.items()
        ],
        rows=[{**review_card(review, titles, now), "buyer": names.get(review.buyer_id, "")} for review in page.items],
    )


@seller.get("/comments/", endpoint="comments")
@requires(Permission.MALL_SELL)
def comment_list() -> Answer:
    """评价管理."""
    return _page(ReplyForm(formdata=None))


@seller.post("/comments/<int:review_id>/reply")
@requires(Permission.MALL_SELL)
def reply_review(review_id: int) -> Answer:
    """回复评价."""
    form = ReplyForm()
    if form.accept():
        with unit_of_work():
            reviews.reply(actor(), review_id, form.text.data or "")
        done("回复已发布，所有人都能看到。")
        return redirect(url_for("seller.comments"))
    page = _page(form, review_id)
    return (page, 400) if isinstance(page, str) else page

"""Coupons and groups on the buyer's side: 领券中心, 我的优惠券, a group and who sits in it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import Refused
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key, new_key
from app.core.web.paging import page_number, paginate
from sim_mall import access
from sim_mall.domain.promotion_flow import COUPON_NAMES, GROUP_NAMES, CouponState, GroupState
from sim_mall.models.promotions import CouponTemplate
from sim_mall.services import coupon_lists, coupons, groups, listings
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import back, deadline, done, goods_picture

TABS = (CouponState.UNUSED, CouponState.LOCKED, CouponState.USED, CouponState.EXPIRED)


def shown_offer(offer: coupon_lists.Offer) -> dict[str, Any]:
    """Return a coupon that can be claimed, as pages show it."""
    template = offer.template
    if offer.mine >= template.per_user:
        why = "已领取"
    elif offer.left <= 0:
        why = "已领完"
    else:
        why = ""
    return {
        **_shown(template),
        "shop": offer.shop,
        "why": why,
        "left": offer.left,
        "own": offer.shop is not None and access.runs(actor(), offer.shop.id),
        "key": new_key(),
    }


def _shown(template: CouponTemplate) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "words": coupons.words(template),
        "off": template.off,
        "bp": template.bp,
        "ends_at": template.ends_at,
        "days": template.days,
        "per_user": template.per_user,
    }


@mall.get("/coupons")
@requires(Permission.MALL_BUY)
def coupon_centre() -> Answer:
    """领券中心."""
    offers = [shown_offer(offer) for offer in coupon_lists.claimable(actor())]
    return render_template("mall/coupons.html", offers=offers)


@mall.post("/coupons/<int:template_id>/claim")
@requires(Permission.MALL_BUY)
def claim_coupon(template_id: int) -> Answer:
    """领取."""
    key = form_key(request.form)
    with unit_of_work():
        coupons.claim(actor(), template_id, key)
    done("领取成功，结算时会自动选用最划算的券。")
    return back("mall.coupon_centre")


@mall.get("/my-coupons")
@requires(Permission.MALL_BUY)
def my_coupons() -> Answer:
    """我的优惠券 by state."""
    tab = request.args.get("tab", "")
    state = CouponState(tab) if tab in {one.value for one in TABS} else CouponState.UNUSED
    counts = coupon_lists.wallet_counts(actor())
    page = paginate(coupon_lists.wallet(actor(), state), page_number(), 20)
    shops = coupon_lists.shops_of([coupon.template for coupon in page.items])
    rows = [
        {
            **_shown(coupon.template),
            "coupon": coupon,
            "shop": shops.get(coupon.template.shop_id or 0),
            "left": deadline(coupon.world_id, coupon.valid_until) if state is CouponState.UNUSED else None,
        }
        for coupon in page.items
    ]
    tabs = [
        {
            "label": COUPON_NAMES[one],
            "url": url_for("mall.my_coupons", tab=one.value),
            "active": one is state,
            "count": counts.get(one.value, 0),
        }
        for one in TABS
    ]
    return render_template("mall/my_coupons.html", tabs=tabs, rows=rows, page=page)


@mall.get("/groups/<int:group_id>")
@requires(Permission.MALL_BUY)
def group(group_id: int) -> Answer:
    """A group: goods, price, seats, what is left of its time."""
    found = groups.get_group(actor(), group_id)
    item = found.promotion.items[0]
    orders = groups.seated(found)
    names = account_names({order.buyer_id for order in orders})
    mine = any(order.buyer_id == actor().account_id for order in orders)
    listing = listings.load_listing(item.listing_id)
    left = deadline(found.world_id, found.deadline_at)
    return render_template(
        "mall/group.html",
        group=found,
        listing=listing,
        picture=goods_picture(listing),
        price=min(row.price or 0 for row in found.promotion.items),
        usual=listing.price_from,
        state=GROUP_NAMES[found.state],
        tone={"forming": "room", "success": "good", "failed": "quiet"}[found.state],
        seats=[f"{names.get(order.buyer_id, '同学')[:1]}**" for order in orders],
        missing=found.size - found.taken,
        left=left if found.state == GroupState.FORMING else None,
        mine=mine,
        may_join=found.state == GroupState.FORMING
        and found.taken < found.size
        and not mine
        and left is not None
        and not left.over
        and not access.runs(actor(), found.promotion.shop_id),
        skus=[
            (item.sku_id, item.sku.spec or "默认", item.price) for item in found.promotion.items if item.sku is not None
        ],
    )


@mall.post("/groups/buy")
@requires(Permission.MALL_BUY)
def buy_in_group() -> Answer:
    """发起拼团 or 参与拼团: to the checkout at the group's price."""
    wanted = {name: request.form.get(name, "") for name in ("sku", "quantity", "group", "join")}
    if not wanted["sku"] or not wanted["group"]:
        raise Refused("请先选择规格再拼团。", code="no_sku")
    return redirect(
        url_for(
            "mall.checkout",
            sku=wanted["sku"],
            quantity=wanted["quantity"] or "1",
            group=wanted["group"],
            join=wanted["join"] or None,
        )
    )

"""Promotion on other pages of the mall: what stands beside a price, on cards and on the product page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from app.core.actor import Actor
from app.core.permissions import Permission
from app.core.web.forms import new_key
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import from_json
from sim_mall.models.goods import Listing
from sim_mall.services import coupon_lists, groups
from sim_mall.services.offers import Badge, badges
from sim_mall.views.coupon_centre import shown_offer
from sim_mall.views.shown import card, deadline, page_now

K = PromotionKind
LOWERING = (K.FLASH, K.LIMITED)  # they lower the price of whoever buys alone


def _badges(listings: Sequence[Listing]) -> dict[int, list[Badge]]:
    if not listings:
        return {}
    now = page_now(listings[0].world_id)
    return badges({listing.id: (listing.shop_id, listing.price_from) for listing in listings}, now)


def _lowest(found: Sequence[Badge], usual: int) -> int | None:
    flash = [one.price for one in found if one.kind is K.FLASH and one.price is not None]
    prices = flash or [one.price for one in found if one.kind in LOWERING and one.price is not None]
    lowest = min(prices, default=usual)
    return lowest if lowest < usual else None


def priced_cards(listings: Sequence[Listing], *, with_shop: bool = True) -> list[dict[str, Any]]:
    """Return listings as cards, with activity prices and tags; two queries for all of them."""
    found = _badges(listings)
    cards = []
    for listing in listings:
        shown = card(listing, with_shop=with_shop)
        mine = found.get(listing.id, [])
        lowest = _lowest(mine, listing.price_from)
        if lowest is not None:
            shown.update(price_fen=lowest, was_fen=listing.price_from)
        tags = [one.text for one in mine]
        if tags:
            shown["badge"] = tags[0] if len(tags[0]) <= 10 else f"{tags[0][:9]}…"
        cards.append(shown)
    return cards


def product_block(who: Actor, listing: Listing) -> dict[str, Any]:
    """Return what the product page shows of activities, coupons and groups."""
    found = _badges([listing]).get(listing.id, [])
    buyer = who.may(Permission.MALL_BUY)
    offers = coupon_lists.claimable(who, listing.shop_id, with_platform=True, limit=4) if buyer else []
    return {
        "lowest": _lowest(found, listing.price_from),
        "tags": [
            {
                "text": one.text,
                "name": one.promotion.name,
                "price": one.price,
                "member": one.kind is K.MEMBER,
                "left": deadline(listing.world_id, one.promotion.ends_at) if one.kind in (K.FLASH, K.LIMITED) else None,
            }
            for one in found
        ],
        "coupons": [shown_offer(offer) for offer in offers],
        "groups": [_group(one, listing) for one in found if one.kind is K.GROUP and buyer],
    }


def _group(badge: Badge, listing: Listing) -> dict[str, Any]:
    promotion = badge.promotion
    prices = {item.sku_id: item.price for item in promotion.items if item.listing_id == listing.id}
    skus = [(sku.id, sku.spec or "默认", prices[sku.id]) for sku in listing.skus if sku.id in prices]
    return {
        "promotion": promotion,
        "rule": from_json(promotion.rule),
        "price": badge.price,
        "skus": skus,
        "key": new_key(),
        "open": [
            {
                "url": url_for("mall.group", group_id=group.id),
                "missing": group.size - group.taken,
                "left": deadline(listing.world_id, group.deadline_at),
            }
            for group in groups.open_groups(promotion.id, listing.world_id, 3)
        ],
    }

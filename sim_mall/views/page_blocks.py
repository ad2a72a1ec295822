"""What the blocks of a shop's page show now: goods as they are, off-shelf ones hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, url_for

from app.core.web.access import actor
from sim_mall.domain.decor import MAX_COUPONS, BlockKind
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services.coupon_lists import claimable
from sim_mall.services.page_feeds import feeds_of
from sim_mall.views.coupon_centre import shown_offer
from sim_mall.views.shown import card

LIVE_CARD = "mall_live_card"  # app.extensions: shop id → {"title", "text", "url"} or None; the live rooms fill it in


def _file(name: str) -> str:
    return url_for("jobs.fetch", public_name=name) if name else ""


def _link(named: Mapping[int, Listing], target: int) -> str:
    """Return the address of a product that can be bought, '' for none: what is off the shelf leads nowhere."""
    return url_for("mall.product", listing_id=target) if target in named else ""


def live_card(shop: Shop) -> dict[str, str] | None:
    """Return the live room of the shop that people can enter or wait for, as the live rooms tell it."""
    find = current_app.extensions.get(LIVE_CARD)
    found: dict[str, str] | None = find(shop.id) if find else None
    return found


def shown_blocks(shop: Shop, page: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the blocks ready to show; those with nothing to show now are left out. A fixed number of queries."""
    if not page or not page["blocks"]:
        return []
    named, feeds = feeds_of(shop, page)
    shown = (_shown(shop, block, named, feeds) for block in page["blocks"])
    return [block for block in _with_coupons(shop, list(shown)) if block is not None]


def _with_coupons(shop: Shop, blocks: list[dict[str, Any] | None]) -> list[dict[str, Any] | None]:
    """Fill the blocks of coupons with what can be claimed now; without any the block is left out."""
    if not any(block and block["kind"] == BlockKind.COUPONS for block in blocks):
        return blocks
    offers = claimable(actor(), shop.id, with_platform=False, limit=MAX_COUPONS)
    made: list[dict[str, Any] | None] = []
    for block in blocks:
        if block and block["kind"] == BlockKind.COUPONS:
            coupons = [shown_offer(offer) for offer in offers[: block["count"]]]
            made.append({**block, "coupons": coupons} if coupons else None)
        else:
            made.append(block)
    return made


def _shown(
    shop: Shop, block: Mapping[str, Any], named: Mapping[int, Listing], feeds: Mapping[str, list[Listing]]
) -> dict[str, Any] | None:
    made: dict[str, Any] = {**block}
    kind = block["kind"]
    if kind == BlockKind.BANNER:
        made["slides"] = [
            {**slide, "src": _file(slide["picture"]), "url": _link(named, slide["target"])} for slide in block["slides"]
        ]
        return made if made["slides"] else None
    if kind == BlockKind.GOODS:
        picked = [named[one] for one in block["ids"] if one in named] if block["mode"] == "manual" else []
        goods = picked if block["mode"] == "manual" else feeds[block["mode"]][: block["count"]]
        made["cards"] = [card(listing, with_shop=False) for listing in goods]
        return made if goods else None
    if kind == BlockKind.HOTZONE:
        made["src"] = _file(block["picture"])
        made["zones"] = [
            {**zone, "url": _link(named, zone["target"]), "label": named[zone["target"]].title}
            for zone in block["zones"]
            if zone["target"] in named
        ]
        return made if made["src"] else None
    if kind == BlockKind.MEDIA:
        made["src"] = _file(block["file"])
        return made if made["src"] else None
    if kind == BlockKind.LIVE:
        made["card"] = live_card(shop)
        return made if made["card"] else None
    if kind == BlockKind.TEXT:
        return made if block["text"] or block["title"] else None
    return made

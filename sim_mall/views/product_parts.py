"""Parts of the product page: gallery, choice of SKU over its axes, the way to the buyer's door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from app.accounts import divisions
from app.core.actor import Actor
from app.core.permissions import Permission
from app.core.web.formats import yuan
from sim_mall.models.goods import Listing
from sim_mall.services import addresses, freight
from sim_mall.services.listing_reading import live_skus
from sim_mall.views.freight import template_words
from sim_mall.views.shown import goods_picture, picture_path


def gallery(listing: Listing) -> list[dict[str, str]]:
    """Return what a listing shows, large and small: its video under the cover, the uploaded pictures, those of its
    SKUs behind; else the drawn one."""
    names = list(dict.fromkeys([*listing.pictures, *(sku.picture for sku in live_skus(listing) if sku.picture)]))
    found = [{"name": name, "large": picture_path(name), "small": picture_path(name, small=True)} for name in names]
    if not found:
        drawn = goods_picture(listing)
        found = [{"name": "", "large": drawn, "small": drawn}]
    if listing.video:
        film = url_for("jobs.fetch", public_name=listing.video)
        found.insert(0, {**found[0], "name": "", "video": film})
    return found


def axes(listing: Listing, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the axes to choose on, each value with whether anything of it is left; [] below two axes."""
    if len(listing.axes) < 2:
        return []
    found = []
    for place, (name, _) in enumerate(listing.axes):
        alive: dict[str, bool] = {}
        for row in rows:
            values = row["sku"].values
            if place < len(values):
                alive[values[place]] = alive.get(values[place], False) or not row["disabled"]
        found.append({"name": name, "values": list(alive.items())})
    return found


def way(who: Actor, listing: Listing) -> dict[str, Any]:
    """Return what the way to the actor's default address costs for one unit, and the template in words."""
    address = addresses.default_address(who) if who.may(Permission.MALL_BUY) else None
    region = address.division_code if address else ""
    skus = live_skus(listing)
    weight = min((sku.weight_g for sku in skus), default=0)
    volume = min((sku.volume_cm3 for sku in skus), default=0)
    cost = freight.way_cost([freight.Item(listing, 1, weight, listing.price_from, volume)], region)
    where = divisions.region_name(region)
    fee = cost.fees.get(listing.shop_id, 0)
    template = listing.freight_template
    return {
        "where": where,
        "blocked": bool(cost.blocked),
        "text": "包邮" if not fee else f"运费 {yuan(fee)}",
        "words": template_words(template.rules) if template is not None else [],
    }

"""The blueprint of all pages of the supply system, and what their templates share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from app.core.permissions import Permission
from app.core.web.access import actor
from sim_supply import mall_client
from sim_supply.domain.catalogue import spec_text
from sim_supply.domain.order_flow import STATE_NAMES, OrderState
from sim_supply.services.fetching import open_shop

blueprint = Blueprint("supply", "sim_supply", url_prefix="/supply", template_folder="templates")

TONES = {
    OrderState.CREATED: "warn",
    OrderState.PUSHED: "info",
    OrderState.ACCEPTED: "info",
    OrderState.PICKED: "info",
    OrderState.CANCEL_REQ: "warn",
    OrderState.SHIPPED: "room",
    OrderState.DONE: "good",
    OrderState.REJECTED: "bad",
    OrderState.CANCELLED: "quiet",
}


def own_shop() -> mall_client.ShopInfo | None:
    """Return the shop of who asks, looked up once per request."""
    if "supply_shop" not in g:
        g.supply_shop = mall_client.my_shop(actor())
    shop: mall_client.ShopInfo | None = g.supply_shop
    return shop


def working_shop() -> mall_client.ShopInfo:
    """Return the open shop of who asks. Raises Refused (code no_shop) before it is open."""
    return open_shop(actor())


@blueprint.context_processor
def _words() -> dict[str, Any]:
    who = g.get("actor")
    shop = own_shop() if who else None
    return {
        "can_list": bool(who and who.may(Permission.SUPPLY_USE)),
        "can_import": bool(who and who.may(Permission.SUPPLY_CATALOGUE_IMPORT)),
        "shop_name": shop.name if shop else "",
        "spec_text": spec_text,
        "state_names": STATE_NAMES,
        "state_tones": TONES,
        "carrier_name": mall_client.carrier_name,
    }


def id_list(values: list[str]) -> list[int]:
    """Return the usable ids among texts that came with a request, in their order, each once."""
    return list(dict.fromkeys(int(v) for v in values if v.isascii() and v.isdigit() and 0 < len(v) < 10))


def search_text() -> str:
    """Return what was typed into the search field."""
    return request.args.get("q", "").replace("\x00", "").strip()[:60]

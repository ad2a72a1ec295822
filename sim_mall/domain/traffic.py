"""Where visitors come from (流量来源): told by the page they were on before."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """A source of traffic."""

    SEARCH = "search"
    HOME = "home"
    CATEGORY = "category"
    SHOP = "shop"
    LIVE = "live"
    ACTIVITY = "activity"
    CART = "cart"
    SERVICE = "service"
    ORDERS = "orders"
    OTHER = "other"


SOURCE_NAMES: dict[Source, str] = {
    Source.SEARCH: "搜索",
    Source.HOME: "首页推荐",
    Source.CATEGORY: "分类",
    Source.SHOP: "店铺内",
    Source.LIVE: "直播间",
    Source.ACTIVITY: "优惠活动",
    Source.CART: "购物车与收藏",
    Source.SERVICE: "客服与消息",
    Source.ORDERS: "订单回访",
    Source.OTHER: "直接访问",
}

# the longest prefix wins
_PREFIXES: tuple[tuple[str, Source], ...] = (
    ("/mall/search", Source.SEARCH),
    ("/mall/categories", Source.CATEGORY),
    ("/mall/products/", Source.SHOP),
    ("/mall/shops/", Source.SHOP),
    ("/live/", Source.LIVE),
    ("/mall/coupons", Source.ACTIVITY),
    ("/mall/activities", Source.ACTIVITY),
    ("/mall/flash", Source.ACTIVITY),
    ("/mall/groups", Source.ACTIVITY),
    ("/mall/cart", Source.CART),
    ("/mall/favourites", Source.CART),
    ("/mall/footprints", Source.CART),
    ("/mall/checkout", Source.CART),
    ("/mall/messages", Source.SERVICE),
    ("/mall/service", Source.SERVICE),
    ("/mall/chat", Source.SERVICE),
    ("/mall/orders", Source.ORDERS),
    ("/mall/aftersales", Source.ORDERS),
)


def source_of(path: str, named: str = "") -> Source:
    """Return the source: the one a link names (``?from=``), else by the path of the page before ('' for none)."""
    try:
        return Source(named)
    except ValueError:
        pass
    if path in {"/mall", "/mall/"} or path.startswith("/mall/?"):
        return Source.HOME
    return next((source for prefix, source in _PREFIXES if path.startswith(prefix)), Source.OTHER)

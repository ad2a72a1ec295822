"""The open platform over HTTP (开放平台接口): a skin over ``sim_mall.open_platform``, nothing of its own."""

from __future__ import annotations

from typing import Any

from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall import open_platform
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain.aftersale_flow import AfterSaleState
from sim_mall.domain.increment import MAX_PAGE_SIZE
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.platform_codes import PlatformScope as Scope
from sim_mall.domain.waybill import CARRIERS, EXAMPLES
from sim_mall.models.platform import PlatformGrant
from sim_mall.services import platform_gate
from sim_mall.views import platform_schemas as shapes
from sim_mall.views.platform_operations import Call, Operation, operation

PAGE_NO = shapes.integer("第几页，从 1 开始", 1, 100_000, default=1)
PAGE_SIZE = shapes.integer("每页几条", 1, MAX_PAGE_SIZE, default=50)
HAS_NEXT = {"type": "boolean", "description": "还有没有下一页"}
SHIP_ERRORS = ("unpaid", "nothing_to_ship", "too_many_units", "refund_open", "waybill_used", "wrong_state")


def _states(kinds: Any) -> dict[str, Any]:
    names = "|".join(str(kind) for kind in kinds)
    pattern = f"^({names})(,({names}))*$"
    return shapes.string("只要这些状态，用逗号分开；不填为全部", 200, pattern=pattern)


def _page(name: str, items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return shapes.shape({name: {"type": "array", "items": items}, "has_next": HAS_NEXT, **more})


def _shop(grant: PlatformGrant) -> dict[str, Any]:
    world_id = grant.shop.world_id
    return {
        "id": grant.shop_id,
        "name": grant.shop.name,
        "state": str(grant.shop.state),
        "scopes": list(grant.scopes),
        "sim_now": sim_now(world_id).isoformat(),
        "fetchable_to": open_platform.fetchable_to(world_id).isoformat(),
    }


@operation(
    Operation(
        "list_shops",
        "GET",
        "/shops",
        "授权给这个应用的店铺",
        shapes.shape({"shops": {"type": "array", "items": shapes.SHOP}}),
    )
)
def list_shops(call: Call) -> dict[str, Any]:
    """The shops whose owners let this app in, with their clocks."""
    return {"shops": [_shop(grant) for grant in platform_gate.grants_of(call.caller)]}


@operation(
    Operation("get_shop", "GET", "/shops/{shop_id}", "一家店铺和它的模拟时间", shapes.SHOP, scope=Scope.SHOP_READ)
)
def get_shop(call: Call, shop_id: int) -> dict[str, Any]:
    """One shop with its clock."""
    return next(_shop(grant) for grant in platform_gate.grants_of(call.caller) if grant.shop_id == shop_id)


@operation(
    Operation(
        "list_carriers",
        "GET",
        "/carriers",
        "快递公司和运单号格式",
        shapes.shape(
            {
                "carriers": {
                    "type": "array",
                    "items": shapes.shape({n: {"type": "string"} for n in ("code", "name", "pattern", "example")}),
                }
            }
        ),
    )
)
def list_carriers(_call: Call) -> dict[str, Any]:
    """Carriers with the form of their numbers."""
    return {
        "carriers": [
            {"code": code, "name": name, "pattern": f"^{pattern}$", "example": EXAMPLES[code]}
            for code, (name, pattern) in CARRIERS.items()
        ]
    }


@operation(
    Operation(
        "increment_orders",
        "GET",
        "/shops/{shop_id}/orders",
        "增量抓取订单：按变化时间分页，从最后一页往前取",
        _page(
            "orders",
            shapes.ORDER,
            total=shapes.maybe(shapes.integer("总数；use_has_next 为 true 时为 null")),
            pages=shapes.maybe(shapes.integer("页数；use_has_next 为 true 时为 null")),
        ),
        scope=Scope.ORDER_READ,
        query={
            "modified_from": shapes.moment("变化时间起（含），模拟时间"),
            "modified_to": shapes.moment("变化时间止（不含）；跨度最多 30 模拟分钟，最晚到 fetchable_to"),
            "page_no": PAGE_NO,
            "page_size": PAGE_SIZE,
            "use_has_next": {"type": "boolean", "description": "true：不数总数，更快", "default": False},
            "states": _states(OrderState),
        },
        needed=("modified_from", "modified_to"),
        errors=("window_too_long", "window_too_new"),
    )
)
def increment_orders(call: Call, shop_id: int) -> dict[str, Any]:
    """One page of changed orders."""
    query = call.query
    found = open_platform.increment_orders(
        call.owner,
        shop_id,
        query["modified_from"],
        query["modified_to"],
        page_no=query["page_no"],
        page_size=query["page_size"],
        use_has_next=query["use_has_next"],
        states=query["states"].split(",") if query.get("states") else (),
    )
    return {
        "orders": [shapes.order_json(order) for order in found.orders],
        "has_next": found.has_next,
        "total": found.total,
        "pages": found.pages,
    }


@operation(
    Operation(
        "get_order", "GET", "/shops/{shop_id}/orders/{order_id}", "一笔订单", shapes.ORDER, scope=Scope.ORDER_READ
    )
)
def get_order(call: Call, shop_id: int, order_id: int) -> dict[str, Any]:
    """One order as it stands now."""
    return shapes.order_json(open_platform.get_sold_order(call.owner, shop_id, order_id))


@operation(
    Operation(
        "ship_order",
        "POST",
        "/shops/{shop_id}/orders/{order_id}/parcels",
        "发货：一个包裹，全部或一部分",
        shapes.PARCEL,
        scope=Scope.ORDER_SHIP,
        status=201,
        body=shapes.SHIPMENT,
        keyed=True,
        errors=SHIP_ERRORS,
    )
)
def ship_order(call: Call, shop_id: int, order_id: int) -> dict[str, Any]:
    """Ship an order, whole or in part."""
    units: dict[int, int] = {}
    for item in call.body.get("units", ()):
        units[item["line_id"]] = units.get(item["line_id"], 0) + item["quantity"]
    with unit_of_work():
        open_platform.get_sold_order(call.owner, shop_id, order_id)
        parcel = open_platform.ship(call.owner, order_id, units, call.body["carrier"], call.body["waybill"], call.key)
    return shapes.parcel_json(parcel)


@operation(
    Operation(
        "list_listings",
        "GET",
        "/shops/{shop_id}/listings",
        "店铺的商品，新的在前",
        _page("listings", shapes.LISTING),
        scope=Scope.GOODS_READ,
        query={"page_no": PAGE_NO, "page_size": PAGE_SIZE, "q": shapes.string("标题里的字", 60)},
    )
)
def list_listings(call: Call, shop_id: int) -> dict[str, Any]:
    """One page of the shop's goods."""
    found, more = open_platform.page_of_listings(
        call.owner, shop_id, call.query.get("q", ""), call.query["page_no"], call.query["page_size"]
    )
    return {"listings": [shapes.listing_json(listing) for listing in found], "has_next": more}


@operation(
    Operation(
        "create_listing",
        "POST",
        "/shops/{shop_id}/listings",
        "上架商品：通过自动审核后直接出售",
        shapes.LISTING,
        scope=Scope.GOODS_WRITE,
        status=201,
        body=shapes.DRAFT,
        keyed=True,
        errors=("audit_refused", "shop_not_open"),
    )
)
def create_listing(call: Call, shop_id: int) -> dict[str, Any]:
    """Put goods on sale."""
    told = call.body
    skus = tuple(SkuDraft(**sku) for sku in told["skus"])
    draft = ListingDraft(
        title=told["title"],
        brief=told["brief"],
        category_l1=told["category_l1"],
        category_l2=told["category_l2"],
        unit=told["unit"],
        skus=skus,
        freight_fee=told["freight_fee"],
        promise_hours=told["promise_hours"],
        buy_limit=told["buy_limit"],
        stock_at_payment=told["stock_at_payment"],
        key=call.key,
    )
    with unit_of_work():
        listing = open_platform.create_listing(call.owner, shop_id, draft)
    return shapes.listing_json(listing)


@operation(
    Operation(
        "sync_stock",
        "POST",
        "/shops/{shop_id}/stock",
        "同步库存：全量（带 as_of）或增量；整批成功或整批不变",
        shapes.shape({"changes": {"type": "array", "items": shapes.STOCK_CHANGE}}),
        scope=Scope.STOCK_WRITE,
        body=shapes.STOCK_SYNC,
        keyed=True,
        errors=("stock_below_zero", "reserved"),
    )
)
def sync_stock(call: Call, shop_id: int) -> dict[str, Any]:
    """Set or move stock figures."""
    units: dict[int, int] = {}
    for item in call.body["items"]:
        units[item["sku_id"]] = (
            units.get(item["sku_id"], 0) + item["quantity"] if call.body["type"] == "delta" else item["quantity"]
        )
    with unit_of_work():
        changes = open_platform.sync_stock(
            call.owner, shop_id, call.body["type"], units, call.body.get("as_of"), call.key
        )
    return {
        "changes": [{"sku_id": c.sku_id, "before": c.before, "after": c.after, "ignored": c.ignored} for c in changes]
    }


@operation(
    Operation(
        "set_prices",
        "POST",
        "/shops/{shop_id}/prices",
        "改价；整批成功或整批不变",
        shapes.shape({"before": {"type": "array", "items": shapes.shape({"sku_id": shapes.ID, "price": shapes.FEN})}}),
        scope=Scope.GOODS_WRITE,
        body=shapes.PRICES,
        keyed=True,
    )
)
def set_prices(call: Call, shop_id: int) -> dict[str, Any]:
    """Change prices."""
    prices = {item["sku_id"]: item["price"] for item in call.body["items"]}
    with unit_of_work():
        before = open_platform.set_prices(call.owner, shop_id, prices, call.key)
    return {"before": [{"sku_id": sku_id, "price": price} for sku_id, price in before.items()]}


@operation(
    Operation(
        "list_tickets",
        "GET",
        "/shops/{shop_id}/after-sales",
        "售后单，新的在前",
        _page("after_sales", shapes.TICKET),
        scope=Scope.AFTERSALE_READ,
        query={"page_no": PAGE_NO, "page_size": PAGE_SIZE, "states": _states(AfterSaleState)},
    )
)
def list_tickets(call: Call, shop_id: int) -> dict[str, Any]:
    """One page of after-sale tickets."""
    states = call.query["states"].split(",") if call.query.get("states") else ()
    found, more = open_platform.after_sales(call.owner, shop_id, states, call.query["page_no"], call.query["page_size"])
    return {"after_sales": [shapes.ticket_json(ticket) for ticket in found], "has_next": more}


@operation(
    Operation(
        "agree_ticket",
        "POST",
        "/shops/{shop_id}/after-sales/{ticket_id}/agree",
        "同意售后：仅退款立即退，退货等买家寄回",
        shapes.TICKET,
        scope=Scope.AFTERSALE_WRITE,
        body=shapes.ANSWER_TICKET,
        errors=("wrong_state", "stale", "refused", "conflict"),
    )
)
def agree_ticket(call: Call, shop_id: int, ticket_id: int) -> dict[str, Any]:
    """Agree to a ticket."""
    with unit_of_work():
        ticket = open_platform.agree_after_sale(call.owner, shop_id, ticket_id, call.body["version"])
    return shapes.ticket_json(ticket)


@operation(
    Operation(
        "receive_back",
        "POST",
        "/shops/{shop_id}/after-sales/{ticket_id}/receive",
        "收到退货：完好和损坏各几件，然后退款",
        shapes.TICKET,
        scope=Scope.AFTERSALE_WRITE,
        body=shapes.RECEIVE_BACK,
        errors=("wrong_state", "stale", "refused", "conflict"),
    )
)
def receive_back(call: Call, shop_id: int, ticket_id: int) -> dict[str, Any]:
    """Take returned goods in."""
    told = call.body
    with unit_of_work():
        ticket = open_platform.receive_after_sale(
            call.owner, shop_id, ticket_id, told["version"], told["good"], told["bad"]
        )
    return shapes.ticket_json(ticket)

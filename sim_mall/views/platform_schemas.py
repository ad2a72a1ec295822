"""Shapes of the open platform's JSON: the document shows them, requests are checked by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim_mall.data import AfterSaleInfo, ListingInfo, OrderInfo, ParcelInfo
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.waybill import CARRIERS

Schema = dict[str, Any]
MOST_FEN = 100_000_000


def integer(text: str, low: int = 0, high: int = 2**31 - 1, **more: Any) -> Schema:
    """Return the shape of a whole number."""
    return {"type": "integer", "description": text, "minimum": low, "maximum": high, **more}


def string(text: str, most: int = 200, least: int = 0, **more: Any) -> Schema:
    """Return the shape of a text."""
    return {"type": "string", "description": text, "minLength": least, "maxLength": most, **more}


def moment(text: str) -> Schema:
    """Return the shape of a moment (RFC 3339)."""
    return {"type": "string", "format": "date-time", "description": text}


def listed(text: str, items: Schema, least: int = 0, most: int = 1000) -> Schema:
    """Return the shape of a list."""
    return {"type": "array", "description": text, "items": items, "minItems": least, "maxItems": most}


def shape(properties: Mapping[str, Schema], optional: tuple[str, ...] = (), text: str = "") -> Schema:
    """Return the shape of an object without other fields; what is not optional is required."""
    found: Schema = {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }
    return {**found, "description": text} if text else found


def maybe(inner: Schema) -> Schema:
    """Return the shape of an answer's value that may be null."""
    return {"anyOf": [inner, {"type": "null"}]}


ID = integer("编号", 1)
FEN = integer("金额，单位：分", 0, 10**13)

RECEIVER = shape({name: {"type": "string"} for name in ("name", "phone", "region", "detail")})
LINE = shape(
    {
        "id": ID,
        "sku_id": ID,
        "listing_id": ID,
        "title": {"type": "string"},
        "spec": {"type": "string"},
        "quantity": integer("买了几件"),
        "unit_price": FEN,
        "payable": FEN,
        "shipped": integer("已发几件"),
        "applying": integer("正在售后的件数"),
        "refunded": integer("已退款的件数"),
        "shippable": integer("现在可以发的件数"),
    }
)
ORDER = shape(
    {
        "id": ID,
        "number": {"type": "string", "description": "订单号"},
        "shop_id": ID,
        "state": {"type": "string", "enum": [str(state) for state in OrderState]},
        "source": {"type": "string", "enum": ["mall", "live"]},
        "placed_at": moment("下单（模拟时间）"),
        "paid_at": maybe(moment("付款")),
        "ship_by": maybe(moment("最晚发货")),
        "modified_at": moment("最后变化；只在更新时覆盖本地记录"),
        "goods_payable": FEN,
        "freight": FEN,
        "payable": FEN,
        "receiver": RECEIVER,
        "lines": {"type": "array", "items": LINE},
    }
)
SKU = shape(
    {
        "id": ID,
        "code": {"type": "string"},
        "spec": {"type": "string"},
        "price": FEN,
        "saleable": integer("可售库存，已减去安全库存"),
        "safety": integer("安全库存"),
    }
)
LISTING = shape(
    {
        "id": ID,
        "title": {"type": "string"},
        "brief": {"type": "string"},
        "category_l1": {"type": "string"},
        "category_l2": {"type": "string"},
        "state": {"type": "string"},
        "sold": integer("已售件数"),
        "skus": {"type": "array", "items": SKU},
    }
)
PARCEL = shape(
    {
        "id": ID,
        "order_id": ID,
        "carrier": {"type": "string"},
        "waybill": {"type": "string"},
        "state": {"type": "string"},
        "shipped_at": moment("发货（模拟时间）"),
    }
)
TICKET = shape(
    {
        "id": ID,
        "order_id": ID,
        "order_number": {"type": "string"},
        "line_id": ID,
        "sku_id": ID,
        "title": {"type": "string"},
        "kind": {"type": "string"},
        "stage": {"type": "string"},
        "state": {"type": "string"},
        "reason": {"type": "string"},
        "quantity": integer("件数"),
        "amount": FEN,
        "paid": FEN,
        "good": integer("完好退回"),
        "bad": integer("损坏退回"),
        "version": integer("版本，处理时带回", 1),
        "opened_at": moment("申请时间"),
        "deadline_by": maybe(moment("处理期限")),
    }
)
SHOP = shape(
    {
        "id": ID,
        "name": {"type": "string"},
        "state": {"type": "string"},
        "scopes": {"type": "array", "items": {"type": "string"}},
        "sim_now": moment("店铺所在班级的模拟时间"),
        "fetchable_to": moment("增量抓取最晚可以取到的模拟时间"),
    }
)
STOCK_CHANGE = shape(
    {
        "sku_id": ID,
        "before": integer("同步前"),
        "after": integer("同步后"),
        "ignored": {"type": "boolean", "description": "因 as_of 较旧而没有采用"},
    }
)
ERROR = {
    "type": "object",
    "description": "任何 4xx、5xx 应答",
    "properties": {
        "error": {"type": "string", "description": "给人看的一句话：哪里不对、怎么办"},
        "code": {"type": "string", "description": "稳定的错误码，见错误码表"},
        "request_id": {"type": "string", "description": "求助时报给讲师"},
        "field": {"type": "string", "description": "哪个参数或字段"},
        "issues": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["error", "code", "request_id"],
}

DRAFT = shape(
    {
        "title": string("商品标题，4 到 60 个字", 60, 1),
        "brief": string("卖点", 300, default=""),
        "category_l1": string("一级类目", 40, 1),
        "category_l2": string("二级类目", 40, default=""),
        "unit": string("单位", 10, default="件"),
        "freight_fee": integer("买家运费（分）", 0, 100_000, default=0),
        "promise_hours": integer("承诺发货小时数，0 按班级规则", 0, 360, default=0),
        "buy_limit": integer("每人限购件数，0 为不限", 0, 999, default=0),
        "stock_at_payment": {"type": "boolean", "description": "付款减库存", "default": False},
        "skus": listed(
            "规格",
            shape(
                {
                    "code": string("商家编码", 60, default=""),
                    "spec": string("规格名", 120, default=""),
                    "price": integer("售价（分）", 1, MOST_FEN),
                    "stock": integer("库存", 0, 1_000_000),
                    "weight_g": integer("重量（克）", 1, 1_000_000, default=500),
                    "volume_cm3": integer("体积（立方厘米），0 为未填", 0, 10_000_000, default=0),
                    "safety": integer("安全库存，不出售的件数", 0, 1_000_000, default=0),
                },
                ("code", "spec", "weight_g", "volume_cm3", "safety"),
            ),
            1,
            100,
        ),
    },
    ("brief", "category_l2", "unit", "freight_fee", "promise_hours", "buy_limit", "stock_at_payment"),
)
SHIPMENT = shape(
    {
        "carrier": {"type": "string", "enum": sorted(CARRIERS), "description": "快递公司"},
        "waybill": string("运单号，格式见 /carriers", 30, 1),
        "units": listed(
            "发哪几行、各几件；空表示全部可发的",
            shape({"line_id": ID, "quantity": integer("件数", 1, 1_000_000)}),
            0,
            50,
        ),
    },
    ("units",),
)
STOCK_SYNC = shape(
    {
        "type": {"type": "string", "enum": ["full", "delta"], "description": "full 全量，delta 增量"},
        "as_of": moment("全量库存是哪个模拟时刻的；较旧的会被忽略"),
        "items": listed(
            "规格与数量", shape({"sku_id": ID, "quantity": integer("件数", -1_000_000, 1_000_000)}), 1, 500
        ),
    },
    ("as_of",),
)
PRICES = shape(
    {"items": listed("规格与价格", shape({"sku_id": ID, "price": integer("售价（分）", 1, MOST_FEN)}), 1, 500)}
)
ANSWER_TICKET = shape({"version": integer("看到的版本", 1)})
RECEIVE_BACK = shape(
    {
        "version": integer("看到的版本", 1),
        "good": integer("完好件数", 0, 1_000_000),
        "bad": integer("损坏件数", 0, 1_000_000),
    }
)


def order_json(order: OrderInfo) -> dict[str, Any]:
    """Return an order as the platform answers it."""
    return {
        "id": order.id,
        "number": order.number,
        "shop_id": order.shop_id,
        "state": order.state,
        "source": order.source,
        "placed_at": order.placed_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "ship_by": order.ship_by.isoformat() if order.ship_by else None,
        "modified_at": order.modified_at.isoformat(),
        "goods_payable": order.goods_payable,
        "freight": order.freight,
        "payable": order.payable,
        "receiver": {name: getattr(order.receiver, name) for name in RECEIVER["properties"]},
        "lines": [{name: getattr(line, name) for name in LINE["properties"]} for line in order.lines],
    }


def listing_json(listing: ListingInfo) -> dict[str, Any]:
    """Return a listing as the platform answers it."""
    names = [name for name in LISTING["properties"] if name != "skus"]
    skus = [{name: getattr(sku, name) for name in SKU["properties"]} for sku in listing.skus]
    return {**{name: getattr(listing, name) for name in names}, "skus": skus}


def parcel_json(parcel: ParcelInfo) -> dict[str, Any]:
    """Return a parcel as the platform answers it."""
    found = {name: getattr(parcel, name) for name in PARCEL["properties"]}
    return {**found, "shipped_at": parcel.shipped_at.isoformat()}


def ticket_json(ticket: AfterSaleInfo) -> dict[str, Any]:
    """Return an after-sale ticket as the platform answers it."""
    found = {name: getattr(ticket, name) for name in TICKET["properties"]}
    return {
        **found,
        "opened_at": ticket.opened_at.isoformat(),
        "deadline_by": ticket.deadline_by.isoformat() if ticket.deadline_by else None,
    }

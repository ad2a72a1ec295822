"""Scopes, events and stable error codes of the open platform (开放平台)."""

from __future__ import annotations

from enum import StrEnum


class PlatformScope(StrEnum):
    """What a shop's owner lets an app do (授权范围)."""

    SHOP_READ = "shop:read"  # 查看店铺
    GOODS_READ = "goods:read"  # 查看商品
    GOODS_WRITE = "goods:write"  # 上架商品、改价
    STOCK_WRITE = "stock:write"  # 同步库存
    ORDER_READ = "order:read"  # 抓取订单
    ORDER_SHIP = "order:ship"  # 发货
    AFTERSALE_READ = "aftersale:read"  # 查看售后
    AFTERSALE_WRITE = "aftersale:write"  # 处理售后


SCOPE_NAMES: dict[str, str] = {
    PlatformScope.SHOP_READ: "查看店铺",
    PlatformScope.GOODS_READ: "查看商品",
    PlatformScope.GOODS_WRITE: "上架商品、改价",
    PlatformScope.STOCK_WRITE: "同步库存",
    PlatformScope.ORDER_READ: "抓取订单",
    PlatformScope.ORDER_SHIP: "发货",
    PlatformScope.AFTERSALE_READ: "查看售后",
    PlatformScope.AFTERSALE_WRITE: "处理售后",
}


class PushEvent(StrEnum):
    """What is pushed to an app's webhook (消息推送)."""

    ORDER_PAID = "order.paid"  # 买家付款
    ORDER_SHIPPED = "order.shipped"  # 已发货
    ORDER_COMPLETED = "order.completed"  # 交易成功
    ORDER_CLOSED = "order.closed"  # 交易关闭
    REFUND_PAID = "refund.paid"  # 退款成功


EVENT_NAMES: dict[str, str] = {
    PushEvent.ORDER_PAID: "买家付款",
    PushEvent.ORDER_SHIPPED: "已发货",
    PushEvent.ORDER_COMPLETED: "交易成功",
    PushEvent.ORDER_CLOSED: "交易关闭",
    PushEvent.REFUND_PAID: "退款成功",
}

# code → (HTTP status, what it means and what to do); the whole list a client can meet
ERRORS: dict[str, tuple[int, str]] = {
    "invalid_input": (400, "参数或请求体不符合要求；field 指出是哪一个。"),
    "bad_json": (400, "请求体不是有效的 JSON 对象（UTF-8）。"),
    "window_too_long": (400, "modified_from 到 modified_to 不得超过 30 个模拟分钟；请分段抓取。"),
    "window_too_new": (400, "modified_to 不得晚于 fetchable_to；请稍后再抓这一段。"),
    "audit_refused": (400, "商品没有通过自动审核；issues 列出每一处。"),
    "missing_header": (401, "缺少签名所需的请求头。"),
    "unknown_app": (401, "X-App-Key 不存在，或应用已停用。"),
    "timestamp_expired": (401, "请求时间与服务器相差超过 300 秒。"),
    "signature_mismatch": (401, "签名不对；先核对待签文本的五行，再核对密钥。"),
    "nonce_replayed": (401, "这个 X-Nonce 已经用过；每次请求都要换新的。"),
    "no_grant": (403, "店主没有授权这个应用，或授权已撤销。"),
    "scope_missing": (403, "授权范围不够；请店主补充授权。"),
    "forbidden": (403, "店主当前没有这项权限。"),
    "not_found": (404, "没有这一项，或它不属于这家店铺。"),
    "method_not_allowed": (405, "这个地址不支持该请求方法。"),
    "refused": (409, "业务规则现在不允许；error 说明原因。"),
    "conflict": (409, "数据刚刚被别人改动；重新读取后再试。"),
    "key_reused": (409, "同一个 Idempotency-Key 用于了内容不同的请求。"),
    "wrong_state": (409, "对象已不在可以操作的状态。"),
    "out_of_stock": (409, "库存不足。"),
    "stock_below_zero": (409, "增量会使库存变成负数，整批没有执行。"),
    "reserved": (409, "库存少于订单已占用的数量。"),
    "refund_open": (409, "买家正在申请退款，先处理售后再发货。"),
    "nothing_to_ship": (409, "没有可以发货的商品。"),
    "too_many_units": (409, "数量超过可以操作的数量。"),
    "unpaid": (409, "买家还没有付款。"),
    "waybill_used": (409, "运单号已经用过。"),
    "shop_not_open": (409, "店铺没有营业。"),
    "frozen": (409, "讲师冻结了模拟市场，现在只能查看；恢复后再试。"),
    "stale": (409, "售后单的版本已变化；重新读取后再试。"),
    "too_large": (413, "请求体太大。"),
    "too_many": (429, "调用太频繁；按 Retry-After 等待后再试。"),
    "unexpected": (500, "平台内部错误；请把 request_id 告诉讲师。"),
    "not_ready": (503, "平台正忙；几秒后用同一个 Idempotency-Key 重试。"),
}

BY_STATUS = {
    400: "invalid_input",
    401: "signature_mismatch",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "refused",
    413: "too_large",
    415: "bad_json",
    429: "too_many",
    503: "not_ready",
}


def stable_code(code: str, status: int) -> str:
    """Return the documented code for what a rule of the mall answered."""
    return code if code in ERRORS and ERRORS[code][0] == status else BY_STATUS.get(status, "unexpected")

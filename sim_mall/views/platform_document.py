"""The OpenAPI 3.1 document of the open platform, made from the declarations; nothing in it is written twice."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from sim_mall.domain import platform_signing as signing
from sim_mall.domain.platform_codes import ERRORS, SCOPE_NAMES
from sim_mall.views import platform_api, platform_schemas
from sim_mall.views.platform_operations import OPERATIONS, PREFIX, Operation, blueprint

INTRODUCTION = f"""网创实训开放平台：让你自己的程序（ERP、脚本）操作店铺。
金额单位为分，时间为 RFC 3339；订单时间是模拟时间。

**签名**：每个请求带 {signing.KEY_HEADER}、{signing.TIME_HEADER}（1970 年以来的秒数）、{signing.NONCE_HEADER}
（8–64 位随机串，每次都换）和 {signing.SIGN_HEADER}。签名是用 App Secret 对下面五行文本（换行符 \\n 连接）计算的
HMAC-SHA256，写成小写十六进制：请求方法、路径（含按名称排序并编码的参数）、时间、随机串、请求体的 SHA-256（十六进制）。

**重试**：写操作带 {signing.IDEMPOTENCY_HEADER}；重试时它不变，随机串和签名要换新的。

**增量抓取**：窗口最多 30 模拟分钟，止于 fetchable_to；先取总页数，再从最后一页往前取；下次从上次的终点前 3 分钟开始，
按 (店铺, 订单号) 更新，只有 modified_at 更新才覆盖。

**限流**：看应答头 X-RateLimit-Limit、X-RateLimit-Remaining、X-RateLimit-Reset；收到 429 按 Retry-After 等待。"""

MODULES = (platform_api,)  # whose import declares the operations
PATH_IDS = re.compile(r"\{(\w+)\}")
_HEADERS = {
    signing.KEY_HEADER: "应用的 App Key",
    signing.TIME_HEADER: "1970 年以来的秒数",
    signing.NONCE_HEADER: "8 到 64 位随机串",
    signing.SIGN_HEADER: "签名，小写十六进制",
}


def _parameters(declared: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": platform_schemas.ID}
        for name in PATH_IDS.findall(declared.path)
    ]
    for name, schema in declared.query.items():
        needed = name in declared.needed
        found.append({"name": name, "in": "query", "required": needed, "schema": schema})
    if declared.keyed:
        schema = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,40}$"}
        found.append({"name": signing.IDEMPOTENCY_HEADER, "in": "header", "required": True, "schema": schema})
    return found


def _responses(declared: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(declared.status): {
            "description": "成功",
            "content": {"application/json": {"schema": declared.answer}},
        }
    }
    by_status: dict[int, list[str]] = {}
    for code in declared.codes:
        by_status.setdefault(ERRORS[code][0], []).append(code)
    for status, codes in sorted(by_status.items()):
        words = "；".join(f"`{code}` {ERRORS[code][1]}" for code in codes)
        schema = {"$ref": "#/components/schemas/Error"}
        found[str(status)] = {"description": words, "content": {"application/json": {"schema": schema}}}
    return found


def _operation(declared: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": declared.name,
        "summary": declared.summary,
        "parameters": _parameters(declared),
        "responses": _responses(declared),
    }
    if declared.scope:
        found["description"] = f"需要授权范围 `{declared.scope}`（{SCOPE_NAMES[declared.scope]}）。"
    if declared.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": declared.body}}}
    return found


def document() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for declared in OPERATIONS.values():
        paths.setdefault(PREFIX + declared.path, {})[declared.method.lower()] = _operation(declared)
    schemes = {
        name: {"type": "apiKey", "in": "header", "name": name, "description": text} for name, text in _HEADERS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "网创实训开放平台", "version": "1.0.0", "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{name: [] for name in schemes}],
        "paths": paths,
        "components": {"securitySchemes": schemes, "schemas": {"Error": platform_schemas.ERROR}},
    }


def disagreements() -> list[str]:
    """Return where the document and the router disagree; empty when they do not."""
    app = Flask("open_platform")  # the router of the platform alone: the command need not load the site
    app.register_blueprint(blueprint)
    routed = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{blueprint.name}."):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
            routed.update({(path, method.lower()): rule for method in methods})
    told = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    found = [f"没有写进文档：{method.upper()} {path}" for path, method in sorted(set(routed) - told)]
    found += [f"文档里有、程序里没有：{method.upper()} {path}" for path, method in sorted(told - set(routed))]
    for declared in OPERATIONS.values():
        unknown = set(declared.errors) - set(ERRORS)
        found += [f"{declared.name} 的错误码不在错误码表里：{code}" for code in sorted(unknown)]
        found += [f"{declared.name} 的必填参数没有声明：{name}" for name in set(declared.needed) - set(declared.query)]
        if getattr(app.view_functions.get(f"{blueprint.name}.{declared.name}"), "access", "") != "signature":
            found.append(f"{declared.name} 没有签名检查")
    return found

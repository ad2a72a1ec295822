"""价格试算: the function of ``flask mall quote`` behind a form, for trainees and instructors; changes nothing."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, request

from app.core.errors import InvalidInput
from app.core.money import parse_yuan
from app.core.permissions import Permission
from app.core.web.access import requires
from sim_mall.domain.pricing.engine import quote
from sim_mall.domain.pricing.quote_file import WHOLE, parse, plain, quote_json
from sim_mall.forms.promotions import parse_discount
from sim_mall.services.checkout import STEP_NAMES
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import digits

ROWS = 6
MOST_UNITS = 10_000  # the page lists what each unit brings back
LONGEST = 200_000  # characters of JSON typed into the page
FIELDS = (
    ("full_threshold", "满减：满多少元（每家店）", "100"),
    ("full_off", "满减：减多少元", "10"),
    ("multi_qty", "多件折扣：满几件", ""),
    ("multi_bp", "多件折扣：打几折", ""),
    ("coupon_threshold", "店铺券：满多少元", "0"),
    ("coupon_off", "店铺券：减多少元", "5"),
    ("platform_off", "平台券：减多少元", "3"),
    ("points", "积分（1 积分抵 1 分）", ""),
    ("fee", "运费（元，每家店）", "8"),
    ("free_from", "满多少元包邮", ""),
)


def _page(
    answer: dict[str, Any] | None = None, error: str = "", json_text: str = "", status: int = 200
) -> tuple[str, int]:
    page = render_template(
        "mall/seller/try_price.html",
        answer=answer,
        answer_json=json.dumps(answer, ensure_ascii=False, indent=2) if answer else "",
        error=error,
        json_text=json_text,
        rows=ROWS,
        fields=FIELDS,
        typed=request.form if request.method == "POST" and "json" not in request.form else None,
        step_names=STEP_NAMES,
    )
    return page, status


@seller.get("/promotions/quote")
@requires(Permission.MALL_VIEW)
def try_price() -> Answer:
    """An example that can be changed."""
    return _page()


def _fen(name: str, label: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        found = parse_yuan(text)
    except ValueError as error:
        raise InvalidInput(f"{label}：请填写金额，最多两位小数。") from error
    if found < 0:
        raise InvalidInput(f"{label}：金额不能小于 0。")
    return found


def _bp(name: str, label: str) -> int | None:
    text = request.form.get(name, "").strip()
    found = parse_discount(text) if text else None
    if text and found is None:
        raise InvalidInput(f"{label}：请填写 0.1 到 9.99 之间的折扣，例如 8.8。")
    return found


def _whole(name: str, label: str) -> int | None:
    text = request.form.get(name, "").strip()
    found = digits(text) if text else None
    if text and found is None:
        raise InvalidInput(f"{label}：请填写整数。")
    return found


def _lines() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return lines and item prices of the rows that are filled in."""
    lines, offers = [], []
    for row in range(ROWS):
        name = request.form.get(f"id-{row}", "").strip()
        price = _fen(f"price-{row}", f"第 {row + 1} 行单价")
        if not name and price is None:
            continue
        quantity = _whole(f"qty-{row}", f"第 {row + 1} 行数量")
        if not name or not price or not quantity or quantity > 9999:
            raise InvalidInput(f"第 {row + 1} 行：名称、单价和数量（1 到 9999）都要填写。")
        lines.append(
            {
                "id": name,
                "shop": request.form.get(f"shop-{row}", "").strip() or "店铺",
                "unit_price": price,
                "qty": quantity,
            }
        )
        bp = _bp(f"bp-{row}", f"第 {row + 1} 行限时折扣")
        if bp:
            offers.append({"id": f"限时折扣 {name}", "kind": "limited", "lines": [name], "bp": bp})
    if not lines:
        raise InvalidInput("请至少填写一行商品。")
    return lines, offers


def _cart() -> dict[str, Any]:
    """Return the cart of the form in the format of the file."""
    lines, offers = _lines()
    cart: dict[str, Any] = {"lines": lines, "item_prices": offers}
    shops = list(dict.fromkeys(line["shop"] for line in lines))
    threshold, off = _fen("full_threshold", "满减门槛"), _fen("full_off", "满减金额")
    if off:
        tiers = [{"threshold": threshold or 0, "off": off}]
        cart["full_reductions"] = [
            {"id": f"满减 {shop}", "shop": shop, "lines": "all", "tiers": tiers} for shop in shops
        ]
    quantity, bp = _whole("multi_qty", "多件折扣件数"), _bp("multi_bp", "多件折扣")
    if quantity and bp:
        cart["multi_buys"] = [{"id": "多件折扣", "lines": "all", "min_qty": quantity, "bp": bp}]
    off = _fen("coupon_off", "店铺券金额")
    if off:
        cart["shop_coupons"] = [
            {
                "id": "店铺券",
                "shop": shops[0],
                "lines": "all",
                "threshold": _fen("coupon_threshold", "店铺券门槛") or 0,
                "off": off,
            }
        ]
    off = _fen("platform_off", "平台券金额")
    if off:
        cart["platform_coupon"] = {"id": "平台券", "threshold": 0, "off": off}
    points = _whole("points", "积分")
    if points:
        cart["points"] = points
    fee = _fen("fee", "运费")
    if fee:
        free_from = _fen("free_from", "包邮门槛")
        cart["freight"] = [{"shop": shop, "fee": fee, "free_from": free_from} for shop in shops]
    return cart


@seller.post("/promotions/quote")
@requires(Permission.MALL_VIEW)
def try_price_form() -> Answer:
    """试算 what the form says."""
    try:
        text = json.dumps(_cart(), ensure_ascii=False, indent=2)
        return _page(quote_json(text.encode()), json_text=text)
    except InvalidInput as error:
        return _page(error=error.message, status=400)


@seller.post("/promotions/quote/json")
@requires(Permission.MALL_VIEW)
def try_price_json() -> Answer:
    """试算 what the JSON says."""
    text = request.form.get("json", "")
    if len(text) > LONGEST:
        return _page(error="内容太长，请用命令行试算。", status=400)
    try:
        cart = parse(text.encode("utf-8", "replace"))
        if sum(line.qty for line in cart.lines) > MOST_UNITS:
            return _page(error=f"网页试算最多 {MOST_UNITS} 件，更多请用命令行。", json_text=text, status=400)
        return _page(plain(quote(cart)), json_text=text)
    except InvalidInput as error:
        field = "" if error.field in (None, WHOLE) else f"{error.field}："
        return _page(error=f"{field}{error.message}", json_text=text, status=400)

"""The data board (数据): figures against the period before, charts with a table behind each, export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for

from app.core.clock import local
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.core.web.access import requires
from app.core.web.downloads import attachment
from app.core.web.formats import datetime_zh, percent_bp, yuan
from app.core.workbooks import XLSX, Sheet, workbook
from app.worlds.clock import sim_now
from sim_mall.domain.board import PERIODS, Figures, change_bp, period_of
from sim_mall.domain.definitions import DEFINITIONS
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.traffic import SOURCE_NAMES
from sim_mall.models.shops import Shop
from sim_mall.services import board, ratings
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import hundredths

SHOWN = (
    "visitors",
    "views",
    "buyers",
    "conversion",
    "gmv_paid",
    "orders_paid",
    "order_value",
    "refunded",
    "refund_rate",
    "net_sales",
)
WORSE_WHEN_MORE = {"refunded", "refund_rate", "refund_count"}


def shown(key: str, value: int | None) -> str:
    """Return a figure as people read it, by the unit of its definition."""
    if value is None:
        return "—"
    return {"分": yuan, "万分之一": percent_bp}.get(DEFINITIONS[key].unit, str)(value)


def _cell(key: str, value: int | None) -> Any:
    """Return a figure as a spreadsheet keeps it."""
    if value is None:
        return ""
    if DEFINITIONS[key].unit == "分":
        return Decimal(plain_yuan(value))
    return Decimal(value) / 10_000 if DEFINITIONS[key].unit == "万分之一" else value


def _delta(key: str, now: Figures, before: Figures, word: str) -> tuple[str, str]:
    value, past = getattr(now, key), getattr(before, key)
    change = change_bp(value, past)
    if change is None:
        return f"{word} {shown(key, past)}", ""
    good = (change >= 0) != (key in WORSE_WHEN_MORE)
    text = f"较{word} {'+' if change >= 0 else ''}{change / 100:.1f}%"
    return text, "" if change == 0 else "good" if good else "bad"


def _read() -> tuple[Shop, str, board.Board] | Answer:
    shop = shop_or_register(ShopPower.DATA)
    if not isinstance(shop, Shop):
        return shop
    name = request.args.get("period", "7d")
    name = name if name in PERIODS else "7d"
    found = board.board(shop, period_of(name, local(sim_now(shop.world_id)).date()))
    return shop, name, found


def _line(days: Sequence[str], unit: str, series: Sequence[tuple[str, Sequence[Any]]]) -> dict[str, Any]:
    return {
        "legend": {"data": [name for name, _ in series]},
        "xAxis": {"type": "category", "data": list(days)},
        "yAxis": {"type": "value", "name": unit, "minInterval": 1},
        "series": [{"name": name, "type": "line", "data": list(values)} for name, values in series],
    }


@seller.get("/data")
@requires(Permission.MALL_SELL)
def data_board() -> Answer:
    """数据: visitors, conversion, sales, refunds, sources, products."""
    read = _read()
    if not isinstance(read, tuple) or not isinstance(read[0], Shop):
        return read  # type: ignore[return-value]
    shop, name, found = read  # type: ignore[misc]
    word = {"today": "昨天", "yesterday": "前一天"}.get(name, f"前 {found.period.days} 天")
    days = [f"{day.month}/{day.day}" for day, _ in found.days]
    sources = [row for row in found.sources if row.visitors or row.buyers]
    scores = ratings.dsr(shop.world_id, shop.id)
    return render_template(
        "mall/seller/data.html",
        shop_name=shop.name,
        period=name,
        tabs=[
            {"label": label, "url": url_for("seller.data_board", period=key), "active": key == name}
            for key, (label, _) in PERIODS.items()
        ],
        range=f"{found.period.first.month}月{found.period.first.day}日"
        + (f" 至 {found.period.last.month}月{found.period.last.day}日" if found.period.days > 1 else ""),
        figures=[
            (
                DEFINITIONS[key].label,
                shown(key, getattr(found.now, key)),
                DEFINITIONS[key].text,
                *_delta(key, found.now, found.before, word),
            )
            for key in SHOWN
        ],
        empty=not (found.now.views or found.now.orders or found.before.views or found.before.orders),
        traffic=_line(
            days,
            "人 / 次",
            [("访客数", [f.visitors for _, f in found.days]), ("浏览量", [f.views for _, f in found.days])],
        ),
        sales=_line(
            days,
            "元",
            [
                ("成交额", [f.gmv_paid / 100 for _, f in found.days]),
                ("退款金额", [f.refunded / 100 for _, f in found.days]),
            ],
        ),
        day_rows=[
            (label, f.visitors, f.views, f.buyers, shown("conversion", f.conversion))
            for label, (_, f) in zip(days, found.days, strict=True)
        ],
        sale_rows=[
            (label, f.orders_paid, yuan(f.gmv_paid), yuan(f.refunded), shown("order_value", f.order_value))
            for label, (_, f) in zip(days, found.days, strict=True)
        ],
        by_source={
            "tooltip": {"trigger": "axis"},
            "xAxis": {"type": "value", "minInterval": 1},
            "yAxis": {"type": "category", "inverse": True, "data": [SOURCE_NAMES[row.source] for row in sources]},
            "series": [{"name": "访客数", "type": "bar", "data": [row.visitors for row in sources]}],
        },
        source_rows=[
            (
                SOURCE_NAMES[row.source],
                row.visitors,
                row.views,
                row.buyers,
                shown("conversion", Figures(visitors=row.visitors, buyers=row.buyers).conversion),
                yuan(row.gmv_paid),
            )
            for row in sources
        ],
        listings=[
            (row, shown("conversion", Figures(visitors=row.visitors, buyers=row.buyers).conversion))
            for row in found.listings
        ],
        source_words=DEFINITIONS["source"].text,
        scores=[
            (DEFINITIONS[f"dsr_{key}"].label, hundredths(getattr(scores, key)))
            for key in ("description", "service", "logistics")
        ],
        score_count=scores.count,
        score_words=DEFINITIONS["dsr"].text,
        ranking=hundredths(scores.ranking),
    )


def _sheets(shop: Shop, found: board.Board) -> list[Sheet]:
    keys = (*SHOWN, "orders", "gmv_placed", "refund_count")
    span = f"{found.period.first} 至 {found.period.last}"
    overview = [
        (DEFINITIONS[k].label, _cell(k, getattr(found.now, k)), _cell(k, getattr(found.before, k)), DEFINITIONS[k].text)
        for k in keys
    ]
    overview.append(("导出时间（模拟）", datetime_zh(sim_now(shop.world_id)), "", ""))
    days = [[day.isoformat(), *(_cell(k, getattr(one, k)) for k in keys)] for day, one in found.days]
    sources = [
        (SOURCE_NAMES[row.source], row.visitors, row.views, row.buyers, Decimal(plain_yuan(row.gmv_paid)))
        for row in found.sources
    ]
    goods = [
        (row.title, row.visitors, row.views, row.buyers, row.units, Decimal(plain_yuan(row.gmv_paid)))
        for row in found.listings
    ]
    return [
        Sheet("概览", ["指标", span, "上一周期", "口径（金额单位元，比率为小数）"], overview),
        Sheet("每日", ["日期", *(DEFINITIONS[k].label for k in keys)], days),
        Sheet("流量来源", ["来源", "访客数", "浏览量", "支付买家数", "成交额（元）"], sources),
        Sheet("商品", ["商品", "访客数", "浏览量", "支付买家数", "支付件数", "成交额（元）"], goods),
    ]


@seller.get("/data/export.<any(xlsx, csv):kind>")
@requires(Permission.MALL_SELL)
def data_export(kind: str) -> Answer:
    """The board as Excel (all tables) or CSV (by day)."""
    read = _read()
    if not isinstance(read, tuple) or not isinstance(read[0], Shop):
        return read  # type: ignore[return-value]
    shop, _, found = read  # type: ignore[misc]
    sheets = _sheets(shop, found)
    name = f"{shop.name}-数据-{found.period.first}-{found.period.last}"
    if kind == "xlsx":
        return attachment(workbook(sheets), f"{name}.xlsx", XLSX)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(sheets[1].head)
    rows.writerows(sheets[1].rows)
    return attachment(("\ufeff" + text.getvalue()).encode(), f"{name}.csv", "text/csv; charset=utf-8")

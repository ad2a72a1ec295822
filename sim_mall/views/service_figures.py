"""客服数据: response times, reply rate, unanswered questions, conversion, satisfaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for

from app.core.permissions import Permission
from app.core.web.access import actor, requires
from app.core.web.formats import duration_zh, percent_bp, when
from sim_mall import access
from sim_mall.domain.service_figures import DEFINITIONS, Figures
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.services import service_stats
from sim_mall.services.desk import day_start
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import hundredths, page_now

SPANS = {"today": ("今天", 1), "week": ("近 7 天", 7), "month": ("近 30 天", 30)}


def _seconds(value: int | None) -> str:
    return "—" if value is None else duration_zh(value)


def _rate(value: int | None) -> str:
    return "—" if value is None else percent_bp(value // 10 * 10)


def _cells(figures: Figures) -> list[str]:
    return [
        str(figures.rounds),
        _seconds(figures.first_median),
        _seconds(figures.mean),
        _rate(figures.quick_bp),
        str(figures.unanswered),
    ]


@seller.get("/service/figures")
@requires(Permission.MALL_SELL)
def service_figures() -> Answer:
    """客服数据 of a span of simulated time."""
    shop = access.shop_of(actor(), ShopPower.CHAT)
    span = request.args.get("span", "week")
    label, days = SPANS.get(span, SPANS["week"])
    now = page_now(shop.world_id)
    end = day_start(now) + timedelta(days=1)
    report = service_stats.report(shop, end - timedelta(days=days), end)
    found = report.figures
    dispute = service_stats.dispute_rate(shop.id, end - timedelta(days=days), end)
    cards: list[tuple[str, str, str]] = [
        ("会话", str(report.sessions), DEFINITIONS["sessions"]),
        ("首次响应（中位）", _seconds(found.first_median), DEFINITIONS["first_median"]),
        ("首次响应（P90）", _seconds(found.first_p90), DEFINITIONS["first_p90"]),
        ("平均响应", _seconds(found.mean), DEFINITIONS["mean"]),
        ("3 分钟人工回复率", _rate(found.quick_bp), DEFINITIONS["quick_bp"]),
        ("未回复", str(found.unanswered), DEFINITIONS["unanswered"]),
        ("询单转化", _rate(report.conversion_bp), DEFINITIONS["conversion_bp"]),
        ("满意度", _rate(report.satisfaction_bp), DEFINITIONS["satisfaction_bp"]),
        ("退款纠纷率", _rate(dispute), DEFINITIONS["dispute_bp"]),
    ]
    trend: dict[str, Any] = {
        "xAxis": {"type": "category", "data": [f"{day:%m-%d}" for day, _ in report.days]},
        "yAxis": {"type": "value", "max": 100, "min": 0},
        "series": [
            {
                "type": "line",
                "name": "3 分钟人工回复率（%）",
                "data": [None if f.quick_bp is None else f.quick_bp // 100 for _, f in report.days],
            }
        ],
    }
    return render_template(
        "mall/seller/service_figures.html",
        shop_name=shop.name,
        label=label,
        tabs=[
            {"label": text, "url": url_for("seller.service_figures", span=key), "active": key == span}
            for key, (text, _) in SPANS.items()
        ],
        cards=cards,
        stars=hundredths(report.stars),
        ratings=report.ratings,
        seats=[(name, _cells(figures)) for name, figures in report.seats],
        trend=trend,
        days=[[f"{day:%m-%d}", *_cells(figures)] for day, figures in report.days],
        unanswered=[(row, when(row.asked_at, now)) for row in service_stats.unanswered(shop)],
    )

"""The blueprint of grading, and how its figures are written."""

from __future__ import annotations

from datetime import date

from flask import Blueprint

from app.core.web.formats import yuan

blueprint = Blueprint("grading", __name__, template_folder="../templates")


@blueprint.app_template_filter()
def figure_text(value: int, unit: str) -> str:
    """Return a figure with its unit: fen as money, 0/1 as 否/是, stars × 100 as 4.85 星."""
    if unit == "分":
        return yuan(value)
    if unit == "是否":
        return "是" if value else "否"
    if unit == "百分之一星":
        return f"{value // 100}.{value % 100:02d} 星"
    return f"{value:,} {unit}".strip()


@blueprint.app_template_filter()
def day_text(day: date) -> str:
    """Return a day without a time as 2026年11月20日."""
    return f"{day.year}年{day.month}月{day.day}日"


@blueprint.app_template_filter()
def month_names(count: int) -> list[str]:
    """Return '1月' … for that many months."""
    return [f"{number}月" for number in range(1, count + 1)]

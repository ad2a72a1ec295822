"""Figures as a spreadsheet, with the definitions on a sheet of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.money import plain_yuan
from app.core.web.formats import datetime_zh, percent_bp
from app.core.workbooks import Sheet, workbook
from app.dashboards.data import ClassDetail, ClassFigures
from app.dashboards.definitions import DEFINITIONS


def classes_sheet(classes: Iterable[ClassFigures]) -> bytes:
    """Return the class list as .xlsx; amounts in yuan."""
    head = [
        "班级代码",
        "班级",
        "机构",
        "地区",
        "学员",
        "已激活",
        "店铺",
        "在售商品",
        "已付订单",
        "成交额（元）",
        "已提交成果",
        "已评分",
        "通过率",
    ]
    rows = [
        (
            one.group.code,
            one.group.name,
            one.group.institution_name,
            one.group.region_name,
            one.trainees,
            one.activated,
            one.shops,
            one.goods,
            one.orders,
            Decimal(plain_yuan(one.gmv_paid)),
            one.submitted,
            one.scored,
            "" if one.pass_bp is None else percent_bp(one.pass_bp),
        )
        for one in classes
    ]
    return _with_definitions("班级", head, rows)


def class_sheet(detail: ClassDetail) -> bytes:
    """Return the trainees of a class in figures as .xlsx; no ID numbers, no phone numbers."""
    head = [
        "学号",
        "姓名",
        "已激活",
        "店铺",
        "在售商品",
        "已付订单",
        "已完成",
        "成交额（元）",
        "直播订单",
        "买入",
        "规划书",
        "已提交成果",
        "综合得分",
        "是否通过",
    ]
    rows = [
        (
            line.number,
            line.name,
            _yes(line.activated),
            line.shop_name,
            line.goods,
            line.orders,
            line.completed,
            Decimal(plain_yuan(line.gmv_paid)),
            line.live_orders,
            line.bought,
            "完成" if line.plan_complete else "",
            _yes(line.submitted),
            line.score or "",
            {True: "通过", False: "未通过", None: ""}[line.passed],
        )
        for line in detail.lines
    ]
    return _with_definitions(detail.figures.group.name, head, rows)


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _with_definitions(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    notes = [*DEFINITIONS.items(), ("导出时间", datetime_zh(clock.now()))]
    return workbook([Sheet(title, head, rows), Sheet("指标口径", ("指标", "含义"), notes)])

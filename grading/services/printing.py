"""The plan as PDF: one frozen version in, the same bytes out. Nothing is fetched while rendering."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from markupsafe import Markup

from grading.domain.chart import bar_chart, line_chart
from grading.domain.finance import Accounts
from grading.domain.forecast import MONTHS, compute
from grading.domain.plan_content import SECTIONS, PlanContent, total_words
from grading.domain.plan_figures import accounts_of, startup_of

HALF_YEAR = 6
ACCOUNT_ROWS = (
    ("gross", "销售收入"),
    ("turnover_tax", "流转税"),
    ("net", "净收入"),
    ("materials", "材料成本"),
    ("depreciation", "折旧"),
    ("interest", "贷款利息"),
    ("cost", "总成本"),
    ("profit", "利润"),
    ("cash_in", "现金流入（含月初）"),
    ("cash_out", "现金流出"),
    ("closing_cash", "月底现金"),
    ("receivable", "应收账款"),
    ("loan", "贷款余额"),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the cover and in the margins."""

    author: str
    class_name: str
    institution: str
    version: int
    saved_at: datetime
    content_hash: str
    complete: bool
    address: str = ""  # of the public page that verifies this version
    code: str = ""  # blind layout: the paper's code instead of a person


def plan_html(content: PlanContent, cover: Cover, pictures: Mapping[int, bytes]) -> str:
    """Return the page that is rendered; everything is inside it but the fonts of the machine."""
    forecast = compute(content.products)
    accounts = None if content.figures is None else accounts_of(content.figures, content.products)
    startup = None if content.figures is None or accounts is None else startup_of(content.figures, accounts)
    months = [f"{number}月" for number in range(1, MONTHS + 1)]
    page: str = current_app.jinja_env.get_template("grading/print/plan.html").render(
        content=content,
        cover=cover,
        sections=SECTIONS,
        words=total_words(content),
        forecast=forecast,
        accounts=None if accounts is None else accounts.as_rows(),
        startup=startup,
        account_rows=ACCOUNT_ROWS,
        money_chart="" if accounts is None else Markup(_money_chart(accounts, months)),  # noqa: S704 - figures alone
        code_image=Markup(code_image(cover.address)) if cover.address else "",  # noqa: S704 - drawn here
        masked="（作者情况已隐去）",
        pictures={
            number: "data:image/jpeg;base64," + base64.b64encode(data).decode() for number, data in pictures.items()
        },
        halves=((0, HALF_YEAR), (HALF_YEAR, MONTHS)),
        months=months,
        chart=Markup(bar_chart("各月销售收入（元）", months, forecast.total.sales)),  # noqa: S704 - figures alone
    )
    return page


def _money_chart(accounts: Accounts, months: list[str]) -> str:
    rows = accounts.months[1:]
    lines = (
        ("总成本", "#b02030", [month.cost for month in rows]),
        ("利润", "#1f7a4d", [month.profit for month in rows]),
        ("月底现金", "#4a3b87", [month.closing_cash for month in rows]),
    )
    return line_chart("各月总成本、利润和月底现金（元）", months, lines)


def code_image(address: str) -> str:
    """Return the QR code of an address as SVG."""
    import segno

    return segno.make(address, error="m").svg_inline(scale=2, border=2, omitsize=False)


def _without_traces(_document: Any, pdf: Any) -> None:
    for name in ("Producer", "Creator", "Author", "CreationDate", "ModDate"):
        pdf.info.pop(name, None)


def render_pdf(content: PlanContent, cover: Cover, pictures: Mapping[int, bytes] | None = None) -> bytes:
    """Return the PDF. pictures: JPEG bytes by number.

    Loads from data: addresses alone; no author, producer or date goes into it.
    """
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    page = HTML(string=plan_html(content, cover, pictures or {}), url_fetcher=URLFetcher(allowed_protocols=("data",)))
    data: bytes = page.write_pdf(
        finisher=_without_traces,
        pdf_variant="pdf/a-3a",
        pdf_identifier=hashlib.sha256(f"{cover.content_hash}:{cover.complete}:{cover.code}".encode()).digest()[:16],
    )
    return data

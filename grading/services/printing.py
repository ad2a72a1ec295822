"""The plan as PDF: one frozen version in, the same bytes out. Nothing is fetched while rendering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from markupsafe import Markup

from grading.domain.chart import bar_chart
from grading.domain.forecast import MONTHS, compute
from grading.domain.plan_content import SECTIONS, PlanContent, total_words

HALF_YEAR = 6


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


def plan_html(content: PlanContent, cover: Cover) -> str:
    """Return the page that is rendered; everything is inside it but the fonts of the machine."""
    forecast = compute(content.products)
    months = [f"{number}月" for number in range(1, MONTHS + 1)]
    page: str = current_app.jinja_env.get_template("grading/print/plan.html").render(
        content=content,
        cover=cover,
        sections=SECTIONS,
        words=total_words(content),
        forecast=forecast,
        halves=((0, HALF_YEAR), (HALF_YEAR, MONTHS)),
        months=months,
        chart=Markup(bar_chart("各月销售收入（元）", months, forecast.total.sales)),  # noqa: S704 - figures alone
    )
    return page


def _without_traces(_document: Any, pdf: Any) -> None:
    for name in ("Producer", "Creator", "Author", "CreationDate", "ModDate"):
        pdf.info.pop(name, None)


def render_pdf(content: PlanContent, cover: Cover) -> bytes:
    """Return the PDF. Loads from data: addresses alone; no author, producer or date goes into it."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    page = HTML(string=plan_html(content, cover), url_fetcher=URLFetcher(allowed_protocols=("data",)))
    data: bytes = page.write_pdf(finisher=_without_traces)
    return data

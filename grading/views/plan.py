"""/grading/plan: the editor of the business plan and its PDF."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import photos
from app.core.errors import DomainError
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from app.core.web.job_views import send
from grading.domain.finance import Accounts
from grading.domain.forecast import MAX_PRODUCTS, MONTHS, Forecast, compute
from grading.domain.plan_content import MAX_SECTION, MINIMUM_WORDS, SECTION_KEYS, SECTIONS, PlanContent, words
from grading.domain.plan_examples import EXAMPLES
from grading.domain.plan_extras import MOST_PICTURES, MOST_TABLES
from grading.domain.plan_figures import MONTHLY_NAMES, accounts_of, startup_of
from grading.forms.plan_form import PlanForm
from grading.services import attachments, plan_desk, plans
from grading.services.printing import ACCOUNT_ROWS
from grading.views.blueprint import blueprint, month_names

Answer = str | Response | tuple[str, int]


def _chart(forecast: Forecast) -> tuple[dict[str, Any], list[list[str]]]:
    """Return the option of the chart and the table behind it, in yuan."""
    months = month_names(MONTHS)
    names, kinds = ("销售收入", "销售成本", "毛利"), ("bar", "bar", "line")
    amounts = [
        [plain_yuan(fen) for fen in line] for line in (forecast.total.sales, forecast.total.cost, forecast.total.margin)
    ]
    option = {
        "legend": {},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": months},
        "yAxis": {"type": "value"},
        "series": [
            {"type": kind, "name": name, "data": data} for kind, name, data in zip(kinds, names, amounts, strict=True)
        ],
    }
    return option, [list(row) for row in zip(months, *amounts, strict=True)]


def tables(content: PlanContent) -> dict[str, Any]:
    """Return what the tables of cost and cash are drawn from."""
    figures = content.figures
    accounts = None if figures is None else accounts_of(figures, content.products)
    startup = None if figures is None or accounts is None else startup_of(figures, accounts)
    money_chart = money_rows = None
    if accounts is not None:
        money_chart, money_rows = _money_chart(accounts)
    return {
        "accounts": None if accounts is None else accounts.as_rows(),
        "account_rows": ACCOUNT_ROWS,
        "startup": startup,
        "money_chart": money_chart,
        "money_rows": money_rows,
    }


def _money_chart(accounts: Accounts) -> tuple[dict[str, Any], list[list[str]]]:
    months = month_names(MONTHS)
    names, keys = ("总成本", "利润", "月底现金"), ("cost", "profit", "closing_cash")
    amounts = [[plain_yuan(getattr(month, key)) for month in accounts.months[1:]] for key in keys]
    option = {
        "legend": {},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": months},
        "yAxis": {"type": "value"},
        "series": [
            {"type": kind, "name": name, "data": data}
            for kind, name, data in zip(("bar", "bar", "line"), names, amounts, strict=True)
        ],
    }
    return option, [list(row) for row in zip(months, *amounts, strict=True)]


def _page(form: PlanForm, *, error: DomainError | None = None, other_tab: bool = False, draft: Any = None) -> Answer:
    stored = plans.read_plan(actor())
    comments = plan_desk.comments_of(stored.plan)
    if other_tab:
        form.version = stored.version
    forecast = compute(stored.content.products)
    chart_option, chart_rows = _chart(forecast)
    page = render_template(
        "grading/plan.html",
        chart_option=chart_option,
        chart_rows=chart_rows,
        form=form,
        stored=stored,
        other_tab=other_tab,
        error=error,
        sections=SECTIONS,
        words=words,
        minimum=MINIMUM_WORDS,
        maximum=MAX_SECTION,
        months=MONTHS,
        most_products=MAX_PRODUCTS,
        forecast=forecast,
        findings=plan_desk.findings(stored.plan, stored.content) if stored.version else [],
        draft=draft,
        serial=draft.serial if draft else 0,
        comments=comments,
        previous=plan_desk.previous_plan(actor()) if not stored.version else None,
        monthly_names=MONTHLY_NAMES,
        examples=EXAMPLES,
        most_pictures=MOST_PICTURES,
        most_tables=MOST_TABLES,
        **tables(stored.content),
        printed=plans.printed(actor()),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/plan")
@requires(Permission.GRADING_PLAN_WRITE)
def plan() -> Answer:
    """The editor with the stored version."""
    stored = plans.read_plan(actor())
    draft = plan_desk.open_draft(actor(), stored.version)
    if draft is not None:
        form = PlanForm.read(json.loads(draft.form))
        form.version = stored.version
        return _page(form, draft=draft)
    return _page(PlanForm.show(stored.content, stored.version))


def _save(form: PlanForm) -> int:
    """Save what was typed with the pictures that came along; without them again when it is refused."""
    sent = {key: request.files[f"upload-{key}"] for key in SECTION_KEYS if request.files.get(f"upload-{key}")}
    form.content()  # what is typed must hold before a picture is kept
    photos_ = {key: photos.read_photo(file, field=f"upload-{key}") for key, file in sent.items() if file.filename}
    typed = dict(form.extras.typed)
    try:
        with unit_of_work():
            for key, photo in photos_.items():
                caption = clean_text(request.form.get(f"upload-{key}-caption", ""))
                form.extras.put(key, attachments.add_picture(actor(), photo), caption)
            return plans.save_plan(actor(), form.content(), form.version)
    except DomainError:
        form.extras.typed = typed
        raise


@blueprint.post("/grading/plan")
@requires(Permission.GRADING_PLAN_WRITE)
def save_plan() -> Answer:
    """Save a version; or add or remove a product row without saving."""
    form = PlanForm.read(request.form)
    action = request.form.get("action", "save")
    try:
        if action == "add":
            form.add_row()
            return _page(form)
        if action.startswith("remove-") and action.removeprefix("remove-").isdecimal():
            form.remove_row(int(action.removeprefix("remove-")[:4]))
            return _page(form)
        version = _save(form)
    except DomainError as error:
        return _page(form, error=error, other_tab=error.code == "stale_plan")
    flash(f"规划书第 {version} 版已保存。", "success")
    return redirect(url_for("grading.plan"))


@blueprint.post("/grading/plan/complete")
@requires(Permission.GRADING_PLAN_WRITE)
def complete_plan() -> Answer:
    """Mark the stored version as complete, if nothing is missing."""
    sent = PlanForm.read(request.form)
    try:
        with unit_of_work():
            plans.complete_plan(actor(), sent.version)
    except DomainError as error:
        stored = plans.read_plan(actor())
        return _page(PlanForm.show(stored.content, stored.version), error=error)
    flash("规划书已标记为完成。之后再修改会产生新的版本，需要重新标记。", "success")
    return redirect(url_for("grading.plan"))


@blueprint.post("/grading/plan/print")
@requires(Permission.GRADING_PLAN_WRITE)
def print_plan() -> Answer:
    """Queue the PDF of the current version and go to its progress page."""
    with unit_of_work():
        job = plans.print_plan(actor())
    return redirect(url_for("jobs.show", public_id=job), 303)


@blueprint.get("/grading/plan.pdf")
@requires(Permission.GRADING_PLAN_WRITE)
def plan_pdf() -> Answer:
    """The finished file of the current version, or 303 to its progress page (to the editor before any print)."""
    stored = plans.printed_file(actor())
    if stored is not None:
        return send(stored)
    row = plans.printed(actor())
    target = url_for("grading.plan", _anchor="print") if row is None else url_for("jobs.show", public_id=row.job)
    return redirect(target, 303)


@blueprint.get("/grading/plan/versions/<int:version>")
@requires(Permission.GRADING_PLAN_WRITE)
def plan_version(version: int) -> Answer:
    """An older version, read-only."""
    row, content = plans.read_version(actor(), version)
    return render_template(
        "grading/plan_version.html",
        row=row,
        plan=content,
        forecast=compute(content.products),
        sections=SECTIONS,
        months=MONTHS,
        changes=plan_desk.compare(content, plans.read_plan(actor()).content),
        current=plans.read_plan(actor()).version,
        **tables(content),
    )

"""Catalogue import: upload, report, confirmation."""

from __future__ import annotations

import csv
import io
import json

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.files import read_upload
from app.core.permissions import Permission
from app.core.sheets import KINDS
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from sim_supply import access
from sim_supply.domain.attribute_file import ATTRIBUTE_COLUMNS, MAX_ROWS
from sim_supply.domain.catalogue import COLUMNS, REQUIRED
from sim_supply.forms import AttributesForm, CommitForm, ImportForm
from sim_supply.models.catalogue import ImportKind, ImportStatus
from sim_supply.services import attribute_imports, import_history, imports
from sim_supply.views.blueprint import blueprint

EXAMPLE = {
    "supplier_code": "GYS001",
    "category_l1": "居家",
    "category_l2": "收纳",
    "spu_code": "SPU1001",
    "name": "可折叠布艺收纳箱",
    "brief": "加厚牛津布，承重不变形",
    "unit": "个",
    "sku_code": "SPU1001-1",
    "spec": "颜色:米白;尺寸:中号",
    "cost_price": "23.50",
    "retail_price": "49.90",
    "stock": "200",
    "keywords": "收纳 衣物",
    "image_url": "",
    "retail_floor": "39.90",
    "retail_ceiling": "69.90",
    "alarm_stock": "20",
    "mode": "代销/经销",
    "freight_by": "分销商",
}


@blueprint.get("/catalogue/import")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def import_form() -> str:
    """Choose a catalogue file."""
    return _form_page(ImportForm(formdata=None))


@blueprint.post("/catalogue/import")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def upload() -> Response | tuple[str, int]:
    """Keep the file and check it; nothing is stored in the library yet."""
    form = ImportForm()
    if not form.accept():
        return _form_page(form), 400
    limit = current_app.config["SETTINGS"].upload_limit
    try:
        data = read_upload(form.file.data, kinds=KINDS, limit=limit)
        extra = form.suppliers_file.data
        suppliers = read_upload(extra, kinds=KINDS, limit=limit) if extra and extra.filename else None
        with unit_of_work():
            answer = imports.open_import(
                actor(),
                form.key.data,
                data,
                form.file.data.filename,
                suppliers_data=suppliers,
                suppliers_name=extra.filename if suppliers else "",
                cost_bp=form.cost_percent.data,
            )
    except DomainError as error:
        form.show(error)
        return _form_page(form), error.status
    if answer["job"]:
        return redirect(url_for("jobs.show", public_id=answer["job"]))
    return redirect(url_for("supply.import_report", import_id=answer["id"]))


@blueprint.get("/catalogue/attributes")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def attributes_form() -> str:
    """Choose a file of product attributes."""
    return _attributes_page(AttributesForm(formdata=None))


def _attributes_page(form: AttributesForm) -> str:
    return render_template(
        "supply/attributes.html",
        form=form,
        history=import_history.latest(actor(), ImportKind.ATTRIBUTES),
        columns=ATTRIBUTE_COLUMNS,
        statuses=import_history.STATUS_NAMES,
        max_rows=MAX_ROWS,
    )


@blueprint.post("/catalogue/attributes")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def upload_attributes() -> Response | tuple[str, int]:
    """Keep an attributes file and check it; nothing is stored in the library yet."""
    form = AttributesForm()
    if not form.accept():
        return _attributes_page(form), 400
    try:
        data = read_upload(form.file.data, kinds=KINDS, limit=current_app.config["SETTINGS"].upload_limit)
        with unit_of_work():
            import_id = attribute_imports.open_import(actor(), form.key.data, data, form.file.data.filename)
    except DomainError as error:
        form.show(error)
        return _attributes_page(form), error.status
    return redirect(url_for("supply.import_report", import_id=import_id))


def _form_page(form: ImportForm) -> str:
    return render_template(
        "supply/import.html",
        form=form,
        history=import_history.latest(actor(), ImportKind.CATALOGUE),
        columns=COLUMNS,
        required=REQUIRED,
        statuses=import_history.STATUS_NAMES,
    )


@blueprint.get("/catalogue/import/<int:import_id>")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def import_report(import_id: int) -> str:
    """What was found in the file, and what became of it."""
    row = access.get_import(actor(), import_id)
    form = CommitForm(formdata=None)
    form.cost_percent.data = row.cost_bp
    return _report_page(import_id, form)


@blueprint.post("/catalogue/import/<int:import_id>")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def commit(import_id: int) -> Response | tuple[str, int]:
    """Take all rows, or the good ones, into the library."""
    form = CommitForm()
    kind = access.get_import(actor(), import_id).kind
    if not form.accept():
        return _report_page(import_id, form), 400
    good_only, job = request.form.get("take") == "good", None
    try:
        with unit_of_work():
            if kind is ImportKind.ATTRIBUTES:
                attribute_imports.commit_import(actor(), import_id, good_only=good_only)
            else:
                cost_bp = form.cost_percent.data
                job = imports.commit_import(actor(), import_id, good_only=good_only, cost_bp=cost_bp)
    except DomainError as error:
        form.show(error)
        return _report_page(import_id, form), error.status
    if job:
        return redirect(url_for("jobs.show", public_id=job))
    goods = "商品属性" if kind is ImportKind.ATTRIBUTES else "货源"
    flash(f"{goods}已导入，可以在货源库里查看。", "success")
    return redirect(url_for("supply.import_report", import_id=import_id))


def _report_page(import_id: int, form: CommitForm) -> str:
    row = access.get_import(actor(), import_id)
    return render_template(
        "supply/attributes_report.html" if row.kind is ImportKind.ATTRIBUTES else "supply/import_report.html",
        row=row,
        report=json.loads(row.report),
        form=form,
        open=row.status == ImportStatus.CHECKED,
        statuses=import_history.STATUS_NAMES,
    )


@blueprint.get("/catalogue/template.csv")
@requires(Permission.SUPPLY_CATALOGUE_IMPORT)
def template_file() -> FlaskResponse:
    """An example file with every column; opens in a spreadsheet program."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerow([EXAMPLE[column] for column in COLUMNS])
    answer = FlaskResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename="catalogue-template.csv")
    return answer

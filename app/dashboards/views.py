"""The home `/` and the dashboards."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from app.core import clock
from app.core.permissions import Permission
from app.core.web.access import actor, requires, signed_in
from app.core.web.downloads import attachment
from app.core.web.paging import page_number
from app.dashboards.definitions import DEFINITIONS
from app.dashboards.services import classes, export, figures, home, news
from app.training.api import class_by_code

blueprint = Blueprint("dashboards", __name__, template_folder="templates")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/")
@signed_in
def show_home() -> str:
    """What to do now, how far things are, what is new; for the hat that is worn."""
    me = actor()
    return render_template(
        "dashboards/home.html",
        greeting=home.greeting(clock.now()),
        cards=home.cards(me),
        progress=home.progress(me),
        news=news.latest(me),
        today=clock.now(),
        definitions=DEFINITIONS,
    )


@blueprint.get("/dashboards/")
@requires(Permission.DASHBOARD_READ)
def index() -> str:
    """The classes of the hat's scope with their figures."""
    found = classes.listing(actor(), request.args.get("q", ""), request.args.get("sort", ""), page_number())
    return render_template("dashboards/index.html", listing=found, definitions=DEFINITIONS)


@blueprint.get("/dashboards/classes.xlsx")
@requires(Permission.DASHBOARD_READ)
def export_classes() -> Response:
    """The class list as a spreadsheet."""
    data = export.classes_sheet(classes.everything(actor(), request.args.get("q", "")))
    return attachment(data, "班级看板.xlsx", XLSX)


@blueprint.get("/dashboards/classes/<code>")
@requires(Permission.DASHBOARD_READ)
def show_class(code: str) -> str:
    """One class: figures, charts, one line per trainee."""
    detail = figures.class_detail(class_by_code(actor(), code))
    lines, sort = classes.arrange_lines(detail.lines, request.args.get("sort", ""))
    return render_template(
        "dashboards/class.html", detail=detail, one=detail.figures, lines=lines, sort=sort, definitions=DEFINITIONS
    )


@blueprint.get("/dashboards/classes/<code>.xlsx")
@requires(Permission.DASHBOARD_READ)
def export_class(code: str) -> Response:
    """The trainees of a class in figures as a spreadsheet."""
    group = class_by_code(actor(), code)
    return attachment(export.class_sheet(figures.class_detail(group)), f"{group.name}看板.xlsx", XLSX)

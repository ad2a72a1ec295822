"""Pages of classes: list, new, one class, its instructors and its life."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from app.core.web.paging import page_number, paginate
from app.training import access, api
from app.training.domain.class_flow import STATE_NAMES
from app.training.forms import ClassForm
from app.training.services import classes
from app.worlds import clock as worlds

blueprint = Blueprint("training", __name__, template_folder="../templates")
Answer = str | Response | tuple[str, int]


def query_text() -> str:
    """Return the search text of the address, tidy and bounded."""
    return clean_text(request.args.get("q"))[:60]


@blueprint.get("/classes/", endpoint="classes")
@requires(Permission.CLASS_READ)
def list_classes() -> str:
    """The classes that this hat covers, with search and state."""
    q, state = query_text(), request.args.get("state", "")
    state = state if state in STATE_NAMES else ""
    counts = access.state_counts(actor(), q)
    page = paginate(access.class_query(actor(), q=q, state=state), page_number(), scalars=False)
    tabs = [{"label": "全部", "url": url_for("training.classes", q=q or None), "active": not state,
             "count": sum(counts.values())}]  # fmt: skip
    tabs += [
        {"label": name, "url": url_for("training.classes", q=q or None, state=key), "active": state == key,
         "count": counts.get(key, 0)}
        for key, name in STATE_NAMES.items()
        if counts.get(key) or state == key
    ]  # fmt: skip
    infos = [access.info_of(row, trainees) for row, trainees in page.items]
    return render_template("training/classes.html", page=page, classes=infos, tabs=tabs, q=q, state=state)


@blueprint.route("/classes/new", methods=["GET", "POST"])
@requires(Permission.CLASS_CREATE)
def new_class() -> Answer:
    """Make a class."""
    institution = access.institution_of(actor())
    form, status = ClassForm(institution.region_code), 200
    if form.accept():
        try:
            with unit_of_work():
                row = classes.create_class(actor(), form.draft(), key=form.key.data)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash(f"班级“{row.name}”已建立，下一步导入学员名单。", "success")
            return redirect(url_for("training.show_class", code=row.code))
    elif request.method == "POST":
        status = 400
    return render_template("training/class_form.html", form=form, institution=institution, info=None), status


@blueprint.get("/classes/<code>/")
@requires(Permission.CLASS_READ)
def show_class(code: str) -> str:
    """One class: figures, instructors, dates, ways on."""
    info = api.class_by_code(actor(), code)
    row = access.class_row(actor(), code)
    signed_in = access.signed_in_count(row.id)
    return render_template(
        "training/class.html",
        info=info,
        instructors=api.instructors(info.scope_id),
        signed_in=signed_in,
        waiting=info.trainee_count - signed_in,
        moves=classes.moves(actor(), row),
        sim_now=worlds.sim_now(info.world_id),
        can_edit=actor().may(Permission.CLASS_CREATE),
        can_import=actor().may(Permission.CLASS_ROSTER_IMPORT),
        can_read_roster=actor().may(Permission.CLASS_ROSTER_READ),
    )


@blueprint.route("/classes/<code>/edit", methods=["GET", "POST"])
@requires(Permission.CLASS_CREATE)
def edit_class(code: str) -> Answer:
    """Change the facts of a class."""
    info = api.class_by_code(actor(), code)
    row = access.class_row(actor(), code)
    form, status = ClassForm(row.institution.region_code, row), 200
    if form.accept():
        try:
            with unit_of_work():
                classes.edit_class(actor(), code, form.draft())
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("班级资料已保存。", "success")
            return redirect(url_for("training.show_class", code=code))
    elif request.method == "POST":
        status = 400
    return render_template("training/class_form.html", form=form, institution=row.institution, info=info), status


@blueprint.post("/classes/<code>/move")
@requires(Permission.CLASS_CREATE, Permission.CLASS_TEACH)
def move_class(code: str) -> Response:
    """Move the class along its life."""
    with unit_of_work():
        row = classes.move_class(actor(), code, request.form.get("event", ""))
    flash(f"班级状态：{STATE_NAMES[row.state]}。", "success")
    return redirect(url_for("training.show_class", code=code))


@blueprint.post("/classes/<code>/instructors")
@requires(Permission.CLASS_CREATE)
def appoint_instructor(code: str) -> Response:
    """Let somebody teach the class."""
    login = clean_text(request.form.get("login"))[:80]
    try:
        with unit_of_work():
            account = classes.appoint_instructor(actor(), code, login)
            name = account.name
    except InvalidInput as error:
        flash(error.message, "error")
    else:
        flash(f"{name}已是本班讲师。", "success")
    return redirect(url_for("training.show_class", code=code))


@blueprint.post("/classes/<code>/instructors/<int:account_id>/release")
@requires(Permission.CLASS_CREATE)
def release_instructor(code: str, account_id: int) -> Response:
    """End somebody's teaching of the class."""
    with unit_of_work():
        classes.release_instructor(actor(), code, account_id)
    flash("已移出讲师。", "success")
    return redirect(url_for("training.show_class", code=code))

"""Around the plan's editor: autosave, restore, import, comments; and the public page that verifies a print."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, public, requires
from app.core.web.forms import clean_text
from grading.domain.plan_content import MINIMUM_WORDS, SECTIONS, check, words
from grading.forms import extras_form
from grading.forms.finance_form import NAMES
from grading.forms.plan_form import PlanForm
from grading.services import plan_desk
from grading.views.batches import whole
from grading.views.blueprint import blueprint
from grading.views.plan import tables

Answer = str | Response | tuple[str, int]
FIELD = re.compile(r"^(title|products|section-[a-z_]{1,30}|product-\d{1,2}-(name|price|cost|q\d{1,2}))$")


@blueprint.post("/grading/plan/draft")
@requires(Permission.GRADING_PLAN_WRITE)
def autosave_plan() -> Any:
    """Keep what is typed; answers the new serial, and the tables when the figures hold."""
    fields = {
        key: text for key, text in request.form.items() if key in NAMES or key in extras_form.NAMES or FIELD.match(key)
    }
    form = PlanForm.read(request.form)
    with unit_of_work():
        serial = plan_desk.autosave(actor(), fields, form.version, whole(request.form.get("serial", "")))
    try:
        content = form.content()
    except DomainError:
        return {"serial": serial}
    found = [one for one in check(content) if one.rule]
    return {"serial": serial, "tables": render_template("grading/_accounts.html", findings=found, **tables(content))}


@blueprint.post("/grading/plan/draft/drop")
@requires(Permission.GRADING_PLAN_WRITE)
def drop_draft() -> Answer:
    """Throw away what was autosaved."""
    with unit_of_work():
        plan_desk.drop_draft(actor())
    flash("自动保存的内容已放弃，下面是已保存的版本。", "success")
    return redirect(url_for("grading.plan"))


@blueprint.post("/grading/plan/versions/<int:version>/restore")
@requires(Permission.GRADING_PLAN_WRITE)
def restore_plan(version: int) -> Answer:
    """Make an older version the newest one again."""
    with unit_of_work():
        made = plan_desk.restore(actor(), version, whole(request.form.get("base", "")))
    flash(f"已用第 {version} 版的内容生成第 {made} 版。", "success")
    return redirect(url_for("grading.plan"))


@blueprint.post("/grading/plan/import")
@requires(Permission.GRADING_PLAN_WRITE)
def import_plan() -> Answer:
    """Take over the plan of an earlier class."""
    with unit_of_work():
        plan_desk.import_previous(actor())
    flash("已导入上一份规划书，请按现在的项目修改。", "success")
    return redirect(url_for("grading.plan"))


@blueprint.post("/grading/plan/comments/<int:comment_id>")
@requires(Permission.GRADING_PLAN_WRITE)
def finish_comment(comment_id: int) -> Answer:
    """Mark an instructor's comment as dealt with."""
    with unit_of_work():
        plan_desk.finish_comment(actor(), comment_id)
    return redirect(url_for("grading.plan"))


@blueprint.get("/grading/plans")
@requires(Permission.CLASS_TEACH)
def class_plans() -> Answer:
    """The plans of the class."""
    return render_template("grading/class_plans.html", rows=plan_desk.class_plans(actor()))


def _class_plan(plan_id: int, error: DomainError | None = None) -> Answer:
    row, content, name = plan_desk.class_plan(actor(), plan_id)
    page = render_template(
        "grading/class_plan.html",
        row=row,
        plan=content,
        name=name,
        sections=SECTIONS,
        comments=plan_desk.comments_of(row),
        findings=plan_desk.findings(row, content),
        words=words,
        minimum=MINIMUM_WORDS,
        error=error,
        typed=request.form,
        **tables(content),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/plans/<int:plan_id>")
@requires(Permission.CLASS_TEACH)
def class_plan(plan_id: int) -> Answer:
    """A plan of the class, with a place for comments beside every section."""
    return _class_plan(plan_id)


@blueprint.post("/grading/plans/<int:plan_id>")
@requires(Permission.CLASS_TEACH)
def comment_plan(plan_id: int) -> Answer:
    """Comment on a section."""
    section = request.form.get("section", "")
    try:
        with unit_of_work():
            plan_desk.add_comment(actor(), plan_id, section, clean_text(request.form.get("text", "")))
    except DomainError as error:
        if error.status == 404:
            raise
        return _class_plan(plan_id, error)
    flash("批注已保存，学员在编辑规划书时会看到。", "success")
    return redirect(url_for("grading.class_plan", plan_id=plan_id, _anchor=f"s-{section}"))


@blueprint.get("/verify/plan/<sha256>")
@public
def verify_plan(sha256: str) -> Answer:
    """Say whether a printed plan is one that the platform holds; no person is named."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFound
    return render_template("grading/verify_plan.html", found=plan_desk.verify(sha256), sha256=sha256)

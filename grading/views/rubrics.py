"""/grading/rubrics: the rubric in force for new batches, and its next version."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from grading.domain.rubric import TEMPLATES
from grading.services import rubric_desk
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]
PROGRAMMES = tuple(TEMPLATES)


def _programme(text: str | None) -> str:
    return text if text in TEMPLATES else PROGRAMMES[0]


def _page(programme: str, error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/rubrics.html",
        found=rubric_desk.read(actor(), programme),
        programmes=PROGRAMMES,
        error=error,
        typed=request.form,
        wrong={issue.field: issue.message for issue in error.issues} if error else {},
    )
    return page, error.status if error else 200


@blueprint.get("/grading/rubrics")
@requires(Permission.GRADING_BATCH_MANAGE)
def rubrics() -> Answer:
    """The rubric in force, by programme."""
    return _page(_programme(request.args.get("programme")))


@blueprint.post("/grading/rubrics")
@requires(Permission.GRADING_BATCH_MANAGE)
def save_rubric() -> Answer:
    """Store the next version; batches that are open keep theirs."""
    form, programme = request.form, _programme(request.form.get("programme"))
    parts = {
        key: {name: clean_text(form.get(f"{name}-{key}", "")) for name in ("title", "maximum", "judged")}
        for key in form.getlist("criterion")[:40]
    }
    try:
        with unit_of_work():
            version, source = clean_text(form.get("version", "")), clean_text(form.get("source", ""))
            rubric_desk.save(actor(), programme, version, source, parts)
    except DomainError as error:
        return _page(programme, error)
    flash("评分标准的新版本已保存，之后开启的批次按它评分；已开启的批次不受影响。", "success")
    return redirect(url_for("grading.rubrics", programme=programme))

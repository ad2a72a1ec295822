"""/grading/batches/<id>/rubric: the centre puts right the rubric of a batch; both versions stay on file."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.domain.flows import BATCH_NAMES
from grading.services import correcting
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def _page(batch_id: int, error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/correction.html",
        view=correcting.view_correction(actor(), batch_id),
        batch_names=BATCH_NAMES,
        typed=request.form,
        error=error,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/batches/<int:batch_id>/rubric")
@requires(Permission.GRADING_BATCH_MANAGE)
def show_correction(batch_id: int) -> Answer:
    """What the rubric in force would change in this batch, and earlier corrections."""
    return _page(batch_id)


@blueprint.post("/grading/batches/<int:batch_id>/rubric")
@requires(Permission.GRADING_BATCH_MANAGE)
def correct_rubric(batch_id: int) -> Answer:
    """Carry the correction out."""
    seen, reason = request.form.get("seen", "")[:64], clean_text(request.form.get("reason", ""))
    try:
        with unit_of_work():
            made = correcting.correct_rubric(actor(), batch_id, seen, reason, form_key(request.form))
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(batch_id, error)
    back = f"已收回 {made.taken_back} 份成绩，学员会看到理由。" if made.taken_back else ""
    again = f"{made.again} 份评分退回评审讲师，只需重评有更正的项目。" if made.again else "已有评分全部保留。"
    flash(f"评分标准已更正。{back}{again}", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))

"""/grading/anchors, /grading/calibration: anchor papers, kept by the centre, marked by assessors."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key, new_key
from grading.domain.rubric import HIGH_PERCENT, LOW_PERCENT, MAX_COMMENT
from grading.forms.mark_form import read_sheet
from grading.services import anchors, calibration
from grading.views.assess import reading
from grading.views.batches import refused, whole
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def _list(error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/anchors.html",
        rows=anchors.list_anchors(actor()),
        sources=anchors.sources(actor()),
        advised=anchors.ADVISED,
        error=error,
    )
    return page, error.status if error else 200


@blueprint.get("/grading/anchors")
@requires(Permission.GRADING_BATCH_MANAGE)
def list_anchors() -> Answer:
    """The pool's anchors and how far everybody was from the agreed points."""
    return _list()


@blueprint.post("/grading/anchors")
@requires(Permission.GRADING_BATCH_MANAGE)
def make_anchor() -> Answer:
    """Choose a released paper as an anchor."""
    try:
        with unit_of_work():
            made = anchors.make_anchor(actor(), whole(request.form.get("paper", "")))
    except DomainError as error:
        if error.status == 404:
            raise
        return _list(error)
    flash("已复制为校准件，请核对并给出参考分。", "success")
    return redirect(url_for("grading.show_anchor", anchor_id=made))


def _sheet(error: DomainError | None) -> dict[str, Any]:
    return {
        "low": LOW_PERCENT,
        "high": HIGH_PERCENT,
        "most": MAX_COMMENT,
        "typed": request.form,
        "wrong": {issue.field: issue.message for issue in error.issues} if error else {},
        "error": error,
        "usual": {},
        "key": new_key(),
    }


def _anchor(anchor_id: int, error: DomainError | None = None) -> Answer:
    view = anchors.view_anchor(actor(), anchor_id)
    page = render_template(
        "grading/anchor.html", view=view, paper=view.paper, entries=view.entries, **reading(view.paper), **_sheet(error)
    )
    return page, error.status if error else 200


@blueprint.get("/grading/anchors/<int:anchor_id>")
@requires(Permission.GRADING_BATCH_MANAGE)
def show_anchor(anchor_id: int) -> Answer:
    """One anchor with its agreed points."""
    return _anchor(anchor_id)


@blueprint.post("/grading/anchors/<int:anchor_id>")
@requires(Permission.GRADING_BATCH_MANAGE)
def agree_anchor(anchor_id: int) -> Answer:
    """Agree on the points of an anchor."""
    view = anchors.view_anchor(actor(), anchor_id)
    try:
        entries = read_sheet(view.paper.rubric, request.form)
        with unit_of_work():
            total = anchors.set_reference(actor(), anchor_id, entries)
    except DomainError as error:
        return _anchor(anchor_id, error)
    flash(f"参考分已保存：{total} 分。评审讲师现在可以用它校准。", "success")
    return redirect(url_for("grading.list_anchors"))


@blueprint.post("/grading/anchors/<int:anchor_id>/retire")
@requires(Permission.GRADING_BATCH_MANAGE)
def retire_anchor(anchor_id: int) -> Answer:
    """Take an anchor out of use."""
    with unit_of_work():
        anchors.retire(actor(), anchor_id)
    flash("校准件已停用，已有的校准记录保留。", "success")
    return redirect(url_for("grading.list_anchors"))


@blueprint.post("/grading/batches/<int:batch_id>/calibration")
@requires(Permission.GRADING_BATCH_MANAGE)
def set_calibration(batch_id: int) -> Answer:
    """Ask for the anchors before the papers of a batch, or no longer."""
    wanted = request.form.get("wanted") == "1"
    try:
        with unit_of_work():
            anchors.set_calibration(actor(), batch_id, wanted)
    except DomainError as error:
        return refused(batch_id, error)
    flash("已要求先校准。" if wanted else "不再要求先校准。", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


def _trial(code: str, error: DomainError | None = None) -> Answer:
    found = calibration.trial(actor(), code)
    page = render_template(
        "grading/calibration.html", trial=found, paper=found.paper, entries={}, **reading(found.paper), **_sheet(error)
    )
    return page, error.status if error else 200


@blueprint.get("/grading/calibration/<code>")
@requires(Permission.GRADING_PAPER_MARK)
def calibrate(code: str) -> Answer:
    """An anchor at the assessor's desk; after an attempt with the agreed points beside the own ones."""
    return _trial(code)


@blueprint.post("/grading/calibration/<code>")
@requires(Permission.GRADING_PAPER_MARK)
def submit_trial(code: str) -> Answer:
    """Keep an attempt at an anchor."""
    found = calibration.trial(actor(), code)
    try:
        entries = read_sheet(found.paper.rubric, request.form)
        with unit_of_work():
            deviation = calibration.submit_trial(actor(), code, entries, form_key(request.form))
    except DomainError as error:
        return _trial(code, error)
    passed = not calibration.far(deviation, 0)
    text = "校准通过。" if passed else "请对照参考理由再评一次。"
    flash(f"与参考分相差 {deviation:+d} 分，{text}", "success" if passed else "warning")
    return redirect(url_for("grading.calibrate", code=code))

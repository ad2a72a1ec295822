"""/grading/batches/: the centre opens batches, draws assessors, releases results."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.domain.codes import read_code
from grading.domain.flows import ASSIGNMENT_NAMES, BATCH_NAMES, PAPER_NAMES
from grading.services import anchors, draws, intake, leases, merging, releasing, results, reveal, screening
from grading.services.deciding import METHODS
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def whole(text: str) -> int:
    """Return the number that was sent; anything unusable is 0, which no row has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _list(error: DomainError | None = None) -> Answer:
    who = actor()
    page = render_template(
        "grading/batches.html",
        batches=results.list_batches(who),
        candidates=intake.candidates(who) if who.may(Permission.GRADING_BATCH_MANAGE) else [],
        may_manage=who.may(Permission.GRADING_BATCH_MANAGE),
        state_names=BATCH_NAMES,
        error=error,
        key=new_key(),
    )
    return page, error.status if error else 200


def _batch(batch_id: int, error: DomainError | None = None) -> Answer:
    view = results.view_batch(actor(), batch_id)
    if view.batch.merged_into is not None:
        return redirect(url_for("grading.batch", batch_id=view.batch.merged_into))
    page = render_template(
        "grading/batch.html",
        view=view,
        may_manage=actor().may(Permission.GRADING_BATCH_MANAGE),
        batch_names=BATCH_NAMES,
        paper_names=PAPER_NAMES,
        work_names=ASSIGNMENT_NAMES,
        methods=METHODS,
        overdue=leases.overdue(view.batch),
        more=screening.waiting_count(view.batch),
        partners=merging.partners(actor(), view.batch) if view.small else [],
        anchors=anchors.ready_for(view.batch),
        error=error,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/batches/")
@requires(Permission.GRADING_BATCH_READ)
def batches() -> Answer:
    """The batches, and the classes whose outcomes wait for one."""
    return _list()


@blueprint.post("/grading/batches/")
@requires(Permission.GRADING_BATCH_MANAGE)
def open_batch() -> Answer:
    """Open a batch of a class."""
    try:
        with unit_of_work():
            made = intake.open_batch(actor(), whole(request.form.get("scope", "")), form_key(request.form))
    except DomainError as error:
        if error.status == 404:
            raise
        return _list(error)
    flash("批次已开启：实践成果已脱敏、编号并冻结，现在可以抽取评审讲师。", "success")
    return redirect(url_for("grading.batch", batch_id=made))


@blueprint.get("/grading/batches/<int:batch_id>")
@requires(Permission.GRADING_BATCH_READ)
def batch(batch_id: int) -> Answer:
    """One batch: papers by code, assessors, draws."""
    return _batch(batch_id)


@blueprint.post("/grading/batches/<int:batch_id>/draw")
@requires(Permission.GRADING_BATCH_MANAGE)
def draw(batch_id: int) -> Answer:
    """Draw two assessors for every paper, or refuse with reasons."""
    try:
        with unit_of_work():
            count = draws.run_draw(actor(), batch_id, form_key(request.form))
    except DomainError as error:
        return refused(batch_id, error)
    flash(f"已为 {count} 份评审件各抽取 2 名评审讲师。", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


@blueprint.post("/grading/batches/<int:batch_id>/fill")
@requires(Permission.GRADING_BATCH_MANAGE)
def fill(batch_id: int) -> Answer:
    """Draw assessors for places left open."""
    try:
        with unit_of_work():
            count = draws.fill_open_slots(actor(), batch_id, form_key(request.form))
    except DomainError as error:
        return refused(batch_id, error)
    flash(f"已补抽 {count} 个评审名额。", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


@blueprint.post("/grading/batches/<int:batch_id>/release")
@requires(Permission.GRADING_BATCH_MANAGE)
def release(batch_id: int) -> Answer:
    """Release all results of the batch together."""
    try:
        with unit_of_work():
            count = releasing.release_batch(actor(), batch_id, form_key(request.form))
    except DomainError as error:
        return refused(batch_id, error)
    flash(f"{count} 份成绩已一起发布，学员现在可以查看。", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


@blueprint.post("/grading/batches/<int:batch_id>/reveal")
@requires(Permission.GRADING_BATCH_MANAGE)
def reveal_name(batch_id: int) -> Answer:
    """Look up whose paper it is; reason and look are recorded."""
    code = read_code(request.form.get("code", ""))
    try:
        with unit_of_work():
            reveal.reveal_name(actor(), batch_id, code, clean_text(request.form.get("reason", "")))
    except DomainError as error:
        return refused(batch_id, error)
    flash(f"已显示评审件 {code} 的姓名；这次查看已记入审计。", "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


def refused(batch_id: int, error: DomainError) -> Answer:
    """Show the batch again with the refusal above it."""
    if error.status == 404:
        raise error
    return _batch(batch_id, error)


@blueprint.get("/grading/results")
@requires(Permission.GRADING_OUTCOME_SUBMIT, Permission.GRADING_BATCH_READ)
def show_results() -> Answer:
    """A trainee's own released result; for the centre, all batches with their scores by code."""
    who = actor()
    if who.may(Permission.GRADING_OUTCOME_SUBMIT):
        from grading.views.afterwards import result_page

        return result_page()
    released = [row for row in results.list_batches(who) if row.released_at]
    chosen = whole(request.args.get("batch", "")) or (released[0].id if released else 0)
    return render_template(
        "grading/results.html",
        released=released,
        view=results.view_batch(who, chosen) if chosen else None,
        paper_names=PAPER_NAMES,
    )

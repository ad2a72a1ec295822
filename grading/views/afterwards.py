"""After release: appeals of trainees, the centre's answers, coaching of those who failed, a new attempt."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.domain.flows import APPEAL_NAMES, AppealState
from grading.services import appeals, coaching, results
from grading.services.deciding import METHODS
from grading.views.batches import whole
from grading.views.blueprint import blueprint
from grading.views.pool import read_day

Answer = str | Response | tuple[str, int]


def result_page(error: DomainError | None = None) -> Answer:
    """Return the trainee's result with what can be done about it."""
    who = actor()
    found = results.my_result(who)
    page = render_template(
        "grading/result.html",
        result=found,
        after=results.aftermath(who, found),
        methods=METHODS,
        appeal_names=APPEAL_NAMES,
        forms=coaching.FORMS,
        error=error,
        typed=request.form,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.post("/grading/results/appeal")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def file_appeal() -> Answer:
    """Appeal against the own result, criterion by criterion."""
    form = request.form
    titles = form.getlist("title")[:20]
    reasons = {title: clean_text(form.get(f"reason-{at}", "")) for at, title in enumerate(titles, 1)}
    try:
        with unit_of_work():
            appeals.file_appeal(actor(), reasons, form.get("confirmed") == "1", form_key(form))
    except DomainError as error:
        return result_page(error)
    flash("申诉已提交，市级中心会先做形式审查。", "success")
    return redirect(url_for("grading.show_results"))


@blueprint.post("/grading/results/coaching/<int:coaching_id>")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def confirm_coaching(coaching_id: int) -> Answer:
    """Confirm that a coaching took place."""
    with unit_of_work():
        coaching.confirm_coaching(actor(), coaching_id)
    flash("已确认这次辅导，现在可以再次提交实践成果。", "success")
    return redirect(url_for("grading.show_results"))


@blueprint.post("/grading/results/attempt")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def start_attempt() -> Answer:
    """Begin the next attempt."""
    try:
        with unit_of_work():
            number = coaching.start_attempt(actor(), form_key(request.form))
    except DomainError as error:
        return result_page(error)
    flash(f"第 {number} 次提交已开始，修改自述后再提交。", "success")
    return redirect(url_for("grading.outcome"))


def _appeals(error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/appeals.html",
        rows=appeals.list_appeals(actor()),
        names=APPEAL_NAMES,
        waiting=AppealState.FILED,
        error=error,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/appeals")
@requires(Permission.GRADING_BATCH_MANAGE)
def list_appeals() -> Answer:
    """The appeals, open ones first."""
    return _appeals()


@blueprint.post("/grading/appeals/<int:appeal_id>")
@requires(Permission.GRADING_BATCH_MANAGE)
def answer_appeal(appeal_id: int) -> Answer:
    """The formal check: refuse, or have it marked anew."""
    accept = request.form.get("action") == "accept"
    try:
        with unit_of_work():
            drawn = appeals.answer_appeal(
                actor(), appeal_id, accept, clean_text(request.form.get("answer", "")), form_key(request.form)
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _appeals(error)
    if accept:
        flash("已受理，并另抽一位评审讲师复评。" if drawn else "已受理；评审库里没有可用的人，扩充后补抽。", "success")
    else:
        flash("已答复不予受理，学员会看到理由。", "success")
    return redirect(url_for("grading.list_appeals"))


def _coaching(error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/coaching.html",
        rows=coaching.failed_trainees(actor()),
        forms=coaching.FORMS,
        error=error,
        typed=request.form,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/coaching")
@requires(Permission.CLASS_TEACH)
def list_coaching() -> Answer:
    """Trainees who failed, and the coaching so far."""
    return _coaching()


@blueprint.post("/grading/coaching")
@requires(Permission.CLASS_TEACH)
def record_coaching() -> Answer:
    """Record one coaching."""
    form = request.form
    try:
        with unit_of_work():
            coaching.record_coaching(
                actor(),
                whole(form.get("account", "")),
                read_day(form.get("held_on", ""), "held_on", "辅导日期"),
                form.get("form", ""),
                whole(form.get("minutes", "")),
                clean_text(form.get("content", "")),
                form_key(form),
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _coaching(error)
    flash("辅导已记录，请学员在“我的成绩”里确认。", "success")
    return redirect(url_for("grading.list_coaching"))

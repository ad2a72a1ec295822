"""/grading/outcome: where a trainee stands, the self-report, submission, withdrawal."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.data import REPORT_FIELDS, Figure
from grading.domain.flows import OUTCOME_NAMES
from grading.forms.outcome_form import OutcomeForm
from grading.services import lateness, outcomes
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def _page(form: OutcomeForm, status: int = 200, late_error: DomainError | None = None) -> Answer:
    standing = outcomes.stand(actor())
    groups: dict[str, list[Figure]] = {}
    for figure in standing.facts.figures:
        groups.setdefault(figure.group, []).append(figure)
    page = render_template(
        "grading/outcome.html",
        standing=standing,
        groups=groups,
        form=form,
        fields=REPORT_FIELDS,
        state_name=OUTCOME_NAMES[standing.state],
        rules=standing.rules,
        late_error=late_error,
        typed_reason=request.form.get("late_reason", ""),
        key=new_key(),
    )
    return page, status


@blueprint.get("/grading/outcome")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def outcome() -> Answer:
    """Figures with their definitions, the self-report, and what is to be done."""
    return _page(_blank())


def _blank() -> OutcomeForm:
    standing = outcomes.stand(actor())
    version = standing.outcome.report_version if standing.outcome else 0
    return OutcomeForm(formdata=None, data={**standing.report.as_json(), "version": str(version)})


@blueprint.post("/grading/outcome")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def save_outcome() -> Answer:
    """Keep the draft, or submit it: the button says which."""
    form = OutcomeForm()
    if not form.accept():
        return _page(form, 400)
    try:
        with unit_of_work():
            if request.form.get("action") == "submit":
                receipt = outcomes.submit_outcome(actor(), form.report(), form.typed_version(), form.key.data)
                flash(f"实践成果已提交，回执号 {receipt}。", "success")
            else:
                outcomes.save_report(actor(), form.report(), form.typed_version())
                flash("草稿已保存。", "success")
    except DomainError as error:
        return _refused(form, error)
    return redirect(url_for("grading.outcome"))


def _refused(form: OutcomeForm, error: DomainError) -> Answer:
    if error.code == "stale_report":
        current = outcomes.stand(actor()).outcome
        form.version.data = str(current.report_version if current else 0)
    if error.issues:
        for issue in error.issues:
            form.show(DomainError(issue.message, field=issue.field))
    else:
        form.show(error)
    return _page(form, error.status)


@blueprint.post("/grading/outcome/withdraw")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def withdraw_outcome() -> Answer:
    """Take the submitted outcome back, until the draw."""
    with unit_of_work():
        outcomes.withdraw_outcome(actor())
    flash("实践成果已撤回，可以修改后重新提交。", "success")
    return redirect(url_for("grading.outcome"))


@blueprint.get("/grading/outcome/rules")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def outcome_rules() -> Answer:
    """The rules of eligibility as they stand now; the page asks for them again and again."""
    rules = outcomes.eligibility(actor())
    return render_template("grading/_rules.html", rules=rules, late_error=None, typed_reason="", key=new_key())


@blueprint.post("/grading/outcome/late")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def ask_late() -> Answer:
    """Ask to hand in after the class has ended."""
    try:
        with unit_of_work():
            lateness.ask_late(actor(), clean_text(request.form.get("late_reason", "")), form_key(request.form))
    except DomainError as error:
        return _page(_blank(), error.status, error)
    flash("逾期申请已提交，批准后本页会自动更新。", "success")
    return redirect(url_for("grading.outcome") + "#rules")

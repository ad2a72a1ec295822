"""/grading/assess/: the marking desk. These pages know papers by code and nothing else."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import DomainError, InvalidInput, Refused
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.data import BlindPaper, Desk
from grading.domain.flows import ASSIGNMENT_NAMES
from grading.domain.forecast import MONTHS
from grading.domain.plan_content import SECTIONS, check
from grading.domain.rubric import HIGH_PERCENT, LOW_PERCENT, MAX_COMMENT
from grading.forms.mark_form import read_sheet, read_version
from grading.services import calibration, marking, snippets
from grading.views.blueprint import blueprint
from grading.views.plan import tables

Answer = str | Response | tuple[str, int]


def reading(paper: BlindPaper) -> dict[str, Any]:
    """Return what the pages that show a blind paper need beside it."""
    return {
        "suggested": paper.suggested(),
        "figures": {figure.key: figure for figure in paper.figures},
        "sections": SECTIONS,
        "months": MONTHS,
        "findings": [one for one in check(paper.plan) if one.rule],
        **tables(paper.plan),
    }


def _page(desk: Desk, error: DomainError | None = None, typed: Any = None) -> Answer:
    page = render_template(
        "grading/desk.html",
        desk=desk,
        paper=desk.paper,
        sheet=desk.sheet,
        state_name=ASSIGNMENT_NAMES[desk.sheet.state],
        **reading(desk.paper),
        typed=typed or {},
        wrong={issue.field: issue.message for issue in error.issues} if error else {},
        error=error,
        flags=marking.FLAGS,
        usual=snippets.usual_comments(actor()) if desk.sheet.state in marking.OPEN_STATES else {},
        low=LOW_PERCENT,
        high=HIGH_PERCENT,
        most=MAX_COMMENT,
        key=new_key(),
        open_seconds=int((clock.now() - desk.sheet.opened_at).total_seconds()) if desk.sheet.opened_at else 0,
    )
    return page, error.status if error else 200


@blueprint.get("/grading/assess/")
@requires(Permission.GRADING_PAPER_MARK)
def assess() -> Answer:
    """The own queue: code and state."""
    items, anchors = marking.queue(actor()), calibration.items(actor())
    return render_template("grading/queue.html", items=items, anchors=anchors, state_names=ASSIGNMENT_NAMES)


@blueprint.get("/grading/assess/<code>")
@requires(Permission.GRADING_PAPER_MARK)
def assess_paper(code: str) -> Answer:
    """The desk: paper at the left, rubric at the right."""
    return _page(marking.desk(actor(), code))


@blueprint.post("/grading/assess/<code>/open")
@requires(Permission.GRADING_PAPER_MARK)
def open_paper(code: str) -> Answer:
    """Begin marking."""
    try:
        with unit_of_work():
            marking.open_paper(actor(), code)
    except Refused as error:
        return _page(marking.desk(actor(), code), error)
    return redirect(url_for("grading.assess_paper", code=code))


@blueprint.post("/grading/assess/<code>/draft")
@requires(Permission.GRADING_PAPER_MARK)
def save_marks(code: str) -> Any:
    """Keep what was typed so far; called by the page's script, answers the new version."""
    desk = marking.desk(actor(), code)
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise InvalidInput("没有收到可以保存的内容，请刷新页面后重试。")
    entries = read_sheet(desk.paper.rubric, sent)
    with unit_of_work():
        version = marking.save_draft(actor(), code, read_version(sent.get("version")), entries)
    return {"version": version, "total": sum(entry.points or 0 for entry in entries.values())}


@blueprint.post("/grading/assess/<code>")
@requires(Permission.GRADING_PAPER_MARK)
def submit_marks(code: str) -> Answer:
    """Submit the marks, or keep the draft when the script is not running."""
    desk = marking.desk(actor(), code)
    try:
        entries = read_sheet(desk.paper.rubric, request.form)
        version = read_version(request.form.get("version"))
        with unit_of_work():
            if request.form.get("action") == "draft":
                marking.save_draft(actor(), code, version, entries)
                flash("草稿已保存。", "success")
                return redirect(url_for("grading.assess_paper", code=code))
            flag, note = request.form.get("flag", ""), clean_text(request.form.get("flag_note", ""))
            total = marking.submit_marks(actor(), code, version, entries, form_key(request.form), flag, note)
    except DomainError as error:
        return _page(marking.desk(actor(), code), error, request.form)
    flash(f"评审件 {code} 的评分已提交：{total} 分。", "success")
    return redirect(url_for("grading.assess"))


@blueprint.post("/grading/assess/<code>/recuse")
@requires(Permission.GRADING_PAPER_MARK)
def recuse(code: str) -> Answer:
    """Step back from the paper; somebody else is drawn."""
    try:
        with unit_of_work():
            marking.recuse(actor(), code, clean_text(request.form.get("reason", "")), form_key(request.form))
    except InvalidInput as error:
        return _page(marking.desk(actor(), code), error)
    flash(f"已回避评审件 {code}，系统会另抽评审讲师。", "success")
    return redirect(url_for("grading.assess"))

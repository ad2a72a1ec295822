"""/grading/batches/: what the centre does while a batch is marked and after: moves, reopens, rechecks, takes back."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key
from grading.domain.codes import read_code
from grading.services import batch_figures, leases, merging, releasing, screening
from grading.views.batches import refused, whole
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]
LEFT_OPEN = "评审库里没有可用的人，名额先空着；扩充后点“补抽”。"


def _target() -> tuple[str, int, int]:
    """Return code, place and version of the chosen work (``ABC123:1:4``)."""
    parts = (request.form.get("target", "") + "::").split(":")
    return read_code(parts[0]), whole(parts[1]), whole(parts[2])


def _done(batch_id: int, action: Callable[[], str]) -> Answer:
    try:
        with unit_of_work():
            message = action()
    except DomainError as error:
        return refused(batch_id, error)
    flash(message, "success")
    return redirect(url_for("grading.batch", batch_id=batch_id))


@blueprint.post("/grading/batches/<int:batch_id>/reassign")
@requires(Permission.GRADING_BATCH_MANAGE)
def reassign(batch_id: int) -> Answer:
    """Take open work from an assessor and draw another."""
    code, slot, version = _target()

    def action() -> str:
        reason, key = clean_text(request.form.get("reason", "")), form_key(request.form)
        drawn = leases.reassign(actor(), batch_id, code, slot, version, reason, key)
        return f"评审件 {code} 已调走并另抽评审讲师。" if drawn else f"评审件 {code} 已调走。{LEFT_OPEN}"

    return _done(batch_id, action)


@blueprint.post("/grading/batches/<int:batch_id>/reopen")
@requires(Permission.GRADING_BATCH_MANAGE)
def reopen_mark(batch_id: int) -> Answer:
    """Give a completed mark back for correction."""
    code, slot, _ = _target()

    def action() -> str:
        leases.reopen(actor(), batch_id, code, slot, clean_text(request.form.get("reason", "")))
        return f"评审件 {code} 的一份评分已退回修改，最终成绩会重新计算。"

    return _done(batch_id, action)


@blueprint.post("/grading/batches/<int:batch_id>/recheck")
@requires(Permission.GRADING_BATCH_MANAGE)
def recheck(batch_id: int) -> Answer:
    """Ask again who may not mark in this batch."""

    def action() -> str:
        found = leases.recheck(actor(), batch_id)
        if not (found.moved or found.voided):
            return "利害关系已重新核对，没有需要调整的评审。"
        return f"利害关系已重新核对：调走 {found.moved} 份，作废 {found.voided} 份已提交的评分，并已另抽评审讲师。"

    return _done(batch_id, action)


@blueprint.post("/grading/batches/<int:batch_id>/expire")
@requires(Permission.GRADING_BATCH_MANAGE)
def expire(batch_id: int) -> Answer:
    """Take back what is past its lease."""
    return _done(batch_id, lambda: f"已收回 {leases.expire(actor(), batch_id)} 份超时的评审，并另抽评审讲师。")


@blueprint.post("/grading/batches/<int:batch_id>/unrelease")
@requires(Permission.GRADING_BATCH_MANAGE)
def unrelease(batch_id: int) -> Answer:
    """Take a release back, with a reason that trainees read."""

    def action() -> str:
        reason = clean_text(request.form.get("reason", ""))
        count = releasing.withdraw_release(actor(), batch_id, reason, form_key(request.form))
        return f"已撤回 {count} 份成绩，学员会看到理由。更正后可以再次发布。"

    return _done(batch_id, action)


@blueprint.post("/grading/batches/<int:batch_id>/merge")
@requires(Permission.GRADING_BATCH_MANAGE)
def merge_batch(batch_id: int) -> Answer:
    """Take the papers of another small batch in."""
    other = whole(request.form.get("other", ""))
    return _done(
        batch_id,
        lambda: (
            f"已并入 {merging.merge_batch(actor(), batch_id, other, form_key(request.form))} 份评审件，一起抽取和发布。"
        ),
    )


@blueprint.post("/grading/batches/<int:batch_id>/split")
@requires(Permission.GRADING_BATCH_MANAGE)
def split_batch(batch_id: int) -> Answer:
    """Put what is not finished into a batch of its own."""

    def action() -> str:
        merging.split_batch(actor(), batch_id, form_key(request.form))
        return "没有评完的评审件已拆到新的一批，这一批现在可以发布。"

    return _done(batch_id, action)


def _screening(batch_id: int, error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/screening.html", rows=screening.rows(actor(), batch_id), batch_id=batch_id, error=error
    )
    return page, error.status if error else 200


@blueprint.get("/grading/batches/<int:batch_id>/screening")
@requires(Permission.GRADING_BATCH_MANAGE)
def show_screening(batch_id: int) -> Answer:
    """What the scan found in the papers of a batch."""
    return _screening(batch_id)


@blueprint.post("/grading/batches/<int:batch_id>/screening")
@requires(Permission.GRADING_BATCH_MANAGE)
def screen_paper(batch_id: int) -> Answer:
    """Pass a paper, or return it to its author for masking."""
    code, passed = read_code(request.form.get("code", "")), request.form.get("action") == "pass"
    try:
        with unit_of_work():
            if passed:
                screening.pass_paper(actor(), batch_id, code)
            else:
                screening.return_paper(actor(), batch_id, code, clean_text(request.form.get("reason", "")))
    except DomainError as error:
        if error.status == 404:
            raise
        return _screening(batch_id, error)
    flash(f"评审件 {code} 已复核通过。" if passed else f"评审件 {code} 已退回学员遮盖，修改后可以补入。", "success")
    return redirect(url_for("grading.show_screening", batch_id=batch_id))


@blueprint.post("/grading/batches/<int:batch_id>/more")
@requires(Permission.GRADING_BATCH_MANAGE)
def take_in_more(batch_id: int) -> Answer:
    """Take outcomes submitted since into the open batch."""
    return _done(batch_id, lambda: f"已补入 {screening.take_in_waiting(actor(), batch_id)} 份实践成果。")


@blueprint.get("/grading/batches/<int:batch_id>/statistics")
@requires(Permission.GRADING_BATCH_MANAGE)
def batch_statistics(batch_id: int) -> Answer:
    """Reliability, agreement and severity, in plain words and charts."""
    found = batch_figures.batch_figures(actor(), batch_id)
    names = [one.name for one in found.assessors]
    severity = [round(one.severity or 0, 2) for one in found.assessors]
    return render_template(
        "grading/statistics.html",
        found=found,
        severity_rows=list(zip(names, severity, strict=True)),
        bands_chart={
            "xAxis": {"type": "category", "data": [label for label, _ in found.bands]},
            "yAxis": {"type": "value", "minInterval": 1},
            "tooltip": {"trigger": "axis"},
            "series": [{"type": "bar", "name": "份数", "data": [count for _, count in found.bands]}],
        },
        severity_chart={
            "xAxis": {"type": "category", "data": names},
            "yAxis": {"type": "value"},
            "tooltip": {"trigger": "axis"},
            "series": [{"type": "bar", "name": "宽严（分）", "data": severity}],
        },
    )

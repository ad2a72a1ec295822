"""/grading/pool: the pool of assessors (评审库), certificates with validity, declared relations."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from grading.services import declarations, intake, pool
from grading.views.batches import whole
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def read_day(text: str, field: str, title: str) -> date:
    """Return the typed day. Raises InvalidInput."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(f"请填写{title}，例如 2026-11-20。", field=field) from error


def pool_page(error: DomainError | None = None) -> Answer:
    """Return the page of the pool, with a refusal above it."""
    who = actor()
    page = render_template(
        "grading/pool.html",
        rows=pool.list_pool(who),
        classes=intake.classes_below(who),
        relations=pool.list_relations(who),
        waiting=declarations.waiting(who),
        kinds=pool.RELATIONS,
        error=error,
        typed=request.form,
    )
    return page, error.status if error else 200


@blueprint.get("/grading/pool")
@requires(Permission.GRADING_BATCH_MANAGE)
def assessor_pool() -> Answer:
    """Who may be drawn, until when, how much."""
    return pool_page()


@blueprint.post("/grading/pool")
@requires(Permission.GRADING_BATCH_MANAGE)
def set_qualification() -> Answer:
    """Record a certificate."""
    form = request.form
    try:
        with unit_of_work():
            pool.set_qualification(
                actor(),
                whole(form.get("account", "")),
                clean_text(form.get("certificate", "")),
                read_day(form.get("valid_from", ""), "valid_from", "有效期的开始日期"),
                read_day(form.get("valid_to", ""), "valid_to", "有效期的截止日期"),
                whole(form.get("cap", "")),
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return pool_page(error)
    flash("证书和有效期已保存；过期后不会再被抽中。", "success")
    return redirect(url_for("grading.assessor_pool"))


@blueprint.post("/grading/pool/relations")
@requires(Permission.GRADING_BATCH_MANAGE)
def declare_relation() -> Answer:
    """Record a relation that bars an assessor from a class, or decide that none does."""
    form = request.form
    try:
        with unit_of_work():
            pool.declare(
                actor(),
                whole(form.get("account", "")),
                whole(form.get("scope", "")),
                form.get("kind", ""),
                clean_text(form.get("reason", "")),
                form.get("pin", ""),
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return pool_page(error)
    flash("利害关系已记录；下次抽取或核对时生效。", "success")
    return redirect(url_for("grading.assessor_pool"))

"""/grading/relations: assessors and trainees declare with whom they stand in a relation; the centre settles."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from grading.services import declarations, pool
from grading.views.batches import whole
from grading.views.blueprint import blueprint
from grading.views.pool import pool_page

Answer = str | Response | tuple[str, int]


def _page(error: DomainError | None = None) -> Answer:
    who = actor()
    page = render_template(
        "grading/relations.html",
        rows=declarations.own_declarations(who),
        marks=who.may(Permission.GRADING_PAPER_MARK),
        kinds=pool.RELATIONS,
        error=error,
        typed=request.form,
        key=new_key(),
    )
    return page, error.status if error else 200


@blueprint.get("/grading/relations")
@requires(Permission.GRADING_PAPER_MARK, Permission.GRADING_OUTCOME_SUBMIT)
def own_relations() -> Answer:
    """What I declared, and a form for more."""
    return _page()


@blueprint.post("/grading/relations")
@requires(Permission.GRADING_PAPER_MARK, Permission.GRADING_OUTCOME_SUBMIT)
def declare_own_relation() -> Answer:
    """Declare one relation. The answer says nothing of whether the other side is known."""
    form = request.form
    who, contact, place, reason = (clean_text(form.get(name, "")) for name in ("who", "contact", "place", "reason"))
    typed = declarations.Typed(who, contact, place, form.get("kind", ""), reason)
    try:
        with unit_of_work():
            declarations.declare_own(actor(), typed, form_key(form))
    except DomainError as error:
        return _page(error)
    flash("申报已收到，由市级中心核对；以后的抽取会避开。", "success")
    return redirect(url_for("grading.own_relations"))


@blueprint.post("/grading/pool/declarations/<int:declaration_id>")
@requires(Permission.GRADING_BATCH_MANAGE)
def settle_declaration(declaration_id: int) -> Answer:
    """Say whom a declaration means, or that nobody is meant."""
    form = request.form
    relate = form.get("action") == "relate"
    target = whole(form.get("target", "")) if relate else 0
    try:
        if relate and not target:
            raise InvalidInput("请先选择对方是谁；找不到就写明理由，点“不登记”。", field=f"target-{declaration_id}")
        with unit_of_work():
            related = declarations.settle(actor(), declaration_id, target, clean_text(form.get("answer", "")))
    except DomainError as error:
        if error.status == 404:
            raise
        return pool_page(error)
    flash("已登记为利害关系；下次抽取或核对时生效。" if related else "已记下不登记的理由。", "success")
    return redirect(url_for("grading.assessor_pool"))

"""Signatures of assessors, the sealed score protocol of a batch, and the public page that verifies it."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import files
from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, public, requires
from app.core.web.downloads import attachment
from app.core.web.forms import form_key, new_key
from grading.services import protocols, signing
from grading.views.batches import refused
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def _sign(error: DomainError | None = None) -> Answer:
    page = render_template("grading/sign.html", waiting=signing.to_sign(actor()), error=error, key=new_key())
    return page, error.status if error else 200


@blueprint.get("/grading/assess/sign")
@requires(Permission.GRADING_PAPER_MARK)
def sign() -> Answer:
    """Completed marks that wait for the assessor's signature."""
    return _sign()


@blueprint.post("/grading/assess/sign")
@requires(Permission.GRADING_PAPER_MARK)
def sign_marks() -> Answer:
    """Sign: drawn, or by password."""
    form = request.form
    try:
        strokes = signing.check_signature(actor(), form.get("strokes", ""), form.get("password", ""))
        with unit_of_work():
            count = signing.sign_marks(actor(), form.get("seen", ""), strokes, form_key(form))
    except DomainError as error:
        return _sign(error)
    flash(f"已为 {count} 份评分签名。", "success")
    return redirect(url_for("grading.assess"))


@blueprint.post("/grading/batches/<int:batch_id>/protocol")
@requires(Permission.GRADING_BATCH_MANAGE)
def make_protocol(batch_id: int) -> Answer:
    """Make the sealed protocol and go to its progress page."""
    try:
        with unit_of_work():
            job = protocols.make_protocol(actor(), batch_id)
    except DomainError as error:
        return refused(batch_id, error)
    return redirect(url_for("jobs.show", public_id=job), 303)


@blueprint.get("/grading/batches/<int:batch_id>/protocol.pdf")
@requires(Permission.GRADING_BATCH_MANAGE)
def protocol_pdf(batch_id: int) -> Answer:
    """The newest sealed protocol; back to the batch while it is being made."""
    stored = protocols.protocol_file(actor(), batch_id)
    if stored is None:
        return redirect(url_for("grading.batch", batch_id=batch_id), 303)
    return attachment(files.read(stored), f"评分汇总表-{batch_id}.pdf", "application/pdf")


@blueprint.get("/verify/protocol/<sha256>")
@public
def verify_protocol(sha256: str) -> Answer:
    """Say whether a score protocol is one that the platform sealed; no person is named."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFound
    return render_template("grading/verify_protocol.html", found=protocols.find_by_content(sha256), sha256=sha256)

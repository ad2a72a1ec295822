"""Pictures of plans and papers, each for those who may see them; the blind layout of a paper's plan."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from app.core import photos
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.job_views import send
from grading.services import attachments, paper_pictures
from grading.views.blueprint import blueprint

Answer = str | Response | tuple[str, int]


def _picture(data: bytes) -> Response:
    answer = Response(data, mimetype=photos.JPEG)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/grading/plan/pictures/<int:picture_id>")
@requires(Permission.GRADING_PLAN_WRITE, Permission.CLASS_TEACH)
def plan_picture(picture_id: int) -> Response:
    """A picture of a plan, for its author and the instructor."""
    return _picture(attachments.picture(actor(), picture_id))


@blueprint.get("/grading/assess/<code>/pictures/<int:number>")
@requires(Permission.GRADING_PAPER_MARK)
def paper_picture(code: str, number: int) -> Response:
    """A picture of an own paper."""
    return _picture(paper_pictures.assessor_picture(actor(), code, number))


@blueprint.get("/grading/calibration/<code>/pictures/<int:number>")
@requires(Permission.GRADING_PAPER_MARK, Permission.GRADING_BATCH_MANAGE)
def anchor_picture(code: str, number: int) -> Response:
    """A picture of an anchor paper."""
    return _picture(paper_pictures.anchor_picture(actor(), code, number))


@blueprint.get("/grading/batches/<int:batch_id>/papers/<code>/pictures/<int:number>")
@requires(Permission.GRADING_BATCH_MANAGE)
def screen_picture(batch_id: int, code: str, number: int) -> Response:
    """A picture of a paper, for the screener."""
    return _picture(paper_pictures.screener_picture(actor(), batch_id, code, number))


@blueprint.post("/grading/assess/<code>/print")
@requires(Permission.GRADING_PAPER_MARK)
def print_paper(code: str) -> Answer:
    """Queue the blind layout of an own paper's plan, or open it when it is there."""
    if paper_pictures.printed(actor(), code) is not None:
        return redirect(url_for("grading.paper_pdf", code=code), 303)
    with unit_of_work():
        job = paper_pictures.request_print(actor(), code)
    return redirect(url_for("jobs.show", public_id=job), 303)


@blueprint.get("/grading/assess/<code>/plan.pdf")
@requires(Permission.GRADING_PAPER_MARK)
def paper_pdf(code: str) -> Answer:
    """The blind layout, or 303 to the desk before it was printed."""
    stored = paper_pictures.printed(actor(), code)
    return redirect(url_for("grading.assess_paper", code=code), 303) if stored is None else send(stored)

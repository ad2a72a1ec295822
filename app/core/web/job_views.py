"""Progress page of a job, and files under their random names."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.utils import secure_filename

from app.core import files, jobs
from app.core.web.access import actor, signed_in, wants_json

blueprint = Blueprint("jobs", __name__)
INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4"}


@blueprint.get("/jobs/<public_id>")
@signed_in
def show(public_id: str) -> str | dict[str, object]:
    """How far a job is; the page asks again by itself and survives leaving."""
    job = jobs.get_job(actor(), public_id)
    if wants_json():
        return {"state": job.status, "percent": job.percent, "message": job.message, "url": job.result_url}
    return render_template("jobs/_progress.html" if request.args.get("part") else "jobs/show.html", job=job)


def send(row: files.StoredFile, *, download: bool = False) -> Response:
    """Answer with a stored file under its fixed content type."""
    answer = Response(files.read(row), content_type=row.content_type)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    if row.content_type == "application/pdf":
        del answer.headers["Content-Security-Policy"]
    kind = "inline" if row.content_type in INLINE and not download else "attachment"
    answer.headers.set("Content-Disposition", kind, filename=secure_filename(row.file_name) or "file")
    if row.content_type.startswith("video/"):  # players ask for parts, and some play nothing without
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=row.size)
    return answer


@blueprint.get("/files/<public_name>")
@signed_in
def fetch(public_name: str) -> Response:
    """A stored file, for those who may have it."""
    return send(files.find(actor(), public_name), download=request.args.get("download") == "1")

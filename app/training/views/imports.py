"""Pages of the roster import: upload, columns, report, commit, undo."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app.core.errors import DomainError, InvalidInput
from app.core.jobs import Job
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from app.training import access, api, sheets
from app.training.domain import roster
from app.training.domain.tables import MAX_ROWS
from app.training.forms import RosterForm
from app.training.models import ImportStatus, Verdict
from app.training.services import roster_check, roster_commit
from app.training.views.classes import blueprint
from app.training.views.rosters import chosen_ids, spreadsheet

LIMIT = 10 * 1024 * 1024
PAGE = 50
VERDICT_NAMES = {Verdict.GOOD: "可以导入", Verdict.ASK: "需要决定", Verdict.SKIPPED: "重复跳过", Verdict.BAD: "有错误"}
TONES = {Verdict.GOOD: "good", Verdict.ASK: "warn", Verdict.SKIPPED: "quiet", Verdict.BAD: "bad"}


def _upload() -> tuple[bytes, str]:
    """Return the uploaded bytes and the file's name. Raises InvalidInput with one sentence."""
    storage = request.files.get("file")
    if storage is None or not storage.filename:
        raise InvalidInput("请先选择要上传的学员名单文件。", field="file")
    data = storage.stream.read(LIMIT + 1)
    if not data:
        raise InvalidInput("这个文件是空的，请检查后重新选择。", field="file")
    if len(data) > LIMIT:
        raise InvalidInput(f"文件超过 {LIMIT // 1024 // 1024} MB，请只保留名单所在的工作表后再上传。", field="file")
    return data, storage.filename


@blueprint.route("/classes/<code>/roster/import", methods=["GET", "POST"])
@requires(Permission.CLASS_ROSTER_IMPORT)
def import_roster(code: str) -> str | Answer | tuple[str, int]:
    """Upload a roster; the answer is a dry run that changes nothing."""
    info = api.class_by_code(actor(), code)
    form, status = RosterForm(), 200
    if form.accept():
        try:
            upload, job = roster_check.start_import(actor(), code, *_upload())
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            return _to_job(job) or redirect(url_for("training.show_import", code=code, import_id=upload.id))
    elif request.method == "POST":
        status = 400
    earlier = access.imports_of(info.id)
    page = render_template("training/import.html", info=info, form=form, earlier=earlier, most=MAX_ROWS)
    return page, status


def _to_job(job: Job | None) -> Answer | None:
    return redirect(url_for("jobs.show", public_id=job.public_id)) if job is not None else None


@blueprint.get("/classes/<code>/roster/import/template.xlsx")
@requires(Permission.CLASS_ROSTER_IMPORT)
def roster_template(code: str) -> Response:
    """The empty roster to fill in."""
    api.class_by_code(actor(), code)
    return spreadsheet(sheets.roster_template(), "roster-template.xlsx")


@blueprint.get("/classes/<code>/roster/import/<int:import_id>")
@requires(Permission.CLASS_ROSTER_IMPORT)
def show_import(code: str, import_id: int) -> str:
    """The report of the dry run row by row, or the result."""
    info = api.class_by_code(actor(), code)
    _, upload = access.import_row(actor(), code, import_id)
    counts = roster_check.counts(upload.id)
    verdict = request.args.get("verdict", "")
    verdict = verdict if verdict in VERDICT_NAMES else ""

    def address(key: str | None) -> str:
        return url_for("training.show_import", code=code, import_id=upload.id, verdict=key)

    tabs = [{"label": "全部", "url": address(None), "active": not verdict, "count": counts["total"]}]
    tabs += [
        {"label": name, "url": address(key), "active": verdict == key, "count": counts[key]}
        for key, name in VERDICT_NAMES.items()
        if counts[key] or verdict == key
    ]
    done = upload.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE)
    return render_template(
        "training/import_report.html",
        info=info,
        upload=upload,
        counts=counts,
        tabs=tabs,
        page=paginate(roster_check.rows_query(upload.id, verdict), page_number(), PAGE),
        names=VERDICT_NAMES,
        tones=TONES,
        fields=roster.FIELDS,
        required=roster.REQUIRED,
        mapping_problem=None if done else roster.mapping_problem(upload.mapping, upload.columns),
        new_people=len(roster_commit.imported_ids(upload.id, created_only=True)),
        obstacle=roster_commit.undo_obstacle(upload) if upload.status is ImportStatus.COMMITTED else None,
    )


@blueprint.post("/classes/<code>/roster/import/<int:import_id>/columns")
@requires(Permission.CLASS_ROSTER_IMPORT)
def map_columns(code: str, import_id: int) -> Answer:
    """Say which column is what; the dry run is made again."""
    mapping = {}
    for name in roster.FIELDS:
        text = request.form.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 4:
            mapping[name] = int(text)
    try:
        job = roster_check.set_mapping(actor(), code, import_id, mapping)
    except InvalidInput as error:
        flash(error.message, "error")
        job = None
    return _to_job(job) or redirect(url_for("training.show_import", code=code, import_id=import_id))


@blueprint.post("/classes/<code>/roster/import/<int:import_id>/decide")
@requires(Permission.CLASS_ROSTER_IMPORT)
def decide_rows(code: str, import_id: int) -> Answer:
    """Take or leave the rows that wait for a decision."""
    ids = None if request.form.get("all") else chosen_ids()
    with unit_of_work():
        changed = roster_check.decide(actor(), code, import_id, take=request.form.get("take") == "yes", row_ids=ids)
    flash(f"已处理 {changed} 行。", "success")
    return redirect(url_for("training.show_import", code=code, import_id=import_id, verdict=Verdict.ASK))


@blueprint.post("/classes/<code>/roster/import/<int:import_id>/commit")
@requires(Permission.CLASS_ROSTER_IMPORT)
def commit_import(code: str, import_id: int) -> Answer:
    """Take the rows into the class."""
    with unit_of_work():
        job = roster_commit.commit_import(actor(), code, import_id, only_good=request.form.get("rows") == "good")
        taken = roster_check.counts(import_id)["taken"]
    if job is None:
        flash(f"已导入 {taken} 名学员。", "success")
    return _to_job(job) or redirect(url_for("training.show_import", code=code, import_id=import_id))


@blueprint.post("/classes/<code>/roster/import/<int:import_id>/undo")
@requires(Permission.CLASS_ROSTER_IMPORT)
def undo_import(code: str, import_id: int) -> Answer:
    """Take the import back while nobody has signed in."""
    with unit_of_work():
        job = roster_commit.undo_import(actor(), code, import_id)
    if job is None:
        flash("导入已撤销，名单恢复到导入之前。", "success")
    return _to_job(job) or redirect(url_for("training.show_import", code=code, import_id=import_id))

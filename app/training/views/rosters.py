"""Pages of the roster: list, export, one-time codes on slips, identity, leaving."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response as Answer

from app.accounts.services import people
from app.accounts.services.codes import VALID_DAYS
from app.core import sheets
from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number, paginate
from app.training import access, api
from app.training.forms import ReasonForm
from app.training.services import enrolment, roster_commit
from app.training.services.enrolment import Slip
from app.training.views.classes import blueprint, query_text

SLIPS_HOURS = 12
PAGE = 50


def spreadsheet(content: bytes, name: str) -> Response:
    """Answer with an .xlsx file to keep."""
    answer = Response(content, content_type=sheets.CONTENT_TYPE)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def chosen_ids() -> set[int]:
    """Return the rows ticked in a form. Raises InvalidInput when none is or one is no number."""
    texts = request.form.getlist("row")
    if not texts:
        raise InvalidInput("请先勾选学员。")
    if any(not text.isascii() or not text.isdigit() or len(text) > 15 for text in texts):
        raise InvalidInput("选择的学员无效，请刷新页面后重试。")
    return {int(text) for text in texts}


@blueprint.get("/classes/<code>/roster")
@requires(Permission.CLASS_ROSTER_READ)
def roster(code: str) -> str:
    """The trainees of a class."""
    info = api.class_by_code(actor(), code)
    q = query_text()
    page = paginate(access.roster_query(info.id, q), page_number(), PAGE, scalars=False)
    return render_template(
        "training/roster.html",
        info=info,
        page=page,
        entries=[access.entry_of(one, account) for one, account in page.items],
        q=q,
        waiting=info.trainee_count - access.signed_in_count(info.id),
        can_manage=actor().may(Permission.ACCOUNT_MANAGE),
        can_import=actor().may(Permission.CLASS_ROSTER_IMPORT),
        can_identify=actor().may(Permission.ACCOUNT_IDENTITY_READ),
    )


@blueprint.get("/classes/<code>/roster.xlsx")
@requires(Permission.CLASS_ROSTER_READ)
def export_roster(code: str) -> Response:
    """The roster as a spreadsheet, phone numbers masked."""
    info = api.class_by_code(actor(), code)
    rows = [
        (e.number, e.name, e.login, e.phone_masked, "已登录" if e.signed_in else "未登录", f"{e.joined_at:%Y-%m-%d}")
        for e in api.roster(info.scope_id)
    ]
    header = ("学号", "姓名", "登录名", "手机号", "登录情况", "加入日期")
    return spreadsheet(sheets.write_table("学员名单", header, rows, (8, 16, 20, 16, 10, 14)), f"{code}-roster.xlsx")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="slips")


@blueprint.post("/classes/<code>/roster/slips")
@requires(Permission.ACCOUNT_MANAGE)
def make_slips(code: str) -> str:
    """Give new one-time codes and show them, this once, ready to print."""
    info = api.class_by_code(actor(), code)
    who = request.form.get("who", "chosen")
    ids: set[int] | None = None
    if who == "import":
        _, upload = access.import_row(actor(), code, _number(request.form.get("import", "")))
        ids = roster_commit.imported_ids(upload.id, created_only=True)
    elif who != "new":
        ids = chosen_ids()
    with unit_of_work():
        slips = enrolment.issue_slips(actor(), code, ids)
    token = _serializer().dumps([[slip.number, slip.name, slip.login, slip.code] for slip in slips])
    return render_template(
        "training/slips.html",
        info=info,
        slips=slips,
        token=token,
        days=VALID_DAYS,
        address=current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/"),
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InvalidInput("请求无效，请刷新页面后重试。")
    return int(text)


@blueprint.post("/classes/<code>/roster/slips.xlsx")
@requires(Permission.ACCOUNT_MANAGE)
def download_slips(code: str) -> Response:
    """The slips that were just shown, as a spreadsheet; the codes travel sealed in the page, nothing keeps them."""
    api.class_by_code(actor(), code)
    try:
        loaded = _serializer().loads(request.form.get("slips", ""), max_age=SLIPS_HOURS * 3600)
    except BadData as error:
        raise InvalidInput("登录码页面已经过期，请在学员名单里重新发放登录码。") from error
    rows = [Slip(*row) for row in loaded]
    header = ("学号", "姓名", "登录名", "一次性登录码")
    cells = [(slip.number, slip.name, slip.login, slip.code) for slip in rows]
    return spreadsheet(sheets.write_table("登录码", header, cells, (8, 16, 20, 24)), f"{code}-codes.xlsx")


@blueprint.post("/classes/<code>/roster/<int:account_id>/withdraw")
@requires(Permission.CLASS_ROSTER_IMPORT)
def withdraw(code: str, account_id: int) -> Answer:
    """Let a trainee leave the class."""
    with unit_of_work():
        enrolment.withdraw(actor(), code, account_id)
    flash("学员已移出班级，他的练习记录仍然保留。", "success")
    return redirect(url_for("training.roster", code=code))


@blueprint.route("/classes/<code>/roster/<int:account_id>/identity", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_IDENTITY_READ)
def identity(code: str, account_id: int) -> str | tuple[str, int]:
    """Show one ID number in clear, after a reason was given; every look is recorded."""
    info = api.class_by_code(actor(), code)
    access.enrolment_of(info.id, account_id)
    form, status, number = ReasonForm(), 200, ""
    if form.accept():
        with unit_of_work():
            number = people.read_identity(actor(), account_id, form.reason.data)
    elif request.method == "POST":
        status = 400
    name = next(entry.name for entry in api.roster(info.scope_id) if entry.account_id == account_id)
    return render_template("training/identity.html", info=info, name=name, form=form, number=number), status

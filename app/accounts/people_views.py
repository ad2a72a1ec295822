"""Pages of people and their hats (人员与身份), for the system administrator and institution clerks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.accounts import access
from app.accounts.models import Scope
from app.accounts.services import administration, codes
from app.accounts.services.administration import NewPerson
from app.core.actor import Actor
from app.core.errors import DomainError
from app.core.permissions import ROLE_NAMES, Permission, Role
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import Form
from app.core.web.paging import page_number, paginate

blueprint = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")
PLATFORM = "0"


class PersonForm(Form):
    """A new person, or a further hat for an existing one."""

    name = StringField("姓名", [InputRequired("请填写姓名。"), Length(max=60, message="姓名最多 60 个字。")])
    login = StringField("登录名", [Length(max=40, message="登录名最多 40 个字符。")])
    phone = StringField("手机号", [Length(max=20, message="手机号太长了。")])
    role = SelectField("身份", [InputRequired("请选择身份。")])
    scope = SelectField("所属范围", [InputRequired("请选择所属范围。")])


def _scope_label(scope: Scope) -> str:
    kinds = {"region": "地区", "institution": "机构", "class": "班级"}
    return f"{kinds[scope.kind]} · {scope.name}（{scope.code}）"


def _form(who: Actor) -> PersonForm:
    form = PersonForm()
    form.role.choices = [(str(role), ROLE_NAMES[role]) for role in administration.assignable_roles(who)]
    scopes = [(str(scope.id), _scope_label(scope)) for scope in administration.assignable_scopes(who)]
    form.scope.choices = [(PLATFORM, "平台")] * (who.role is Role.SYSADMIN) + scopes
    return form


@blueprint.get("/")
@requires(Permission.ACCOUNT_MANAGE)
def index() -> str:
    """The people this hat keeps, with search and filter."""
    who, text = actor(), request.args.get("q", "").strip()[:60]
    role = next((role for role in Role if role == request.args.get("role")), None)
    page = paginate(administration.people_query(who, text, role), page_number())
    return render_template("people/index.html", page=page, q=text, role=role, role_names=ROLE_NAMES)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def create() -> str | Response | tuple[str, int]:
    """Register a person; the one-time code is shown once."""
    who, status = actor(), 200
    form = _form(who)
    if form.accept():
        scope_id = None if form.scope.data == PLATFORM else int(form.scope.data)
        wanted = NewPerson(form.name.data, form.login.data, form.phone.data, Role(form.role.data), scope_id)
        try:
            with unit_of_work():
                account, code = administration.register_person(who, wanted)
                shown = {"name": account.name, "login": account.login, "code": code}
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            if code is None:
                flash(f"已为{shown['name']}增加身份“{ROLE_NAMES[wanted.role]}”。", "success")
                return redirect(url_for("people.index", q=shown["login"]))
            return render_template("people/code.html", **shown)
    elif request.method == "POST":
        status = 400
    return render_template("people/new.html", form=form), status


@blueprint.post("/<int:account_id>/code")
@requires(Permission.ACCOUNT_MANAGE)
def reset_code(account_id: int) -> str:
    """Issue a new one-time code; earlier ones end."""
    who = actor()
    with unit_of_work():
        code = codes.issue_code(who, account_id)
        account = access.account_within(who, account_id)
        shown = {"name": account.name, "login": account.login, "code": code}
    return render_template("people/code.html", **shown)


@blueprint.post("/<int:account_id>/disable")
@requires(Permission.ACCOUNT_MANAGE)
def disable(account_id: int) -> Response:
    """Lock an account out."""
    return _set_disabled(account_id, disabled=True)


@blueprint.post("/<int:account_id>/enable")
@requires(Permission.ACCOUNT_MANAGE)
def enable(account_id: int) -> Response:
    """Let an account in again."""
    return _set_disabled(account_id, disabled=False)


def _set_disabled(account_id: int, *, disabled: bool) -> Response:
    with unit_of_work():
        account = administration.set_disabled(actor(), account_id, disabled=disabled)
        text = f"{account.name}的账号已{'停用，所有设备已退出登录' if disabled else '恢复'}。"
    flash(text, "success")
    return redirect(url_for("people.index"))


@blueprint.post("/<int:account_id>/hats/<int:grant_id>/end")
@requires(Permission.ACCOUNT_MANAGE)
def end_hat(account_id: int, grant_id: int) -> Response:
    """End one hat of a person."""
    with unit_of_work():
        administration.end_hat(actor(), account_id, grant_id)
    flash("这个身份已结束。", "success")
    return redirect(url_for("people.index"))

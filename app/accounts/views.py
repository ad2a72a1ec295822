"""Pages of the account store: sign-in, first password, hats, own account."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import access, divisions, sessions
from app.accounts.forms import ActivateForm, PasswordForm, ProfileForm, SignInForm
from app.accounts.services import people, sign_in
from app.core.errors import DomainError, NotFound
from app.core.uow import unit_of_work
from app.core.web.access import actor, local_path, public, signed_in

blueprint = Blueprint("accounts", __name__, template_folder="templates")
Answer = str | Response | tuple[str, int]


def _next() -> str:
    target = local_path(request.values.get("next"))
    return "" if target.split("?")[0] in {"/login", "/logout", "/activate"} else target


def _device() -> dict[str, str]:
    return {"browser": browser_name(request.user_agent.string), "address": request.remote_addr or ""}


def browser_name(agent: str) -> str:
    """Return a browser and system as people know them, from the header that the browser sent."""
    browsers = (
        ("MicroMessenger", "微信"), ("Edg", "Edge"), ("QQBrowser", "QQ 浏览器"), ("Firefox", "Firefox"),
        ("Chrome", "Chrome"), ("Safari", "Safari"),
    )  # fmt: skip
    systems = (
        ("HarmonyOS", "鸿蒙"), ("Android", "安卓"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("Mac OS", "macOS"), ("Linux", "Linux"),
    )  # fmt: skip
    browser = next((name for mark, name in browsers if mark in agent), "浏览器")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} · {system}" if system else browser


def _demo() -> dict[str, object]:
    settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        return {"groups": {}, "password": ""}
    groups: dict[str, list[str]] = {}
    for login, role in current_app.extensions.get("demo_accounts", []):
        groups.setdefault(role, []).append(login)
    return {"groups": groups, "password": settings.demo_password if groups else ""}


@blueprint.route("/login", methods=["GET", "POST"], endpoint="sign_in")
@public
def show_sign_in() -> Answer:
    """Sign in with login name or phone and password."""
    if request.method == "GET" and g.get("actor") is not None:
        return redirect(_next() or "/")
    form, status = SignInForm(), 200
    if form.accept():
        try:
            token = sign_in.sign_in(form.name.data, form.password.data, **_device())
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            sessions.remember(token)
            return redirect(_next() or "/")
    elif request.method == "POST":
        status = 400
    page = render_template("accounts/sign_in.html", form=form, next=_next(), demo=_demo())
    return page, status


@blueprint.route("/activate", methods=["GET", "POST"])
@public
def activate() -> Answer:
    """Set the first password with a one-time code."""
    form, status = ActivateForm(), 200
    if form.accept():
        try:
            token = sign_in.activate(form.name.data, form.code.data, form.password.data, **_device())
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            sessions.remember(token)
            flash("密码已设置，以后用登录名或手机号加密码登录。", "success")
            return redirect("/")
    elif request.method == "POST":
        status = 400
    return render_template("accounts/activate.html", form=form), status


@blueprint.post("/logout")
@signed_in
def sign_out() -> Response:
    """End this device."""
    session_id = actor().session_id
    if session_id is not None:
        with unit_of_work():
            sessions.end_device(actor(), session_id)
    sessions.forget()
    flash("已退出登录。", "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/account/hat")
@signed_in
def switch_hat() -> Response:
    """Wear another hat on this device; every hat starts at its home page."""
    text = request.form.get("hat", "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotFound
    with unit_of_work():
        sessions.switch_hat(actor(), int(text))
    return redirect("/")


def _account_page(profile: ProfileForm, password: PasswordForm, status: int = 200) -> Answer:
    account = access.own_account(actor())
    page = render_template(
        "accounts/account.html",
        account=account,
        profile=profile,
        password=password,
        region=divisions.region_name(account.region_code),
        id_number=people.masked_id_number(account),
        registered=account.id_number_digest is not None,
        devices=sessions.devices(account.id),
        here=actor().session_id,
    )
    return page, status


@blueprint.get("/account/")
@signed_in
def account() -> Answer:
    """Own profile, password and signed-in devices."""
    own = access.own_account(actor())
    return _account_page(ProfileForm(formdata=None, data={"name": own.name, "phone": own.phone}), PasswordForm())


@blueprint.post("/account/profile")
@signed_in
def save_profile() -> Answer:
    """Change the own profile."""
    form = ProfileForm()
    if not form.accept():
        return _account_page(form, PasswordForm(formdata=None), 400)
    try:
        with unit_of_work():
            people.set_profile(
                actor(), name=form.name.data or "", phone=form.phone.data or "", id_number=form.id_number.data or ""
            )
    except DomainError as error:
        form.show(error)
        return _account_page(form, PasswordForm(formdata=None), error.status)
    flash("个人资料已保存。", "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/password")
@signed_in
def change_password() -> Answer:
    """Change the own password; other devices are signed out."""
    form = PasswordForm()
    own = access.own_account(actor())
    profile = ProfileForm(formdata=None, data={"name": own.name, "phone": own.phone})
    if not form.accept():
        return _account_page(profile, form, 400)
    try:
        sign_in.change_password(actor(), form.current.data, form.password.data)
    except DomainError as error:
        form.show(error)
        return _account_page(profile, form, error.status)
    flash("密码已修改，其他设备已退出登录。", "success")
    return redirect(url_for("accounts.account"))


@blueprint.route("/account/region", methods=["GET", "POST"])
@signed_in
def region() -> Answer:
    """Choose the region in three steps: province, city, district."""
    if request.method == "POST":
        with unit_of_work():
            people.set_region(actor(), request.form.get("region", ""))
        flash("所在地区已保存。", "success")
        return redirect(url_for("accounts.account"))
    own = divisions.lineage(access.own_account(actor()).region_code)
    codes = [place.code for place in own] + ["", "", ""]
    province = request.args.get("province", codes[0])
    city = request.args.get("city", codes[1])
    if city not in {place.code for place in divisions.below(province)}:
        city = ""
    return render_template(
        "accounts/region.html",
        province=province,
        city=city,
        district=codes[2],
        provinces=divisions.below(None),
        cities=divisions.below(province) if province else [],
        districts=divisions.below(city) if city else [],
    )


@blueprint.post("/account/devices/<int:device_id>/end")
@signed_in
def end_device(device_id: int) -> Response:
    """Sign one of the own devices out."""
    with unit_of_work():
        sessions.end_device(actor(), device_id)
    if device_id == actor().session_id:
        sessions.forget()
        return redirect(url_for("accounts.sign_in"))
    flash("该设备已退出登录。", "success")
    return redirect(url_for("accounts.account"))

"""Pages of the open platform (开放平台): apps, grants, messages, console, document."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, public, requires
from app.core.web.paging import page_number
from sim_mall import access
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.platform_codes import ERRORS, EVENT_NAMES, SCOPE_NAMES
from sim_mall.domain.push_targets import INBOX
from sim_mall.forms.platform import AppForm, ConsoleForm, GrantForm, PushForm
from sim_mall.models.platform import PushState
from sim_mall.services import console, platform_apps, webhooks
from sim_mall.views.blueprints import Answer, mall, seller
from sim_mall.views.platform_document import INTRODUCTION, document
from sim_mall.views.platform_operations import OPERATIONS, PREFIX

PUSH_NAMES = {
    PushState.PENDING: ("待推送", "info"),
    PushState.DELIVERED: ("已送达", "good"),
    PushState.DEAD: ("死信", "bad"),
}


def _shop_name() -> str:
    shop = access.own_shop(actor())
    return shop.name if shop else ""


def _home(create: AppForm, grant: GrantForm) -> str:
    who = actor()
    return render_template(
        "mall/platform/home.html",
        shop_name=_shop_name(),
        apps=platform_apps.my_apps(who),
        grants=platform_apps.grants_on_my_shop(who),
        create=create,
        grant=grant,
        scopes=SCOPE_NAMES,
    )


@seller.get("/platform/")
@requires(Permission.MALL_SELL)
def platform() -> Answer:
    """开放平台: own apps, and who may work on the own shop."""
    grant = GrantForm(formdata=None)
    grant.app_key.data = request.args.get("app_key", "")[:40]
    return _home(AppForm(formdata=None), grant)


@seller.post("/platform/apps")
@requires(Permission.MALL_SELL)
def create_platform_app() -> Answer:
    """创建应用."""
    form = AppForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                app_id = platform_apps.create_app(actor(), form.name.data, form.key.data)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("应用已创建。下一步：把 App Key 填到“给应用授权”，让它能操作你的店铺。", "success")
            return redirect(url_for("seller.platform_app_page", platform_app_id=app_id))
    return _home(form, GrantForm(formdata=None)), status


@seller.post("/platform/grants")
@requires(Permission.MALL_SELL)
def grant_platform_app() -> Answer:
    """授权 an app."""
    form = GrantForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                platform_apps.grant(actor(), form.app_key.data, form.scopes.data or ())
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("授权成功，应用现在可以操作你的店铺；随时可以撤销。", "success")
            return redirect(url_for("seller.platform"))
    return _home(AppForm(formdata=None), form), status


@seller.post("/platform/grants/<int:platform_grant_id>/revoke")
@requires(Permission.MALL_SELL)
def revoke_platform_grant(platform_grant_id: int) -> Response:
    """撤销授权."""
    with unit_of_work():
        platform_apps.revoke_grant(actor(), platform_grant_id)
    flash("授权已撤销，应用的下一次调用会被拒绝。", "success")
    return redirect(url_for("seller.platform"))


def _app_page(app_id: int, push: PushForm | None = None, secret: str = "") -> str:
    who = actor()
    app = platform_apps.get_app(who, app_id)
    if push is None:
        mode = "none" if not app.push_url else "inbox" if app.push_url == INBOX else "url"
        url = app.push_url if mode == "url" else ""
        push = PushForm(formdata=None, data={"mode": mode, "url": url, "broken": app.inbox_broken})
    row = next(row for row in platform_apps.my_apps(who) if row.app.id == app.id)
    status = request.args.get("status", "")
    return render_template(
        "mall/platform/app.html",
        shop_name=_shop_name(),
        app=app,
        row=row,
        push=push,
        secret=secret,
        page=webhooks.messages(who, app_id, status, page_number()),
        status=status if status in set(PushState) else "",
        push_names=PUSH_NAMES,
        event_names=EVENT_NAMES,
        tries=webhooks.MOST_TRIES,
    )


@seller.get("/platform/apps/<int:platform_app_id>", endpoint="platform_app_page")
@requires(Permission.MALL_SELL)
def _platform_app(platform_app_id: int) -> Answer:
    """One app: key, secret, messages."""
    return _app_page(platform_app_id)


@seller.post("/platform/apps/<int:platform_app_id>/<any(secret, reset, revoke):step>")
@requires(Permission.MALL_SELL)
def change_platform_app(platform_app_id: int, step: str) -> Answer:
    """显示密钥, 重置密钥, 停用应用."""
    who = actor()
    with unit_of_work():
        if step == "secret":
            secret = platform_apps.show_secret(who, platform_app_id)
        elif step == "reset":
            platform_apps.reset_secret(who, platform_app_id)
        else:
            platform_apps.revoke_app(who, platform_app_id)
    if step == "secret":
        return _app_page(platform_app_id, secret=secret)
    flash("密钥已重置，旧密钥立即失效。" if step == "reset" else "应用已停用。", "success")
    return redirect(url_for("seller.platform_app_page", platform_app_id=platform_app_id))


@seller.post("/platform/apps/<int:platform_app_id>/push")
@requires(Permission.MALL_SELL)
def set_platform_push(platform_app_id: int) -> Answer:
    """设置消息推送."""
    form = PushForm()
    status = 400
    if form.accept():
        url = {"none": "", "inbox": INBOX}.get(form.mode.data, form.url.data or "")
        try:
            with unit_of_work():
                platform_apps.set_push(actor(), platform_app_id, url, broken=bool(form.broken.data))
        except DomainError as error:
            if error.status == 404:
                raise
            form.show(error)
            status = error.status
        else:
            flash("推送设置已保存。", "success")
            return redirect(url_for("seller.platform_app_page", platform_app_id=platform_app_id))
    return _app_page(platform_app_id, form), status


@seller.post("/platform/apps/<int:platform_app_id>/messages/<int:message_id>/replay")
@requires(Permission.MALL_SELL)
def replay_message(platform_app_id: int, message_id: int) -> Response:
    """重放 a message."""
    with unit_of_work():
        webhooks.replay(actor(), platform_app_id, message_id)
    flash("消息已重新排队，几秒后推送；事件编号不变，接收方可据此去重。", "success")
    return redirect(url_for("seller.platform_app_page", platform_app_id=platform_app_id))


def _console(platform_app_id: int, form: ConsoleForm, **more: Any) -> str:
    return render_template(
        "mall/platform/console.html",
        shop_name=_shop_name(),
        app=platform_apps.get_app(actor(), platform_app_id),
        form=form,
        operations=list(OPERATIONS.values()),
        prefix=PREFIX,
        **more,
    )


@seller.get("/platform/apps/<int:platform_app_id>/console")
@requires(Permission.MALL_SELL)
def platform_console(platform_app_id: int) -> Answer:
    """沙箱控制台."""
    form = ConsoleForm(formdata=None)
    chosen = OPERATIONS.get(request.args.get("operation", ""))
    if chosen:
        shop = access.own_shop(actor())
        path = PREFIX + chosen.path.replace("{shop_id}", str(shop.id if shop else 0))
        form.method.data, form.path.data = chosen.method, path
    return _console(platform_app_id, form)


@seller.post("/platform/apps/<int:platform_app_id>/console")
@requires(Permission.MALL_SELL)
def use_platform_console(platform_app_id: int) -> Answer:
    """签名 or 发送."""
    form = ConsoleForm()
    if not form.accept():
        return _console(platform_app_id, form), 400
    who = actor()
    body = (form.body.data or "").replace("\r\n", "\n")
    try:
        if request.form.get("step") == "send":
            headers = {
                signing.TIME_HEADER: form.timestamp.data or "",
                signing.NONCE_HEADER: form.nonce.data or "",
                signing.SIGN_HEADER: form.signature.data or "",
                signing.IDEMPOTENCY_HEADER: form.idempotency.data or "",
            }
            return _console(
                platform_app_id,
                form,
                sent=console.send(who, platform_app_id, form.method.data, form.path.data, body, headers),
            )
        made = console.prepare(who, platform_app_id, form.method.data, form.path.data, body, "", "")
    except DomainError as error:
        if error.status == 404:
            raise
        form.show(error)
        return _console(platform_app_id, form), error.status
    form.timestamp.data, form.nonce.data = made.signed.timestamp, made.signed.nonce
    form.signature.data = made.signature
    return _console(platform_app_id, form, prepared=made)


@mall.get("/open-platform")
@public
def platform_docs() -> str:
    """The readable page of the document."""
    return render_template(
        "mall/platform/docs.html", document=document(), introduction=INTRODUCTION.split("\n\n"), errors=ERRORS
    )


openapi = Blueprint("openapi", __name__)


@openapi.get("/openapi.json")
@public
def openapi_document() -> Response:
    """The OpenAPI document."""
    return jsonify(document())

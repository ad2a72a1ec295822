"""The gate of the open platform: who calls, with a right signature, on which shop, within which scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.sessions import actor_in
from app.core import clock
from app.core.actor import Actor
from app.core.db import add_missing, db
from app.core.errors import DomainError, Forbidden, NotFound
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.platform_codes import SCOPE_NAMES
from sim_mall.domain.platform_signing import Signed
from sim_mall.models.platform import PlatformApp, PlatformGrant, PlatformNonce
from sim_mall.services.platform_apps import secret_of

KEEP_NONCES = timedelta(seconds=2 * signing.SKEW_SECONDS + 60)


class Unsigned(DomainError):
    """The request does not prove who sends it (HTTP 401)."""

    status = 401
    code = "signature_mismatch"


@dataclass(frozen=True, slots=True)
class Caller:
    """An app that has proved itself."""

    id: int
    world_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """One step of looking at a signature: what was looked at, whether it holds, and why not."""

    name: str
    good: bool
    text: str
    code: str = ""


def _find(app_key: str) -> PlatformApp | None:
    query = sa.select(PlatformApp).where(PlatformApp.key == app_key, PlatformApp.revoked.is_(False))
    return db.session.scalars(query).one_or_none() if "\x00" not in app_key else None


def explain(headers: Mapping[str, str], signed: Signed) -> tuple[list[Check], PlatformApp | None]:
    """Return each step of checking a request, up to the first that fails; the nonce is looked at, not used up."""
    names = (signing.KEY_HEADER, signing.TIME_HEADER, signing.NONCE_HEADER, signing.SIGN_HEADER)
    missing = [name for name in names if not headers.get(name, "").strip()]
    if missing:
        return [Check("请求头", False, f"缺少请求头 {'、'.join(missing)}。", "missing_header")], None
    checks = [Check("请求头", True, "四个签名请求头都在。")]
    app = _find(headers[signing.KEY_HEADER].strip())
    if app is None:
        text = "没有这个 App Key，或应用已停用；请从应用页面复制。"
        return [*checks, Check("应用", False, text, "unknown_app")], None
    checks.append(Check("应用", True, f"应用“{app.name}”。"))
    now = int(clock.now().timestamp())
    if problem := signing.time_problem(signed.timestamp, now):
        return [*checks, Check("时间", False, problem, "timestamp_expired")], None
    checks.append(Check("时间", True, f"与服务器时间相差 {abs(int(signed.timestamp) - now)} 秒，在 300 秒内。"))
    if not signing.NONCE.fullmatch(signed.nonce):
        text = "X-Nonce 应为 8 到 64 个字母、数字、下划线或连字符。"
        return [*checks, Check("随机串", False, text, "missing_header")], None
    if not signing.same(signing.sign(secret_of(app), signed), headers[signing.SIGN_HEADER]):
        text = "签名不符：请逐行核对待签文本（方法、排好序的路径和参数、时间、随机串、请求体的 SHA-256），再核对密钥。"
        return [*checks, Check("签名", False, text, "signature_mismatch")], None
    checks.append(Check("签名", True, "签名相符。"))
    used = db.session.get(PlatformNonce, (app.id, signed.nonce))
    if used is not None:
        text = "这个 X-Nonce 刚刚用过；每次请求（包括重试）都要换新的随机串并重新签名。"
        return [*checks, Check("重放", False, text, "nonce_replayed")], None
    return [*checks, Check("重放", True, "随机串没有用过。")], app


def admit(headers: Mapping[str, str], signed: Signed) -> Caller:
    """Return who calls, and use the nonce up. Raises Unsigned with the code of the step that failed."""
    checks, app = explain(headers, signed)
    if app is None:
        failed = checks[-1]
        raise Unsigned(failed.text, code=failed.code)
    now = clock.now()
    caller = Caller(app.id, app.world_id, app.name)
    with unit_of_work():
        db.session.execute(
            sa.delete(PlatformNonce).where(PlatformNonce.app_id == caller.id, PlatformNonce.at < now - KEEP_NONCES)
        )
        fresh = add_missing(PlatformNonce, app_id=caller.id, nonce=signed.nonce, at=now)
    if not fresh:
        raise Unsigned("这个 X-Nonce 刚刚用过，请换新的随机串重新签名。", code="nonce_replayed")
    return caller


def grants_of(caller: Caller) -> list[PlatformGrant]:
    """Return the grants that the app holds now."""
    query = (
        sa.select(PlatformGrant)
        .options(orm.joinedload(PlatformGrant.shop))
        .where(PlatformGrant.app_id == caller.id, PlatformGrant.revoked_wall_at.is_(None))
    )
    return list(db.session.scalars(query.order_by(PlatformGrant.shop_id)))


def act_on_shop(caller: Caller, shop_id: int, scope: str) -> Actor:
    """Return the shop's owner as who acts, when the owner lets this app do this.

    Raises Forbidden (no_grant, scope_missing); a shop of another world looks like one without a grant.
    """
    found = next((row for row in grants_of(caller) if row.shop_id == shop_id), None)
    if found is None:
        raise _refused("店主没有授权这个应用操作该店铺，或授权已撤销。", "no_grant")
    if scope not in found.scopes:
        text = f"授权范围里没有“{SCOPE_NAMES[scope]}”（{scope}），请店主补充授权。"
        raise _refused(text, "scope_missing")
    scope_id = scope_of_world(found.shop.world_id)
    try:
        return actor_in(found.shop.owner_id, Role.TRAINEE, scope_id)
    except NotFound:
        raise _refused("店主已不在这个班级，不能再操作该店铺。", "no_grant") from None


def _refused(message: str, code: str) -> Forbidden:
    error = Forbidden(message)
    error.code = code
    return error

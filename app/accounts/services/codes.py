"""One-time codes: issued by a clerk, shown once, used once, valid 14 days; only a keyed hash is kept."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts import access
from app.accounts.domain.one_time_codes import new_code, tidy_code
from app.accounts.field_keys import code_digest
from app.accounts.models import Account, OneTimeCode
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission

VALID_DAYS = 14


def issue_code(actor: Actor, account_id: int, *, scope_id: int | None = None) -> str:
    """Give the person a new code inside the open unit of work and return it; earlier ones end.

    scope_id: whose audit chain records it. Raises Refused for somebody who also serves elsewhere: a
    clerk could otherwise take over a stranger's account.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    account = access.account_within(actor, account_id)
    if access.serves_elsewhere(actor, account_id):
        raise Refused(f"{account.name}在其他机构也有工作身份，登录码只能由系统管理员重置。")
    now = clock.now()
    db.session.execute(
        sa.update(OneTimeCode)
        .where(OneTimeCode.account_id == account_id, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > now)
        .values(expires_at=now)
    )
    code = new_code()
    db.session.add(
        OneTimeCode(
            account_id=account_id,
            digest=code_digest(tidy_code(code)),
            expires_at=now + timedelta(days=VALID_DAYS),
            created_at=now,
        )
    )
    audit.record(actor, "account.code_issued", f"account:{account_id}", {"login": account.login}, scope_id=scope_id)
    return code


def use_code(account: Account | None, typed: str) -> None:
    """Use the code up inside the open unit of work. Raises InvalidInput unless it belongs to the account."""
    digest, now = code_digest(tidy_code(typed)), clock.now()
    wrong = InvalidInput("账号或登录码不正确，请对照纸条逐字核对。", field="code")
    row = db.session.scalars(sa.select(OneTimeCode).where(OneTimeCode.digest == digest)).one_or_none()
    if account is None or row is None or row.account_id != account.id:
        raise wrong
    if row.used_at is not None:
        raise InvalidInput("这个登录码已经用过了；请直接用密码登录，忘记密码请向机构领取新的登录码。", field="code")
    if row.expires_at <= now:
        raise InvalidInput(
            f"这个登录码已失效（有效 {VALID_DAYS} 天，重新发放后旧码作废），请向机构领取新的登录码。", field="code"
        )
    taken = db.session.execute(
        sa.update(OneTimeCode).where(OneTimeCode.id == row.id, OneTimeCode.used_at.is_(None)).values(used_at=now)
    )
    if matched(taken) != 1:
        raise wrong

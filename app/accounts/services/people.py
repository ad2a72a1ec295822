"""Making accounts, finding free login names, reading and protecting identity."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import sqlalchemy as sa

from app.accounts import access, divisions, field_keys
from app.accounts.domain.contact import BadContact, parse_login, parse_name, parse_phone
from app.accounts.domain.id_number import BadIdNumber, IdNumber, mask_id_number, parse_id_number
from app.accounts.models import Account
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission


def login_base(name: str) -> str:
    """Return the name in pinyin as the start of a login name: 欧阳娜 → ouyangna; 'user' when nothing is left."""
    from pypinyin import lazy_pinyin

    plain = unicodedata.normalize("NFKD", "".join(lazy_pinyin(name, errors="default"))).lower()
    base = re.sub(r"[^a-z]", "", plain)[:24]
    return base if len(base) > 1 else "user"


class LoginNames:
    """Gives out free login names: pinyin and a number of at least two digits, each once."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, name: str) -> str:
        """Return the next free login name for this person, such as wangfang03."""
        base = login_base(name)
        if base not in self._last:
            taken = db.session.scalars(sa.select(Account.login).where(Account.login.like(f"{like_escape(base)}%")))
            numbers = [int(m.group(1)) for t in taken if (m := re.fullmatch(re.escape(base) + r"(\d{1,9})", t))]
            self._last[base] = max(numbers, default=0)
        self._last[base] += 1
        return f"{base}{self._last[base]:02d}"


def create_account(
    actor: Actor,
    *,
    name: str,
    login: str = "",
    phone: str | None = None,
    id_number: IdNumber | None = None,
    region_code: str | None = None,
    is_demo: bool = False,
    names: LoginNames | None = None,
    checked: bool = False,
) -> Account:
    """Create a person's account inside the open unit of work; it has no password yet.

    login: generated from the name when empty. checked: True when the caller has just made sure that login,
    phone and ID number are free (the database refuses a second login or phone all the same).
    Raises Refused when one of them is taken.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    try:
        name = parse_name(name)
        login = parse_login(login) if login else (names or LoginNames()).next(name)
        phone = parse_phone(phone) if phone else None
    except BadContact as error:
        raise InvalidInput(str(error)) from error
    if not checked:
        _refuse_taken(login, phone, id_number)
    account = Account(
        login=login, phone=phone, name=name, region_code=region_code, is_demo=is_demo, created_at=clock.now()
    )
    if id_number is not None:
        _put_id_number(account, id_number)
    db.session.add(account)
    db.session.flush()
    audit.record(actor, "account.created", f"account:{account.id}", {"login": login})
    return account


def _refuse_taken(login: str, phone: str | None, id_number: IdNumber | None) -> None:
    if access.find_by_login(login) is not None:
        raise Refused(f"登录名 {login} 已被使用，请换一个。", field="login")
    refuse_taken_phone(phone)
    if id_number is not None and access.find_by_id_number(id_number.number) is not None:
        raise Refused("这个身份证号已经登记在另一个账号下。", field="id_number")


def refuse_taken_phone(phone: str | None, but: int | None = None) -> None:
    """Raise Refused when another account (than ``but``) signs in with this phone number."""
    if phone is None:
        return
    holder = db.session.scalar(sa.select(Account.id).where(Account.phone == phone))
    if holder is not None and holder != but:
        raise Refused("这个手机号已经用于另一个账号。", field="phone")


def _put_id_number(account: Account, id_number: IdNumber) -> None:
    account.id_number_encrypted = field_keys.encrypt(id_number.number)
    account.id_number_digest = field_keys.id_digest(id_number.number)
    account.birthday = id_number.birthday.isoformat()


def set_profile(actor: Actor, *, name: str, phone: str, id_number: str) -> Account:
    """Change the actor's own name, phone and (once) ID number.

    A person with an ID number on file is registered by an institution: name and number are fixed then.
    """
    account = access.own_account(actor)
    try:
        new_phone = parse_phone(phone)
    except BadContact as error:
        raise InvalidInput(str(error), field="phone") from error
    refuse_taken_phone(new_phone, but=account.id)
    changed = [] if new_phone == account.phone else ["phone"]
    account.phone = new_phone
    if account.id_number_digest is None:
        try:
            new_name = parse_name(name)
        except BadContact as error:
            raise InvalidInput(str(error), field="name") from error
        if new_name != account.name:
            account.name = new_name
            changed.append("name")
        if id_number.strip():
            _add_own_id_number(account, id_number)
            changed.append("id_number")
    if changed:
        audit.record(actor, "account.profile_changed", f"account:{account.id}", {"fields": changed})
    return account


def _add_own_id_number(account: Account, text: str) -> None:
    try:
        parsed = parse_id_number(text, clock.local(clock.now()).date())
    except BadIdNumber as error:
        raise InvalidInput(str(error), field="id_number") from error
    if access.find_by_id_number(parsed.number) is not None:
        raise Refused("这个身份证号已经登记在另一个账号下，请联系机构管理员核对。", field="id_number")
    _put_id_number(account, parsed)


def set_region(actor: Actor, code: str) -> Account:
    """Set the region of the actor's own profile. Raises InvalidInput for an unknown code."""
    if not divisions.exists(code):
        raise InvalidInput("请选择所在地区。", field="region")
    account = access.own_account(actor)
    account.region_code = code
    audit.record(actor, "account.profile_changed", f"account:{account.id}", {"fields": ["region"]})
    return account


def masked_id_number(account: Account) -> str:
    """Return the ID number for pages, first three and last four places; '' without one."""
    if account.id_number_encrypted is None:
        return ""
    return mask_id_number(field_keys.decrypt(account.id_number_encrypted))


def read_identity(actor: Actor, account_id: int, reason: str) -> str:
    """Return an ID number in clear to somebody entitled, and record the look with its reason."""
    actor.require(Permission.ACCOUNT_IDENTITY_READ)
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明查看身份证号的理由（2 到 200 字），理由会记入审计。", field="reason")
    account = access.account_within(actor, account_id)
    if account.id_number_encrypted is None:
        raise Refused("这个账号没有登记身份证号。")
    audit.record(actor, "account.identity_read", f"account:{account.id}", {"reason": reason})
    return field_keys.decrypt(account.id_number_encrypted)


def identity_of(account_ids: Iterable[int]) -> dict[int, str]:
    """Return ID numbers in clear by account, for programs that protect people (the leak scan); never for a page."""
    rows = db.session.execute(
        sa.select(Account.id, Account.id_number_encrypted).where(
            Account.id.in_(set(account_ids)), Account.id_number_encrypted.is_not(None)
        )
    )
    return {row.id: field_keys.decrypt(row.id_number_encrypted) for row in rows}


def rotate_id_numbers() -> int:
    """Encrypt every ID number with the newest key and digest it anew; return how many. Inside a unit of work."""
    accounts = db.session.scalars(
        sa.select(Account).where(Account.id_number_encrypted.is_not(None)).order_by(Account.id)
    ).all()
    for account in accounts:
        assert account.id_number_encrypted is not None
        number = field_keys.decrypt(account.id_number_encrypted)
        account.id_number_encrypted = field_keys.encrypt(number)
        account.id_number_digest = field_keys.id_digest(number)
    return len(accounts)

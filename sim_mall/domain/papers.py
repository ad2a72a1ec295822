"""Papers of a shop (开店资料): numbers that are visibly practice numbers, with their real check digits.

ID numbers begin with 99 (no such region), licences with 91990000, bank accounts with 9999, phones with 1900000:
nobody's real papers fit, so nobody types real ones. Sources: GB 11643 (check digit of 身份证), GB 32100
(统一社会信用代码), Luhn for accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sim_mall.domain.shop_flow import Subject

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CODE_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_PREFIX, LICENCE_PREFIX, ACCOUNT_PREFIX, PHONE_PREFIX = "99", "91990000", "9999", "1900000"
ADULT = 16
BANKS = ("练习银行", "模拟商业银行", "示例农商银行")
LICENCES: dict[str, str] = {
    "food": "食品经营许可证",
    "books": "出版物经营许可证",
    "medical": "医疗器械经营备案凭证",
}
LICENCE_NUMBER = {"food": "JY99", "books": "新出发练字第", "medical": "练食药监械经营备"}


@dataclass(frozen=True, slots=True)
class Papers:
    """What a shop's application says of its subject and its account. Dates: until when; None for 长期."""

    holder: str = ""
    id_number: str = ""
    id_until: date | None = None
    company: str = ""
    licence_number: str = ""
    licence_until: date | None = None
    bank: str = BANKS[0]
    account_name: str = ""
    account_number: str = ""
    phone: str = ""


def id_check(body: str) -> str:
    """Return the check digit of the first 17 digits of an ID number."""
    return _ID_CHECKS[sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def licence_check(body: str) -> str:
    """Return the check character of the first 17 of a unified social credit code."""
    total = sum(_CODE_CHARS.index(c) * w for c, w in zip(body, _CODE_WEIGHTS, strict=True))
    return _CODE_CHARS[(31 - total % 31) % 31]


def luhn_check(body: str) -> str:
    """Return the Luhn digit that follows ``body``."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def birthday(id_number: str) -> date | None:
    """Return the date of birth in an ID number, None when there is no such day."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def needs_licence(subject: Subject) -> bool:
    """Say whether the subject has a business licence."""
    return subject is not Subject.PERSON


def form_findings(subject: Subject, papers: Papers) -> list[tuple[str, str]]:
    """Return (field, Chinese sentence) for every number that is not well formed or not a practice number."""
    found = _id_findings(papers)
    if needs_licence(subject):
        found += _licence_findings(papers)
    return found + _account_findings(papers)


def _id_findings(papers: Papers) -> list[tuple[str, str]]:
    found = []
    if not 2 <= len(papers.holder) <= 20:
        found.append(("holder", "请填写经营者姓名，2 到 20 个字；可以用化名。"))
    number = papers.id_number.upper()
    if not (len(number) == 18 and number[:17].isascii() and number[:17].isdigit()):
        found.append(("id_number", "身份证号应为 18 位，前 17 位是数字。"))
    elif not number.startswith(ID_PREFIX):
        found.append(("id_number", "请使用练习号段：身份证号以 99 开头，不要填写真实证件号。"))
    elif birthday(number) is None:
        found.append(("id_number", "身份证号第 7 到 14 位应是出生日期，例如 19980615。"))
    elif number[17] != id_check(number[:17]):
        found.append(("id_number", f"身份证号的校验位不对，最后一位应为 {id_check(number[:17])}。"))
    return found


def _account_findings(papers: Papers) -> list[tuple[str, str]]:
    found = []
    if papers.bank not in BANKS:
        found.append(("bank", "请从列表里选择开户行。"))
    if not 2 <= len(papers.account_name) <= 40:
        found.append(("account_name", "请填写结算账户的户名。"))
    account = papers.account_number
    if not (account.isascii() and account.isdigit() and 16 <= len(account) <= 19):
        found.append(("account_number", "结算账号应为 16 到 19 位数字。"))
    elif not account.startswith(ACCOUNT_PREFIX):
        found.append(("account_number", "请使用练习号段：账号以 9999 开头，不要填写真实银行卡号。"))
    elif account[-1] != luhn_check(account[:-1]):
        found.append(("account_number", f"账号的校验位不对，最后一位应为 {luhn_check(account[:-1])}。"))
    phone = papers.phone
    if not (phone.isascii() and phone.isdigit() and len(phone) == 11 and phone.startswith(PHONE_PREFIX)):
        found.append(("phone", "联系电话请用练习号段：1900000 加 4 位数字。"))
    return found


def _licence_findings(papers: Papers) -> list[tuple[str, str]]:
    found = []
    if not 4 <= len(papers.company) <= 40:
        found.append(("company", "请填写营业执照上的名称，4 到 40 个字。"))
    code = papers.licence_number.upper()
    if len(code) != 18 or any(c not in _CODE_CHARS for c in code):
        found.append(("licence_number", "统一社会信用代码应为 18 位数字或大写字母（不含 I、O、S、V、Z）。"))
    elif not code.startswith(LICENCE_PREFIX):
        found.append(("licence_number", "请使用练习号段：信用代码以 91990000 开头，不要填写真实代码。"))
    elif code[17] != licence_check(code[:17]):
        found.append(("licence_number", f"信用代码的校验位不对，最后一位应为 {licence_check(code[:17])}。"))
    return found


def review_findings(subject: Subject, papers: Papers, today: date) -> list[tuple[str, str]]:
    """Return (field, Chinese sentence) for everything for which the review refuses well-formed papers."""
    found = []
    born = birthday(papers.id_number)
    if born is not None and (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < ADULT:
        found.append(("id_number", f"经营者未满 {ADULT} 周岁，不能开店。"))
    if papers.id_until is not None and papers.id_until < today:
        found.append(("id_until", "身份证已过有效期，请更新证件后重新提交。"))
    if needs_licence(subject):
        if papers.licence_until is not None and papers.licence_until < today:
            found.append(("licence_until", "营业执照已过有效期，请更新后重新提交。"))
        if subject is Subject.COMPANY and papers.account_name != papers.company:
            found.append(("account_name", f"企业店铺的结算户名应与营业执照一致：{papers.company}。"))
        if subject is Subject.SOLE and papers.account_name not in (papers.company, papers.holder):
            found.append(("account_name", "个体工商户的结算户名应是执照名称或经营者姓名。"))
    elif papers.account_name != papers.holder:
        found.append(("account_name", f"个人店铺的结算户名应是经营者本人：{papers.holder}。"))
    return found


def practice_papers(subject: Subject, holder: str, shop_name: str, serial: int, today: date) -> Papers:
    """Return papers of nobody that pass every rule. serial: keeps two people's numbers apart."""
    body = f"99000019{90 + serial % 10:02d}0{1 + serial % 9}{10 + serial % 18:02d}{serial % 1000:03d}"
    code = f"{LICENCE_PREFIX}MA{serial % 10**7:07d}"
    account = f"{ACCOUNT_PREFIX}00{serial % 10**9:09d}"
    company = (
        f"{shop_name or '练习'}{'商行' if subject is Subject.SOLE else '有限公司'}"[-40:]
        if needs_licence(subject)
        else ""
    )
    company = company if len(company) >= 4 or not company else f"练习{company}"
    person = holder if 2 <= len(holder) <= 20 else "练习经营者"
    return Papers(
        holder=person,
        id_number=body + id_check(body),
        id_until=today + timedelta(days=3650),
        company=company,
        licence_number=code + licence_check(code) if needs_licence(subject) else "",
        licence_until=None,
        bank=BANKS[serial % len(BANKS)],
        account_name=company if subject is Subject.COMPANY else person,
        account_number=account + luhn_check(account),
        phone=f"{PHONE_PREFIX}{serial % 10_000:04d}",
    )

"""Phone numbers, login names and personal names as they are stored."""

from __future__ import annotations

import re
import unicodedata

PHONE = re.compile(r"^1[3-9]\d{9}$")
LOGIN = re.compile(r"^[a-z][a-z0-9_.-]{2,39}$")
MIDDLE_DOTS = "・•‧∙⋅●。.．"
LONGEST_NAME = 60


class BadContact(ValueError):
    """The value cannot be used; the text is a Chinese sentence."""


def parse_phone(text: str) -> str | None:
    """Return a mainland mobile number of 11 digits, None for an empty text. Raises BadContact."""
    number = re.sub(r"[\s()'-]", "", unicodedata.normalize("NFKC", text))
    number = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", number)
    if not number:
        return None
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", number):
        raise BadContact("手机号被 Excel 改成了科学计数法，请把该列设为“文本”格式后重新填写。")
    if number.endswith(".0") and PHONE.match(number[:-2]):
        number = number[:-2]
    if not number.isascii() or not PHONE.match(number):
        raise BadContact("手机号应为 11 位数字，以 1 开头。")
    return number


def parse_login(text: str) -> str:
    """Return a login name in lower case. Raises BadContact."""
    login = unicodedata.normalize("NFKC", text).strip().lower()
    if not LOGIN.match(login):
        raise BadContact("登录名应以字母开头，由 3 到 40 个小写字母、数字、点、横线或下划线组成。")
    return login


def parse_name(text: str) -> str:
    """Return a personal name as written, rare characters and inner dots kept. Raises BadContact.

    Look-alikes of the dot in names of minorities become the one standard dot ``·`` (U+00B7).
    """
    name = re.sub(r"\s+", " ", text).strip()
    if re.fullmatch(r"[^\x00-\x7f\s]+( [^\x00-\x7f\s]+)+", name):
        name = name.replace(" ", "")  # 张 三 is written with a gap for looks
    if len(name) > 2:
        name = (
            name[0] + "".join("·" if ch in MIDDLE_DOTS and not name.isascii() else ch for ch in name[1:-1]) + name[-1]
        )
    if not name:
        raise BadContact("没有填写姓名。")
    if len(name) > LONGEST_NAME:
        raise BadContact(f"姓名超过 {LONGEST_NAME} 个字，请核对。")
    for ch in name:
        if not (unicodedata.category(ch)[0] in "LM" or ch in "· .-'’" or unicodedata.category(ch) == "Co"):
            raise BadContact(f"姓名里有不能使用的字符“{ch}”，请核对。")
    if not any(unicodedata.category(ch)[0] == "L" or unicodedata.category(ch) == "Co" for ch in name):
        raise BadContact("姓名里没有文字，请核对。")
    return name

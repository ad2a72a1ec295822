"""ID numbers (身份证号) by GB 11643: 18 places with region, birthday, sequence and check digit.

A refusal says what is wrong in one Chinese sentence; numbers that a spreadsheet has damaged are named
as such, because retyping is then the only remedy.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
OLDEST = 120  # years
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?E\+?\d{1,2}$")
_SHAPE = re.compile(r"^\d{17}[\dX]$")

LOST_TO_NOTATION = (
    "身份证号被 Excel 改成了科学计数法，后几位数字已经丢失，无法还原；请把该列设为“文本”格式后重新填写 18 位号码。"
)
LOST_TO_ZEROS = (
    "身份证号的末尾变成了 000，是 Excel 按数字保存时丢失了后三位，无法还原；请把该列设为“文本”格式后重新填写。"
)
LOST_AS_NUMBER = (
    "身份证号所在单元格是数字格式，Excel 只保留前 15 位，后几位已经丢失；请把该列设为“文本”格式后重新填写 18 位号码。"
)


class BadIdNumber(ValueError):
    """The number cannot be used; the text is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A sound ID number and what it tells."""

    number: str
    birthday: date
    gender: str  # 男 | 女


def check_digit(first17: str) -> str:
    """Return the last place that belongs to the first seventeen digits."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first17, strict=True))
    return CHECKS[total % 11]


def tidy(text: str) -> str:
    """Return the number as it is compared: half-width, without spaces and hyphens, X in upper case."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s\u200b\u00a0'‘’`-]", "", plain)


def parse_id_number(text: str, today: date) -> IdNumber:
    """Return the ID number in ``text``. Raises BadIdNumber with the reason."""
    loose = unicodedata.normalize("NFKC", text).upper().strip(" '‘’`\t")
    if _SCIENTIFIC.match(loose):
        raise BadIdNumber(LOST_TO_NOTATION)
    number = tidy(text)
    if not number:
        raise BadIdNumber("没有填写身份证号。")
    if len(number) == 15 and number.isdigit():
        raise BadIdNumber("这是 15 位的旧号码，请填写现在使用的 18 位身份证号。")
    if len(number) != 18:
        raise BadIdNumber(f"身份证号应为 18 位，现在是 {len(number)} 位。")
    if not number.isascii() or not _SHAPE.match(number):
        raise BadIdNumber("身份证号只能由数字组成，最后一位可以是 X。")
    sound = check_digit(number[:17]) == number[17]
    if not sound and number.endswith("000"):
        raise BadIdNumber(LOST_TO_ZEROS)
    if number[:2] not in PROVINCES:
        raise BadIdNumber(f"身份证号开头的地区代码 {number[:2]} 不存在，请核对前两位。")
    birthday = _birthday(number, today)
    if not sound:
        raise BadIdNumber("身份证号的校验位不对，很可能有一位写错了，请逐位核对。")
    return IdNumber(number, birthday, "男" if int(number[16]) % 2 else "女")


def _birthday(number: str, today: date) -> date:
    shown = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    try:
        birthday = date.fromisoformat(shown)
    except ValueError as error:
        raise BadIdNumber(f"身份证号里的出生日期 {shown} 不存在，请核对第 7 到 14 位。") from error
    if birthday > today or birthday.year < today.year - OLDEST:
        raise BadIdNumber(f"身份证号里的出生日期 {shown} 不合理，请核对第 7 到 14 位。")
    return birthday


def mask_id_number(number: str) -> str:
    """Return the number for pages: first three and last four places."""
    return f"{number[:3]}{'*' * max(len(number) - 7, 0)}{number[-4:]}" if len(number) > 7 else "*" * len(number)


def mask_phone(phone: str | None) -> str:
    """Return a phone number for pages: 138****5678; '' without one."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"{phone[:1]}****"


def mask_name(name: str) -> str:
    """Return a name for pages that only hint at a person: the first character and stars."""
    return name[:1] + "*" * max(len(name) - 1, 1)

"""Names, phones, logins, passwords and codes as they are stored."""

from __future__ import annotations

import math

import pytest

from app.accounts.domain.contact import BadContact, parse_login, parse_name, parse_phone
from app.accounts.domain.one_time_codes import ALPHABET, GROUP, GROUPS, new_code, tidy_code
from app.accounts.domain.passwords import COMMON, WeakPassword, check_password
from app.accounts.services.people import login_base
from app.accounts.views import browser_name


@pytest.mark.parametrize(
    "name",
    ["张三", "欧阳娜娜", "阿依古丽·买买提", "𡃁伟", "䶮", "𠮷野家", "O'Brien", "Jean-Luc", "J. Smith", "司马相如"],
)
def test_names_survive_as_written(name: str) -> None:
    assert parse_name(name) == name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("张 三", "张三"), ("  李四 ", "李四"), ("阿依古丽•买买提", "阿依古丽·买买提"), ("Anna  Li", "Anna Li")],
)
def test_gaps_and_dots_are_made_regular(typed: str, stored: str) -> None:
    assert parse_name(typed) == stored


@pytest.mark.parametrize("name", ["", "   ", "张三1", "<b>张</b>", "张三😀", "·", "张" * 61, "=cmd"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadContact):
        parse_name(name)


@pytest.mark.parametrize(
    "typed",
    ["13812345678", "+86 138 1234 5678", "138-1234-5678", "8613812345678", "１３８１２３４５６７８", "13812345678.0"],
)
def test_ways_of_writing_a_phone(typed: str) -> None:
    assert parse_phone(typed) == "13812345678"


def test_phones_that_cannot_be() -> None:
    assert parse_phone(" ") is None
    for wrong in ("12812345678", "1381234567", "010-12345678", "1.38E+10", "一三八"):
        with pytest.raises(BadContact):
            parse_phone(wrong)


def test_logins_are_lower_case_and_plain() -> None:
    assert parse_login(" Wang.Fang-01 ") == "wang.fang-01"
    for wrong in ("ab", "1abc", "张三", "a b c", "a" * 41, "a<b>c"):
        with pytest.raises(BadContact):
            parse_login(wrong)


def test_pinyin_of_names() -> None:
    assert login_base("欧阳娜娜") == "ouyangnana"
    assert login_base("吕布") == "lvbu"
    assert login_base("阿依古丽·买买提") == "ayigulimaimaiti"
    assert login_base("\U0002b820") == "user"


def test_passwords() -> None:
    check_password("Correct-Horse-7", login="wangfang01", phone="13812345678")
    for weak in ("short7!", "wangfang01", "WangFang01", "a13812345678", "12345678", "Password1", "aaaaaaaa", "x" * 129):
        with pytest.raises(WeakPassword):
            check_password(weak, login="wangfang01", phone="13812345678")
    assert all(len(word) >= 8 or word == word.lower() for word in COMMON)


def test_codes_hold_more_than_sixty_bits_and_forgive_typing() -> None:
    assert GROUPS * GROUP * math.log2(len(ALPHABET)) >= 60
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set("0O1ILU") & set(ALPHABET)
    code = new_code()
    assert [len(part) for part in code.split("-")] == [GROUP] * GROUPS
    assert tidy_code(f" {code.lower().replace('-', ' ')} ") == code.replace("-", "")
    assert len({new_code() for _ in range(500)}) == 500


def test_browsers_have_names_that_people_know() -> None:
    agent = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    assert browser_name(agent) == "Chrome · Windows"
    assert browser_name("Mozilla/5.0 (Linux; Android 15) MicroMessenger/8.0") == "微信 · 安卓"
    assert browser_name("") == "浏览器"

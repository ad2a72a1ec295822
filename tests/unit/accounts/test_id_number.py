"""ID numbers: check digit, birthday, region, and what a spreadsheet does to them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.domain.id_number import (
    LOST_TO_NOTATION,
    LOST_TO_ZEROS,
    PROVINCES,
    BadIdNumber,
    check_digit,
    mask_id_number,
    mask_name,
    mask_phone,
    parse_id_number,
)

TODAY = date(2026, 11, 20)
numbers = st.builds(
    lambda region, day, sequence: f"{region}0101{day:%Y%m%d}{sequence:03d}",
    st.sampled_from(sorted(PROVINCES)),
    st.dates(date(1910, 1, 1), TODAY),
    st.integers(0, 999),
)


def test_the_published_example_is_sound() -> None:
    parsed = parse_id_number("11010519491231002X", TODAY)
    assert (parsed.number, parsed.birthday, parsed.gender) == ("11010519491231002X", date(1949, 12, 31), "女")


@pytest.mark.parametrize(
    "text",
    ["11010519491231002x", " 110105 19491231 002X ", "'11010519491231002X", "１１０１０５１９４９１２３１００２Ｘ"],
)
def test_ways_of_writing_it_are_accepted(text: str) -> None:
    assert parse_id_number(text, TODAY).number == "11010519491231002X"


@given(numbers)
def test_every_number_with_its_check_digit_is_sound(first17: str) -> None:
    parsed = parse_id_number(first17 + check_digit(first17), TODAY)
    assert parsed.birthday.isoformat().replace("-", "") == first17[6:14]
    assert parsed.gender == ("男" if int(first17[16]) % 2 else "女")


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(first17: str, place: int, shift: int) -> None:
    sound = first17 + check_digit(first17)
    wrong = sound[:place] + str((int(sound[place]) + shift) % 10) + sound[place + 1 :]
    with pytest.raises(BadIdNumber):
        parse_id_number(wrong, TODAY)


@given(numbers, st.integers(0, 15))
def test_two_neighbours_exchanged_are_always_found(first17: str, place: int) -> None:
    sound = first17 + check_digit(first17)
    swapped = sound[:place] + sound[place + 1] + sound[place] + sound[place + 2 :]
    if swapped != sound:
        with pytest.raises(BadIdNumber):
            parse_id_number(swapped, TODAY)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "没有填写身份证号。"),
        ("4.40106E+17", LOST_TO_NOTATION),
        ("4.40106199003071E17", LOST_TO_NOTATION),
        ("440106199003071000", LOST_TO_ZEROS),
        ("440106900307123", "这是 15 位的旧号码，请填写现在使用的 18 位身份证号。"),
        ("44010619900307123", "身份证号应为 18 位，现在是 17 位。"),
        ("4401061990030712345", "身份证号应为 18 位，现在是 19 位。"),
        ("44010619900307A23X", "身份证号只能由数字组成，最后一位可以是 X。"),
        ("990105194912310025", "身份证号开头的地区代码 99 不存在，请核对前两位。"),
        ("110105194913310029", "身份证号里的出生日期 1949-13-31 不存在，请核对第 7 到 14 位。"),
        ("110105204912310028", "身份证号里的出生日期 2049-12-31 不合理，请核对第 7 到 14 位。"),
        ("110105190012310028", "身份证号里的出生日期 1900-12-31 不合理，请核对第 7 到 14 位。"),
        ("110105194912310021", "身份证号的校验位不对，很可能有一位写错了，请逐位核对。"),
    ],
)
def test_every_fault_has_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadIdNumber) as caught:
        parse_id_number(text, TODAY)
    assert str(caught.value) == sentence


def test_masks_hide_the_middle() -> None:
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_id_number("123") == "***"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone(None) == ""
    assert (mask_name("张三丰"), mask_name("张")) == ("张**", "张*")

"""Scrubbing: names and numbers go, ordinary words stay."""

from __future__ import annotations

import pytest

from grading.domain.scrub import MASK, scrub, scrub_text, token_pattern

TOKENS = ["欧阳小满", "manman88", "13800138000", "11010519491231002X", "满满的店", "网创一班", "示范培训学校"]


@pytest.mark.parametrize(
    "text",
    [
        "我是欧阳小满。",
        "我是欧 阳 小 满。",
        "我是欧·阳-小_满。",
        "我是欧\u200b阳小\u200b满。",
        "请加 MANMAN88 好友",
        "请加ｍａｎｍａｎ８８好友",
        "电话 138 0013 8000",
        "电话138-0013-8000",
        "电话１３８００１３８０００",
        "+86 13800138000",
        "身份证 11010519491231002x",
        "110105 19491231 002X",
        "欢迎来满满的店",
        "网创一班 示范培训学校",
    ],
)
def test_identity_is_masked(text: str) -> None:
    clean = scrub_text(text, token_pattern(TOKENS))
    assert MASK in clean
    for token in TOKENS:
        assert token.lower() not in clean.lower()


@pytest.mark.parametrize(
    "text",
    [
        "别的电话 13912345678",
        "固定电话 020-87654321",
        "邮箱 someone@example.com",
        "店铺地址 https://shop.example.com/abc",
        "店铺在azhen-shop.example.com/abc，欢迎",
        "搜weidian123.cn",
        "微信号：abc_12345",
        "QQ 12345678",
        "账号 6222020200112233",
    ],
)
def test_numbers_of_persons_are_masked_without_being_known(text: str) -> None:
    clean = scrub_text(text, None)
    assert MASK in clean
    assert not any(ch.isascii() and ch.isalnum() for ch in clean.replace("QQ", ""))


@pytest.mark.parametrize(
    "text",
    [
        "全年收入 1234567 元，成本 12.50 元。",
        "2026年11月20日到12月31日",
        "转化率 3.5%，客单价 89.90 元",
        "100,000 件",
        "微信推广效果好",
    ],
)
def test_ordinary_figures_and_words_stay(text: str) -> None:
    assert scrub_text(text, token_pattern(TOKENS)) == text


def test_single_characters_are_no_tokens() -> None:
    assert token_pattern(["王", ""]) is None


def test_everything_inside_a_value_is_scrubbed() -> None:
    value = {"a": ["欧阳小满", 5, {"b": "满满的店"}], "n": None}
    assert scrub(value, token_pattern(TOKENS)) == {"a": [MASK, 5, {"b": MASK}], "n": None}

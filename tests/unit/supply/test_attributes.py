"""Rows of an attributes file; prices against the supplier's limits."""

from __future__ import annotations

import pytest

from sim_supply.domain.attribute_file import MOST_PER_PRODUCT, check_attributes
from sim_supply.domain.pricing import Breach, PriceRule, RuleKind, breach, limit_of, quote

HEAD = ("spu_code", "attribute", "value")


def test_good_rows_repeats_clashes_and_strangers() -> None:
    known = {"P1": ["产地"], "P2": []}
    found = check_attributes(
        ("source", "商品编码", "属性名", "属性值"),
        [
            ("x", "P1", "材质", "100%棉"),
            ("x", "P1", " 材质 ", "100%棉"),
            ("x", "P2", "尺寸", "大"),
            ("x", "P2", "尺寸", "小"),
            ("x", "P9", "尺寸", "小"),
            ("x", "P1", "", "小"),
            ("x", "P1", "产地", ""),
            ("", "", "", ""),
            ("x", "P1", "字" * 21, "小"),
            ("x", "P1", "说明", "第一行\n第二行"),
            ("x", "P2", "坏字", "a\ufffd"),
        ],
        known,
    )
    assert (found.total, found.refused_rows) == (10, 7)
    assert found.by_product() == {"P1": {"材质": "100%棉", "说明": "第一行 第二行"}}
    assert [(note.row, note.other) for note in found.notes] == [(3, 2)]
    assert [(one.row, one.column) for one in found.refusals] == [
        (4, "attribute"),
        (5, "attribute"),
        (6, "spu_code"),
        (7, "attribute"),
        (8, "value"),
        (10, "attribute"),
        (12, "value"),
    ]
    assert "第 4 行与第 5 行" in found.refusals[0].message and "P9" in found.refusals[2].message


def test_a_product_has_so_many_attributes_at_most() -> None:
    rows = [("P1", f"属性{n}", "有") for n in range(MOST_PER_PRODUCT)]
    found = check_attributes(HEAD, rows, {"P1": ["产地"]})
    assert (len(found.good), [one.row for one in found.refusals]) == (MOST_PER_PRODUCT - 1, [MOST_PER_PRODUCT + 1])
    assert check_attributes(HEAD, rows, {"P1": ["属性0"]}).refusals == []


@pytest.mark.parametrize(("header", "rows"), [(("spu_code", "value"), [("P1", "棉")]), (HEAD, [])])
def test_a_file_that_cannot_be_used(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match=r"文件里只有表头|表头缺少"):
        check_attributes(header, rows, {"P1": []})


@pytest.mark.parametrize(
    ("price", "floor", "ceiling", "side"),
    [
        (3989, 3990, 6990, Breach.LOW),
        (3990, 3990, 6990, Breach.NONE),
        (6990, 3990, 6990, Breach.NONE),
        (6991, 3990, 6990, Breach.HIGH),
        (1, None, None, Breach.NONE),
        (10**7, 3990, None, Breach.NONE),
        (1, None, 6990, Breach.NONE),
    ],
)
def test_a_price_outside_the_limits(price: int, floor: int | None, ceiling: int | None, side: Breach) -> None:
    assert breach(price, floor, ceiling) is side


def test_a_quote_says_which_limit_changed_it() -> None:
    rule = PriceRule(RuleKind.PERCENT, percent_bp=15_000)
    assert (quote(2000, rule).price, quote(2000, rule).clamped) == (3000, Breach.NONE)
    low, high = quote(2000, rule, 3990), quote(2000, rule, None, 2500)
    assert (low.price, low.clamped, high.price, high.clamped) == (3990, Breach.LOW, 2500, Breach.HIGH)
    assert quote(2000, rule, 3000, 3000).clamped is Breach.NONE
    assert (limit_of(None, 3), limit_of(1990, 3)) == (None, 5970)

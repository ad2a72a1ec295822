"""What a good catalogue row is, and how every bad one is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sim_supply.domain.catalogue import (
    COLUMNS,
    Checked,
    Known,
    check,
    map_header,
    spec_text,
)
from sim_supply.domain.supplier_file import check_suppliers
from tests.factories.supply import row


def checked(*rows: Mapping[str, str], known: Known | None = None) -> Checked:
    columns = list(COLUMNS)
    return check(columns, [[r.get(column, "") for column in columns] for r in rows], known)


def messages(result: Checked) -> list[str]:
    return [refusal.message for refusal in result.refusals]


def test_a_good_row() -> None:
    result = checked(row(1))
    assert messages(result) == []
    [good] = result.good
    assert (good.number, good.spu_code, good.cost, good.retail, good.stock) == (2, "P1", 2000, 4990, 10)


def test_empty_rows_are_skipped_and_rows_counted_as_a_spreadsheet_does() -> None:
    result = checked(row(1), {}, row(2))
    assert (result.total, [good.number for good in result.good]) == (2, [2, 4])


def test_defaults_of_unit_and_specification() -> None:
    [good] = checked(row(1, unit="", spec="")).good
    assert (good.unit, good.spec) == ("件", "规格:标准")


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        ({"sku_code": ""}, "sku_code", "第 2 行：缺少规格编码（sku_code），请补上。"),
        ({"name": "", "spu_code": ""}, "spu_code", "第 2 行：缺少商品编码（spu_code）、商品名称（name），请补上。"),
        ({"supplier_code": "A B"}, "supplier_code", "第 2 行：供应商编码（supplier_code）里不能有空格或换行。"),
        ({"retail_price": "0.00"}, "retail_price", "第 2 行：零售价（retail_price）是 0.00，应大于 0。"),
        ({"retail_price": "-1"}, "retail_price", "第 2 行：零售价（retail_price）是 -1，应大于 0。"),
        ({"retail_price": "1e3"}, "retail_price", "不是金额"),
        ({"retail_price": "10.999"}, "retail_price", "不是金额"),
        ({"retail_price": "1000000.01"}, "retail_price", "超过 1000000.00 元"),
        ({"cost_price": "一百"}, "cost_price", "第 2 行：成本价（cost_price）“一百”不是金额"),
        ({"cost_price": "0"}, "cost_price", "应大于 0"),
        ({"stock": "-3"}, "stock", "第 2 行：库存（stock）“-3”应为不小于 0 的整数。"),
        ({"stock": "1.5"}, "stock", "应为不小于 0 的整数"),
        ({"stock": "1000001"}, "stock", "第 2 行：库存（stock）最多 1000000。"),
        ({"name": "长" * 61}, "name", "第 2 行：商品名称（name）有 61 个字，最多 60 个字。"),
        ({"brief": "坏\ufffd字"}, "brief", "有无法识别的字符"),
    ],
)
def test_refusals_name_row_and_field(changes: dict[str, Any], column: str, message: str) -> None:
    result = checked(row(1, **changes))
    assert result.good == []
    [refusal] = result.refusals
    assert (refusal.row, refusal.column) == (2, column)
    assert message in refusal.message
    assert refusal.message.endswith("。")


def test_one_number_for_different_products_names_both_rows() -> None:
    result = checked(row(1), row(2), row(1, sku=2, name="另一件商品"))
    assert [good.number for good in result.good] == [3]
    assert [(r.row, r.other) for r in result.refusals] == [(2, 4), (4, 2)]
    assert messages(result)[0].startswith("第 2 行与第 4 行：商品编码 P1 相同，但名称不同")


def test_one_number_for_different_suppliers_names_both_rows() -> None:
    result = checked(row(1), row(1, sku=2, supplier_code="GYS9"))
    assert "但供应商不同" in messages(result)[0]
    assert [(r.row, r.other) for r in result.refusals] == [(2, 3), (3, 2)]


def test_a_specification_three_times_refuses_all_and_names_a_partner() -> None:
    rows = [row(1, sku=number, spec="尺码:S") for number in (1, 2, 3)]
    result = checked(*rows)
    assert result.good == []
    assert [(r.row, r.other, r.column) for r in result.refusals] == [(2, 3, "spec"), (3, 2, "spec"), (4, 2, "spec")]


def test_a_sku_number_twice_refuses_both() -> None:
    result = checked(row(1), row(2, sku_code="P1-1"))
    assert [(r.row, r.other, r.column) for r in result.refusals] == [(2, 3, "sku_code"), (3, 2, "sku_code")]


def test_a_row_word_for_word_again_is_taken_once() -> None:
    result = checked(row(1), row(1))
    assert [good.number for good in result.good] == [2]
    assert result.refusals == []
    assert [note.message for note in result.notes] == ["第 3 行与第 2 行完全相同，只导入一次。"]


def test_a_cost_above_retail_is_noted_not_refused() -> None:
    result = checked(row(1, cost_price="60"))
    assert len(result.good) == 1
    assert "成本价不低于零售价" in result.notes[0].message


def test_too_many_cells() -> None:
    result = check(list(COLUMNS), [[*[row(1)[column] for column in COLUMNS], "多"]])
    assert messages(result) == ["第 2 行：比表头多出 1 列，文字里有逗号时请用英文引号括起来。"]


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (Known(product_supplier={"P1": "GYS7"}), "在货源库里属于供应商 GYS7"),
        (Known(sku_product={"P1-1": "P8"}), "在货源库里属于商品 P8"),
        (Known(spec_sku={("P1", "尺寸:1号;颜色:米白"): "OLD"}), "在货源库里已用编码 OLD"),
    ],
)
def test_contradictions_with_the_library(known: Known, message: str) -> None:
    result = checked(row(1), known=known)
    assert result.good == []
    assert message in messages(result)[0]


def test_costs_come_from_the_file_or_the_rule() -> None:
    with_cost, without = checked(row(1), row(2, cost_price="")).good
    assert (with_cost.cost_at(5000), without.cost_at(5000)) == (2000, 2495)
    with pytest.raises(ValueError, match="cost rule"):
        without.cost_at(None)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["name"], "表头缺少这些列：供应商编码（supplier_code）"),
        ([*COLUMNS, "name"], "表头里“商品名称（name）”出现了两次"),
    ],
)
def test_bad_headers(header: Sequence[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        map_header(header)


def test_chinese_headings_in_any_order_and_strange_columns() -> None:
    header = ["备注", *reversed([name for name, _ in COLUMNS.values()])]
    assert set(map_header(header)) == set(COLUMNS)


def test_a_file_without_rows() -> None:
    with pytest.raises(ValueError, match="只有表头"):
        check(list(COLUMNS), [["", ""]])


def test_suppliers() -> None:
    rows = [["x", "A", "甲厂", "说明"], ["x", "", "无", ""], ["x", "A", "乙厂", ""], ["x", "A", "甲厂", "新说明"]]
    good, refusals = check_suppliers(["source", "supplier_code", "name", "description"], rows)
    assert [(s.code, s.name, s.description) for s in good] == [("A", "甲厂", "新说明")]
    assert [(r.row, r.other) for r in refusals] == [(3, None), (4, 2)]
    with pytest.raises(ValueError, match="供应商文件的表头"):
        check_suppliers(["name"], [])


@pytest.mark.parametrize(
    ("spec", "shown"),
    [("规格:标准", "标准"), ("尺码:S;颜色:渐变蓝", "S / 渐变蓝"), ("1.5m 床", "1.5m 床"), ("比例:1:2", "1:2")],
)
def test_specifications_as_people_read_them(spec: str, shown: str) -> None:
    assert spec_text(spec) == shown

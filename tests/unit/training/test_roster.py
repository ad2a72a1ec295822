"""Headers, cells and mappings of rosters."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from app.training.domain.roster import guess_mapping, is_header, mapping_problem, visible_text
from app.training.domain.tables import LostDigits, cell_text


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (("姓名", "身份证号", "手机号"), {"name": 0, "id_number": 1, "phone": 2}),
        (("序号", "学员姓名 *", "公民身份号码", "联系电话", "性 别", "备注"),
         {"name": 1, "id_number": 2, "phone": 3, "gender": 4, "note": 5}),
        (("Name", "ID Card", "Mobile"), {"name": 0, "id_number": 1, "phone": 2}),
        (("姓名（必填）", "身份证号码：", "手机"), {"name": 0, "id_number": 1, "phone": 2}),
        (("甲", "乙"), {}),
    ],
)  # fmt: skip
def test_headers_are_recognised(columns: tuple[str, ...], mapping: dict[str, int]) -> None:
    assert guess_mapping(columns) == mapping


def test_a_title_is_no_header() -> None:
    assert not is_header(("2026 年第 3 期学员名单", "", ""))
    assert not is_header(("张三", "440106199803140015", "13800000001"))
    assert is_header(("姓名", "证件号码"))


def test_what_a_mapping_needs() -> None:
    columns = ("甲", "乙", "丙")
    assert mapping_problem({"name": 0, "id_number": 1}, columns) is None
    assert mapping_problem({"name": 0}, columns) == "请指定哪一列是身份证号。"
    assert mapping_problem({}, columns) == "请指定哪一列是姓名、身份证号。"
    assert mapping_problem({"name": 0, "id_number": 0}, columns) == "同一列不能对应两个项目，请重新选择。"
    assert mapping_problem({"name": 0, "id_number": 9}, columns) == "列对应无效，请重新选择。"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("  张三 ", "张三"), (13812345678, "13812345678"), (13812345678.0, "13812345678"), (1.5, "1.5"),
        (True, "是"), (date(1998, 3, 14), "1998-03-14"), (datetime(1998, 3, 14, 8, 0, tzinfo=UTC), "1998-03-14"),
        (math.nan, ""), (math.inf, ""), (440106199803140015, "440106199803140015"),
    ],
)  # fmt: skip
def test_cells_become_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_long_numbers_are_marked_as_damaged() -> None:
    assert isinstance(cell_text(4.40106199803140e17), LostDigits)
    assert isinstance(cell_text(1234567890123456), LostDigits)
    assert not isinstance(cell_text(123456789012345), LostDigits)
    assert not isinstance(cell_text("440106199803140015"), LostDigits)


def test_what_nobody_sees_goes_and_rare_characters_stay() -> None:
    assert visible_text("\u200b张\u202e三 \x00\n") == "张三"
    assert visible_text("𡃁䶮𠮷·") == "𡃁䶮𠮷·"

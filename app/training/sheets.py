"""The roster to fill in, as a spreadsheet."""

from __future__ import annotations

import io

from app.training.domain.roster import FIELDS

ADVICE = (
    "“学员名单”表中每行填一名学员；姓名、身份证号必填，手机号、性别、备注选填。",
    "各列已设为“文本”格式。请不要改成数字，否则 Excel 会丢掉身份证号的后三位。",
    "姓名中的间隔号（如 阿依古丽·买买提）、生僻字可以照常填写。",
    "手机号可用于登录，每人一个；没有可以留空。",
)


def roster_template() -> bytes:
    """Return the empty roster to fill in: text columns and a second sheet with advice."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "学员名单"
    sheet.freeze_panes = "A2"
    sheet.append(list(FIELDS.values()))
    for index, width in enumerate((16, 24, 16, 8, 24), 1):
        column = sheet.column_dimensions[get_column_letter(index)]
        column.width, column.number_format = width, "@"
        sheet.cell(1, index).font = Font(bold=True)
    advice = book.create_sheet("填写说明")
    advice.column_dimensions["A"].width = 90
    for line in ADVICE:
        advice.append([line])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

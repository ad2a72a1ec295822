"""Forms of training."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from wtforms import BooleanField, DateField, FileField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from app.accounts import divisions
from app.core import clock
from app.core.web.forms import Form
from app.training.domain.class_flow import Programme
from app.training.models import TrainingClass
from app.training.services.classes import ClassDraft

COURSE_DAYS = 30


class Day(DateField):
    """A date typed or picked; what cannot be read is refused in Chinese."""

    data: date | None

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            self.data = None
            raise ValueError("日期无效，请按 2026-11-02 这样的格式填写。") from error


class ClassForm(Form):
    """A class (班级)."""

    name = StringField(
        "班级名称", [InputRequired("请填写班级名称。"), Length(max=100, message="班级名称最多 100 个字。")]
    )
    programme = SelectField("培训版本", choices=[(str(p), str(p)) for p in Programme])
    region_code = SelectField("开班地区", validate_choice=False)
    start_date = Day("开始日期", [InputRequired("请选择开始日期。")])
    end_date = Day("结束日期", [InputRequired("请选择结束日期。")])
    is_test = BooleanField("测试班（不计入统计）")

    def __init__(self, region_code: str, row: TrainingClass | None = None, **kwargs: Any) -> None:
        today = clock.local(clock.now()).date()
        fresh = {"start_date": today, "end_date": today + timedelta(days=COURSE_DAYS), "region_code": region_code}
        super().__init__(obj=row, data=None if row else fresh, **kwargs)
        choices = divisions.neighbourhood(region_code)
        if row is not None and row.region_code not in dict(choices):
            choices.append((row.region_code, divisions.region_name(row.region_code)))
        self.region_code.choices = choices

    def validate_region_code(self, field: Any) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError("请从列表中选择开班地区。")

    def draft(self) -> ClassDraft:
        """Return what was filled in and accepted."""
        assert self.start_date.data is not None
        assert self.end_date.data is not None
        return ClassDraft(
            self.name.data,
            Programme(self.programme.data),
            self.region_code.data,
            self.start_date.data,
            self.end_date.data,
            bool(self.is_test.data),
        )


class RosterForm(Form):
    """A roster to import (学员名单)."""

    file = FileField("学员名单文件")


class ReasonForm(Form):
    """Why an ID number is looked at (查看理由)."""

    reason = StringField("查看理由", [InputRequired("请写明理由。"), Length(max=200, message="理由最多 200 字。")])

"""Forms of shop registration and its review."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.web.forms import Form
from sim_mall.domain.shop_flow import SUBJECT_NAMES, Subject

BUSINESSES = (
    "服装鞋包",
    "居家日用",
    "食品生鲜",
    "美妆个护",
    "母婴玩具",
    "数码家电",
    "文具图书",
    "运动户外",
    "手工艺品",
    "农产品",
    "其他",
)


class RegisterForm(Form):
    """Apply for a shop."""

    name = StringField(
        "店铺名称",
        [InputRequired("请填写店铺名称。"), Length(2, 30, "店铺名称应为 2 到 30 个字。")],
        description="2 到 30 个字，全班唯一，注册后不能修改。",
    )
    subject = RadioField(
        "主体类型",
        [InputRequired("请选择主体类型。")],
        choices=[(subject.value, SUBJECT_NAMES[subject]) for subject in Subject],
        default=Subject.PERSON.value,
    )
    business = SelectField("主营类目", choices=[(name, name) for name in BUSINESSES])
    intro = TextAreaField("店铺介绍", [Length(max=200, message="店铺介绍不超过 200 个字。")])
    agreed = BooleanField("我已阅读并同意《模拟商城开店协议》")

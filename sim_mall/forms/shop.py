"""Forms of shop registration, step by step or on one page, of licences and of the review."""

from __future__ import annotations

from wtforms import BooleanField, DateField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.core.web.forms import Form
from sim_mall.domain.papers import ACCOUNT_PREFIX, BANKS, ID_PREFIX, LICENCE_PREFIX, LICENCES, PHONE_PREFIX
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
_FOR_EVER = "长期有效请留空。"


class SignFields(Form):
    """The shop's own data."""

    name = StringField(
        "店铺名称",
        [InputRequired("请填写店铺名称。"), Length(2, 30, "店铺名称应为 2 到 30 个字。")],
        description="2 到 30 个字，全班唯一，注册后不能修改。",
    )
    business = SelectField("主营类目", choices=[(name, name) for name in BUSINESSES])
    intro = TextAreaField("店铺介绍", [Length(max=200, message="店铺介绍不超过 200 个字。")])


class SubjectForm(Form):
    """First step: who runs the shop in the eyes of the law."""

    subject = RadioField(
        "主体类型",
        [InputRequired("请选择主体类型。")],
        choices=[(subject.value, SUBJECT_NAMES[subject]) for subject in Subject],
        default=Subject.PERSON.value,
    )


class RegisterForm(SignFields, SubjectForm):
    """Apply for a shop on one page; the papers are filled in for practice."""

    agreed = BooleanField("我已阅读并同意《模拟商城开店协议》")


class PapersForm(Form):
    """Second step: identity and business licence."""

    holder = StringField(
        "经营者姓名", [InputRequired("请填写经营者姓名。"), Length(max=20)], description="可以用化名。"
    )
    id_number = StringField(
        "身份证号",
        [InputRequired("请填写身份证号。")],
        description=f"练习号段以 {ID_PREFIX} 开头，不要填写真实证件号。",
    )
    id_until = DateField("身份证有效期至", [Optional()], description=_FOR_EVER)
    company = StringField("执照名称", [Optional(), Length(max=40, message="名称不超过 40 个字。")])
    licence_number = StringField("统一社会信用代码", [Optional()], description=f"练习号段以 {LICENCE_PREFIX} 开头。")
    licence_until = DateField("执照有效期至", [Optional()], description=_FOR_EVER)


class AccountForm(Form):
    """Third step: where the money goes."""

    bank = SelectField("开户行", choices=[(name, name) for name in BANKS])
    account_name = StringField("结算户名", [InputRequired("请填写户名。"), Length(max=40)])
    account_number = StringField(
        "结算账号", [InputRequired("请填写账号。")], description=f"练习号段以 {ACCOUNT_PREFIX} 开头，不要填写真实卡号。"
    )
    phone = StringField(
        "联系电话", [InputRequired("请填写联系电话。")], description=f"练习号段：{PHONE_PREFIX} 加 4 位数字。"
    )


class SubmitForm(Form):
    """Last step."""

    agreed = BooleanField("我已阅读并同意《模拟商城开店协议》")


class LicenceForm(Form):
    """A category licence."""

    kind = SelectField("资质类型", choices=list(LICENCES.items()))
    number = StringField(
        "证件编号", [InputRequired("请填写证件编号。"), Length(max=40, message="编号不超过 40 个字。")]
    )
    until = DateField("有效期至", [Optional()], description=_FOR_EVER)
    file = FileField("证件照片或 PDF（选填）")

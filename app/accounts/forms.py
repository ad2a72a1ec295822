"""Forms of the account store."""

from __future__ import annotations

from typing import Any

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, ValidationError

from app.core.web.forms import Form

NAME = "登录名或手机号"
SAME = [InputRequired("请再输入一次新密码。"), EqualTo("password", message="两次输入的密码不一样。")]


class SignInForm(Form):
    """Sign-in (登录)."""

    name = StringField(NAME, [InputRequired("请填写登录名或手机号。"), Length(max=80, message="登录名太长了。")])
    password = PasswordField(
        "密码", [InputRequired("请填写密码。"), Length(max=128, message="密码最多 128 位。")], raw=True
    )


class ActivateForm(Form):
    """First sign-in by one-time code (用登录码设置密码)."""

    name = StringField(NAME, [InputRequired("请填写登录名或手机号。"), Length(max=80, message="登录名太长了。")])
    code = StringField(
        "一次性登录码", [InputRequired("请填写登录码。"), Length(max=60, message="登录码太长了，请核对。")]
    )
    password = PasswordField("新密码", [InputRequired("请设置新密码。")], raw=True)
    repeat = PasswordField(
        "再输一次新密码",
        SAME,
        raw=True,
    )


class ProfileForm(Form):
    """Own profile (个人资料)."""

    name = StringField("姓名", [Length(max=60, message="姓名最多 60 个字。")])
    phone = StringField("手机号", [Length(max=20, message="手机号太长了。")])
    id_number = StringField("身份证号", [Length(max=30, message="身份证号太长了。")])


class PasswordForm(Form):
    """Change of the password (修改密码)."""

    current = PasswordField("现在的密码", [InputRequired("请填写现在的密码。")], raw=True)
    password = PasswordField("新密码", [InputRequired("请填写新密码。")], raw=True)
    repeat = PasswordField(
        "再输一次新密码",
        SAME,
        raw=True,
    )

    def validate_password(self, field: Any) -> None:
        if field.data and field.data == self.current.data:
            raise ValidationError("新密码和现在的密码一样，请换一个。")

"""Forms of the open platform's pages."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.web.forms import Form
from sim_mall.domain.platform_codes import SCOPE_NAMES

MODES = [("none", "不推送"), ("inbox", "平台收件箱（练习用）"), ("url", "我自己的接收地址")]


class AppForm(Form):
    """A new app."""

    name = StringField("应用名称", [InputRequired("请填写应用名称。"), Length(2, 40, "应用名称应为 2 到 40 个字。")])


class GrantForm(Form):
    """Let an app work on the own shop."""

    app_key = StringField("App Key", [InputRequired("请填写应用的 App Key。"), Length(max=40)])
    scopes = SelectMultipleField(
        "授权范围",
        choices=list(SCOPE_NAMES.items()),
        default=list(SCOPE_NAMES),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class PushForm(Form):
    """Where messages go."""

    mode = RadioField("消息推送到", choices=MODES, default="none")
    url = StringField("接收地址", [Length(max=300, message="地址最多 300 个字符。")])
    broken = BooleanField("模拟故障：收件箱返回 500，看重试和死信")


class ConsoleForm(Form):
    """A call to be signed and sent from the sandbox console."""

    method = SelectField("方法", choices=[("GET", "GET"), ("POST", "POST")])
    path = StringField("路径和参数", [InputRequired("请填写路径。"), Length(max=500)], default="/open/v1/shops")
    body = TextAreaField("请求体（JSON，GET 留空）", [Length(max=20_000)], raw=True)
    idempotency = StringField("Idempotency-Key（写操作需要）", [Length(max=40)])
    timestamp = StringField("X-Timestamp", [Length(max=20)])
    nonce = StringField("X-Nonce", [Length(max=80)])
    signature = StringField("X-Signature", [Length(max=80)])

"""Forms of customer service."""

from __future__ import annotations

from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core.web.forms import Form


class DeskForm(Form):
    """Welcome, excuse and hours."""

    welcome = TextAreaField("欢迎语", [Optional(), Length(max=200)], description="买家进入会话时自动发送。")
    away = TextAreaField("离线回复", [Optional(), Length(max=200)], description="没有客服在线时自动发送。")
    opens = IntegerField("开始（点）", [InputRequired("请填写开始时间。"), NumberRange(0, 23, "应为 0 到 23。")])
    closes = IntegerField("结束（点）", [InputRequired("请填写结束时间。"), NumberRange(1, 24, "应为 1 到 24。")])


class PhraseForm(Form):
    """A quick phrase."""

    text = TextAreaField(
        "内容",
        [InputRequired("请填写短语内容。"), Length(1, 300, "短语不超过 300 个字。")],
        description="可用变量：{buyer} 买家称呼、{order_no} 订单号、{goods} 商品标题、{shop} 店铺名。",
    )
    category = StringField("分类", [Optional(), Length(max=20, message="分类不超过 20 个字。")], default="常用")
    whose = RadioField("给谁用", choices=[("shop", "全店共用"), ("own", "只给自己")], default="shop")


class KeywordForm(Form):
    """An automatic answer."""

    keywords = StringField(
        "关键词",
        [InputRequired("请填写关键词。"), Length(max=200)],
        description="多个用逗号隔开，买家的话里出现任何一个就回复。",
    )
    answer = TextAreaField("自动回复", [InputRequired("请填写回复内容。"), Length(1, 300, "回复不超过 300 个字。")])

"""The statement of a real shop (真实店铺)."""

from __future__ import annotations

from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from app.core.web.forms import Form, YuanField
from grading.services.real_shops import MOST_COUNT, PLATFORMS, Statement

_COUNT = [
    InputRequired("请填写一个整数，没有就填 0。"),
    NumberRange(0, MOST_COUNT, f"应是 0 到 {MOST_COUNT:,} 之间的整数。"),
]


class RealShopForm(Form):
    """What a trainee says of the real shop."""

    platform = SelectField("平台", [InputRequired("请选择平台。")], choices=[(one, one) for one in PLATFORMS])
    name = StringField("店铺名称", [InputRequired("请填写店铺名称。"), Length(max=60, message="最多 60 字。")])
    address = StringField("店铺网址", [InputRequired("请填写店铺网址。"), Length(max=300, message="最多 300 字。")])
    opened_on = DateField("开店日期", [InputRequired("请选择开店日期。")])
    goods = IntegerField("在售商品", _COUNT)
    orders = IntegerField("累计订单", _COUNT)
    amount = YuanField("累计成交额", [InputRequired("请填写金额，没有就填 0。")], high=10**12)
    note = TextAreaField("补充说明", [Length(max=500, message="最多 500 字。")])

    def statement(self) -> Statement:
        """Return what was typed, once the form holds."""
        return Statement(
            self.platform.data,
            self.name.data,
            self.address.data,
            self.opened_on.data,
            self.goods.data,
            self.orders.data,
            self.amount.data or 0,
            self.note.data or "",
        )

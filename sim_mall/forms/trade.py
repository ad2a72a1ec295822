"""Forms of addresses, shipping, after-sale and reviews."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from app.core.web.forms import Form, YuanField
from sim_mall.domain.aftersale_flow import (
    CHOSEN_REASONS,
    KIND_NAMES,
    REASON_NAMES,
    REJECT_NAMES,
    AfterSaleKind,
    RejectCode,
)
from sim_mall.domain.waybill import CARRIERS

CARRIER_CHOICES = [("", "请选择"), *((code, name) for code, (name, _) in CARRIERS.items())]
PHOTOS = "最多 6 张，每张不超过 5 MB，JPG、PNG 或 WebP。"
STARS = [("5", "5 星 非常满意"), ("4", "4 星 满意"), ("3", "3 星 一般"), ("2", "2 星 不满意"), ("1", "1 星 很差")]


def _whole(text: object) -> int | None:
    """Return the number that a choice stands for, None for none."""
    return int(text) if isinstance(text, str | int) and str(text).isascii() and str(text).isdigit() else None


class AddressForm(Form):
    """An address; the region is chosen in three steps."""

    name = StringField("收货人", [InputRequired("请填写收货人姓名。"), Length(max=40, message="姓名不超过 40 个字。")])
    phone = StringField(
        "手机号", [InputRequired("请填写 11 位手机号。"), Length(max=20, message="请填写 11 位手机号。")]
    )
    division_code = HiddenField("所在地区")
    detail = StringField(
        "详细地址",
        [InputRequired("请填写详细地址。"), Length(2, 120, "详细地址应为 2 到 120 个字。")],
        description="街道、楼栋、门牌号。",
    )
    is_default = BooleanField("设为默认地址")


class WaybillForm(Form):
    """Carrier and number."""

    carrier = SelectField("快递公司", [InputRequired("请选择快递公司。")], choices=CARRIER_CHOICES)
    waybill = StringField("运单号", [InputRequired("请填写运单号。"), Length(max=30, message="运单号不超过 30 位。")])


class ShipForm(WaybillForm):
    """Carrier and number of a parcel that leaves."""

    later = BooleanField("先填单号，包裹稍后再交给快递", description="24 小时内没有揽收会被认定为虚假发货。")


class CloseOrderForm(Form):
    """Close an unpaid order."""

    reason = StringField(
        "关闭原因", [InputRequired("请写明关闭原因。"), Length(2, 100, "请写明关闭原因，2 到 100 个字。")]
    )


class ApplyForm(Form):
    """Ask for an after-sale of units of a line; the kind is chosen first."""

    kind = RadioField(
        "售后类型",
        [InputRequired("请选择售后类型。")],
        choices=[(kind.value, KIND_NAMES[kind]) for kind in AfterSaleKind],
    )
    quantity = IntegerField(
        "申请数量", [InputRequired("请填写申请数量，整数。"), NumberRange(1, 999, "请填写申请数量，至少 1 件。")]
    )
    reason = SelectField("申请原因", choices=[(reason.value, REASON_NAMES[reason]) for reason in CHOSEN_REASONS])
    exchange_sku_id = SelectField("换成", coerce=_whole, validate_choice=False)
    amount = YuanField("退款金额（元）", low=1, description="留空按最多可退金额退款。")
    text = TextAreaField("问题描述", [Length(max=300, message="问题描述不超过 300 个字。")])
    pictures = MultipleFileField("图片凭证", description=PHOTOS)


class ModifyForm(Form):
    """Change a ticket and send it again."""

    version = HiddenField()
    kind = SelectField("售后类型", choices=[(kind.value, KIND_NAMES[kind]) for kind in AfterSaleKind])
    reason = SelectField("申请原因", choices=[(reason.value, REASON_NAMES[reason]) for reason in CHOSEN_REASONS])
    amount = YuanField("退款金额（元）", low=1, description="换货、补寄不用填。")
    text = TextAreaField("问题描述", [Length(max=300, message="问题描述不超过 300 个字。")])


class RejectForm(Form):
    """Refuse a ticket, with evidence."""

    version = HiddenField()
    code = SelectField(
        "拒绝类型", choices=[(str(code), REJECT_NAMES[code]) for code in RejectCode], default=RejectCode.OTHER
    )
    reason = StringField(
        "拒绝原因", [InputRequired("请写明拒绝原因。"), Length(2, 200, "请写明拒绝原因，2 到 200 个字。")]
    )
    pictures = MultipleFileField("图片凭证", description=PHOTOS)


class ReshipForm(WaybillForm):
    """Carrier and number of goods that are sent again."""

    version = HiddenField()


class ReceiveBackForm(Form):
    """Count returned goods."""

    version = HiddenField()
    good = IntegerField("完好数量", [InputRequired("请填写完好数量，整数。"), NumberRange(0, 999, "数量不能小于 0。")])
    bad = IntegerField(
        "损坏数量", [InputRequired("请填写损坏数量，整数。"), NumberRange(0, 999, "数量不能小于 0。")], default=0
    )


class ScoresForm(Form):
    """The two scores of an order that all its lines share."""

    service = SelectField("服务态度", choices=STARS)
    logistics = SelectField("物流速度", choices=STARS)

"""Forms of the seller's desk and of what both sides say in after-sale: prices, marks, evidence, invoices, replies."""

from __future__ import annotations

from wtforms import BooleanField, FileField, HiddenField, MultipleFileField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.web.forms import Form, YuanField
from sim_mall.domain.invoice_flow import INVOICE_KINDS
from sim_mall.domain.order_flow import FLAG_NAMES
from sim_mall.forms.trade import PHOTOS


class PriceForm(Form):
    """Lower an unpaid order's price."""

    goods = YuanField("商品金额改为（元）", [InputRequired("请填写商品金额。")])
    freight = YuanField("运费改为（元）", [InputRequired("请填写运费，包邮填 0。")])


class MarkForm(Form):
    """The seller's own flag and note."""

    flag = RadioField("插旗", choices=[(flag.value, name) for flag, name in FLAG_NAMES.items()])
    seller_note = StringField(
        "卖家备注", [Length(max=200, message="备注不超过 200 个字。")], description="只有本店成员看得到。"
    )


class EvidenceForm(Form):
    """What one side says in a dispute."""

    version = HiddenField()
    text = TextAreaField("情况说明", [InputRequired("请说明情况。"), Length(5, 500, "请说明情况，5 到 500 个字。")])
    pictures = MultipleFileField("图片凭证", description=PHOTOS)


class VerdictForm(Form):
    """The instructor's verdict."""

    version = HiddenField()
    side = RadioField(
        "裁决",
        [InputRequired("请选择支持哪一方。")],
        choices=[("buyer", "支持买家，退款"), ("seller", "支持卖家，关闭")],
    )
    why = TextAreaField(
        "裁决理由",
        [InputRequired("请写明裁决理由。"), Length(5, 300, "请写明裁决理由，5 到 300 个字。")],
        description="双方都会看到，请说明依据的规则。",
    )


class InvoiceForm(Form):
    """What invoice the buyer wants."""

    kind = RadioField(
        "发票类型",
        [InputRequired("请选择发票类型。")],
        choices=[(kind.value, name) for kind, name in INVOICE_KINDS.items()],
        default="person",
    )
    title = StringField("发票抬头", [InputRequired("请填写发票抬头。"), Length(2, 60, "抬头应为 2 到 60 个字。")])
    tax_number = StringField(
        "税号", [Length(max=20, message="税号不超过 20 位。")], description="企业发票必填，个人不填。"
    )


class FollowForm(Form):
    """追评."""

    text = TextAreaField("追加评价", [InputRequired("请填写追评内容。"), Length(2, 300, "追评应为 2 到 300 个字。")])
    pictures = MultipleFileField("晒图", description=PHOTOS)


class ReplyForm(Form):
    """The seller's answer to a review."""

    text = StringField("回复", [InputRequired("请填写回复。"), Length(2, 300, "回复应为 2 到 300 个字。")])


class BatchForm(Form):
    """A file of waybills."""

    file = FileField("发货文件", description="用下载的待发货清单填好快递公司和运单号，Excel（.xlsx）或 CSV。")
    skip = BooleanField("有错误的行先跳过，把正确的行发出去")

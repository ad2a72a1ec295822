"""Forms of listings."""

from __future__ import annotations

from wtforms import FieldList, FormField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core.web.forms import Form, YuanField, clean_text
from sim_mall.services.listings import MAX_FREIGHT, MAX_PROMISE, UNITS, SkuChange
from sim_mall.services.stock import MAX_STOCK

MAX_FORM_SKUS = 12


class SkuForm(PlainForm):
    """One SKU of a listing."""

    id = HiddenField()
    spec = StringField("规格名称", [Length(max=60, message="规格名称不超过 60 个字。")], filters=[clean_text])
    code = StringField("商家编码", [Length(max=40, message="编码不超过 40 个字。")], filters=[clean_text])
    price = YuanField("价格（元）", [InputRequired("请填写价格。")], low=1, high=100_000_000)
    stock = IntegerField(
        "库存",
        [InputRequired("请填写库存，整数。"), NumberRange(0, MAX_STOCK, f"库存应在 0 到 {MAX_STOCK} 之间。")],
        default=0,
    )

    def change(self) -> SkuChange:
        """Return the SKU as the service takes it."""
        text = str(self.id.data or "")
        return SkuChange(
            id=int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None,
            code=self.code.data or "",
            spec=self.spec.data or "",
            price=int(self.price.data or 0),
            stock=int(self.stock.data or 0),
        )


class ListingForm(Form):
    """One listing with up to a dozen SKUs."""

    version = HiddenField()
    title = StringField(
        "商品标题",
        [InputRequired("请填写商品标题。"), Length(max=60, message="商品标题不超过 60 个字。")],
        description="4 到 60 个字，写清品名、材质和规格，不写联系方式。",
    )
    brief = TextAreaField("商品卖点", [Length(max=300, message="商品卖点不超过 300 个字。")])
    category_l1 = StringField(
        "一级类目", [InputRequired("请填写一级类目。"), Length(max=40, message="类目不超过 40 个字。")]
    )
    category_l2 = StringField("二级类目", [Length(max=40, message="类目不超过 40 个字。")])
    unit = SelectField("单位", choices=[(unit, unit) for unit in UNITS])
    freight_fee = YuanField("运费（元）", [Optional()], low=0, high=MAX_FREIGHT, description="填 0 或留空为包邮。")
    promise_hours = IntegerField(
        "承诺发货（小时）",
        [Optional(), NumberRange(0, MAX_PROMISE, f"承诺发货时间应在 1 到 {MAX_PROMISE} 小时之间。")],
        description="留空按班级规则。",
    )
    skus = FieldList(FormField(SkuForm), min_entries=1, max_entries=MAX_FORM_SKUS)


class ForceOffForm(Form):
    """Take a listing off sale for a rule."""

    reason = StringField(
        "下架原因", [InputRequired("请写明下架原因。"), Length(2, 200, "请写明下架原因，2 到 200 个字。")]
    )

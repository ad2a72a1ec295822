"""Forms of listings."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core.web.forms import Form, YuanField, clean_text
from sim_mall.services.listings import MAX_FREIGHT, MAX_PROMISE, UNITS, SkuChange
from sim_mall.services.stock import MAX_STOCK

MAX_FORM_SKUS = 100


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
    weight_g = IntegerField(
        "重量（克）", [Optional(), NumberRange(0, 1_000_000, "重量应在 0 到 1,000,000 克之间。")], default=500
    )
    volume_cm3 = IntegerField(
        "体积（cm³）", [Optional(), NumberRange(0, 10_000_000, "体积应在 0 到 10,000,000 立方厘米之间。")], default=0
    )
    safety = IntegerField(
        "安全预留", [Optional(), NumberRange(0, MAX_STOCK, f"安全库存应在 0 到 {MAX_STOCK} 之间。")], default=0
    )
    barcode = StringField("条码", [Length(max=20, message="条码不超过 20 个字。")], filters=[clean_text])
    picture = HiddenField()

    def change(self) -> SkuChange:
        """Return the SKU as the service takes it."""
        text = str(self.id.data or "")
        return SkuChange(
            id=int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None,
            code=self.code.data or "",
            spec=self.spec.data or "",
            price=int(self.price.data or 0),
            stock=int(self.stock.data or 0),
            weight_g=int(500 if self.weight_g.data is None else self.weight_g.data),
            barcode=self.barcode.data or "",
            picture=str(self.picture.data or "")[:24],
            volume_cm3=int(self.volume_cm3.data or 0),
            safety=int(self.safety.data or 0),
        )


class ListingForm(Form):
    """One listing with up to a hundred SKUs."""

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
    brand = StringField("品牌（选填）", [Length(max=40, message="品牌不超过 40 个字。")])
    more_attributes = TextAreaField("其他属性", description="每行一项，写成“名称:内容”，例如 产地:浙江杭州。")
    pictures = HiddenField()
    uploads = MultipleFileField("添加主图", description="JPG、PNG 或 WebP，短边至少 600 像素，最多 5 张。")
    video = HiddenField()
    video_file = FileField("商品视频（选填）", description="MP4，不超过 20 MB，建议 60 秒以内；显示在商品页主图里。")
    drop_video = BooleanField("删除现有视频")
    detail = TextAreaField("商品详情", [Length(max=20_000, message="商品详情不超过 20,000 个字符。")])
    freight_template = SelectField("运费模板", validate_choice=False, default="")
    seven_day = BooleanField("支持 7 天无理由退货", default=True)
    stock_at_payment = BooleanField(
        "付款时才扣减",
        description="付款减库存：默认下单就占库存，勾选后付款时才扣，先付先得，付款时卖完的订单会自动退款并关闭。"
        "秒杀、拼团、直播和换货仍在下单时占用。",
    )
    buy_limit = IntegerField(
        "每人限购（件）",
        [Optional(), NumberRange(0, 999, "每人限购应在 0 到 999 件之间，0 表示不限。")],
        default=0,
        description="按已付款和待付款的订单计算，0 表示不限。",
    )
    alarm = IntegerField(
        "预警值",
        [Optional(), NumberRange(0, MAX_STOCK, f"预警值应在 0 到 {MAX_STOCK} 之间。")],
        default=5,
        description="任一规格的可售数量降到这个数就提醒。",
    )
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

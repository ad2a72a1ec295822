"""Forms of the supply system."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from app.core.web.forms import Form, YuanField
from sim_supply.domain.pricing import PriceRule, RuleKind, parse_percent


class PercentField(Field):
    """A percentage typed with at most two decimals; ``data`` is basis points."""

    widget = TextInput()

    def __init__(
        self, label: str = "", validators: Any = None, *, low: int = 0, high: int = 100_000, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.low, self.high = low, high

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, rest = divmod(self.data, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            self.data = parse_percent(text)
        except ValueError:
            raise ValidationError("请填写百分数，最多两位小数，例如 50 或 62.5。") from None

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.low <= self.data <= self.high:
            raise ValidationError(f"百分数应在 {self.low // 100} 到 {self.high // 100} 之间。")


class ImportForm(Form):
    """A catalogue file to be checked."""

    file = FileField("货源文件")
    suppliers_file = FileField("供应商文件（可选）", validators=[Optional()])
    cost_percent = PercentField("成本占零售价的百分比", [Optional()], low=100, high=10_000)


class AttributesForm(Form):
    """A file of product attributes to be checked."""

    file = FileField("属性文件")


class CommitForm(Form):
    """The answer to a check: take all rows or the good ones."""

    cost_percent = PercentField("成本占零售价的百分比", [Optional()], low=100, high=10_000)


class ListingForm(Form):
    """The price rule of one-click listing."""

    rule = RadioField(
        "定价方式",
        choices=[
            SelectChoice(RuleKind.MARGIN.value, "按毛利率定价"),
            SelectChoice(RuleKind.PERCENT.value, "按比例定价（成本 × 比例）"),
            SelectChoice(RuleKind.ADD.value, "按加价定价（成本 + 金额）"),
        ],
        default=RuleKind.MARGIN.value,
    )
    margin = PercentField("目标毛利率", [InputRequired("请填写目标毛利率。")], default=2500, high=9_500)
    percent = PercentField("成本比例", [InputRequired("请填写成本比例。")], default=15_000, high=100_000)
    add = YuanField("加价金额", [InputRequired("请填写加价金额。")], default=1000, high=10_000_000)
    freight = YuanField("单件运费成本", [InputRequired("请填写单件运费，没有就填 0。")], default=500, high=1_000_000)
    round_nine = BooleanField("价格尾数进到 .9", default=True)
    promise_hours = IntegerField("承诺发货（小时，留空按供应商时效）", [Optional(), NumberRange(1, 360)])
    buyer_freight = YuanField("买家运费", [InputRequired("请填写买家运费，包邮就填 0。")], default=0, high=1_000_000)

    def price_rule(self, fee_bp: int) -> PriceRule:
        """Return the rule that the fields describe."""
        return PriceRule(
            RuleKind(self.rule.data),
            add=self.add.data or 0,
            percent_bp=self.percent.data or 0,
            margin_bp=self.margin.data or 0,
            freight=self.freight.data or 0,
            fee_bp=fee_bp,
            round_nine=bool(self.round_nine.data),
        )


class KeyForm(Form):
    """A form of one button."""


class CooperationForm(Form):
    """Ask a supplier for cooperation."""

    words = TextAreaField("申请说明", [InputRequired("请写几句申请说明。"), Length(max=200)])


class SupplierForm(Form):
    """A supplier's profile, kept by who may import the catalogue."""

    name = StringField("供应商名称", [InputRequired("请填写供应商名称。"), Length(max=60)])
    description = TextAreaField("简介", [Length(max=500)])
    grade = SelectField(
        "等级", choices=[("A", "A 级：发货快、次品少"), ("B", "B 级：一般"), ("C", "C 级：价低、要多留意")]
    )
    sla_hours = IntegerField(
        "发货时效（接单后几个模拟小时内）",
        [InputRequired("请填写发货时效。"), NumberRange(2, 720, "发货时效应在 2 到 720 小时之间。")],
    )
    freight = YuanField("每单运费", [InputRequired("请填写每单运费，包邮就填 0。")], high=1_000_000)
    freight_by = RadioField("运费由谁承担", choices=[("distributor", "分销商（店铺）"), ("supplier", "供应商")])
    return_address = StringField("退货地址", [Length(max=200)])
    defect = PercentField("次品率", [InputRequired("请填写次品率，没有就填 0。")], high=10_000)
    late = PercentField("包裹延误率（留空按班级设置）", [Optional()], high=5_000)
    lost = PercentField("包裹丢失率（留空按班级设置）", [Optional()], high=2_000)
    papers = TextAreaField("授权资料", [Length(max=300)])
    closed_shop = BooleanField("只供应合作分销商")


class CountForm(Form):
    """What a stock count found."""

    units = IntegerField("盘点数量", [InputRequired("请填写盘点到的数量。")])
    reason = StringField("原因", [InputRequired("请写明差异原因。"), Length(max=100)])


class SyncForm(Form):
    """How stock is synchronised, and whether prices follow costs."""

    ratio = PercentField("同步比例", [InputRequired("请填写同步比例。")], low=1, high=10_000)
    safety = IntegerField("安全库存（件）", [InputRequired("请填写安全库存，没有就填 0。"), NumberRange(0, 100_000)])
    minutes = IntegerField("同步间隔（模拟分钟，0 为即时）", [InputRequired("请填写间隔。"), NumberRange(0, 60)])
    few_is_none = BooleanField("少于 5 件按 0 件上架")
    auto_reprice = BooleanField("供货价变动时，按上架时的定价规则自动改价")


class FetchForm(Form):
    """Automatic fetching and the lab switch."""

    auto_minutes = IntegerField(
        "自动抓取间隔（模拟分钟，0 为不自动）", [InputRequired("请填写间隔。"), NumberRange(0, 1_440)]
    )
    forward = BooleanField("实验开关：按页码从前往后翻页（会漏单，仅供体验）")


class SendBackForm(Form):
    """The waybill of a return or of an own parcel."""

    carrier = SelectField("快递公司", [InputRequired("请选择快递公司。")])
    waybill = StringField("运单号", [InputRequired("请填写运单号。"), Length(max=30)])


class CategoryForm(Form):
    """Under which category of the mall goods are listed."""

    l1 = StringField("一级类目", [Length(max=40)])
    l2 = StringField("二级类目", [Length(max=40)])

"""Forms of the supply system."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, RadioField, SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError
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

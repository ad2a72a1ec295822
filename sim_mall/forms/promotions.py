"""Forms of activities and coupons. Times are typed as simulated time in Asia/Shanghai."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from app.core.clock import SHANGHAI, local
from app.core.web.forms import Form, YuanField
from sim_mall.domain.pricing.terms import Tier
from sim_mall.domain.promotion_flow import CouponScope, PromotionKind
from sim_mall.domain.promotion_rules import MAX_TIERS, Rule
from sim_mall.models.promotions import Promotion

_DISCOUNT = re.compile(r"^(\d)(?:\.(\d{1,3}))?折?$")
LAYOUT = "%Y-%m-%dT%H:%M"
K = PromotionKind


class MomentField(Field):
    """A simulated moment, typed to the minute; ``data`` is aware (UTC)."""

    data: Any
    widget = TextInput()
    widget.input_type = "datetime-local"

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else local(self.data).strftime(LAYOUT)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                typed = datetime.strptime(valuelist[0].strip()[:16], LAYOUT)  # noqa: DTZ007 - its zone comes next
                self.data = typed.replace(tzinfo=SHANGHAI).astimezone(UTC)
            except (ValueError, OverflowError) as error:
                raise ValidationError("请选择日期和时间，例如 2026-11-20 20:00。") from error


class DiscountField(Field):
    """A discount as people say it (8.8 or 8.8折); ``data`` is basis points."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data / 1000:g}"

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if text:
            self.data = parse_discount(text)
            if self.data is None:
                raise ValidationError("请填写 0.1 到 9.99 之间的折扣，例如 8.8。")


def parse_discount(text: str) -> int | None:
    """Return basis points of '8.8' or '8.8折', None for anything else."""
    match = _DISCOUNT.match(text.strip())
    found = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0")) if match else 0
    return found or None


def _count(label: str, high: int, description: str = "") -> IntegerField:
    return IntegerField(label, [Optional(), NumberRange(0, high, f"应在 0 到 {high} 之间。")], description=description)


class PromotionForm(Form):
    """The head of an activity; tiers and goods are rows of their own."""

    kind = HiddenField()
    name = StringField("活动名称", [InputRequired("请填写活动名称。")], description="2 到 20 个字，买家会看到。")
    starts_at = MomentField("开始时间", [InputRequired("请选择开始时间。")])
    ends_at = MomentField("结束时间", [InputRequired("请选择结束时间。")])
    bp = DiscountField("折扣", description="8.8 表示 8.8折，买家付原价的 88%。")
    min_qty = _count("满几件", 99)
    price = YuanField("套餐价（元）", low=1)
    size = _count("成团人数", 10, "2 到 10 人。")
    hours = _count("成团时限（小时）", 72, "从开团算起，到时间没凑够就全额退款。")
    refund_full = BooleanField(
        "团满后才付款的自动退款", description="不勾选：付款时团已满员或结束，就为买家开一个新团（默认）。"
    )
    virtual = BooleanField(
        "虚拟成团（讲师已开放，仅供演示）",
        description="到时间没凑够人也算成团。真实平台上虚构参团人数属于虚假宣传，成团后会提醒店铺这条规则。",
    )
    per_user = _count("每人限购（件）", 999, "0 表示不限，按已付款和待付款的订单计算。")
    per_order = _count("每单限购（件）", 999, "0 表示不限。")
    free_from = YuanField("满多少元包邮", low=0, description="填 0 表示全店包邮；与下面一项二选一。")
    cut_from = YuanField("满多少元减运费", low=0)
    cut = YuanField("减多少运费（元）", low=0)
    whole = RadioField("适用商品", choices=[("1", "全店商品"), ("0", "选定商品")], default="0")

    def rule(self, tiers: tuple[Tier, ...]) -> Rule:
        """Return the numbers that belong to the kind; others are ignored."""
        kind = PromotionKind(self.kind.data)
        limits = kind in (K.FLASH, K.GROUP)
        return Rule(
            bp=self.bp.data if kind in (K.LIMITED, K.MEMBER, K.MULTI) else None,
            tiers=tiers if kind is K.FULL else (),
            min_qty=(self.min_qty.data or 0) if kind is K.MULTI else 0,
            price=self.price.data if kind is K.BUNDLE else None,
            per_user=(self.per_user.data or 0) if limits else 0,
            per_order=(self.per_order.data or 0) if limits else 0,
            size=(self.size.data or 0) if kind is K.GROUP else 0,
            hours=self.hours.data if kind is K.GROUP and self.hours.data is not None else 24,
            refund_full=bool(self.refund_full.data) if kind is K.GROUP else False,
            virtual=bool(self.virtual.data) if kind is K.GROUP else False,
            free_from=self.free_from.data if kind is K.FREIGHT else None,
            cut_from=self.cut_from.data if kind is K.FREIGHT else None,
            cut=(self.cut.data or 0) if kind is K.FREIGHT else 0,
        )

    def fill(self, promotion: Promotion, rule: Rule) -> None:
        """Show what a draft says."""
        self.kind.data, self.name.data = promotion.kind.value, promotion.name
        self.starts_at.data, self.ends_at.data = promotion.starts_at, promotion.ends_at
        self.whole.data = "1" if promotion.whole_shop else "0"
        for name in (
            "bp",
            "min_qty",
            "price",
            "size",
            "hours",
            "refund_full",
            "virtual",
            "per_user",
            "per_order",
            "free_from",
            "cut_from",
            "cut",
        ):
            getattr(self, name).data = getattr(rule, name)


FIELDS: dict[PromotionKind, tuple[str, ...]] = {
    K.LIMITED: ("bp",),
    K.MEMBER: ("bp",),
    K.FULL: (),
    K.MULTI: ("min_qty", "bp"),
    K.BUNDLE: ("price",),
    K.FLASH: ("per_user", "per_order"),
    K.GROUP: ("size", "hours", "per_user", "per_order", "refund_full", "virtual"),
    K.FREIGHT: ("free_from", "cut_from", "cut"),
}
TIER_ROWS = range(MAX_TIERS)


class CouponForm(Form):
    """A coupon to be issued."""

    name = StringField("优惠券名称", [InputRequired("请填写优惠券名称。")], description="2 到 20 个字。")
    threshold = YuanField("使用门槛（元）", low=0, description="买满多少元可用，填 0 为无门槛。")
    off = YuanField("减多少元", low=1, description="与“打几折”二选一。")
    bp = DiscountField("打几折", description="8.8 表示 8.8折。")
    cap = YuanField("最多减（元）", low=1, description="只用于折扣券，可以不填。")
    total = IntegerField("发放数量（张）", [InputRequired("请填写发放数量。")], default=100)
    per_user = IntegerField("每人限领（张）", [InputRequired("请填写每人限领。")], default=1)
    starts_at = MomentField("开始领取", [InputRequired("请选择开始时间。")])
    ends_at = MomentField(
        "结束领取", [InputRequired("请选择结束时间。")], description="没有填有效天数时，也是使用截止时间。"
    )
    days = IntegerField("领取后有效天数", [Optional()], description="不填则到“结束领取”为止。")
    scope = SelectField(
        "适用范围", choices=[(CouponScope.ALL.value, "全部商品"), (CouponScope.LISTING.value, "选定商品")]
    )
    channel = SelectField("发放方式", choices=[("centre", "公开领取"), ("chat", "客服发放")])
    confirm = BooleanField("我已看过上面的提醒，仍然发放")

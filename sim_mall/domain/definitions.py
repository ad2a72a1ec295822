"""What every figure of the mall counts (指标口径): the one place, shown on tap, in exports and with evidence.

The data board, the dashboards and the evidence of a practice outcome read from here; who changes how a figure
is counted changes its sentence and VERSION.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its name, unit (次, 人, 单, 分, 万分之一, 百分之一分) and how it is counted."""

    label: str
    unit: str
    text: str


DEFINITIONS: dict[str, Definition] = {
    "views": Definition("浏览量", "次", "店铺页和商品页被打开的次数，店铺自己的成员打开不算。"),
    "visitors": Definition("访客数", "人", "打开过店铺页或商品页的不同账号数，同一账号在一段时间内只算一人。"),
    "orders": Definition("下单数", "单", "买家提交的订单数，含没有付款和后来取消的，按下单时间计。"),
    "orders_paid": Definition("支付订单数", "单", "买家已付款的订单数，含后来退款的，按付款时间计。"),
    "buyers": Definition("支付买家数", "人", "付过款的不同买家数，按付款时间计。"),
    "gmv_placed": Definition("下单金额", "分", "提交的订单应付金额之和，含运费，含没有付款的。"),
    "gmv_paid": Definition("成交额", "分", "已付款订单的应付金额之和，含运费，未扣退款，按付款时间计。"),
    "conversion": Definition("支付转化率", "万分之一", "支付买家数 ÷ 访客数，同一段时间。没有访客时不显示。"),
    "order_value": Definition("客单价", "分", "成交额 ÷ 支付买家数，四舍五入到分。"),
    "refunded": Definition("退款金额", "分", "退回买家的金额，按退款到账时间计。"),
    "refund_count": Definition("退款笔数", "笔", "退款已到买家账户的售后单数，按到账时间计。"),
    "refund_rate": Definition("退款率", "万分之一", "退款金额 ÷ 成交额，同一段时间。没有成交时不显示。"),
    "net_sales": Definition("净成交额", "分", "成交额减去退款金额。"),
    "completed": Definition("已完成订单", "单", "买家确认收货或到期自动确认的订单数。"),
    "live_orders": Definition("直播订单", "单", "在直播间里提交的订单数。"),
    "listings_on_sale": Definition("在售商品", "个", "当前可以买到的商品数，按商品计，不按规格计。"),
    "source": Definition(
        "流量来源", "", "访客从哪里来到店铺：按打开前的页面判断。支付按买家付款前最后一次来访的来源计算。"
    ),
    "dsr_description": Definition("描述相符", "百分之一分", "买家评价中“描述相符”的平均分。"),
    "dsr_service": Definition("服务态度", "百分之一分", "买家评价中“服务态度”的平均分。"),
    "dsr_logistics": Definition("物流速度", "百分之一分", "买家评价中“物流速度”的平均分。"),
    "dsr": Definition(
        "店铺评分",
        "百分之一分",
        "最近 180 天（模拟时间）的评价平均分；同一买家每月最多计 3 笔订单；系统默认好评不计；不足 3 条评价时显示“—”。"
        "排序用的分数向 4.7 收缩：（20×4.7＋评分之和）÷（20＋条数）。",
    ),
}


def definition(key: str) -> str:
    """Return the sentence of a figure."""
    return DEFINITIONS[key].text

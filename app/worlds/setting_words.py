"""What the settings of a world mean to people: groups, explanations, choices."""

from __future__ import annotations

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "谁可以买",
        "决定本班市场里的买卖关系。",
        ("buy_who", "buy_own_shop"),
    ),
    (
        "资金与费率",
        "改动只影响之后的结算；类目费率在“费率与买卖限制”里设置。",
        (
            *("start_capital", "shop_deposit", "platform_fee_bp", "live_fee_bp", "tech_fee_bp"),
            *("points_bp", "return_freight", "insurance_premium", "freight_max_first"),
            *("flash_stacks", "group_virtual"),
        ),
    ),
    (
        "规则力度",
        "检查越严，学员越早碰到平台规则。",
        ("rule_strictness", "rule_inspect_hours", "appeal_hours", "shop_review_by_instructor"),
    ),
    (
        "交易时限",
        "按模拟时间计算，对之后产生的订单和售后生效。",
        (
            "pay_minutes",
            "ship_hours",
            "receive_days",
            "review_days",
            "after_sale_days",
            "seller_answer_hours",
            "buyer_return_days",
            "seller_receive_days",
            "supplier_accept_minutes",
        ),
    ),
    (
        "物流异常",
        "让学员遇到延误和丢件，练习告知买家、补寄和索赔；供应商资料里可以单独设定。",
        ("supplier_late_bp", "supplier_lost_bp", "supplier_safe_parcels", "parcel_lost_bp"),
    ),
)
OTHERS = ("其他", "")

HELP: dict[str, str] = {
    "buy_who": "限制哪些学员可以下单；不允许时下单会被拒绝并说明原因。",
    "buy_own_shop": "店主和成员买自己店铺的商品是刷单，默认不允许；演示刷单处罚时可以打开。",
    "start_capital": "之后加入班级的学员得到的虚拟资金。",
    "shop_deposit": "开店时缴纳；不足一半时不能发布新商品，罚款从这里扣。",
    "platform_fee_bp": "没有单独设置类目费率时，交易成功按此比例收取。",
    "live_fee_bp": "直播间成交的订单另外收取的比例。",
    "tech_fee_bp": "每笔结算金额另外收取的比例，退款不退回。",
    "points_bp": "确认收货后按商品实付返给买家的积分（1 积分抵 1 分），由平台承担；填 0 就不返。",
    "return_freight": "买家寄回商品时付的运费；卖家的原因由卖家承担，店铺送运费险的由保险赔付，其余买家自付。",
    "insurance_premium": "店铺送运费险时，每笔成交的订单付的保费。",
    "group_virtual": "打开后卖家可以让没凑够人的团也算成团，用来讲解虚构成团为什么违规；成团页会标明。",
    "flash_stacks": "默认秒杀价、拼团价不再享受满减和店铺券；打开后可以叠加，让学员看到叠加亏本的后果。",
    "freight_max_first": "同一家店的商品用了不同运费模板时怎么收；首费取最高：其余模板只收续费，不会比相加更贵。",
    "rule_strictness": "只提醒：发现问题只提示；标准：可以坚持提交并承担模拟处罚；严格：必须改好才能提交。",
    "rule_inspect_hours": "商品上架后过多久被系统巡检。",
    "appeal_hours": "收到处罚后可以申诉的时间。",
    "shop_review_by_instructor": "选“是”时开店申请由你审核，选“否”时系统即时审核。",
    "pay_minutes": "下单后多久不付款就自动取消。",
    "ship_hours": "付款后多久要发货，商品自己承诺更短时以商品为准。",
    "receive_days": "发货后多久自动确认收货，售后处理期间暂停计时。",
    "review_days": "确认收货后多久内可以评价。",
    "after_sale_days": "确认收货后多久内可以申请售后。",
    "seller_answer_hours": "卖家多久不处理售后申请就自动同意。",
    "buyer_return_days": "同意退货后买家多久不寄回就关闭售后。",
    "seller_receive_days": "退货签收后卖家多久不验收就自动退款。",
    "supplier_accept_minutes": "供应商多久接下采购单。",
    "supplier_late_bp": "供应商代发的包裹有多少会晚到 1 到 3 天。",
    "supplier_lost_bp": "供应商代发的包裹有多少会在路上丢失。",
    "supplier_safe_parcels": "每家店最先的几个供应商包裹一定顺利送达，让新手先走通全程。",
    "parcel_lost_bp": "所有包裹（包括店铺自己发的）另外有多少会丢失。",
}

CHOICES: dict[str, dict[int, str]] = {
    "buy_who": {0: "全班学员都可以买", 1: "只有已开店的学员可以买", 2: "暂停购买"},
    "buy_own_shop": {0: "不允许", 1: "允许"},
    "group_virtual": {0: "不允许", 1: "允许（演示用）"},
    "flash_stacks": {0: "不叠加", 1: "可以叠加"},
    "freight_max_first": {0: "运费相加", 1: "首费取最高的一个"},
    "rule_strictness": {0: "只提醒", 1: "标准", 2: "严格"},
    "shop_review_by_instructor": {0: "否", 1: "是"},
}


def choices_of(name: str, low: int, high: int, unit: str) -> dict[int, str]:
    """Return the words of a setting that is chosen rather than typed; empty for a number."""
    if name in CHOICES:
        return CHOICES[name]
    return {0: "否", 1: "是"} if (low, high, unit) == (0, 1, "") else {}

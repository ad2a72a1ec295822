"""What people call the due tasks (到期事务) of the simulations; every kind that a feature handles stands here."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "mall.pay_timeout": "到期未付款，关闭订单",
    "mall.ship_late": "检查是否按时发货",
    "mall.parcel": "包裹到下一站",
    "mall.receive": "自动确认收货",
    "mall.collect_late": "检查包裹是否揽收",
    "mall.review_due": "评价到期，系统默认好评",
    "mall.fast_refund": "未发货极速退款",
    "mall.return_signed": "退货送达卖家",
    "mall.after_sale_reship": "卖家重新发货到期",
    "mall.after_sale_confirm": "买家确认换货、补寄到期",
    "mall.dispute": "平台介入裁决",
    "mall.after_sale_answer": "卖家处理售后到期",
    "mall.after_sale_send_back": "买家寄回到期",
    "mall.after_sale_receive": "卖家确认退货到期",
    "mall.after_sale_give_up": "售后自动关闭",
    "mall.refund_retry": "重新尝试退款",
    "mall.service_idle": "结束闲置的客服会话",
    "mall.rules_daily": "每日检查回复率和纠纷",
    "mall.rule_inspect": "商品巡检",
    "mall.rule_late": "检查延迟发货违规",
    "mall.rule_promotion": "活动价格巡检",
    "mall.shop_review": "规则审核店铺",
    "mall.shop_lift": "解除店铺限制",
    "mall.listing_purge": "清空回收站里的商品",
    "mall.promotion_start": "活动开始",
    "mall.promotion_end": "活动结束",
    "mall.coupon_expiry": "优惠券到期",
    "mall.group_deadline": "拼团到期",
    "supply.accept": "供应商接单",
    "supply.pick": "供应商拣货",
    "supply.ship": "供应商发货",
    "supply.follow": "跟进采购单",
    "supply.cancel_answer": "供应商答复取消",
    "supply.cooperation": "供应商答复合作申请",
    "supply.auto_fetch": "自动抓取订单",
    "supply.sync": "库存同步",
    "supply.stock_send": "供应商发出进货",
    "supply.stock_arrive": "进货到仓",
    "supply.return_answer": "供应商答复退货",
    "supply.return_receive": "供应商收到退货",
    "supply.return_settle": "供应商退款到账",
    "supply.trouble": "包裹丢失或延误",
    "supply.trouble_settle": "承运商赔付",
}


def due_name(kind: str) -> str:
    """Return the name of a kind of due task."""
    return NAMES.get(kind, "到期事务")

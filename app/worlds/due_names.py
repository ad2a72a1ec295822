"""What people call the due tasks of the simulations; features add theirs to the application's names."""

from __future__ import annotations

from flask import current_app

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
    "mall.shop_review": "规则审核店铺",
    "mall.shop_lift": "解除店铺限制",
    "mall.listing_purge": "清空回收站里的商品",
    "mall.promotion_start": "活动开始",
    "mall.promotion_end": "活动结束",
    "mall.coupon_expiry": "优惠券到期",
    "mall.group_deadline": "拼团到期",
    "supply.accept": "供应商接单",
    "supply.ship": "供应商发货",
    "supply.follow": "跟进采购单",
}


def due_name(kind: str) -> str:
    """Return the name of a kind of due task."""
    added: dict[str, str] = current_app.extensions.get("due_names", {})
    return added.get(kind) or NAMES.get(kind) or "到期事务"

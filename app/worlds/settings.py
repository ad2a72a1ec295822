"""Settings of a world: what a teacher may change, with defaults and bounds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts.models import Scope
from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.worlds.clock import lock_controlled
from app.worlds.models import World


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its Chinese name, default, bounds and unit."""

    label: str
    default: int
    low: int
    high: int
    unit: str


SETTINGS: dict[str, Setting] = {
    "start_capital": Setting("虚拟启动资金", 10_000_000, 0, 10**10, "分"),
    "shop_deposit": Setting("店铺保证金", 100_000, 0, 10**8, "分"),
    "platform_fee_bp": Setting("平台服务费", 500, 0, 5_000, "万分之一"),
    "live_fee_bp": Setting("直播服务费", 0, 0, 2_000, "万分之一"),
    "tech_fee_bp": Setting("支付技术服务费", 0, 0, 500, "万分之一"),
    "points_bp": Setting("购物返积分", 100, 0, 1_000, "万分之一"),
    "return_freight": Setting("退货寄回运费", 1_000, 0, 100_000, "分"),
    "insurance_premium": Setting("运费险保费（每单）", 80, 0, 10_000, "分"),
    "flash_stacks": Setting("秒杀、拼团叠加满减和店铺券", 0, 0, 1, ""),
    "group_virtual": Setting("允许虚拟成团", 0, 0, 1, ""),
    "freight_max_first": Setting("多个运费模板的商品一起下单", 0, 0, 1, ""),
    "pay_minutes": Setting("付款时限", 30, 1, 10_080, "分钟"),
    "pay_minutes_fast": Setting("付款时限：直播、秒杀", 15, 1, 10_080, "分钟"),
    "ship_hours": Setting("发货时限", 48, 1, 720, "小时"),
    "receive_days": Setting("自动确认收货", 10, 1, 60, "天"),
    "extend_days": Setting("延长收货", 3, 1, 30, "天"),
    "after_sale_days": Setting("售后期", 7, 0, 60, "天"),
    "quality_days": Setting("质量问题售后期", 15, 0, 90, "天"),
    "fast_refund": Setting("未发货整件极速退款（1 是，0 否）", 1, 0, 1, ""),
    "seller_answer_hours": Setting("卖家处理售后时限", 48, 1, 720, "小时"),
    "buyer_answer_days": Setting("买家回应拒绝时限", 3, 1, 60, "天"),
    "buyer_return_days": Setting("买家寄回时限", 7, 1, 60, "天"),
    "seller_receive_days": Setting("卖家确认退货时限", 7, 1, 60, "天"),
    "seller_reship_days": Setting("卖家重新发货时限", 7, 1, 60, "天"),
    "evidence_hours": Setting("平台介入举证时限", 48, 1, 720, "小时"),
    "dispute_by_instructor": Setting("举证期后等讲师裁决（1 是，0 否）", 0, 0, 1, ""),
    "parcel_lost_bp": Setting("包裹丢失概率", 0, 0, 2_000, "万分之一"),
    "review_days": Setting("评价时限", 15, 1, 60, "天"),
    "supplier_accept_minutes": Setting("供应商接单", 10, 1, 1_440, "分钟"),
    "supplier_late_bp": Setting("供应商包裹延误概率", 300, 0, 5_000, "万分之一"),
    "supplier_lost_bp": Setting("供应商包裹丢失概率", 50, 0, 2_000, "万分之一"),
    "supplier_safe_parcels": Setting("每店最先几个供应商包裹不出异常", 10, 0, 1_000, "个"),
    "buy_who": Setting("谁可以买", 0, 0, 2, ""),
    "buy_own_shop": Setting("买自己店铺的商品", 0, 0, 1, ""),
    "rule_strictness": Setting("规则力度", 1, 0, 2, ""),
    "rule_inspect_hours": Setting("商品巡检时限", 2, 0, 72, "小时"),
    "appeal_hours": Setting("违规申诉时限", 48, 1, 720, "小时"),
    "shop_review_hours": Setting("店铺规则审核用时（0 为即时）", 0, 0, 168, "小时"),
    "shop_close_days": Setting("注销前的歇业公示期", 30, 0, 90, "天"),
    "recycle_days": Setting("回收站保留", 30, 1, 365, "天"),
    "live_keep_days": Setting("直播录像保留", 180, 1, 3_650, "天"),
    "shop_review_by_instructor": Setting("店铺由讲师审核（1 是，0 否）", 0, 0, 1, ""),
}


def create_world(scope: Scope, sim_start: datetime, *, seed: str | None = None, rate: int = 1) -> World:
    """Create the world of a scope inside the open unit of work; simulated time starts at ``sim_start``."""
    world = World(
        scope_id=scope.id,
        seed=seed or secrets.token_hex(16),
        sim_base=sim_start,
        wall_base=wall.now(),
        rate=rate,
        settings={},
    )
    db.session.add(world)
    db.session.flush()
    return world


def setting(world: World, name: str) -> int:
    """Return the value of one setting for this world."""
    value: Any = world.settings.get(name)
    return SETTINGS[name].default if value is None else int(value)


def change_setting(actor: Actor, world_id: int, name: str, value: int) -> None:
    """Change one setting. Raises InvalidInput outside its bounds."""
    rule = SETTINGS.get(name)
    if rule is None:
        raise InvalidInput("没有这个设置项。", field="name")
    if not rule.low <= value <= rule.high:
        raise InvalidInput(f"“{rule.label}”应在 {rule.low} 到 {rule.high} {rule.unit}之间。", field=name)
    world = lock_controlled(actor, world_id)
    before = setting(world, name)
    world.settings = {**world.settings, name: value}
    audit.record(
        actor,
        "world.setting_changed",
        f"world:{world.id}",
        {"name": name, "before": before, "after": value},
        scope_id=world.scope_id,
    )

"""Coupons and activities for tests, made through the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core.actor import Actor
from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall.domain.promotion_flow import CouponChannel, PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.promotions import Coupon, CouponTemplate, Promotion
from sim_mall.services import coupons, promotions
from sim_mall.services.promotions import ItemDraft, PromotionDraft
from tests.factories import mall


def issue(actor: Actor, *, platform: bool = False, **changes: Any) -> CouponTemplate:
    """Issue a coupon: 5.00 off without a threshold, for a week, unless changed."""
    now = sim_now(actor.world())
    facts: dict[str, Any] = {
        "name": "测试券",
        "threshold": 0,
        "total": 100,
        "starts_at": now,
        "ends_at": now + timedelta(days=7),
        **({} if "bp" in changes else {"off": 500}),
        **changes,
    }
    with unit_of_work():
        return coupons.create_template(actor, coupons.CouponDraft(**facts), mall.key(), platform=platform)


def claim(actor: Actor, template: CouponTemplate, channel: CouponChannel = CouponChannel.CENTRE) -> Coupon:
    """Claim one."""
    with unit_of_work():
        return coupons.claim(actor, template.id, mall.key(), channel=channel, room_id=template.room_id)


def start(
    actor: Actor, kind: PromotionKind, rule: Rule, *items: ItemDraft, hours: int = 24, name: str = "测试活动"
) -> Promotion:
    """Publish an activity that runs from now on; without items it covers the whole shop."""
    now = sim_now(actor.world())
    draft = PromotionDraft(kind, name, now, now + timedelta(hours=hours), rule, not items, tuple(items))
    with unit_of_work():
        promotion = promotions.create_promotion(actor, draft, mall.key())
        return promotions.publish(actor, promotion.id)

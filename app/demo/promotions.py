"""Promotion in the demo market: a running discount, tiers, a flash sale, a group, coupons of shop and platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.core.actor import Actor
from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall.domain.pricing.terms import Tier
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.promotions import CouponTemplate
from sim_mall.open_platform import ListingInfo, SkuInfo
from sim_mall.services import coupons, promotion_goods, promotions
from sim_mall.services.promotions import ItemDraft, PromotionDraft

K = PromotionKind


def _dearest(listings: Sequence[ListingInfo]) -> list[tuple[ListingInfo, SkuInfo]]:
    """Return one SKU in stock of each listing, the dearest first."""
    found = [(listing, sku) for listing in listings for sku in listing.skus[:1] if sku.saleable >= 5]
    return sorted(found, key=lambda pair: (-pair[1].price, pair[0].id))


def decorate(seller: Actor, listings: Sequence[ListingInfo]) -> None:
    """Let a shop of the demo run one activity of most kinds, and know its costs."""
    goods = _dearest(listings)
    if len(goods) < 4:
        return
    now = sim_now(seller.world())

    def start(kind: PromotionKind, name: str, rule: Rule, *items: ItemDraft) -> None:
        draft = PromotionDraft(kind, name, now, now + timedelta(days=14), rule, not items, items)
        made = promotions.create_promotion(seller, draft, f"demo-{kind}-{seller.account_id}")
        promotions.publish(seller, made.id)

    with unit_of_work():
        shop_id = goods[0][0].shop_id
        promotion_goods.set_costs(seller, shop_id, {sku.id: sku.price * 6 // 10 for _, sku in goods})
        (a, one), (b, two), (c, three), (d, four) = goods[:4]
        start(K.FULL, "满百立减", Rule(tiers=(Tier(10_000, off=1_000), Tier(20_000, off=2_500))))
        start(K.LIMITED, "开学季特惠", Rule(bp=8_800), ItemDraft(a.id, one.id), ItemDraft(d.id, four.id))
        start(K.MEMBER, "老友价", Rule(bp=9_500), ItemDraft(c.id, three.id))
        flash = ItemDraft(b.id, two.id, two.price * 7 // 10, stock=min(two.saleable, 20))
        start(K.FLASH, "整点秒杀", Rule(per_user=2, per_order=2), flash)
        start(K.GROUP, "两人成团", Rule(size=2), ItemDraft(c.id, three.id, three.price * 8 // 10))
        draft = PromotionDraft(
            K.MULTI, "两件九折（草稿）", now, now + timedelta(days=7), Rule(min_qty=2, bp=9_000), True
        )
        promotions.create_promotion(seller, draft, f"demo-multi-{seller.account_id}")
        end = now + timedelta(days=14)
        five = coupons.CouponDraft("新客券", 2_000, 200, now, end, off=500)
        tenth = coupons.CouponDraft("九折券", 5_000, 50, now, end, bp=9_000, cap=3_000)
        coupons.create_template(seller, five, f"demo-five-{seller.account_id}")
        coupons.create_template(seller, tenth, f"demo-tenth-{seller.account_id}")


def welcome(teacher: Actor) -> CouponTemplate:
    """Issue the platform coupon of the class."""
    now = sim_now(teacher.world())
    draft = coupons.CouponDraft(
        name="开班平台券", threshold=3_000, total=500, off=300, starts_at=now, ends_at=now + timedelta(days=14)
    )
    with unit_of_work():
        return coupons.create_template(teacher, draft, "demo-welcome", platform=True)


def claim(buyer: Actor, template: CouponTemplate) -> None:
    """Let a buyer hold the platform coupon."""
    with unit_of_work():
        coupons.claim(buyer, template.id, f"demo-claim-{buyer.account_id}")

"""Before publishing (发布前检查): which activities meet on the same goods, and how low a price can fall, in numbers.

For each SKU of an activity a cart of this SKU alone is priced, with everything that can run at the same time
and the best single coupon of the shop, at the quantities where something begins to count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from app.core.money import half_up, part, plain_yuan
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall.domain.pricing.engine import quote
from sim_mall.domain.pricing.terms import Cart, CartLine, Quote
from sim_mall.domain.pricing.terms import Coupon as CouponTerms
from sim_mall.domain.promotion_flow import (
    KIND_NAMES,
    CouponScope,
    PromotionKind,
    PromotionState,
    TemplateState,
)
from sim_mall.domain.promotion_rules import PRICED_AT_WILL, discount_text, from_json
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.promotions import CouponTemplate, Promotion, SkuCost
from sim_mall.services import price_honesty
from sim_mall.services.coupons import words
from sim_mall.services.offers import GroupChoice, OfferLine, rules_of

MOST_SKUS = 40
MOST_UNITS = 30
DEEP_BP = 5_000  # without a known cost, half the usual price is worth a warning
K = PromotionKind
ITEM_KINDS = (K.FLASH, K.GROUP, K.LIMITED, K.MEMBER)


@dataclass(frozen=True, slots=True)
class CheckedSku:
    """What an activity makes of one SKU. Fen a unit; quantity: at which ``lowest`` is reached, with ``stack``."""

    name: str
    usual: int
    lowest: int
    quantity: int
    stack: tuple[str, ...]
    cost: int | None
    gain: int | None

    @property
    def loses(self) -> bool:
        return self.gain is not None and self.gain < 0


@dataclass(frozen=True, slots=True)
class Review:
    """The result: rows, the lowest gain first, and what the seller should read before publishing."""

    rows: tuple[CheckedSku, ...]
    losses: tuple[str, ...]
    conflicts: tuple[str, ...]
    dishonest: tuple[str, ...] = ()

    @property
    def warns(self) -> bool:
        return bool(self.losses or self.conflicts or self.dishonest)


def costs(sku_ids: Sequence[int]) -> dict[int, int]:
    """Return the known costs (fen) of SKUs."""
    rows = db.session.execute(sa.select(SkuCost.sku_id, SkuCost.cost).where(SkuCost.sku_id.in_(list(sku_ids))))
    return {row[0]: row[1] for row in rows}


def _meeting(shop_id: int, starts_at: datetime, ends_at: datetime, besides: int = 0) -> list[Promotion]:
    query = (
        sa.select(Promotion)
        .options(orm.selectinload(Promotion.items))
        .where(
            Promotion.shop_id == shop_id,
            Promotion.state.in_((PromotionState.SCHEDULED, PromotionState.RUNNING)),
            Promotion.starts_at < ends_at,
            Promotion.ends_at > starts_at,
            Promotion.id != besides,
        )
        .order_by(Promotion.id)
    )
    return list(db.session.scalars(query))


def _templates(shop_id: int, starts_at: datetime, ends_at: datetime) -> list[CouponTemplate]:
    query = sa.select(CouponTemplate).where(
        CouponTemplate.shop_id == shop_id,
        CouponTemplate.state == TemplateState.ACTIVE,
        CouponTemplate.starts_at < ends_at,
        CouponTemplate.ends_at > starts_at,
    )
    return list(db.session.scalars(query.order_by(CouponTemplate.id)))


def _skus(shop_id: int, promotion: Promotion | None) -> list[Sku]:
    query = (
        sa.select(Sku)
        .join(Listing, Listing.id == Sku.listing_id)
        .options(orm.joinedload(Sku.listing).joinedload(Listing.category))
        .where(Listing.shop_id == shop_id, Listing.listed_at.is_not(None), Sku.removed.is_(False))
        .order_by(Listing.sold.desc(), Sku.id)
        .limit(MOST_SKUS)
    )
    if promotion is not None and not promotion.whole_shop:
        skus = [item.sku_id for item in promotion.items if item.sku_id is not None]
        whole = [item.listing_id for item in promotion.items if item.sku_id is None]
        query = query.where(sa.or_(Sku.id.in_(skus), Listing.id.in_(whole)))
    return list(db.session.scalars(query))


def review(promotion: Promotion) -> Review:
    """Return what publishing this activity would mean."""
    others = _meeting(promotion.shop_id, promotion.starts_at, promotion.ends_at, promotion.id)
    templates = _templates(promotion.shop_id, promotion.starts_at, promotion.ends_at)
    skus = _skus(promotion.shop_id, promotion)
    rows, losses = _rows(promotion.world_id, skus, [*others, promotion], templates)
    moment = max(sim_now(promotion.world_id), promotion.starts_at)
    dishonest = tuple(f"{one.text}。" for one in price_honesty.raised(promotion, moment))
    return Review(rows, losses, tuple(_conflicts(promotion, others, skus)), dishonest)


def review_coupon(world_id: int, shop_id: int, template: CouponTemplate) -> Review:
    """Return what issuing a coupon (not stored) would mean for the shop's goods."""
    others = _meeting(shop_id, template.starts_at, template.ends_at)
    skus = _skus(shop_id, None)
    if template.scope is CouponScope.LISTING:
        skus = [sku for sku in skus if sku.listing_id in {int(x) for x in template.scope_ids}]
    templates = [*_templates(shop_id, template.starts_at, template.ends_at), template]
    rows, losses = _rows(world_id, skus, others, templates)
    return Review(rows, losses, ())


def _rows(
    world_id: int, skus: Sequence[Sku], promotions: Sequence[Promotion], templates: Sequence[CouponTemplate]
) -> tuple[tuple[CheckedSku, ...], tuple[str, ...]]:
    known = costs([sku.id for sku in skus])
    fee_bp = setting(get_world(world_id), "platform_fee_bp")
    rows = [_row(sku, promotions, templates, known.get(sku.id), fee_bp) for sku in skus]
    rows.sort(key=lambda row: (row.gain is None, row.gain if row.gain is not None else row.lowest - row.usual))
    return tuple(rows), tuple(text for row in rows if (text := _loss_text(row)))


def _row(
    sku: Sku, promotions: Sequence[Promotion], templates: Sequence[CouponTemplate], cost: int | None, fee_bp: int
) -> CheckedSku:
    best: tuple[int, int, Quote] | None = None
    for quantity in _quantities(sku, promotions, templates):
        for found in _quotes(sku, quantity, promotions, templates):
            unit = half_up(found.goods_payable, quantity)
            if best is None or unit < best[0]:
                best = (unit, quantity, found)
    unit, quantity, found = best or (sku.price, 1, quote(Cart((CartLine(0, 0, sku.price, 1),))))
    stack = tuple(dict.fromkeys(step.name for step in found.lines[0].steps))
    gain = None if cost is None else unit - part(unit, fee_bp) - cost
    name = f"{sku.listing.title}（{sku.spec}）" if sku.spec else sku.listing.title
    return CheckedSku(name, sku.price, unit, quantity, stack, cost, gain)


def _quantities(sku: Sku, promotions: Sequence[Promotion], templates: Sequence[CouponTemplate]) -> list[int]:
    """Return the numbers of units at which something begins to count."""
    found = {1}
    for promotion in promotions:
        rule = from_json(promotion.rule)
        found.add(max(rule.min_qty, 1))
        found.update(-(-tier.threshold // sku.price) for tier in rule.tiers)
    found.update(-(-template.threshold // sku.price) for template in templates)
    return sorted(number for number in found if 1 <= number <= MOST_UNITS) or [1]


def _quotes(
    sku: Sku, quantity: int, promotions: Sequence[Promotion], templates: Sequence[CouponTemplate]
) -> list[Quote]:
    """Price the cart alone and in each group, without a coupon and with each one."""
    line = OfferLine(0, sku.listing.shop_id, sku.listing_id, sku.id, quantity, sku.price)
    choices: list[GroupChoice | None] = [None]
    choices += [GroupChoice(promotion.id) for promotion in promotions if promotion.kind is K.GROUP]
    fitting = [template for template in templates if _fits(template, sku)]
    found = []
    for choice in choices:
        with _as_if_open(promotions):
            offers = rules_of(promotions, [line], group=choice, member_of=frozenset([line.shop_id]))
        cart = Cart(
            (CartLine(0, line.shop_id, sku.price, quantity),),
            tuple(offers.item_prices),
            multi_buys=tuple(offers.multi_buys),
            full_reductions=tuple(offers.full_reductions),
            stacking=bool(setting(get_world(sku.world_id), "flash_stacks")),
        )
        found.append(quote(cart))
        for template in fitting:
            terms = CouponTerms(
                "coupon", line.shop_id, None, template.threshold, template.off, template.bp, template.cap,
                f"{template.name}（{words(template)}）",
            )  # fmt: skip
            found.append(quote(replace(cart, shop_coupons=(terms,))))
    return found


def _fits(template: CouponTemplate, sku: Sku) -> bool:
    if template.scope is CouponScope.LISTING:
        return sku.listing_id in {int(x) for x in template.scope_ids}
    if template.scope is CouponScope.CATEGORY:
        l1, l2 = sku.listing.category.l1, sku.listing.category.l2
        return bool({(l1, l2), (l1, "")} & {tuple(pair) for pair in template.scope_ids})
    return True


class _as_if_open:  # noqa: N801 - reads as a word
    """Let flash sales that have not begun offer their stock while a price is tried."""

    def __init__(self, promotions: Sequence[Promotion]) -> None:
        self.items = [item for x in promotions if x.kind is K.FLASH for item in x.items if not item.stock]

    def __enter__(self) -> None:
        for item in self.items:
            orm.attributes.set_committed_value(item, "stock", item.offered)

    def __exit__(self, *error: object) -> None:
        for item in self.items:
            orm.attributes.set_committed_value(item, "stock", 0)


def _loss_text(row: CheckedSku) -> str:
    stack = "、".join(f"“{name}”" for name in row.stack) or "现在的价格"
    many = f"买 {row.quantity} 件时，" if row.quantity > 1 else ""
    if row.gain is not None and row.cost is not None:
        if row.gain >= 0:
            return ""
        return (
            f"“{row.name}”{many}叠加{stack}后每件 {plain_yuan(row.lowest)} 元，成本 {plain_yuan(row.cost)} 元，"
            f"扣平台服务费后每件亏 {plain_yuan(-row.gain)} 元。"
        )
    if row.lowest * 10_000 < row.usual * DEEP_BP:
        rate = discount_text(max(row.lowest * 10_000 // row.usual, 1))
        return (
            f"“{row.name}”{many}叠加{stack}后每件 {plain_yuan(row.lowest)} 元，"
            f"只有原价 {plain_yuan(row.usual)} 元的 {rate}；还没有填写成本价，无法判断是否亏本。"
        )
    return ""


def _conflicts(promotion: Promotion, others: Sequence[Promotion], skus: Sequence[Sku]) -> list[str]:
    """Return in words where this activity meets others on the same goods."""
    mine = {sku.id: sku for sku in skus}
    found = []
    for other in others:
        shared = [sku for sku in mine.values() if _covers(other, sku)]
        if not shared:
            continue
        goods = f"“{shared[0].listing.title}”" + (f"等 {len(shared)} 个规格" if len(shared) > 1 else "")
        pair = {promotion.kind, other.kind}
        name = f"“{other.name}”（{KIND_NAMES[other.kind]}）"
        if pair <= set(ITEM_KINDS):
            if pair <= set(PRICED_AT_WILL):
                found.append(f"{goods}同时参加{name}：两个活动价不叠加，买家按低的那个付款。")
            else:
                found.append(f"{goods}同时参加{name}：一件商品只有一个活动价，秒杀先于拼团，拼团先于限时折扣和会员价。")
        elif pair == {K.FULL}:
            found.append(f"{goods}同时参加{name}：一件商品只参加先创建的那个满减，后面的不生效。")
        elif pair & {K.FLASH, K.GROUP} and pair & {K.FULL, K.MULTI, K.BUNDLE}:
            found.append(f"{goods}同时参加{name}：按秒杀价或拼团价买的商品不再享受多件折扣、套餐和满减。")
        elif pair == {K.MULTI}:
            found.append(f"{goods}同时参加{name}：两个多件折扣会折上折。")
    return found


def _covers(promotion: Promotion, sku: Sku) -> bool:
    if promotion.kind is K.FREIGHT:
        return False
    if promotion.whole_shop:
        return True
    return any(
        item.sku_id == sku.id or (item.sku_id is None and item.listing_id == sku.listing_id) for item in promotion.items
    )

"""Lists of coupons: of a shop, of the platform, what can be claimed, what somebody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.worlds.clock import sim_now
from sim_mall.domain.promotion_flow import CouponChannel, CouponState, TemplateState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.models.promotions import Coupon, CouponClaim, CouponTemplate
from sim_mall.models.shops import Shop


@dataclass(frozen=True, slots=True)
class Offer:
    """A coupon that can be claimed now. mine: how many the actor has had; left: how many there still are."""

    template: CouponTemplate
    shop: Shop | None
    mine: int

    @property
    def left(self) -> int:
        return self.template.total - self.template.claimed

    @property
    def may_claim(self) -> bool:
        return self.left > 0 and self.mine < self.template.per_user


def shop_templates(shop_id: int) -> sa.Select[CouponTemplate]:
    """Return the query of a shop's coupons, newest first."""
    return sa.select(CouponTemplate).where(CouponTemplate.shop_id == shop_id).order_by(CouponTemplate.id.desc())


def platform_templates(world_id: int) -> sa.Select[CouponTemplate]:
    """Return the query of the platform's coupons in a world, newest first."""
    query = sa.select(CouponTemplate).where(CouponTemplate.world_id == world_id, CouponTemplate.shop_id.is_(None))
    return query.order_by(CouponTemplate.id.desc())


def used_counts(ids: Sequence[int]) -> dict[int, int]:
    """Return how many coupons of each template were used."""
    query = (
        sa.select(Coupon.template_id, sa.func.count())
        .where(Coupon.template_id.in_(list(ids)), Coupon.state == CouponState.USED)
        .group_by(Coupon.template_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def claimable(actor: Actor, shop_id: int | None = None, *, with_platform: bool = True, limit: int = 60) -> list[Offer]:
    """Return what anybody can claim now, with what the actor has had; shop_id: of this shop (and the platform)."""
    now = sim_now(actor.world())
    query = (
        sa.select(CouponTemplate, Shop, CouponClaim.count)
        .outerjoin(Shop, Shop.id == CouponTemplate.shop_id)
        .outerjoin(
            CouponClaim,
            sa.and_(CouponClaim.template_id == CouponTemplate.id, CouponClaim.account_id == actor.account_id),
        )
        .where(
            CouponTemplate.world_id == actor.world(),
            CouponTemplate.state == TemplateState.ACTIVE,
            CouponTemplate.channel == CouponChannel.CENTRE,
            CouponTemplate.starts_at <= now,
            CouponTemplate.ends_at > now,
            sa.or_(Shop.id.is_(None), Shop.state == ShopState.OPEN),
        )
        .order_by(CouponTemplate.shop_id.is_not(None), CouponTemplate.id.desc())
        .limit(limit)
    )
    if shop_id is not None:
        own = CouponTemplate.shop_id == shop_id
        query = query.where(sa.or_(own, CouponTemplate.shop_id.is_(None)) if with_platform else own)
    return [Offer(row[0], row[1], row[2] or 0) for row in db.session.execute(query)]


def wallet(actor: Actor, state: CouponState) -> sa.Select[Coupon]:
    """Return the query of the actor's coupons in a state, the first to expire first."""
    return (
        sa.select(Coupon)
        .options(orm.joinedload(Coupon.template))
        .where(Coupon.world_id == actor.world(), Coupon.account_id == actor.person(), Coupon.state == state)
        .order_by(Coupon.valid_until, Coupon.id)
    )


def wallet_counts(actor: Actor) -> dict[str, int]:
    """Return how many coupons the actor has in each state."""
    query = (
        sa.select(Coupon.state, sa.func.count())
        .where(Coupon.world_id == actor.world(), Coupon.account_id == actor.person())
        .group_by(Coupon.state)
    )
    return {str(row[0]): row[1] for row in db.session.execute(query)}


def shops_of(templates: Sequence[CouponTemplate]) -> dict[int, Shop]:
    """Return the shops of coupons by id."""
    ids = {template.shop_id for template in templates if template.shop_id is not None}
    return {shop.id: shop for shop in db.session.scalars(sa.select(Shop).where(Shop.id.in_(sorted(ids))))}

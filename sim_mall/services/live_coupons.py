"""Coupons of live rooms (直播间优惠券): issued for one room, given there only."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.worlds.clock import sim_now
from sim_mall.data import LiveCoupon
from sim_mall.domain.promotion_flow import CouponChannel, TemplateState
from sim_mall.models.promotions import CouponTemplate
from sim_mall.services import coupons
from sim_mall.services.coupons import CouponDraft


def create_live_coupon(actor: Actor, room_id: int, draft: CouponDraft, key: str) -> LiveCoupon:
    """Issue a coupon of the shop that the actor works in, to be given in one live room only.

    Raises InvalidInput naming the field. The same key returns the first one.
    """
    found = replace(draft, channel=CouponChannel.LIVE, room_id=room_id)
    return _live_coupon(coupons.create_template(actor, found, key))


def live_coupons(world_id: int, room_id: int) -> list[LiveCoupon]:
    """Return the coupons of a live room, oldest first."""
    query = sa.select(CouponTemplate).where(CouponTemplate.world_id == world_id, CouponTemplate.room_id == room_id)
    return [_live_coupon(row) for row in db.session.scalars(query.order_by(CouponTemplate.id))]


def claim_live_coupon(actor: Actor, room_id: int, coupon_id: int, key: str) -> LiveCoupon:
    """Let a viewer take one. Raises Refused (coupon_gone, coupon_had, coupon_over), NotFound for another room's."""
    coupon = coupons.claim(actor, coupon_id, key, channel=CouponChannel.LIVE, room_id=room_id)
    return _live_coupon(coupons.get_template(actor, coupon.template_id))


def stop_live_coupon(actor: Actor, coupon_id: int) -> LiveCoupon:
    """Stop giving a coupon; those that viewers have stay good."""
    return _live_coupon(coupons.stop_template(actor, coupon_id))


def _live_coupon(row: CouponTemplate) -> LiveCoupon:
    given = row.state == TemplateState.ACTIVE and row.claimed < row.total and sim_now(row.world_id) < row.ends_at
    return LiveCoupon(row.id, row.name, coupons.words(row), row.total, row.claimed, row.per_user, row.ends_at, given)

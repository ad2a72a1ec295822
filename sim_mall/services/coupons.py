"""Coupons (优惠券): templates of shops and of the platform, claims, and what an order does with a coupon.

A claim is two guarded counters (of the template, of the person); an order takes a coupon by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import add_missing, db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall import access
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.promotion_flow import (
    COUPON_FLOW,
    TEMPLATE_FLOW,
    CouponChannel,
    CouponScope,
    CouponState,
    TemplateState,
)
from sim_mall.domain.promotion_rules import LONGEST, MAX_AMOUNT, coupon_text
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing
from sim_mall.models.promotions import Coupon, CouponClaim, CouponTemplate, LineDiscount
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services.notices import note
from sim_mall.services.shops import system_of

EXPIRY = "mall.coupon_expiry"
MAX_TOTAL = 100_000


@dataclass(frozen=True, slots=True)
class CouponDraft:
    """A coupon to be issued. off: fen, or bp with an optional cap; days: valid so long after the claim."""

    name: str
    threshold: int
    total: int
    starts_at: datetime
    ends_at: datetime
    off: int | None = None
    bp: int | None = None
    cap: int | None = None
    per_user: int = 1
    days: int | None = None
    scope: CouponScope = CouponScope.ALL
    scope_ids: tuple[Any, ...] = field(default_factory=tuple)
    channel: CouponChannel = CouponChannel.CENTRE
    room_id: int | None = None


def words(template: CouponTemplate) -> str:
    """Return what a coupon does, such as 满100减10."""
    return coupon_text(template.threshold, template.off, template.bp, template.cap)


def _check(draft: CouponDraft, now: datetime) -> None:
    """Raise InvalidInput for the first thing that is wrong, naming its field."""
    off, bp, cap = draft.off, draft.bp, draft.cap
    rules = (
        (2 <= len(draft.name) <= 20, "name", "优惠券名称应为 2 到 20 个字。"),
        ((off is None) != (bp is None), "off", "请填写减多少元，或打几折，两者选一个。"),
        (0 <= draft.threshold <= MAX_AMOUNT, "threshold", "使用门槛不能小于 0。"),
        (off is None or 1 <= off <= MAX_AMOUNT, "off", "面额应至少 0.01 元。"),
        (
            off is None or not draft.threshold or off < draft.threshold,
            "off",
            "面额要小于使用门槛；不设门槛请把门槛填 0。",
        ),
        (bp is None or 100 <= bp <= 9990, "bp", "请填写 0.1 到 9.99 之间的折扣，例如 8.8。"),
        (cap is None or (bp is not None and 1 <= cap <= MAX_AMOUNT), "cap", "最多减多少元只用于折扣券，至少 0.01 元。"),
        (1 <= draft.total <= MAX_TOTAL, "total", f"发放数量应在 1 到 {MAX_TOTAL} 张之间。"),
        (1 <= draft.per_user <= 100, "per_user", "每人限领应在 1 到 100 张之间。"),
        (draft.days is None or 1 <= draft.days <= 180, "days", "领取后有效天数应在 1 到 180 天之间。"),
        (draft.ends_at > draft.starts_at, "ends_at", "结束时间要晚于开始时间。"),
        (draft.ends_at > now, "ends_at", "结束时间已经过去，请往后调整。"),
        (draft.ends_at - draft.starts_at <= LONGEST, "ends_at", "发放时间最长 180 天，请缩短。"),
        (draft.scope is CouponScope.ALL or draft.scope_ids, "scope", "请选择优惠券适用的商品或类目。"),
    )
    for fits, field_name, text in rules:
        if not fits:
            raise InvalidInput(text, field=field_name)


def _check_scope(draft: CouponDraft, world_id: int, shop: Shop | None) -> None:
    if draft.scope is not CouponScope.LISTING:
        return
    query = (
        sa.select(sa.func.count())
        .select_from(Listing)
        .where(Listing.world_id == world_id, Listing.id.in_([int(x) for x in draft.scope_ids]))
    )
    if shop is not None:
        query = query.where(Listing.shop_id == shop.id)
    if db.session.scalar(query) != len(set(draft.scope_ids)):
        raise InvalidInput("选中的商品里有不属于本店的，请重新选择。", field="scope")


def _template(world_id: int, shop: Shop | None, draft: CouponDraft, now: datetime) -> CouponTemplate:
    return CouponTemplate(
        state=TemplateState.ACTIVE,
        world_id=world_id,
        shop_id=shop.id if shop else None,
        name=draft.name,
        channel=draft.channel,
        room_id=draft.room_id,
        off=draft.off,
        bp=draft.bp,
        cap=draft.cap,
        threshold=draft.threshold,
        scope=draft.scope,
        scope_ids=list(draft.scope_ids),
        total=draft.total,
        claimed=0,
        per_user=draft.per_user,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        days=draft.days,
        created_at=now,
    )


def preview(shop: Shop, draft: CouponDraft) -> CouponTemplate:
    """Return what a draft would issue, unstored, for the check before. Raises InvalidInput."""
    now = sim_now(shop.world_id)
    _check(draft, now)
    _check_scope(draft, shop.world_id, shop)
    return _template(shop.world_id, shop, draft, now)


def create_template(actor: Actor, draft: CouponDraft, key: str, *, platform: bool = False) -> CouponTemplate:
    """Issue a coupon of the own shop, or of the platform (the instructor).

    Raises InvalidInput naming the field. The same key returns the first one.
    """
    if platform:
        actor.require(Permission.MALL_SHOP_REVIEW)
        shop = None
    else:
        shop = access.shop_of(actor, ShopPower.PROMOTE)
    world_id = actor.world()
    now = sim_now(world_id)
    _check(draft, now)
    _check_scope(draft, world_id, shop)
    body = [platform, draft.name, draft.off, draft.bp, draft.cap, draft.threshold, draft.total, draft.per_user]
    body += [draft.starts_at, draft.ends_at, draft.days, draft.scope, list(draft.scope_ids), draft.channel]

    def carry_out() -> int:
        template = _template(world_id, shop, draft, now)
        db.session.add(template)
        db.session.flush()
        facts = {"name": draft.name, "what": words(template), "total": draft.total, "shop": template.shop_id}
        note(actor, world_id, "coupon.issued", f"coupon_template:{template.id}", facts)
        return template.id

    return db.session.get_one(CouponTemplate, once(actor, key, "coupon.issue", body, carry_out))


def get_template(actor: Actor, template_id: int) -> CouponTemplate:
    """Return a template of the actor's world. Raises NotFound."""
    query = sa.select(CouponTemplate).where(CouponTemplate.id == template_id, CouponTemplate.world_id == actor.world())
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    return found


def get_managed_template(actor: Actor, template_id: int) -> CouponTemplate:
    """Return a template of the shop that the actor works in, or of the platform for the instructor."""
    template = get_template(actor, template_id)
    if template.shop_id is None:
        if not actor.may(Permission.MALL_SHOP_REVIEW):
            raise NotFound
        return template
    access.get_sellers_shop(actor, template.shop_id, ShopPower.PROMOTE)
    return template


def stop_template(actor: Actor, template_id: int) -> CouponTemplate:
    """Stop giving a coupon; those that buyers have stay good."""
    template = get_managed_template(actor, template_id)
    fire(TEMPLATE_FLOW, template, "stop", actor, sim_at=sim_now(template.world_id))
    note(actor, template.world_id, "coupon.stopped", f"coupon_template:{template.id}")
    return template


def claim(
    actor: Actor,
    template_id: int,
    key: str,
    *,
    channel: CouponChannel = CouponChannel.CENTRE,
    room_id: int | None = None,
) -> Coupon:
    """Take one coupon. Raises Refused when it is not given (any more) or the person has had enough.

    channel: where the claim comes from; a coupon of a live room or of the chat is given there only.
    """
    actor.require(Permission.MALL_BUY)

    def carry_out() -> int:
        return _give(actor, template_id, channel, room_id).id

    found = once(actor, key, "coupon.claim", [template_id, channel, room_id], carry_out)
    return db.session.get_one(Coupon, found)


def _give(actor: Actor, template_id: int, channel: CouponChannel, room_id: int | None) -> Coupon:
    template = get_template(actor, template_id)
    if template.channel != channel or template.room_id != room_id:
        raise NotFound
    if template.shop_id is not None and access.runs(actor, template.shop_id):
        raise Refused("不能领取自己店铺的优惠券。", code="own_coupon")
    now = sim_now(template.world_id)
    if template.state != TemplateState.ACTIVE or now >= template.ends_at:
        raise Refused("这张优惠券已经停止发放。", code="coupon_over")
    if now < template.starts_at:
        raise Refused("这张优惠券还没有开始发放，请稍后再来。", code="coupon_early")
    changed = db.session.execute(
        sa.update(CouponTemplate)
        .where(
            CouponTemplate.id == template.id,
            CouponTemplate.state == TemplateState.ACTIVE,
            CouponTemplate.claimed < CouponTemplate.total,
        )
        .values(claimed=CouponTemplate.claimed + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("来晚了，这张优惠券已经领完。", code="coupon_gone")
    _count_claim(template, actor.person())
    valid_until = template.ends_at if template.days is None else now + timedelta(days=template.days)
    coupon = Coupon(
        state=CouponState.UNUSED,
        template_id=template.id,
        world_id=template.world_id,
        account_id=actor.person(),
        claimed_at=now,
        valid_until=valid_until,
    )
    db.session.add(coupon)
    db.session.flush()
    db.session.expire(template, ["claimed"])
    due.schedule(template.world_id, valid_until, EXPIRY, coupon.id, CouponState.UNUSED)
    return coupon


def _count_claim(template: CouponTemplate, account_id: int) -> None:
    mine = {"template_id": template.id, "account_id": account_id}
    add_missing(CouponClaim, **mine, count=0)
    changed = db.session.execute(
        sa.update(CouponClaim)
        .where(
            CouponClaim.template_id == template.id,
            CouponClaim.account_id == account_id,
            CouponClaim.count < template.per_user,
        )
        .values(count=CouponClaim.count + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused(f"每人限领 {template.per_user} 张，你已经领过了。", code="coupon_had")


def usable(actor: Actor, ids: Sequence[int] | None = None) -> list[Coupon]:
    """Return the actor's coupons that are good now, the first to expire first; ids: only these."""
    now = sim_now(actor.world())
    query = (
        sa.select(Coupon)
        .options(orm.joinedload(Coupon.template))
        .where(
            Coupon.world_id == actor.world(),
            Coupon.account_id == actor.person(),
            Coupon.state == CouponState.UNUSED,
            Coupon.valid_until > now,
        )
        .order_by(Coupon.valid_until, Coupon.id)
        .execution_options(populate_existing=True)
    )
    if ids is not None:
        query = query.where(Coupon.id.in_(list(ids)))
    return list(db.session.scalars(query))


def chosen(actor: Actor, ids: Sequence[int]) -> list[Coupon]:
    """Return own coupons by id. Raises Refused (code coupon_unusable) for one that cannot be used (any more)."""
    found = {coupon.id: coupon for coupon in usable(actor, ids)}
    if len(found) != len(set(ids)) or len(ids) != len(set(ids)):
        raise Refused("选中的优惠券已经用掉、过期或不属于你，请重新选择。", code="coupon_unusable")
    return [found[coupon_id] for coupon_id in ids]


def lock(actor: Actor, coupons: Sequence[Coupon], batch: str) -> None:
    """Take coupons for orders that were just placed, ascending; a second order is refused."""
    for coupon in sorted(coupons, key=lambda row: row.id):
        fire(COUPON_FLOW, coupon, "lock", actor, sim_at=sim_now(coupon.world_id), values={"batch": batch})


def _of_order(order: Order) -> list[Coupon]:
    ids = sa.select(LineDiscount.coupon_id).where(
        LineDiscount.order_id == order.id, LineDiscount.coupon_id.is_not(None)
    )
    query = sa.select(Coupon).where(Coupon.id.in_(ids)).order_by(Coupon.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def order_paid(order: Order) -> None:
    """Mark the coupons of a paid order as used."""
    now = sim_now(order.world_id)
    for coupon in _of_order(order):
        if coupon.state == CouponState.LOCKED:
            fire(COUPON_FLOW, coupon, "use", system_of(order.world_id), sim_at=now, values={"used_at": now})


def order_dropped(order: Order) -> None:
    """Give back the coupons of an order that was never paid, or refunded as a whole before anything was sent.

    A platform coupon that other living orders share stays with them. An expired one does not come back.
    """
    actor, now = system_of(order.world_id), sim_now(order.world_id)
    for coupon in _of_order(order):
        sharers = (
            sa.select(sa.func.count(sa.distinct(LineDiscount.order_id)))
            .join(Order, Order.id == LineDiscount.order_id)
            .where(LineDiscount.coupon_id == coupon.id, Order.id != order.id, Order.state != OrderState.CLOSED)
            .where(Order.batch == coupon.batch)
        )
        if db.session.scalar(sharers) or coupon.batch != order.batch:
            continue
        back = {CouponState.LOCKED: "unlock", CouponState.USED: "give_back"}.get(coupon.state)
        if back is None:
            continue
        if coupon.state == CouponState.USED and now >= coupon.valid_until:
            continue
        fire(COUPON_FLOW, coupon, back, actor, sim_at=now, values={"batch": "", "used_at": None})
        if now >= coupon.valid_until:
            fire(COUPON_FLOW, coupon, "expire", actor, sim_at=now)
        elif back == "give_back":
            due.schedule(coupon.world_id, coupon.valid_until, EXPIRY, coupon.id, CouponState.UNUSED)


def on_expiry(task: DueTask) -> None:
    """Expire a coupon that nobody used; one locked in an order expires when the order gives it back."""
    coupon = db.session.get(Coupon, task.target_id, populate_existing=True)
    if coupon is None or coupon.state != CouponState.UNUSED or sim_now(task.world_id) < coupon.valid_until:
        return
    fire(COUPON_FLOW, coupon, "expire", system_of(task.world_id), sim_at=sim_now(task.world_id))

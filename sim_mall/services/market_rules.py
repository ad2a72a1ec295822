"""Who may buy from whom (买卖限制) and the fee table, as the instructor sets them for a world."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import scopes
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission, Role
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world, lock_controlled
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.models.funds import FeeRate, TradeBlock
from sim_mall.models.goods import Category
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note

ALL_MAY, SHOP_RUNNERS_MAY, NOBODY_MAY = 0, 1, 2
MAX_BP = 5_000


def refuse_purchase(actor: Actor, shop_id: int) -> None:
    """Raise Refused, saying why, when the world's rules do not let the actor buy from this shop."""
    world = get_world(actor.world())
    who = setting(world, "buy_who")
    if who == NOBODY_MAY:
        raise Refused("讲师暂停了本班市场的购买，恢复后再下单。", code="buying_paused")
    if not setting(world, "buy_own_shop") and access.runs(actor, shop_id):
        raise Refused("不能购买自己店铺的商品：自买自卖属于刷单，会被平台处罚。", code="own_goods")
    if who == SHOP_RUNNERS_MAY and not any(one.shop.state in access.VISIBLE for one in access.seats(actor)):
        raise Refused("本班市场现在只有已开店的学员可以购买，请先注册店铺。", code="shop_needed")
    blocked = db.session.scalars(
        sa.select(TradeBlock.reason)
        .where(
            TradeBlock.world_id == world.id,
            TradeBlock.buyer_id.in_((0, actor.person())),
            TradeBlock.shop_id.in_((0, shop_id)),
        )
        .order_by(TradeBlock.id)
        .limit(1)
    ).first()
    if blocked is not None:
        raise Refused(f"讲师限制了这笔购买：{blocked}", code="trade_blocked")


def blocks_of(world_id: int) -> list[TradeBlock]:
    """Return the restrictions of a world, newest first."""
    query = sa.select(TradeBlock).where(TradeBlock.world_id == world_id)
    return list(db.session.scalars(query.order_by(TradeBlock.id.desc())))


def rates_of(world_id: int) -> list[FeeRate]:
    """Return the commissions by category."""
    return list(db.session.scalars(sa.select(FeeRate).where(FeeRate.world_id == world_id).order_by(FeeRate.id)))


def first_categories(world_id: int) -> list[str]:
    """Return the first-level categories of a world."""
    query = sa.select(Category.l1).where(Category.world_id == world_id).distinct().order_by(Category.l1)
    return list(db.session.scalars(query))


def shops_of(world_id: int) -> list[tuple[int, str]]:
    """Return (id, name) of the shops that have opened."""
    query = sa.select(Shop.id, Shop.name).where(Shop.world_id == world_id, Shop.opened_at.is_not(None))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Shop.id))]


def trainees_of(world_id: int) -> list[tuple[int, str]]:
    """Return (account, name) of the trainees of the class."""
    return [(one.id, one.name) for one in scopes.holders(Role.TRAINEE, scope_of_world(world_id))]


def add_block(actor: Actor, buyer_id: int, shop_id: int, reason: str, key: str) -> int:
    """Forbid a trainee (0: all) to buy from a shop (0: every one), with the reason people read; return its id."""
    actor.require(Permission.WORLD_CONTROL)
    world = lock_controlled(actor, actor.world())
    reason = reason.strip()
    if not buyer_id and not shop_id:
        raise InvalidInput("请至少选择一位学员或一家店铺；要暂停全部购买，请设置“谁可以买”。", field="shop_id")
    if buyer_id and buyer_id not in dict(trainees_of(world.id)):
        raise InvalidInput("请从本班学员中选择。", field="buyer_id")
    if shop_id and shop_id not in dict(shops_of(world.id)):
        raise InvalidInput("请从本班店铺中选择。", field="shop_id")
    if not 2 <= len(reason) <= 100:
        raise InvalidInput("请写明原因，2 到 100 个字，买家会看到。", field="reason")

    def carry_out() -> int:
        row = TradeBlock(world_id=world.id, buyer_id=buyer_id, shop_id=shop_id, reason=reason)
        db.session.add(row)
        db.session.flush()
        facts = {"buyer": buyer_id, "shop": shop_id, "reason": reason}
        note(actor, world.id, "market.trade_blocked", f"world:{world.id}", facts)
        return row.id

    return int(once(actor, key, "market.block", [buyer_id, shop_id, reason], carry_out))


def remove_block(actor: Actor, block_id: int) -> None:
    """Lift a restriction."""
    actor.require(Permission.WORLD_CONTROL)
    world = lock_controlled(actor, actor.world())
    query = sa.select(TradeBlock).where(TradeBlock.id == block_id, TradeBlock.world_id == world.id)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    facts = {"buyer": row.buyer_id, "shop": row.shop_id}
    note(actor, world.id, "market.trade_unblocked", f"world:{world.id}", facts)
    db.session.delete(row)
    db.session.flush()


def set_rate(actor: Actor, category: str, bp: int | None) -> None:
    """Set the commission of a first-level category in basis points; None: the default counts again."""
    actor.require(Permission.WORLD_CONTROL)
    world = lock_controlled(actor, actor.world())
    if category not in first_categories(world.id):
        raise InvalidInput("请选择本班市场里已有的类目。", field="category")
    if bp is not None and not 0 <= bp <= MAX_BP:
        raise InvalidInput("费率应在 0 到 50% 之间。", field="percent")
    query = sa.select(FeeRate).where(FeeRate.world_id == world.id, FeeRate.category == category)
    row = db.session.scalars(query).one_or_none()
    before = row.commission_bp if row else None
    if bp is None:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(FeeRate(world_id=world.id, category=category, commission_bp=bp))
    else:
        row.commission_bp = bp
    db.session.flush()
    facts = {"category": category, "before": before, "after": bp}
    note(actor, world.id, "market.fee_changed", f"world:{world.id}", facts)

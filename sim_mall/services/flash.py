"""Flash sales (秒杀): stock of their own, moved aside at the start and back at the end, and limits per buyer.

Taken units are those in orders that are paid or wait for payment. All verbs lock in the order item, quota,
stock; items and SKUs ascending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.core.db import add_missing, db, matched
from app.core.errors import Refused
from app.worlds.clock import sim_now
from sim_mall.domain.promotion_flow import PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import from_json
from sim_mall.models.goods import Stock
from sim_mall.models.promotions import FlashUnits, Promotion, PromotionItem, PromotionQuota
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import stock


def open_stock(promotion: Promotion) -> list[PromotionItem]:
    """Move the units of a starting sale aside; what is no longer there shrinks the sale. Returns the shrunk items."""
    now, shrunk = sim_now(promotion.world_id), []
    for item in sorted(promotion.items, key=lambda row: row.sku_id or 0):
        sku_id = item.sku_id or 0
        reference = f"promotion:{promotion.id}"
        if stock.set_aside(sku_id, item.stock, now, reference):
            continue
        left = db.session.scalar(sa.select(Stock.saleable).where(Stock.sku_id == sku_id).with_for_update()) or 0
        item.stock = min(item.stock, max(left, 0))
        stock.set_aside(sku_id, item.stock, now, reference)
        shrunk.append(item)
    db.session.flush()
    return shrunk


def close_stock(promotion: Promotion) -> None:
    """Move the units that a finished sale has not sold back to sale; orders keep theirs."""
    now = sim_now(promotion.world_id)
    query = sa.select(PromotionItem).where(PromotionItem.promotion_id == promotion.id).order_by(PromotionItem.sku_id)
    for item in db.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        stock.put_back(item.sku_id or 0, item.stock - item.taken, now, f"promotion:{promotion.id}")
        item.stock = item.taken
    db.session.flush()


def refuse_sold_out(world_id: int, sku_ids: Sequence[int]) -> None:
    """Raise Refused (code flash_gone) when a running sale of one of these SKUs has nothing left.

    One small query, for whoever was shown a flash price: most of a crowd is refused by it, before anything is
    priced, locked or drawn. What is really sold is decided by ``take``.
    """
    if not sku_ids:
        return
    query = (
        sa.select(sa.func.min(Promotion.name))
        .select_from(PromotionItem)
        .join(Promotion, Promotion.id == PromotionItem.promotion_id)
        .where(
            PromotionItem.sku_id.in_(sku_ids),
            Promotion.world_id == world_id,
            Promotion.kind == PromotionKind.FLASH,
            Promotion.state == PromotionState.RUNNING,
        )
        .group_by(PromotionItem.sku_id)
        .having(sa.func.max(PromotionItem.stock - PromotionItem.taken) <= 0)
        .limit(1)
    )
    name = db.session.scalar(query)
    if name is not None:
        raise Refused(f"来晚了，“{name}”的秒杀库存已经抢光。", code="flash_gone")


def take(promotion: Promotion, units: Mapping[int, int], account_id: int) -> None:
    """Count units (item id → how many) of a running sale for an order. Raises Refused (out_of_stock, limit)."""
    for item_id in sorted(units):
        changed = db.session.execute(
            sa.update(PromotionItem)
            .where(
                PromotionItem.id == item_id,
                PromotionItem.taken + units[item_id] <= PromotionItem.stock,
                sa.select(Promotion.id)
                .where(Promotion.id == promotion.id, Promotion.state == PromotionState.RUNNING)
                .exists(),
            )
            .values(taken=PromotionItem.taken + units[item_id])
            .execution_options(synchronize_session=False)
        )
        if matched(changed) != 1:
            raise Refused(f"来晚了，“{promotion.name}”的秒杀库存已经抢光。", code="out_of_stock")
    count_quota(promotion, account_id, sum(units.values()))


def count_quota(promotion: Promotion, account_id: int, units: int) -> None:
    """Count units of a buyer in an activity. Raises Refused (code limit) above the limit per buyer."""
    limit = from_json(promotion.rule).per_user
    mine = {"promotion_id": promotion.id, "account_id": account_id}
    add_missing(PromotionQuota, **mine, units=0)
    enough = [PromotionQuota.promotion_id == promotion.id, PromotionQuota.account_id == account_id]
    if limit:
        enough.append(PromotionQuota.units + units <= limit)
    changed = db.session.execute(
        sa.update(PromotionQuota)
        .where(*enough)
        .values(units=PromotionQuota.units + units)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused(f"“{promotion.name}”每人限购 {limit} 件，你已经买过了。", code="limit")


def give_quota_back(promotion_id: int, account_id: int, units: int) -> None:
    """Take units of a dropped order off the buyer's count."""
    db.session.execute(
        sa.update(PromotionQuota)
        .where(
            PromotionQuota.promotion_id == promotion_id,
            PromotionQuota.account_id == account_id,
            PromotionQuota.units >= units,
        )
        .values(units=PromotionQuota.units - units)
        .execution_options(synchronize_session=False)
    )


def order_dropped(order: Order) -> dict[int, int]:
    """Give the flash units of an unpaid order back to their sale; call before its stock is released.

    Returns sku id → units that stay set aside, because the sale still runs.
    """
    rows = db.session.execute(
        sa.select(FlashUnits.item_id, FlashUnits.units, OrderLine.sku_id, PromotionItem.promotion_id)
        .join(OrderLine, OrderLine.id == FlashUnits.line_id)
        .join(PromotionItem, PromotionItem.id == FlashUnits.item_id)
        .where(OrderLine.order_id == order.id)
        .order_by(FlashUnits.item_id)
    ).all()
    again: dict[int, int] = {}
    for item_id, units, sku_id, promotion_id in rows:
        running = (
            sa.select(Promotion.id)
            .where(Promotion.id == promotion_id, Promotion.state == PromotionState.RUNNING)
            .exists()
        )
        changed = db.session.execute(
            sa.update(PromotionItem)
            .where(PromotionItem.id == item_id, PromotionItem.taken >= units, running)
            .values(taken=PromotionItem.taken - units)
            .execution_options(synchronize_session=False)
        )
        if matched(changed) == 1:
            again[sku_id] = again.get(sku_id, 0) + units
        give_quota_back(promotion_id, order.buyer_id, units)
    return again

"""Stock figures from outside (库存同步): full with its moment, or delta; all of a call or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing, Sku, Stock
from sim_mall.models.platform import StockMark
from sim_mall.services import price_honesty, stock
from sim_mall.services.notices import note

MOST_SKUS = 500


@dataclass(frozen=True, slots=True)
class StockChange:
    """What became of one SKU. ignored: an older full figure than the one that is known."""

    sku_id: int
    before: int
    after: int
    ignored: bool


def safety_of(world_id: int, sku_ids: Sequence[int]) -> dict[int, int]:
    """Return the units that shops keep back from sale (安全库存) per SKU of the world, where there are any."""
    query = sa.select(Stock.sku_id, Stock.safety).join(Sku, Sku.id == Stock.sku_id)
    rows = db.session.execute(query.where(Sku.world_id == world_id, Sku.id.in_(sku_ids), Stock.safety > 0))
    return {row.sku_id: row.safety for row in rows}


def sync_stock(
    actor: Actor, shop_id: int, kind: str, units: Mapping[int, int], as_of: datetime | None, key: str
) -> list[StockChange]:
    """Set (``full``) or move (``delta``) what is on hand per SKU of the actor's shop.

    as_of: simulated moment of a full figure; SKUs with a newer one keep it. The same key answers the same
    again. Raises Refused (stock_below_zero, reserved) for a delta that does not fit: nothing is changed then.
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.STOCK)
    if not 1 <= len(units) <= MOST_SKUS:
        raise InvalidInput(f"一次同步 1 到 {MOST_SKUS} 个规格。", field="items")
    if kind == "full" and as_of is None:
        raise InvalidInput("全量同步要带 as_of：这些库存是哪个模拟时刻的。", field="as_of")
    if kind == "full" and as_of is not None and as_of > sim_now(shop.world_id):
        raise InvalidInput("as_of 不能晚于当前模拟时间。", field="as_of")
    body = [shop.id, kind, sorted(units.items()), as_of]

    def carry_out() -> list[list[int]]:
        changes = _sync(shop.id, kind, units, as_of, sim_now(shop.world_id))
        facts = {"kind": kind, "skus": {str(c.sku_id): [c.before, c.after] for c in changes}}
        note(actor, shop.world_id, "stock.synced", f"shop:{shop.id}", facts)
        return [[c.sku_id, c.before, c.after, int(c.ignored)] for c in changes]

    answer = once(actor, key, "stock.sync", body, carry_out)
    return [StockChange(sku_id, before, after, bool(ignored)) for sku_id, before, after, ignored in answer]


def _sync(
    shop_id: int, kind: str, units: Mapping[int, int], as_of: datetime | None, now: datetime
) -> list[StockChange]:
    wanted = sorted(units)
    known = dict(
        db.session.execute(
            sa.select(Stock.sku_id, Stock.on_hand)
            .join(Sku, Sku.id == Stock.sku_id)
            .join(Listing, Listing.id == Sku.listing_id)
            .where(Stock.sku_id.in_(wanted), Listing.shop_id == shop_id, Sku.removed.is_(False))
        ).all()
    )
    if set(known) != set(wanted):
        missing = sorted(set(wanted) - set(known))
        raise NotFound(f"这家店铺没有规格 {missing[0]}，请核对 sku_id；本次没有改动任何库存。")
    if kind == "delta":
        return [_shift(sku_id, known[sku_id], units[sku_id], now) for sku_id in wanted]
    marks = {m.sku_id: m for m in db.session.scalars(sa.select(StockMark).where(StockMark.sku_id.in_(wanted)))}
    changes = []
    for sku_id in wanted:
        mark = marks.get(sku_id)
        if mark is not None and as_of is not None and as_of < mark.as_of:
            changes.append(StockChange(sku_id, known[sku_id], known[sku_id], ignored=True))
            continue
        if mark is None:
            db.session.add(StockMark(sku_id=sku_id, as_of=as_of))
        elif as_of is not None:
            mark.as_of = as_of
        changes.append(StockChange(sku_id, known[sku_id], units[sku_id], ignored=False))
    stock.count_all({c.sku_id: c.after for c in changes if not c.ignored}, now, f"sync:{shop_id}")
    db.session.flush()
    return changes


def _shift(sku_id: int, before: int, delta: int, now: datetime) -> StockChange:
    if before + delta < 0:
        text = f"规格 {sku_id} 现有 {before} 件，增量 {delta} 会变成负数；整批没有执行。"
        raise Refused(text, code="stock_below_zero", field="items")
    if delta and not stock.shift(sku_id, delta, now, "sync:delta"):
        raise Refused(f"规格 {sku_id} 有库存已被订单占用，不能减这么多；整批没有执行。", code="reserved")
    return StockChange(sku_id, before, before + delta, ignored=False)


def set_prices(actor: Actor, shop_id: int, prices: Mapping[int, int], key: str) -> dict[int, int]:
    """Set the price (fen) per SKU of the actor's shop; return the prices before. All or nothing."""
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.GOODS)
    if not 1 <= len(prices) <= MOST_SKUS:
        raise InvalidInput(f"一次改 1 到 {MOST_SKUS} 个规格的价格。", field="items")
    if any(not 1 <= price <= 100_000_000 for price in prices.values()):
        raise InvalidInput("价格应在 0.01 元到 1000000.00 元之间。", field="price")
    answer = once(
        actor,
        key,
        "listing.set_prices",
        [shop.id, sorted(prices.items())],
        lambda: _set_prices(actor, shop.id, prices, sim_now(shop.world_id)),
    )
    return {int(sku_id): int(before) for sku_id, before in answer}


def _set_prices(actor: Actor, shop_id: int, prices: Mapping[int, int], now: datetime) -> list[list[int]]:
    rows = db.session.scalars(
        sa.select(Sku)
        .join(Listing, Listing.id == Sku.listing_id)
        .where(Sku.id.in_(sorted(prices)), Listing.shop_id == shop_id, Sku.removed.is_(False))
        .order_by(Sku.id)
        .with_for_update(of=Sku)
        .execution_options(populate_existing=True)
    ).all()
    if {sku.id for sku in rows} != set(prices):
        raise NotFound("有规格不属于这家店铺，请核对 sku_id；本次没有改动任何价格。")
    before = [[sku.id, sku.price] for sku in rows]
    touched = set()
    for sku in rows:
        price_honesty.set_price(sku, prices[sku.id])
        touched.add(sku.listing_id)
    db.session.flush()
    for listing_id in sorted(touched):
        low, high = db.session.execute(
            sa.select(sa.func.min(Sku.price), sa.func.max(Sku.price)).where(
                Sku.listing_id == listing_id, Sku.removed.is_(False)
            )
        ).one()
        listing = db.session.get_one(Listing, listing_id)
        listing.price_from, listing.price_to, listing.changed_at = low, high, now
        facts = {str(sku.id): [old, sku.price] for sku, (_, old) in zip(rows, before, strict=True)}
        note(actor, listing.world_id, "listing.prices_set", f"listing:{listing_id}", {"skus": facts})
    db.session.flush()
    return before

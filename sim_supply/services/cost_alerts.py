"""Supplier changes a cost (供货价变动): alert with old and new margin, re-pricing by the rule of the listing."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_supply import mall_client
from sim_supply.domain.pricing import Breach, PriceRule, Quote, breach, limit_of, measure, quote, rule_from
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import Mapping, SupplyShop
from sim_supply.models.stock import CostAlert


def note_changes(world_id: int, changes: Map[int, tuple[int, int]]) -> int:
    """Write an alert for every listing behind which a SKU with another cost stands; re-price where that is wanted.

    changes: supply SKU id → (old cost, new cost) in fen. Returns how many alerts were written.
    """
    if not changes:
        return 0
    world = get_world(world_id)
    fee_bp = setting(world, "platform_fee_bp")
    now = sim_now(world_id)
    made: dict[int, list[CostAlert]] = {}
    ids = sorted(changes)
    for start in range(0, len(ids), 500):
        rows = db.session.scalars(
            sa.select(Mapping)
            .where(Mapping.world_id == world_id, Mapping.sku_id.in_(ids[start : start + 500]))
            .order_by(Mapping.id)
        ).all()
        for mapping in rows:
            old, new = (cost * mapping.factor for cost in changes[mapping.sku_id])
            freight = int(mapping.rule.get("freight", 0))
            alert = CostAlert(
                world_id=world_id,
                shop_id=mapping.shop_id,
                mapping_id=mapping.id,
                sku_id=mapping.sku_id,
                old_cost=old,
                new_cost=new,
                price=mapping.price,
                old_margin_bp=measure(old, mapping.price, mapping.price, freight, fee_bp).margin_bp,
                new_margin_bp=measure(new, mapping.price, mapping.price, freight, fee_bp).margin_bp,
                at=now,
            )
            db.session.add(alert)
            made.setdefault(mapping.shop_id, []).append(alert)
    db.session.flush()
    following = db.session.scalars(
        sa.select(SupplyShop.shop_id).where(SupplyShop.shop_id.in_(sorted(made)), SupplyShop.auto_reprice.is_(True))
    ).all()
    for shop_id in sorted(following):
        _reprice(system(world_id, world.scope_id), shop_id, made[shop_id])
    return sum(len(alerts) for alerts in made.values())


def _reprice(actor: Actor, shop_id: int, alerts: Sequence[CostAlert]) -> int:
    world_id = alerts[0].world_id
    fee_bp = setting(get_world(world_id), "platform_fee_bp")
    mappings = {
        mapping.id: mapping
        for mapping in db.session.scalars(
            sa.select(Mapping)
            .options(orm.joinedload(Mapping.sku))
            .where(Mapping.id.in_([alert.mapping_id for alert in alerts]))
        )
    }
    prices: dict[int, int] = {}
    for alert in alerts:
        mapping = mappings[alert.mapping_id]
        rule = rule_from(mapping.rule, fee_bp)
        if rule is None:
            continue
        alert.new_price = _by_rule(alert, mapping, rule).price
        prices[mapping.mall_sku_id] = mapping.price = alert.new_price
    for alert in alerts:
        alert.done = True
    if prices:
        key = f"reprice-{max(alert.id for alert in alerts)}-{len(alerts)}"
        mall_client.set_prices(world_id, shop_id, prices, key)
        facts = {"skus": len(prices)}
        audit.record(actor, "prices.followed_cost", f"shop:{shop_id}", facts, scope_id=scope_of_world(world_id))
    db.session.flush()
    return len(prices)


def _by_rule(alert: CostAlert, mapping: Mapping, rule: PriceRule) -> Quote:
    """Return what the rule makes of the new cost, inside the supplier's retail floor and ceiling."""
    sku = mapping.sku
    return quote(alert.new_cost, rule, limit_of(sku.floor, mapping.factor), limit_of(sku.ceiling, mapping.factor))


@dataclass(frozen=True, slots=True)
class Offer:
    """What re-pricing would do, and what is wrong with the price as it stands. quote: None without a rule."""

    quote: Quote | None
    breach: Breach
    floor: int | None
    ceiling: int | None


def offers(world_id: int, alerts: Sequence[CostAlert]) -> dict[int, Offer]:
    """Return alert id → what re-pricing by the rule of the listing would make of it."""
    fee_bp = setting(get_world(world_id), "platform_fee_bp")
    query = sa.select(Mapping).options(orm.joinedload(Mapping.sku))
    rows = db.session.scalars(query.where(Mapping.id.in_([alert.mapping_id for alert in alerts])))
    mappings = {mapping.id: mapping for mapping in rows}
    found = {}
    for alert in alerts:
        mapping = mappings[alert.mapping_id]
        rule = rule_from(mapping.rule, fee_bp)
        floor, ceiling = limit_of(mapping.sku.floor, mapping.factor), limit_of(mapping.sku.ceiling, mapping.factor)
        made = _by_rule(alert, mapping, rule) if rule else None
        found[alert.id] = Offer(made, breach(alert.price, floor, ceiling), floor, ceiling)
    return found


def _open(shop_id: int) -> sa.Select[CostAlert]:
    return (
        sa.select(CostAlert)
        .options(orm.joinedload(CostAlert.sku).joinedload(Sku.product).joinedload(Product.category))
        .where(CostAlert.shop_id == shop_id)
    )


def list_alerts(shop_id: int, number: int, *, done: bool = False) -> Page[CostAlert]:
    """Return the shop's alerts, newest first."""
    return paginate(_open(shop_id).where(CostAlert.done.is_(done)).order_by(CostAlert.id.desc()), number, 20)


def open_count(shop_id: int) -> int:
    """Return how many alerts wait for the seller."""
    query = sa.select(sa.func.count()).select_from(CostAlert)
    return db.session.scalar(query.where(CostAlert.shop_id == shop_id, CostAlert.done.is_(False))) or 0


def _chosen(shop_id: int, alert_ids: Sequence[int]) -> list[CostAlert]:
    rows = list(db.session.scalars(_open(shop_id).where(CostAlert.id.in_(list(alert_ids))).order_by(CostAlert.id)))
    if len(rows) != len(set(alert_ids)) or not rows:
        raise NotFound
    return [row for row in rows if not row.done]


def reprice(actor: Actor, shop_id: int, alert_ids: Sequence[int]) -> int:
    """Re-price by the rule that each listing was made with; return how many prices changed."""
    actor.require(Permission.SUPPLY_USE)
    rows = _chosen(shop_id, alert_ids)
    if not rows:
        raise Refused("这些提醒已经处理过了，请刷新页面。")
    return _reprice(actor, shop_id, rows)


def dismiss(actor: Actor, shop_id: int, alert_ids: Sequence[int]) -> int:
    """Leave the prices as they are; return how many alerts were put away."""
    actor.require(Permission.SUPPLY_USE)
    rows = _chosen(shop_id, alert_ids)
    for row in rows:
        row.done = True
    return len(rows)

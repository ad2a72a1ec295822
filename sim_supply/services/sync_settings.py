"""Settings of a shop's stock sync, its log, and the full sync by hand."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from app.worlds import due
from app.worlds.api import scope_of_world
from sim_supply import access, mall_client
from sim_supply.domain.sync_rules import SyncRule, problem
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import Mapping, SupplyShop
from sim_supply.models.stock import SyncLog
from sim_supply.services import sync
from sim_supply.services.fetching import lock_shop, open_shop


def settings_of(shop: mall_client.ShopInfo) -> SupplyShop:
    """Return the shop's settings; those of a shop that never set any are the defaults, not stored."""
    defaults = {"auto_minutes": 0, "forward": False, "auto_reprice": False, "ratio_bp": 10_000, "safety": 0}
    return access.find_shop(shop.id) or SupplyShop(
        world_id=shop.world_id, shop_id=shop.id, owner_id=shop.owner_id, few_is_none=False, sync_minutes=0, **defaults
    )


def save(actor: Actor, rule: SyncRule, *, auto_reprice: bool) -> int:
    """Change the settings and write the shop's stock by them at once; return how many SKUs were written."""
    actor.require(Permission.SUPPLY_USE)
    if found := problem(rule):
        raise InvalidInput(found[1], field=found[0])
    shop = open_shop(actor)
    row = lock_shop(shop)
    row.ratio_bp, row.safety, row.few_is_none = rule.ratio_bp, rule.safety, rule.few_is_none
    row.sync_minutes, row.auto_reprice, row.sync_due_at = rule.minutes, auto_reprice, None
    due.withdraw(sync.SYNC_DUE, row.id)
    db.session.flush()
    facts = {"ratio_bp": rule.ratio_bp, "safety": rule.safety, "minutes": rule.minutes, "few": rule.few_is_none}
    audit.record(actor, "sync.set", f"shop:{shop.id}", facts, scope_id=scope_of_world(shop.world_id))
    return sync.publish_shop(shop.id, "full")


def sync_all(actor: Actor) -> int:
    """Write the whole stock of the actor's shop now; return how many SKUs were written."""
    actor.require(Permission.SUPPLY_USE)
    shop = open_shop(actor)
    lock_shop(shop)
    return sync.publish_shop(shop.id, "full")


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log with the goods that it speaks of."""

    log: SyncLog
    mapping: Mapping


def log_of(shop_id: int, number: int) -> Page[LogRow]:
    """Return the shop's sync log, newest first."""
    page = paginate(sa.select(SyncLog).where(SyncLog.shop_id == shop_id).order_by(SyncLog.id.desc()), number, 20)
    mappings = {
        mapping.id: mapping
        for mapping in db.session.scalars(
            sa.select(Mapping)
            .options(
                orm.joinedload(Mapping.sku).joinedload(Sku.product),
                orm.joinedload(Mapping.product).joinedload(Product.category),
            )
            .where(Mapping.id.in_([row.mapping_id for row in page.items]))
        )
    }
    rows = [LogRow(row, mappings[row.mapping_id]) for row in page.items]
    return Page(rows, page.number, page.size, page.total)

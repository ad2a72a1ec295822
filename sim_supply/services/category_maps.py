"""Under which category of the mall a shop lists goods of the library (类目映射); by default under the same names."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import Permission
from sim_supply.models.catalogue import Category, CategoryMap


def mall_category(shop_id: int, category: Category) -> tuple[str, str]:
    """Return the two names of the mall's category for goods of this library category."""
    query = sa.select(CategoryMap).where(CategoryMap.shop_id == shop_id, CategoryMap.category_id == category.id)
    found = db.session.scalars(query).one_or_none()
    if found is not None:
        return found.l1, found.l2
    l1, _, l2 = category.path.partition("/")
    return l1, l2


def list_maps(actor: Actor, shop_id: int) -> list[tuple[Category, CategoryMap | None]]:
    """Return every second-level category of the library with what the shop lists it under."""
    actor.require(Permission.SUPPLY_USE)
    rows = db.session.execute(
        sa.select(Category, CategoryMap)
        .outerjoin(CategoryMap, sa.and_(CategoryMap.category_id == Category.id, CategoryMap.shop_id == shop_id))
        .where(Category.world_id == actor.world(), Category.parent_id.is_not(None))
        .order_by(Category.path)
    )
    return [(row[0], row[1]) for row in rows]


def set_map(actor: Actor, shop_id: int, category_id: int, l1: str, l2: str) -> None:
    """List goods of a library category under these names; both empty: under its own again."""
    actor.require(Permission.SUPPLY_USE)
    l1, l2 = l1.strip(), l2.strip()
    found = db.session.scalars(
        sa.select(Category).where(Category.id == category_id, Category.world_id == actor.world())
    ).one_or_none()
    if found is None:
        raise NotFound
    if len(l1) > 40 or len(l2) > 40 or (l2 and not l1):
        raise InvalidInput("请填写一级类目，每级不超过 40 个字；两个都留空表示沿用货源分类。", field="l1")
    query = sa.select(CategoryMap).where(CategoryMap.shop_id == shop_id, CategoryMap.category_id == category_id)
    row = db.session.scalars(query).one_or_none()
    if not l1:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(CategoryMap(shop_id=shop_id, category_id=category_id, l1=l1, l2=l2))
    else:
        row.l1, row.l2 = l1, l2
    db.session.flush()

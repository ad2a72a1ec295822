"""Looking at the distribution library (分销货源库): search, filters, cards with figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from sim_supply import mall_client
from sim_supply.models.catalogue import Category, Product, Sku, Supplier
from sim_supply.models.orders import Mapping
from sim_supply.services.listing import listed_products

PAGE_SIZE = 24
SORTS = {
    "": "默认排序",
    "cost": "成本从低到高",
    "profit": "毛利空间从高到低",
    "stock": "库存从多到少",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for. category: a path such as '居家' or '居家/被枕'. listed: '' | yes | no."""

    q: str = ""
    category: str = ""
    supplier_id: int | None = None
    listed: str = ""
    sort: str = ""

    @property
    def any(self) -> bool:
        return self != replace(Filters(), sort=self.sort)


@dataclass(frozen=True, slots=True)
class Card:
    """One product of the library. Prices in fen, from the lowest to the highest of its SKUs."""

    id: int
    name: str
    brief: str
    category: str
    supplier: str
    unit: str
    skus: int
    cost_from: int
    cost_to: int
    retail_from: int
    retail_to: int
    available: int
    listing_id: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: categories as (path, label, count), suppliers as (id, name)."""

    categories: list[tuple[str, str, int]]
    suppliers: list[tuple[int, str]]
    products: int


def browse(actor: Actor, filters: Filters, number: int) -> Page[Card]:
    """Return one page of the library of the actor's world."""
    actor.require(Permission.SUPPLY_VIEW)
    world_id = actor.world()
    shop = mall_client.my_shop(actor) if actor.may(Permission.SUPPLY_USE) else None
    facts = (
        sa.select(
            Sku.product_id,
            sa.func.count().label("skus"),
            sa.func.min(Sku.cost).label("cost_from"),
            sa.func.max(Sku.cost).label("cost_to"),
            sa.func.min(Sku.retail).label("retail_from"),
            sa.func.max(Sku.retail).label("retail_to"),
            sa.func.sum(Sku.stock - Sku.reserved).label("available"),
        )
        .where(Sku.world_id == world_id)
        .group_by(Sku.product_id)
        .subquery()
    )
    query = (
        sa.select(
            Product.id,
            Product.name,
            Product.brief,
            Product.unit,
            Category.path,
            Supplier.name.label("supplier"),
            facts.c.skus,
            facts.c.cost_from,
            facts.c.cost_to,
            facts.c.retail_from,
            facts.c.retail_to,
            facts.c.available,
        )
        .join(facts, facts.c.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(Product.world_id == world_id)
    )
    query = _narrow(query, filters, shop.id if shop else None)
    order = {
        "cost": (facts.c.cost_from, Product.id),
        "profit": ((facts.c.retail_from - facts.c.cost_from).desc(), Product.id),
        "stock": (facts.c.available.desc(), Product.id),
    }.get(filters.sort, (Product.id,))
    page = paginate(query.order_by(*order), number, PAGE_SIZE, scalars=False)
    listed = listed_products(world_id, shop.id if shop else None, [row.id for row in page.items])
    cards = [
        Card(
            id=row.id,
            name=row.name,
            brief=row.brief,
            category=row.path,
            supplier=row.supplier,
            unit=row.unit,
            skus=row.skus,
            cost_from=row.cost_from,
            cost_to=row.cost_to,
            retail_from=row.retail_from,
            retail_to=row.retail_to,
            available=int(row.available),
            listing_id=listed.get(row.id),
        )
        for row in page.items
    ]
    return Page(cards, page.number, page.size, page.total)


def _narrow(query: sa.Select[Any], filters: Filters, shop_id: int | None) -> sa.Select[Any]:
    if filters.q:
        pattern = f"%{like_escape(filters.q)}%"
        columns = (Product.name, Product.brief, Product.keywords, Product.code, Category.path)
        query = query.where(sa.or_(*(column.ilike(pattern, escape="\\") for column in columns)))
    if filters.category:
        below = f"{like_escape(filters.category)}/%"
        query = query.where(sa.or_(Category.path == filters.category, Category.path.like(below, escape="\\")))
    if filters.supplier_id is not None:
        query = query.where(Product.supplier_id == filters.supplier_id)
    if filters.listed in {"yes", "no"} and shop_id is not None:
        mapped = sa.exists().where(Mapping.product_id == Product.id, Mapping.shop_id == shop_id)
        query = query.where(mapped if filters.listed == "yes" else ~mapped)
    return query


def matching_ids(actor: Actor, filters: Filters, most: int) -> list[int]:
    """Return the ids of what the filters find and the actor's shop does not sell yet; at most so many."""
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    query = sa.select(Product.id).join(Category, Category.id == Product.category_id)
    query = query.where(Product.world_id == actor.world()).order_by(Product.id)
    query = _narrow(query, replace(filters, listed="no"), shop.id if shop else None)
    return list(db.session.scalars(query.limit(most)))


def choices(actor: Actor) -> Choices:
    """Return what the library can be filtered by, and how many products it has."""
    world_id = actor.world()
    counts = db.session.execute(
        sa.select(Category.path, sa.func.count(Product.id))
        .join(Product, Product.category_id == Category.id)
        .where(Category.world_id == world_id)
        .group_by(Category.path)
    ).all()
    sums: dict[str, int] = {}
    for path, count in counts:
        for name in {path, path.split("/")[0]}:
            sums[name] = sums.get(name, 0) + count
    categories = [
        (path, f"　{path.partition('/')[2]}" if "/" in path else path, count) for path, count in sorted(sums.items())
    ]
    suppliers = db.session.execute(
        sa.select(Supplier.id, Supplier.name)
        .where(Supplier.world_id == world_id, sa.exists().where(Product.supplier_id == Supplier.id))
        .order_by(Supplier.id)
    ).all()
    return Choices(categories, [(row.id, row.name) for row in suppliers], sum(count for _, count in counts))

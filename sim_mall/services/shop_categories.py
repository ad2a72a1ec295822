"""Categories of a shop's own (店铺分类): made by the seller, shown on the shop's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from sim_mall import access
from sim_mall.domain.audit_rules import hostile
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.decor import ShopCategory, ShopCategoryListing
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note

MAX_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with how many of its products are on sale."""

    id: int
    name: str
    on_sale: int


def categories_of(shop_id: int) -> list[CategoryRow]:
    """Return the shop's categories in their order; one query."""
    rows = db.session.execute(
        sa.select(ShopCategory.id, ShopCategory.name, sa.func.count(Listing.id))
        .outerjoin(ShopCategoryListing, ShopCategoryListing.category_id == ShopCategory.id)
        .outerjoin(
            Listing, sa.and_(Listing.id == ShopCategoryListing.listing_id, Listing.state == ListingState.ON_SALE)
        )
        .where(ShopCategory.shop_id == shop_id)
        .group_by(ShopCategory.id, ShopCategory.name, ShopCategory.ordinal)
        .order_by(ShopCategory.ordinal, ShopCategory.id)
    )
    return [CategoryRow(row[0], row[1], int(row[2])) for row in rows]


def in_category(shop_id: int, category_id: int) -> sa.Select[int]:
    """Return the query of the ids of the products in a category of this shop."""
    return (
        sa.select(ShopCategoryListing.listing_id)
        .join(ShopCategory, ShopCategory.id == ShopCategoryListing.category_id)
        .where(ShopCategory.id == category_id, ShopCategory.shop_id == shop_id)
    )


def listings_in(row: ShopCategory) -> set[int]:
    """Return the ids of the products in a category."""
    return set(db.session.scalars(in_category(row.shop_id, row.id)))


def own_category(actor: Actor, category_id: int) -> ShopCategory:
    """Return a category of the shop that the actor works in. Raises NotFound."""
    shop = access.shop_of(actor, ShopPower.DECORATE)
    query = sa.select(ShopCategory).where(ShopCategory.id == category_id, ShopCategory.shop_id == shop.id)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def _name(shop: Shop, name: str, besides: int = 0) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 12:
        raise InvalidInput("分类名称应为 1 到 12 个字。", field="name")
    if reason := hostile(name):
        raise InvalidInput(f"分类名称{reason}", field="name")
    taken = sa.select(ShopCategory.id).where(
        ShopCategory.shop_id == shop.id, ShopCategory.name == name, ShopCategory.id != besides
    )
    if db.session.scalar(taken) is not None:
        raise Refused("已经有这个分类了，请换一个名称。", code="name_taken", field="name")
    return name


def add_category(actor: Actor, name: str, key: str) -> int:
    """Add a category; return its id."""
    shop = access.shop_of(actor, ShopPower.DECORATE)

    def carry_out() -> int:
        made = _name(shop, name)
        last = db.session.execute(
            sa.select(sa.func.count(), sa.func.max(ShopCategory.ordinal)).where(ShopCategory.shop_id == shop.id)
        ).one()
        if last[0] >= MAX_CATEGORIES:
            raise Refused(f"最多 {MAX_CATEGORIES} 个分类。", code="too_many")
        row = ShopCategory(shop_id=shop.id, name=made, ordinal=(last[1] or 0) + 1)
        db.session.add(row)
        db.session.flush()
        note(actor, shop.world_id, "shop.category_added", f"shop:{shop.id}", {"name": made})
        return row.id

    return int(once(actor, key, "shop.category_add", [shop.id, name], carry_out))


def change_category(actor: Actor, category_id: int, name: str, listing_ids: Sequence[int]) -> ShopCategory:
    """Rename a category and say which products belong to it. Raises NotFound for another shop's product."""
    row = own_category(actor, category_id)
    shop = access.get_shop(actor, row.shop_id)
    row.name = _name(shop, name, row.id)
    wanted = sorted(set(listing_ids))
    known = set(db.session.scalars(sa.select(Listing.id).where(Listing.shop_id == shop.id, Listing.id.in_(wanted))))
    if set(wanted) != known:
        raise NotFound
    db.session.execute(sa.delete(ShopCategoryListing).where(ShopCategoryListing.category_id == row.id))
    db.session.add_all(ShopCategoryListing(category_id=row.id, listing_id=one) for one in wanted)
    db.session.flush()
    note(actor, shop.world_id, "shop.category_changed", f"shop:{shop.id}", {"name": row.name, "listings": len(wanted)})
    return row


def move_category(actor: Actor, category_id: int, step: int) -> None:
    """Move a category up (-1) or down (1) among the others."""
    row = own_category(actor, category_id)
    query = sa.select(ShopCategory).where(ShopCategory.shop_id == row.shop_id)
    rows = list(db.session.scalars(query.order_by(ShopCategory.ordinal, ShopCategory.id)))
    here = rows.index(row)
    rows.insert(min(max(here + step, 0), len(rows) - 1), rows.pop(here))
    for place, one in enumerate(rows, 1):
        one.ordinal = place


def remove_category(actor: Actor, category_id: int) -> None:
    """Remove a category; its products stay."""
    row = own_category(actor, category_id)
    shop = access.get_shop(actor, row.shop_id)
    note(actor, shop.world_id, "shop.category_removed", f"shop:{shop.id}", {"name": row.name})
    db.session.execute(sa.delete(ShopCategoryListing).where(ShopCategoryListing.category_id == row.id))
    db.session.delete(row)
    db.session.flush()

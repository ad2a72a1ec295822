"""Reading listings (商品): as plain data, with everything that their pages show, as drafts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from sim_mall import access
from sim_mall.data import ListingDraft, ListingInfo, SkuDraft, SkuInfo
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.quality import ListingFacts
from sim_mall.domain.specs import spec_text
from sim_mall.models.goods import Category, Listing, Sku
from sim_mall.services.details import picture_count, plain_text

AWAY = (ListingState.RECYCLED, ListingState.PURGED)


def sku_info(sku: Sku) -> SkuInfo:
    """Return a SKU as plain data."""
    return SkuInfo(sku.id, sku.listing_id, sku.code, sku.spec, sku.price, sku.stock.saleable, sku.stock.safety)


def live_skus(listing: Listing) -> list[Sku]:
    """Return the SKUs that were not removed, in their order."""
    return [sku for sku in listing.skus if not sku.removed]


def listing_info(listing: Listing) -> ListingInfo:
    """Return a listing as plain data; removed SKUs are left out."""
    return ListingInfo(
        id=listing.id,
        shop_id=listing.shop_id,
        shop_name=listing.shop.name,
        title=listing.title,
        category_l1=listing.category.l1,
        category_l2=listing.category.l2,
        brief=listing.brief,
        state=str(listing.state),
        price_from=listing.price_from,
        price_to=listing.price_to,
        sold=listing.sold,
        skus=tuple(sku_info(sku) for sku in live_skus(listing)),
    )


def with_skus(query: sa.Select[Listing]) -> sa.Select[Listing]:
    """Let a query of listings load shop, category, SKUs and stock in a fixed number of queries."""
    return query.options(
        orm.joinedload(Listing.shop),
        orm.joinedload(Listing.category),
        orm.joinedload(Listing.freight_template),
        orm.selectinload(Listing.skus).joinedload(Sku.stock),
    ).execution_options(populate_existing=True)


def load_listing(listing_id: int) -> Listing:
    """Return a listing with everything that its pages show. The caller has checked who asks."""
    return db.session.scalars(with_skus(sa.select(Listing).where(Listing.id == listing_id))).one()


def categories(world_id: int) -> list[Category]:
    """Return all categories of the world, by name."""
    query = sa.select(Category).where(Category.world_id == world_id)
    return list(db.session.scalars(query.order_by(Category.l1, Category.l2)))


def own_listings(actor: Actor, shop_id: int, q: str = "", *, only_on_sale: bool = True) -> list[Listing]:
    """Return the listings of a shop that the actor runs, newest first; q is looked for in the title."""
    shop = access.get_sellers_shop(actor, shop_id)
    query = sa.select(Listing).where(Listing.shop_id == shop.id)
    if only_on_sale:
        query = query.where(Listing.state == ListingState.ON_SALE)
    else:
        query = query.where(Listing.state.not_in(AWAY))
    if q.strip():
        query = query.where(Listing.title.contains(q.strip(), autoescape=True))
    return list(db.session.scalars(with_skus(query.order_by(Listing.id.desc()))))


def listings_by_id(world_id: int, listing_ids: Sequence[int]) -> list[Listing]:
    """Return the listings of these ids in one world, in whatever state but deleted for good."""
    query = sa.select(Listing).where(
        Listing.world_id == world_id, Listing.id.in_(list(listing_ids)), Listing.state != ListingState.PURGED
    )
    return list(db.session.scalars(with_skus(query)))


def sku_text(listing: Listing, sku: Sku) -> str:
    """Return the specification of a SKU as a draft carries it."""
    names = [axis[0] for axis in listing.axes]
    return spec_text(names, sku.values) if names and len(sku.values) == len(names) else sku.spec


def draft_of(listing: Listing) -> ListingDraft:
    """Return the listing as a draft, to be audited again."""
    skus = tuple(
        SkuDraft(
            sku.code,
            sku_text(listing, sku),
            sku.price,
            sku.stock.on_hand,
            sku.weight_g,
            sku.barcode,
            sku.picture,
            sku.volume_cm3,
            sku.stock.safety,
        )
        for sku in live_skus(listing)
    )
    return ListingDraft(
        title=listing.title,
        brief=listing.brief,
        category_l1=listing.category.l1,
        category_l2=listing.category.l2,
        unit=listing.unit,
        skus=skus,
        attributes=dict(listing.attributes),
        freight_fee=listing.freight_fee,
        promise_hours=listing.promise_hours,
        brand=listing.brand,
        pictures=tuple(listing.pictures),
        detail=listing.detail,
        freight_template_id=listing.freight_template_id,
        seven_day=listing.seven_day,
        alarm=listing.alarm,
        stock_at_payment=listing.stock_at_payment,
        video=listing.video,
        buy_limit=listing.buy_limit,
    )


def facts_of(draft: ListingDraft) -> ListingFacts:
    """Return what the quality score looks at."""
    return ListingFacts(
        title=draft.title,
        brief=draft.brief,
        category_l1=draft.category_l1,
        category_l2=draft.category_l2,
        brand=draft.brand,
        attributes=draft.attributes,
        pictures=len(draft.pictures),
        detail=plain_text(draft.detail),
        detail_pictures=picture_count(draft.detail),
        skus=len(draft.skus),
        sku_pictures=sum(1 for sku in draft.skus if sku.picture),
        has_codes=all(sku.code for sku in draft.skus),
        promise_hours=draft.promise_hours,
        seven_day=draft.seven_day,
    )

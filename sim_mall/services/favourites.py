"""Favourites (收藏) and footprints (足迹) of a buyer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import add_missing, db, insert_into
from app.core.errors import Refused
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.models.buyers import Favourite, Footprint
from sim_mall.models.goods import Listing

MOST = 500
KEPT_DAYS = 90


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.and_(Favourite.world_id == actor.world(), Favourite.account_id == actor.person())


def set_favourite(actor: Actor, *, listing_id: int | None = None, shop_id: int | None = None, kept: bool) -> None:
    """Keep or drop a listing or a shop; doing it twice is harmless. Raises NotFound for another world's."""
    actor.require(Permission.MALL_BUY)
    if listing_id is not None:
        access.get_listing(actor, listing_id)
        what = {"listing_id": listing_id}
        same = Favourite.listing_id == listing_id
    else:
        access.get_visible_shop(actor, shop_id or 0)
        what = {"shop_id": shop_id or 0}
        same = Favourite.shop_id == shop_id
    if not kept:
        db.session.execute(sa.delete(Favourite).where(_own(actor), same))
        return
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Favourite).where(_own(actor))) or 0
    if count >= MOST:
        raise Refused(f"最多收藏 {MOST} 个，请先取消一些。", code="too_many")
    add_missing(Favourite, world_id=actor.world(), account_id=actor.person(), at=sim_now(actor.world()), **what)


def is_favourite(actor: Actor, *, listing_id: int | None = None, shop_id: int | None = None) -> bool:
    """Say whether the actor keeps this listing or shop."""
    if actor.world_id is None or actor.account_id is None:
        return False
    same = Favourite.listing_id == listing_id if listing_id is not None else Favourite.shop_id == shop_id
    return db.session.scalar(sa.select(Favourite.id).where(_own(actor), same)) is not None


def favourite_listings(actor: Actor) -> sa.Select[Favourite]:
    """Return the query of kept listings, newest first."""
    listing = orm.joinedload(Favourite.listing)
    return (
        sa.select(Favourite)
        .options(listing.joinedload(Listing.shop), listing.joinedload(Listing.category))
        .where(_own(actor), Favourite.listing_id.is_not(None))
        .order_by(Favourite.id.desc())
    )


def favourite_shops(actor: Actor) -> sa.Select[Favourite]:
    """Return the query of kept shops, newest first."""
    return (
        sa.select(Favourite)
        .options(orm.joinedload(Favourite.shop))
        .where(_own(actor), Favourite.shop_id.is_not(None))
        .order_by(Favourite.id.desc())
    )


def counts(actor: Actor) -> tuple[int, int, int]:
    """Return how many listings, shops and footprints the actor has."""
    row = db.session.execute(
        sa.select(sa.func.count(Favourite.listing_id), sa.func.count(Favourite.shop_id)).where(_own(actor))
    ).one()
    seen = db.session.scalar(sa.select(sa.func.count()).select_from(footprints(actor).order_by(None).subquery()))
    return int(row[0]), int(row[1]), int(seen or 0)


def remember(seen: Iterable[tuple[int, int, int]]) -> None:
    """Remember who looked at what; seen: (world, account, listing). Called when visits are written."""
    for world_id, account_id, listing_id in sorted(set(seen)):
        now = sim_now(world_id)
        db.session.execute(
            insert_into(Footprint)
            .values(world_id=world_id, account_id=account_id, listing_id=listing_id, at=now)
            .on_conflict_do_update(index_elements=["world_id", "account_id", "listing_id"], set_={"at": now})
        )


def footprints(actor: Actor) -> sa.Select[Footprint]:
    """Return the query of what the actor looked at, newest first."""
    listing = orm.joinedload(Footprint.listing)
    return (
        sa.select(Footprint)
        .options(listing.joinedload(Listing.shop), listing.joinedload(Listing.category))
        .where(
            Footprint.world_id == actor.world(),
            Footprint.account_id == actor.person(),
            Footprint.at >= sim_now(actor.world()) - timedelta(days=KEPT_DAYS),
        )
        .order_by(Footprint.at.desc(), Footprint.id.desc())
    )


def clear_footprints(actor: Actor) -> None:
    """Forget everything that the actor looked at."""
    actor.require(Permission.MALL_BUY)
    db.session.execute(
        sa.delete(Footprint).where(Footprint.world_id == actor.world(), Footprint.account_id == actor.person())
    )

"""The only row look-ups by id: each answers once whether this person may have the row, with a uniform NotFound."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Permission
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Address, Order, OrderLine

VISIBLE = (ShopState.OPEN, ShopState.SUSPENDED)


def _one(query: sa.Select[Any], *, lock: bool) -> Any:
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def own_shop(actor: Actor) -> Shop | None:
    """Return the actor's shop in the world of the hat, in whatever state, or None."""
    query = sa.select(Shop).where(Shop.world_id == actor.world(), Shop.owner_id == actor.person())
    return db.session.scalars(query).one_or_none()


def running_shop(actor: Actor) -> Shop:
    """Return the actor's shop once it has opened. Raises Refused (code no_shop) before."""
    actor.require(Permission.MALL_SELL)
    shop = own_shop(actor)
    if shop is None or shop.state not in VISIBLE:
        raise Refused("请先注册店铺并缴纳保证金，开店后再使用这个功能。", code="no_shop")
    return shop


def get_shop(actor: Actor, shop_id: int, *, lock: bool = False) -> Shop:
    """Return a shop of the actor's world."""
    return _one(sa.select(Shop).where(Shop.id == shop_id, Shop.world_id == actor.world()), lock=lock)  # type: ignore[no-any-return]


def get_visible_shop(actor: Actor, shop_id: int) -> Shop:
    """Return a shop that people may look at: one that has opened, or the actor's own."""
    shop = get_shop(actor, shop_id)
    if shop.opened_at is None and shop.owner_id != actor.account_id:
        raise NotFound
    return shop


def get_sellers_shop(actor: Actor, shop_id: int) -> Shop:
    """Return a shop that the actor runs; the system runs all of its world."""
    shop = get_shop(actor, shop_id)
    if not actor.is_system and shop.owner_id != actor.person():
        raise NotFound
    return shop


def get_listing(actor: Actor, listing_id: int) -> Listing:
    """Return a listing that people of the world may look at: on sale, or taken off after it was."""
    query = (
        sa.select(Listing)
        .options(orm.joinedload(Listing.shop), orm.joinedload(Listing.category))
        .where(Listing.id == listing_id, Listing.world_id == actor.world())
    )
    listing: Listing = _one(query, lock=False)
    if listing.listed_at is None and listing.shop.owner_id != actor.account_id:
        raise NotFound
    return listing


def get_own_listing(actor: Actor, listing_id: int) -> Listing:
    """Return a listing of the actor's own shop."""
    query = (
        sa.select(Listing)
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.id == listing_id, Listing.world_id == actor.world(), Shop.owner_id == actor.person())
    )
    return _one(query, lock=False)  # type: ignore[no-any-return]


def get_sku_for_sale(world_id: int, sku_id: int) -> Sku:
    """Return a SKU that can be bought now. Raises Refused when it cannot, NotFound when it never could."""
    query = (
        sa.select(Sku)
        .options(orm.joinedload(Sku.listing).joinedload(Listing.shop), orm.joinedload(Sku.stock))
        .where(Sku.id == sku_id, Sku.world_id == world_id)
        .execution_options(populate_existing=True)
    )
    sku: Sku = _one(query, lock=False)
    if not for_sale(sku):
        raise Refused(f"“{sku.listing.title}”已下架，请从订单中去掉它。", code="off_sale")
    return sku


def for_sale(sku: Sku) -> bool:
    """Say whether listing and shop let the SKU be bought now; stock aside."""
    listing = sku.listing
    return not sku.removed and listing.state == ListingState.ON_SALE and listing.shop.state == ShopState.OPEN


def _order(actor: Actor, order_id: int) -> sa.Select[Order]:
    return sa.select(Order).where(Order.id == order_id, Order.world_id == actor.world())


def get_order_of_world(actor: Actor, order_id: int, *, lock: bool = False) -> Order:
    """Return an order of the world, for the system."""
    return _one(_order(actor, order_id), lock=lock)  # type: ignore[no-any-return]


def get_bought_order(actor: Actor, order_id: int, *, lock: bool = False) -> Order:
    """Return an order that the actor placed."""
    return _one(_order(actor, order_id).where(Order.buyer_id == actor.person()), lock=lock)  # type: ignore[no-any-return]


def get_sold_order(actor: Actor, order_id: int, *, lock: bool = False) -> Order:
    """Return an order of the actor's shop; the system may have every order of its world."""
    query = _order(actor, order_id)
    if not actor.is_system:
        query = query.where(
            Order.shop_id.in_(sa.select(Shop.id).where(Shop.owner_id == actor.person(), Shop.world_id == actor.world()))
        )
    return _one(query, lock=lock)  # type: ignore[no-any-return]


def lines_of(order: Order) -> list[OrderLine]:
    """Return the order's lines as they stand now, ascending by id."""
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _ticket(actor: Actor, ticket_id: int) -> sa.Select[AfterSale]:
    return sa.select(AfterSale).where(AfterSale.id == ticket_id, AfterSale.world_id == actor.world())


def get_bought_ticket(actor: Actor, ticket_id: int) -> AfterSale:
    """Return an after-sale ticket that the actor opened."""
    return _one(_ticket(actor, ticket_id).where(AfterSale.buyer_id == actor.person()), lock=False)  # type: ignore[no-any-return]


def get_sold_ticket(actor: Actor, ticket_id: int) -> AfterSale:
    """Return an after-sale ticket of the actor's shop; the system may have every ticket of its world."""
    query = _ticket(actor, ticket_id)
    if not actor.is_system:
        query = query.where(
            AfterSale.shop_id.in_(
                sa.select(Shop.id).where(Shop.owner_id == actor.person(), Shop.world_id == actor.world())
            )
        )
    return _one(query, lock=False)  # type: ignore[no-any-return]


def get_address(actor: Actor, address_id: int) -> Address:
    """Return an address of the actor in the world of the hat."""
    query = sa.select(Address).where(
        Address.id == address_id,
        Address.world_id == actor.world(),
        Address.account_id == actor.person(),
        Address.removed.is_(False),
    )
    return _one(query, lock=False)  # type: ignore[no-any-return]

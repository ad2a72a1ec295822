"""What the supply desk and the order pages show: to-dos, figures, lists. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.flow import StateEvent, history
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from sim_supply import access, mall_client
from sim_supply.domain.order_flow import NEEDS_SELLER, ORDER_FLOW, OrderState
from sim_supply.domain.pricing import Breach, breach, limit_of
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import FetchedLine, FetchedOrder, Mapping, PurchaseLine, PurchaseOrder, Route
from sim_supply.services.fetching import unfetched

PAGE_SIZE = 20
LOW_STOCK = 10


@dataclass(frozen=True, slots=True)
class Desk:
    """Figures of the desk; money in fen, times simulated.

    waiting: orders in the mall that were never fetched. spent: paid to suppliers and not paid back.
    """

    shop: mall_client.ShopInfo | None
    counts: dict[str, int]
    own_lines: int
    waiting: int
    listed: int
    low: int
    orders_fetched: int
    spent: int
    earned: int
    fetched_to_at: datetime | None


def _mine(actor: Actor) -> list[sa.ColumnElement[bool]]:
    return [PurchaseOrder.world_id == actor.world(), PurchaseOrder.owner_id == mall_client.keeper(actor)]


def counts_by_state(actor: Actor) -> dict[str, int]:
    """Return how many purchase orders the actor has per state; every state is there."""
    rows = db.session.execute(
        sa.select(PurchaseOrder.state, sa.func.count()).where(*_mine(actor)).group_by(PurchaseOrder.state)
    )
    counts = {str(state): 0 for state in OrderState}
    counts.update({str(state): count for state, count in rows})
    return counts


def needing_seller(actor: Actor) -> int:
    """Return how many purchase orders wait for the actor."""
    found = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(PurchaseOrder)
        .where(*_mine(actor), PurchaseOrder.state.in_(NEEDS_SELLER))
    )
    return found or 0


@dataclass(frozen=True, slots=True)
class Todo:
    """What waits for one trainee. nothing_listed: the shop is open and sells no supply goods yet."""

    unfetched: int = 0
    needing_seller: int = 0
    nothing_listed: bool = False


def read_todo(actor: Actor) -> Todo:
    """Return what waits for the actor; nothing before the shop is open."""
    shop = mall_client.my_shop(actor)
    if shop is None or shop.state not in mall_client.WORKING:
        return Todo()
    listed = db.session.scalar(sa.select(sa.exists().where(Mapping.shop_id == shop.id)))
    return Todo(unfetched(actor, shop), needing_seller(actor), not listed)


def _open_own_lines(actor: Actor) -> sa.Select[FetchedLine]:
    return (
        sa.select(FetchedLine)
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(
            FetchedOrder.world_id == actor.world(),
            FetchedOrder.owner_id == mall_client.keeper(actor),
            FetchedLine.route == Route.OWN,
            FetchedLine.closed.is_(False),
        )
    )


def read_desk(actor: Actor) -> Desk:
    """Return the figures of the actor's supply desk."""
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    world_id, person = actor.world(), mall_client.keeper(actor)
    money = db.session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(PurchaseOrder.paid - PurchaseOrder.refunded), 0),
        ).where(*_mine(actor))
    ).scalar_one()
    fetched = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(FetchedOrder.payable), 0)).where(
            FetchedOrder.world_id == world_id, FetchedOrder.owner_id == person
        )
    ).one()
    mapped = (
        db.session.execute(
            sa.select(
                sa.func.count(sa.distinct(Mapping.product_id)),
                sa.func.count().filter(Sku.stock - Sku.reserved <= LOW_STOCK),
            )
            .join(Sku, Sku.id == Mapping.sku_id)
            .where(Mapping.world_id == world_id, Mapping.shop_id == (shop.id if shop else 0))
        )
    ).one()
    own = db.session.scalar(sa.select(sa.func.count()).select_from(_open_own_lines(actor).subquery()))
    row = access.find_shop(shop.id) if shop else None
    return Desk(
        shop=shop,
        counts=counts_by_state(actor),
        own_lines=own or 0,
        waiting=unfetched(actor, shop) if shop and shop.state in mall_client.WORKING else 0,
        listed=mapped[0],
        low=mapped[1],
        orders_fetched=fetched[0],
        spent=int(money),
        earned=int(fetched[1]),
        fetched_to_at=row.fetched_to_at if row else None,
    )


def list_orders(
    actor: Actor, states: tuple[str, ...], q: str, number: int, size: int = PAGE_SIZE
) -> Page[PurchaseOrder]:
    """Return the actor's purchase orders, newest first. states: empty for all. q: a number or a title."""
    actor.require(Permission.SUPPLY_USE)
    query = (
        sa.select(PurchaseOrder)
        .options(
            orm.joinedload(PurchaseOrder.supplier),
            orm.joinedload(PurchaseOrder.fetched),
            orm.selectinload(PurchaseOrder.lines).options(
                orm.joinedload(PurchaseLine.fetched),
                orm.joinedload(PurchaseLine.sku).joinedload(Sku.product).joinedload(Product.category),
            ),
        )
        .where(*_mine(actor))
        .order_by(PurchaseOrder.id.desc())
    )
    if states:
        query = query.where(PurchaseOrder.state.in_(states))
    if q:
        pattern = f"%{like_escape(q)}%"
        titled = (
            sa.select(PurchaseLine.order_id)
            .join(FetchedLine, FetchedLine.id == PurchaseLine.fetched_line_id)
            .where(FetchedLine.title.ilike(pattern, escape="\\"))
        )
        by_number = PurchaseOrder.number.ilike(pattern, escape="\\")
        query = query.where(sa.or_(by_number, PurchaseOrder.id.in_(titled)))
    return paginate(query, number, size)


def list_own_lines(actor: Actor, number: int) -> Page[FetchedLine]:
    """Return the lines that the shop is still to ship itself, oldest first."""
    actor.require(Permission.SUPPLY_USE)
    query = _open_own_lines(actor).options(orm.contains_eager(FetchedLine.order)).order_by(FetchedLine.id)
    return paginate(query, number, PAGE_SIZE)


def order_history(order: PurchaseOrder) -> list[StateEvent]:
    """Return what happened to a purchase order, oldest first."""
    return history(ORDER_FLOW, order.id)


@dataclass(frozen=True, slots=True)
class ListedGoods:
    """One listed SKU with what stands behind it."""

    mapping: Mapping
    listing: mall_client.ListingInfo | None
    price: int
    saleable: int

    @property
    def breach(self) -> Breach:
        """Say whether the price of today is outside what the supplier allows; sets of several goods have no limit."""
        if self.mapping.more:
            return Breach.NONE
        sku, factor = self.mapping.sku, self.mapping.factor
        return breach(self.price, limit_of(sku.floor, factor), limit_of(sku.ceiling, factor))


def list_mappings(actor: Actor, q: str, number: int) -> Page[ListedGoods]:
    """Return what the actor's shop listed by one click, newest first, with today's mall price and stock."""
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    query = (
        sa.select(Mapping)
        .options(
            orm.joinedload(Mapping.sku),
            orm.joinedload(Mapping.product).joinedload(Product.category),
            orm.selectinload(Mapping.more),
        )
        .where(Mapping.world_id == actor.world(), Mapping.shop_id == (shop.id if shop else 0))
        .order_by(Mapping.id.desc())
    )
    if q:
        pattern = f"%{like_escape(q)}%"
        query = query.join(Product, Product.id == Mapping.product_id).where(Product.name.ilike(pattern, escape="\\"))
    page = paginate(query, number, PAGE_SIZE)
    listings = mall_client.listings(actor.world(), [mapping.mall_listing_id for mapping in page.items])
    return Page([_listed(mapping, listings) for mapping in page.items], page.number, page.size, page.total)


def _listed(mapping: Mapping, listings: dict[int, mall_client.ListingInfo]) -> ListedGoods:
    listing = listings.get(mapping.mall_listing_id)
    sku = next((sku for sku in listing.skus if sku.id == mapping.mall_sku_id), None) if listing else None
    return ListedGoods(mapping, listing, sku.price if sku else mapping.price, sku.saleable if sku else 0)

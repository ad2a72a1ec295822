"""The only row look-ups by id: each answers once whether this person may have the row, with a uniform NotFound.

A shop is run by its owner and by members with a role (``domain.shop_roles``). Every seller page and service
asks here: ``shop_of(actor, power)`` for the shop that the actor works in now, ``get_sellers_shop`` and the
``get_sold_*`` for rows by id. Who does not run the shop finds nothing; who runs it without the power is
refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound, Refused
from app.core.permissions import Permission
from sim_mall.domain import shop_flow
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import RUNNING, ShopState
from sim_mall.domain.shop_roles import POWER_NAMES, POWERS, ROLE_NAMES, MemberState, ShopPower, ShopRole
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import FreightTemplate, GoodsPicture, Listing, Sku
from sim_mall.models.members import ShopMember
from sim_mall.models.shops import Qualification, Shop
from sim_mall.models.trade import Address, Order, OrderLine, Review

VISIBLE = shop_flow.VISIBLE
UNUSABLE = (ShopState.CLOSED, ShopState.DRAFT)


def _one(query: sa.Select[Any], *, lock: bool) -> Any:
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody works: a shop and the role there."""

    shop: Shop
    role: ShopRole

    def may(self, power: ShopPower) -> bool:
        """Say whether the role holds the power."""
        return power in POWERS[self.role]


def own_shop(actor: Actor) -> Shop | None:
    """Return the shop that the actor registered in the world of the hat, in whatever state, or None."""
    query = sa.select(Shop).where(Shop.world_id == actor.world(), Shop.owner_id == actor.person())
    return db.session.scalars(query).one_or_none()


def seats(actor: Actor) -> list[Seat]:
    """Return all shops that the actor runs or works in, the one worked in now first; one query."""
    mine = sa.and_(
        ShopMember.shop_id == Shop.id,
        ShopMember.account_id == actor.person(),
        ShopMember.state == MemberState.ACTIVE,
    )
    rows = db.session.execute(
        sa.select(Shop, ShopMember.role, ShopMember.here)
        .outerjoin(ShopMember, mine)
        .where(
            Shop.world_id == actor.world(),
            sa.or_(Shop.owner_id == actor.person(), ShopMember.id.is_not(None)),
        )
        .order_by(Shop.id)
    ).all()
    # the chosen one, then the own one, then the joined ones; those given up come last
    ranked = sorted(rows, key=lambda row: (not row.here, row.Shop.state in UNUSABLE, row.role is not None, row.Shop.id))
    return [Seat(row.Shop, row.role or ShopRole.OWNER) for row in ranked]


def seat(actor: Actor) -> Seat | None:
    """Return where the actor works now: the shop chosen, else the own one, else the first joined; or None."""
    found = seats(actor)
    return found[0] if found else None


def current_shop(actor: Actor) -> Shop | None:
    """Return the shop that the actor works in now, in whatever state, or None."""
    found = seat(actor)
    return None if found is None else found.shop


def _refuse_power(role: ShopRole, power: ShopPower) -> None:
    if power not in POWERS[role]:
        raise Forbidden(
            f"你在这家店铺的岗位是“{ROLE_NAMES[role]}”，不能{POWER_NAMES[power]}；需要时请店主调整你的岗位。"
        )


def shop_of(actor: Actor, power: ShopPower) -> Shop:
    """Return the running shop that the actor works in now, if the role there holds the power.

    Raises Refused (code no_shop) without a running shop, Forbidden without the power.
    """
    actor.require(Permission.MALL_SELL)
    return shop_at(seat(actor), power)


def shop_at(found: Seat | None, power: ShopPower) -> Shop:
    """Return the running shop of a seat that holds the power; refuses as ``shop_of`` does."""
    if found is None or found.shop.state not in VISIBLE:
        raise Refused("请先注册店铺并缴纳保证金，开店后再使用这个功能。", code="no_shop")
    _refuse_power(found.role, power)
    return found.shop


def role_in(actor: Actor, shop_id: int) -> ShopRole | None:
    """Return the actor's role in a shop of the world, None for somebody who does not run it."""
    if actor.account_id is None:
        return None
    mine = sa.and_(
        ShopMember.shop_id == Shop.id,
        ShopMember.account_id == actor.account_id,
        ShopMember.state == MemberState.ACTIVE,
    )
    row = db.session.execute(
        sa.select(Shop.owner_id, ShopMember.role)
        .outerjoin(ShopMember, mine)
        .where(Shop.id == shop_id, Shop.world_id == actor.world())
    ).one_or_none()
    if row is None:
        return None
    role: ShopRole | None = ShopRole.OWNER if row.owner_id == actor.account_id else row.role
    return role


def runs(actor: Actor, shop_id: int) -> bool:
    """Say whether the actor is the owner or a member of the shop."""
    return role_in(actor, shop_id) is not None


def require_power(actor: Actor, shop_id: int, power: ShopPower) -> None:
    """Raise NotFound for somebody who does not run the shop, Forbidden without the power; the system may all."""
    if actor.is_system:
        return
    role = role_in(actor, shop_id)
    if role is None:
        raise NotFound
    _refuse_power(role, power)


def shops_run_by(actor: Actor) -> sa.Select[int]:
    """Return the query of the ids of all shops that the actor owns or works in."""
    joined = sa.select(ShopMember.shop_id).where(
        ShopMember.world_id == actor.world(),
        ShopMember.account_id == actor.person(),
        ShopMember.state == MemberState.ACTIVE,
    )
    return sa.select(Shop.id).where(
        Shop.world_id == actor.world(), sa.or_(Shop.owner_id == actor.person(), Shop.id.in_(joined))
    )


def get_shop(actor: Actor, shop_id: int, *, lock: bool = False) -> Shop:
    """Return a shop of the actor's world."""
    return _one(sa.select(Shop).where(Shop.id == shop_id, Shop.world_id == actor.world()), lock=lock)  # type: ignore[no-any-return]


def get_visible_shop(actor: Actor, shop_id: int) -> Shop:
    """Return a shop that people may look at: one that has opened, or one that the actor runs."""
    shop = get_shop(actor, shop_id)
    if shop.opened_at is None and not runs(actor, shop_id):
        raise NotFound
    return shop


def get_sellers_shop(actor: Actor, shop_id: int, power: ShopPower = ShopPower.DESK) -> Shop:
    """Return a shop that the actor runs with the power; the system runs all of its world."""
    shop = get_shop(actor, shop_id)
    require_power(actor, shop_id, power)
    return shop


def get_listing(actor: Actor, listing_id: int) -> Listing:
    """Return a listing that people of the world may look at: on sale, or taken off after it was."""
    query = (
        sa.select(Listing)
        .options(orm.joinedload(Listing.shop), orm.joinedload(Listing.category))
        .where(Listing.id == listing_id, Listing.world_id == actor.world())
    )
    listing: Listing = _one(query, lock=False)
    if listing.state == ListingState.PURGED:
        raise NotFound
    if listing.listed_at is None and not runs(actor, listing.shop_id):
        raise NotFound
    return listing


def get_own_listing(actor: Actor, listing_id: int, power: ShopPower = ShopPower.GOODS) -> Listing:
    """Return a listing of a shop that the actor runs with the power."""
    query = sa.select(Listing).where(
        Listing.id == listing_id,
        Listing.world_id == actor.world(),
        Listing.state != ListingState.PURGED,
        Listing.shop_id.in_(shops_run_by(actor)),
    )
    listing: Listing = _one(query, lock=False)
    require_power(actor, listing.shop_id, power)
    return listing


def get_own_template(actor: Actor, template_id: int) -> FreightTemplate:
    """Return a freight template, not thrown away, of a shop whose goods the actor runs."""
    query = sa.select(FreightTemplate).where(
        FreightTemplate.id == template_id,
        FreightTemplate.world_id == actor.world(),
        FreightTemplate.removed.is_(False),
        FreightTemplate.shop_id.in_(shops_run_by(actor)),
    )
    template: FreightTemplate = _one(query, lock=False)
    require_power(actor, template.shop_id, ShopPower.GOODS)
    return template


def get_own_licence(actor: Actor, licence_id: int) -> Qualification:
    """Return a licence of a shop whose papers the actor keeps, or a qualification file of a listing of its goods."""
    query = sa.select(Qualification).where(
        Qualification.id == licence_id,
        Qualification.world_id == actor.world(),
        Qualification.removed.is_(False),
        Qualification.shop_id.in_(shops_run_by(actor)),
    )
    row: Qualification = _one(query, lock=False)
    require_power(actor, row.shop_id, ShopPower.SHOP if row.listing_id is None else ShopPower.GOODS)
    return row


def get_picture(actor: Actor, name: str) -> GoodsPicture:
    """Return an uploaded picture of goods of the actor's world."""
    query = sa.select(GoodsPicture).where(GoodsPicture.name == name, GoodsPicture.world_id == actor.world())
    return _one(query, lock=False)  # type: ignore[no-any-return]


def get_sku_for_sale(world_id: int, sku_id: int) -> Sku:
    """Return a SKU that can be bought now. Raises Refused when it cannot, NotFound when it never could."""
    return get_skus_for_sale(world_id, [sku_id])[sku_id]


def get_skus_for_sale(world_id: int, sku_ids: Sequence[int]) -> dict[int, Sku]:
    """Return SKUs that can be bought now, in one query. Raises as ``get_sku_for_sale`` for the first that cannot."""
    query = (
        sa.select(Sku)
        .options(
            orm.joinedload(Sku.listing).options(orm.joinedload(Listing.shop), orm.joinedload(Listing.category)),
            orm.joinedload(Sku.stock),
        )
        .where(Sku.id.in_(sorted(set(sku_ids))), Sku.world_id == world_id)
        .execution_options(populate_existing=True)
    )
    found = {sku.id: sku for sku in db.session.scalars(query)}
    for sku_id in sku_ids:
        if sku_id not in found:
            raise NotFound
        if not for_sale(found[sku_id]):
            raise Refused(f"“{found[sku_id].listing.title}”已下架，请从订单中去掉它。", code="off_sale")
    return found


def for_sale(sku: Sku) -> bool:
    """Say whether listing and shop let the SKU be bought now; stock aside."""
    listing = sku.listing
    return not sku.removed and listing.state == ListingState.ON_SALE and listing.shop.state in RUNNING


def _order(actor: Actor, order_id: int) -> sa.Select[Order]:
    return sa.select(Order).where(Order.id == order_id, Order.world_id == actor.world())


def get_order_of_world(actor: Actor, order_id: int, *, lock: bool = False) -> Order:
    """Return an order of the world, for the system."""
    return _one(_order(actor, order_id), lock=lock)  # type: ignore[no-any-return]


def get_bought_order(actor: Actor, order_id: int, *, lock: bool = False) -> Order:
    """Return an order that the actor placed."""
    return _one(_order(actor, order_id).where(Order.buyer_id == actor.person()), lock=lock)  # type: ignore[no-any-return]


def get_sold_order(actor: Actor, order_id: int, power: ShopPower = ShopPower.ORDERS, *, lock: bool = False) -> Order:
    """Return an order of a shop that the actor runs with the power; the system may have every order of its world."""
    query = _order(actor, order_id)
    if not actor.is_system:
        query = query.where(Order.shop_id.in_(shops_run_by(actor)))
    order: Order = _one(query, lock=lock)
    require_power(actor, order.shop_id, power)
    return order


def lines_of(order: Order) -> list[OrderLine]:
    """Return the order's lines as they stand now, ascending by id."""
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _ticket(actor: Actor, ticket_id: int) -> sa.Select[AfterSale]:
    return sa.select(AfterSale).where(AfterSale.id == ticket_id, AfterSale.world_id == actor.world())


def get_bought_ticket(actor: Actor, ticket_id: int) -> AfterSale:
    """Return an after-sale ticket that the actor opened."""
    return _one(_ticket(actor, ticket_id).where(AfterSale.buyer_id == actor.person()), lock=False)  # type: ignore[no-any-return]


def get_sold_ticket(actor: Actor, ticket_id: int, power: ShopPower = ShopPower.TICKETS) -> AfterSale:
    """Return a ticket of a shop that the actor runs with the power; the system may have each of its world."""
    query = _ticket(actor, ticket_id)
    if not actor.is_system:
        query = query.where(AfterSale.shop_id.in_(shops_run_by(actor)))
    ticket: AfterSale = _one(query, lock=False)
    require_power(actor, ticket.shop_id, power)
    return ticket


def get_ticket_of_world(actor: Actor, ticket_id: int) -> AfterSale:
    """Return an after-sale ticket of the actor's world, for whoever judges it."""
    return _one(_ticket(actor, ticket_id), lock=False)  # type: ignore[no-any-return]


def get_own_review(actor: Actor, review_id: int) -> Review:
    """Return a review that the actor wrote, locked."""
    query = sa.select(Review).where(
        Review.id == review_id,
        Review.world_id == actor.world(),
        Review.buyer_id == actor.person(),
        Review.by_default.is_(False),
    )
    return _one(query, lock=True)  # type: ignore[no-any-return]


def get_shop_review(actor: Actor, review_id: int, power: ShopPower = ShopPower.CHAT) -> Review:
    """Return a review of a shop that the actor runs with the power, locked."""
    query = sa.select(Review).where(
        Review.id == review_id, Review.world_id == actor.world(), Review.shop_id.in_(shops_run_by(actor))
    )
    review: Review = _one(query, lock=True)
    require_power(actor, review.shop_id, power)
    return review


def get_address(actor: Actor, address_id: int) -> Address:
    """Return an address of the actor in the world of the hat."""
    query = sa.select(Address).where(
        Address.id == address_id,
        Address.world_id == actor.world(),
        Address.account_id == actor.person(),
        Address.removed.is_(False),
    )
    return _one(query, lock=False)  # type: ignore[no-any-return]

"""The cart (购物车), across shops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.trade import CartItem
from sim_mall.services.market_rules import refuse_purchase

MAX_QUANTITY = 999
MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class CartRow:
    """One line of the cart as its page shows it. problem: why it cannot be bought now, '' when it can."""

    item: CartItem
    sku: Sku
    listing: Listing
    saleable: int
    problem: str

    @property
    def amount(self) -> int:
        return self.sku.price * self.item.quantity


def check_quantity(quantity: int) -> int:
    """Return the quantity. Raises InvalidInput when it is out of range."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidInput(f"购买数量应在 1 到 {MAX_QUANTITY} 之间。", field="quantity")
    return quantity


def refuse_own(actor: Actor, listing: Listing) -> None:
    """Raise Refused when the world's rules do not let the actor buy these goods, such as those of the own shop."""
    refuse_purchase(actor, listing.shop_id)


def rows(actor: Actor, *, only_ticked: bool = False) -> list[CartRow]:
    """Return the actor's cart, shop by shop, newest shop first; two queries."""
    query = (
        sa.select(CartItem)
        .join(Sku, Sku.id == CartItem.sku_id)
        .join(Listing, Listing.id == Sku.listing_id)
        .options(
            orm.contains_eager(CartItem.sku).contains_eager(Sku.listing).joinedload(Listing.shop),
            orm.contains_eager(CartItem.sku).contains_eager(Sku.listing).joinedload(Listing.category),
            orm.contains_eager(CartItem.sku).joinedload(Sku.stock),
        )
        .where(CartItem.world_id == actor.world(), CartItem.account_id == actor.person())
        .order_by(Listing.shop_id, CartItem.id)
        .execution_options(populate_existing=True)
    )
    if only_ticked:
        query = query.where(CartItem.ticked.is_(True))
    found = []
    for item in db.session.scalars(query):
        sku, listing = item.sku, item.sku.listing
        saleable = sku.stock.saleable
        if not access.for_sale(sku):
            problem = "已下架"
        elif saleable == 0:
            problem = "已售完"
        elif saleable < item.quantity:
            problem = f"库存只剩 {saleable} 件"
        else:
            problem = ""
        found.append(CartRow(item, sku, listing, saleable, problem))
    return found


def add_to_cart(actor: Actor, sku_id: int, quantity: int) -> CartItem:
    """Put goods into the cart; what lies there already is added up."""
    actor.require(Permission.MALL_BUY)
    world_id = actor.world()
    sku = access.get_sku_for_sale(world_id, sku_id)
    refuse_own(actor, sku.listing)
    check_quantity(quantity)
    mine = (CartItem.world_id == world_id, CartItem.account_id == actor.person())
    item = db.session.scalars(sa.select(CartItem).where(*mine, CartItem.sku_id == sku_id)).one_or_none()
    wanted = quantity + (item.quantity if item else 0)
    if wanted > sku.stock.saleable:
        have = f"，购物车里已有 {item.quantity} 件" if item else ""
        raise Refused(f"库存不足：只剩 {sku.stock.saleable} 件{have}。", code="out_of_stock")
    check_quantity(wanted)
    if item is None:
        total = db.session.scalar(sa.select(sa.func.count()).select_from(CartItem).where(*mine)) or 0
        if total >= MAX_ITEMS:
            raise Refused(f"购物车最多放 {MAX_ITEMS} 种商品，请先清理。")
        item = CartItem(
            world_id=world_id, account_id=actor.person(), sku_id=sku_id, quantity=0, added_at=sim_now(world_id)
        )
        db.session.add(item)
    item.quantity, item.ticked = wanted, True
    db.session.flush()
    return item


def update_cart(actor: Actor, quantities: Mapping[int, int], ticked: Sequence[int]) -> None:
    """Set quantities and ticks of the actor's items as the page sends them. Unknown ids are NotFound."""
    actor.require(Permission.MALL_BUY)
    items = {row.item.id: row.item for row in rows(actor)}
    if not set(quantities) <= set(items) or not set(ticked) <= set(items):
        raise NotFound
    for item_id, item in items.items():
        if item_id in quantities:
            item.quantity = check_quantity(quantities[item_id])
        item.ticked = item_id in set(ticked)


def remove_item(actor: Actor, item_id: int) -> None:
    """Take one line out of the cart."""
    actor.require(Permission.MALL_BUY)
    item = db.session.scalars(
        sa.select(CartItem).where(
            CartItem.id == item_id, CartItem.world_id == actor.world(), CartItem.account_id == actor.person()
        )
    ).one_or_none()
    if item is None:
        raise NotFound
    db.session.delete(item)


def take_out(actor: Actor, sku_ids: Sequence[int]) -> None:
    """Take what was ordered out of the cart."""
    db.session.execute(
        sa.delete(CartItem).where(
            CartItem.world_id == actor.world(),
            CartItem.account_id == actor.person(),
            CartItem.sku_id.in_(list(sku_ids)),
        )
    )


def cart_size(actor: Actor) -> int:
    """Return how many lines lie in the cart."""
    if actor.world_id is None or actor.account_id is None:
        return 0
    query = sa.select(sa.func.count()).select_from(CartItem)
    return (
        db.session.scalar(query.where(CartItem.world_id == actor.world_id, CartItem.account_id == actor.account_id))
        or 0
    )

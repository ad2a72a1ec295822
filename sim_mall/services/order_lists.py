"""Lists of orders (订单列表): tabs of the buyer and of the seller, with counts; a fixed number of queries."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.flow import StateEvent
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall.domain.aftersale_flow import OPEN_STATES
from sim_mall.domain.order_flow import Flag, OrderSource, OrderState
from sim_mall.domain.parcel_flow import PARCEL_FLOW
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, OrderLine, Parcel, Review
from sim_mall.services.orders import with_lines


class BuyerTab(StrEnum):
    """Tabs of 我的订单."""

    ALL = "all"
    TO_PAY = "to_pay"
    TO_SHIP = "to_ship"
    TO_RECEIVE = "to_receive"
    TO_REVIEW = "to_review"


class SellerTab(StrEnum):
    """Tabs of the seller's orders."""

    ALL = "all"
    TO_PAY = "to_pay"
    TO_SHIP = "to_ship"
    LATE = "late"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CLOSED = "closed"


BUYER_TABS = {
    BuyerTab.ALL: "全部",
    BuyerTab.TO_PAY: "待付款",
    BuyerTab.TO_SHIP: "待发货",
    BuyerTab.TO_RECEIVE: "待收货",
    BuyerTab.TO_REVIEW: "待评价",
}
SELLER_TABS = {
    SellerTab.ALL: "全部",
    SellerTab.TO_PAY: "待付款",
    SellerTab.TO_SHIP: "待发货",
    SellerTab.LATE: "延迟发货",
    SellerTab.SHIPPED: "已发货",
    SellerTab.COMPLETED: "交易成功",
    SellerTab.CLOSED: "已关闭",
}
TO_SHIP = (OrderState.PAID, OrderState.PART_SHIPPED)


def _to_review(world_id: int) -> Any:
    """The derived flag 待评价: completed, within the time, not reviewed."""
    since = sim_now(world_id) - timedelta(days=setting(get_world(world_id), "review_days"))
    reviewed = sa.select(Review.id).where(Review.order_id == Order.id).exists()
    return sa.and_(Order.state == OrderState.COMPLETED, Order.completed_at >= since, ~reviewed)


def late(world_id: int) -> Any:
    """The derived flag 延迟发货: paid, not fully sent, past the promise."""
    return sa.and_(Order.state.in_(TO_SHIP), Order.ship_by < sim_now(world_id))


def _buyer_condition(world_id: int, tab: BuyerTab) -> Any:
    made: dict[BuyerTab, Callable[[], Any]] = {
        BuyerTab.TO_PAY: lambda: Order.state == OrderState.PENDING_PAY,
        BuyerTab.TO_SHIP: lambda: Order.state.in_(TO_SHIP),
        BuyerTab.TO_RECEIVE: lambda: Order.state == OrderState.SHIPPED,
        BuyerTab.TO_REVIEW: functools.partial(_to_review, world_id),
    }
    return made[tab]() if tab in made else sa.true()


def _seller_condition(world_id: int, tab: SellerTab) -> Any:
    made: dict[SellerTab, Callable[[], Any]] = {
        SellerTab.TO_PAY: lambda: Order.state == OrderState.PENDING_PAY,
        SellerTab.TO_SHIP: lambda: Order.state.in_(TO_SHIP),
        SellerTab.LATE: functools.partial(late, world_id),
        SellerTab.SHIPPED: lambda: Order.state == OrderState.SHIPPED,
        SellerTab.COMPLETED: lambda: Order.state == OrderState.COMPLETED,
        SellerTab.CLOSED: lambda: Order.state == OrderState.CLOSED,
    }
    return made[tab]() if tab in made else sa.true()


def bought(actor: Actor, tab: BuyerTab) -> sa.Select[Order]:
    """Return the query of the actor's orders of one tab, newest first."""
    query = sa.select(Order).where(
        Order.world_id == actor.world(),
        Order.buyer_id == actor.person(),
        _buyer_condition(actor.world(), tab),
    )
    return with_lines(query.order_by(Order.id.desc()))


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a seller looks for. placed_from, placed_to: simulated moments; source, flag: values, '' for any."""

    tab: SellerTab = SellerTab.ALL
    q: str = ""
    source: str = ""
    flag: str = ""
    in_after_sale: bool = False
    placed_from: datetime | None = None
    placed_to: datetime | None = None

    @property
    def is_plain(self) -> bool:
        return not (self.source or self.flag or self.in_after_sale or self.placed_from or self.placed_to)


def _sold(shop: Shop, wanted: OrderFilter) -> list[Any]:
    """Return the conditions of a seller's filter."""
    where: list[Any] = [Order.shop_id == shop.id, _seller_condition(shop.world_id, wanted.tab)]
    word = wanted.q.strip()
    if word:
        goods = sa.select(OrderLine.order_id).where(OrderLine.title.contains(word, autoescape=True))
        where.append(
            sa.or_(
                Order.number.contains(word, autoescape=True),
                Order.receiver_name.contains(word, autoescape=True),
                Order.receiver_phone == word,
                Order.seller_note.contains(word, autoescape=True),
                Order.id.in_(goods),
            )
        )
    if wanted.source:
        where.append(Order.source == OrderSource(wanted.source))
    if wanted.flag:
        where.append(Order.flag != Flag.NONE if wanted.flag == "any" else Order.flag == Flag(wanted.flag))
    if wanted.in_after_sale:
        where.append(Order.id.in_(sa.select(AfterSale.order_id).where(AfterSale.state.in_(OPEN_STATES))))
    if wanted.placed_from:
        where.append(Order.placed_at >= wanted.placed_from)
    if wanted.placed_to:
        where.append(Order.placed_at < wanted.placed_to)
    return where


def sold(shop: Shop, wanted: OrderFilter) -> sa.Select[Order]:
    """Return the query of a shop's orders, newest first."""
    return with_lines(sa.select(Order).where(*_sold(shop, wanted)).order_by(Order.id.desc()))


def sold_ids(shop: Shop, wanted: OrderFilter, most: int = 100_000) -> list[int]:
    """Return the ids of a shop's orders, newest first."""
    query = sa.select(Order.id).where(*_sold(shop, wanted)).order_by(Order.id.desc()).limit(most)
    return list(db.session.scalars(query))


def orders_of_shop(shop: Shop, ids: list[int]) -> list[Order]:
    """Return those of these orders that the shop sold, in the order of their numbers."""
    query = with_lines(sa.select(Order).where(Order.shop_id == shop.id, Order.id.in_(ids)).order_by(Order.id))
    return list(db.session.scalars(query))


def _counts(where: Any, conditions: dict[Any, Any]) -> dict[Any, int]:
    names = list(conditions)
    row = db.session.execute(
        sa.select(*[sa.func.coalesce(sa.func.sum(sa.case((conditions[name], 1), else_=0)), 0) for name in names]).where(
            where
        )
    ).one()
    return {name: int(row[index]) for index, name in enumerate(names)}


def buyer_counts(actor: Actor) -> dict[BuyerTab, int]:
    """Return the counts of the buyer's tabs (all but 全部); one query."""
    world_id = actor.world()
    tabs = [tab for tab in BuyerTab if tab is not BuyerTab.ALL]
    where = sa.and_(Order.world_id == world_id, Order.buyer_id == actor.person())
    return _counts(where, {tab: _buyer_condition(world_id, tab) for tab in tabs})


def seller_counts(shop: Shop) -> dict[SellerTab, int]:
    """Return the counts of the seller's tabs; two queries.

    The states are counted from the index alone; only the few orders that wait to be shipped are looked at for 延迟发货.
    """
    mine = Order.shop_id == shop.id
    rows = db.session.execute(sa.select(Order.state, sa.func.count()).where(mine).group_by(Order.state))
    by_state = {row[0]: int(row[1]) for row in rows}
    is_late = db.session.scalar(sa.select(sa.func.count()).select_from(Order).where(mine, late(shop.world_id)))
    return {
        SellerTab.ALL: sum(by_state.values()),
        SellerTab.TO_PAY: by_state.get(OrderState.PENDING_PAY, 0),
        SellerTab.TO_SHIP: sum(by_state.get(state, 0) for state in TO_SHIP),
        SellerTab.LATE: is_late or 0,
        SellerTab.SHIPPED: by_state.get(OrderState.SHIPPED, 0),
        SellerTab.COMPLETED: by_state.get(OrderState.COMPLETED, 0),
        SellerTab.CLOSED: by_state.get(OrderState.CLOSED, 0),
    }


def open_tickets(order_ids: list[int]) -> set[int]:
    """Return which of the orders have an open after-sale: the derived flag 售后中."""
    if not order_ids:
        return set()
    query = sa.select(AfterSale.order_id).where(AfterSale.order_id.in_(order_ids), AfterSale.state.in_(OPEN_STATES))
    return set(db.session.scalars(query))


def reviewed(order_ids: list[int]) -> set[int]:
    """Return which of the orders have a review."""
    if not order_ids:
        return set()
    return set(db.session.scalars(sa.select(Review.order_id).where(Review.order_id.in_(order_ids))))


def tickets_of(order_id: int) -> list[AfterSale]:
    """Return the tickets of an order, newest first."""
    query = sa.select(AfterSale).options(orm.joinedload(AfterSale.line)).where(AfterSale.order_id == order_id)
    return list(db.session.scalars(query.order_by(AfterSale.id.desc())))


def ticket_list(where: Any, *, only_open: bool) -> sa.Select[AfterSale]:
    """Return the query of tickets with their line and order, newest first."""
    query = (
        sa.select(AfterSale)
        .options(orm.joinedload(AfterSale.line), orm.joinedload(AfterSale.order))
        .where(where)
        .order_by(AfterSale.id.desc())
    )
    return query.where(AfterSale.state.in_(OPEN_STATES)) if only_open else query


@dataclass(frozen=True, slots=True)
class Track:
    """One parcel with what happened to it, newest first."""

    parcel: Parcel
    events: tuple[StateEvent, ...]


def tracks(order: Order) -> list[Track]:
    """Return the parcels of an order with their events; two queries."""
    parcels = db.session.scalars(
        sa.select(Parcel)
        .options(orm.selectinload(Parcel.lines))
        .where(Parcel.order_id == order.id)
        .order_by(Parcel.id)
        .execution_options(populate_existing=True)
    ).all()
    if not parcels:
        return []
    found: dict[int, list[StateEvent]] = {}
    query = sa.select(StateEvent).where(
        StateEvent.flow == PARCEL_FLOW.name, StateEvent.entity_id.in_([parcel.id for parcel in parcels])
    )
    for event in db.session.scalars(query.order_by(StateEvent.id.desc())):
        found.setdefault(event.entity_id, []).append(event)
    return [Track(parcel, tuple(found.get(parcel.id, ()))) for parcel in parcels]
